import CronTime

/// Why bytes are no job table.
public struct JobTableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1; 0 for the file as a whole.
  public let line: Int
  /// What is wrong.
  public let message: String

  /// An error at a line.
  public init(line: Int, message: String) {
    self.line = line
    self.message = message
  }

  /// `line N: message`.
  public var description: String { line == 0 ? message : "line \(line): \(message)" }
}

/// The job table as a file: one text line an item, percent-encoded values, the CRC-32C of all before as last line.
///
///     cronwatch-table 1
///     set ticker.interval=5s
///     source path=/etc/crontab kind=system-crontab status=loaded size=722 …
///     environment PATH=/usr/bin:/bin MAILTO=root
///     job name=backup-1c29ab03 kind=crontab file=… line=4 column=1 schedule=0%203%20*%20*%20* env=0 command=…
///     diagnostic level=error code=value-out-of-range file=… line=9 column=1 message=…
///     counts rejected=1 diagnostics=1
///     crc32c=89abcdef
public enum JobTableCodec {
  /// The first line; another version is refused.
  static let header = "cronwatch-table 1"

  /// The file's bytes.
  public static func encode(_ table: JobTable) -> [UInt8] {
    var writer = TableWriter()
    writer.line(header)
    for setting in SettingsTable.all {
      for value in setting.values(in: table.settings) {
        writer.begin("set")
        writer.field(setting.name, value)
        writer.end()
      }
    }
    for source in table.sources { encode(source, &writer) }
    var environments: [[EnvironmentVariable]: Int] = [:]
    var last: (list: [EnvironmentVariable], index: Int)?
    var schedules: [Schedule: String] = [:]
    for job in table.jobs {
      // Neighbours mostly share one list; hashing it for each job would cost more than all the rest.
      var index = last.flatMap { $0.list == job.environment ? $0.index : nil }
      if index == nil { index = environmentIndex(job.environment, &environments, &writer) }
      if let index { last = (job.environment, index) }
      encode(job, environment: index ?? 0, &schedules, &writer)
    }
    for diagnostic in table.diagnostics { encode(diagnostic, &writer) }
    writer.begin("counts")
    writer.field("rejected", table.rejectedLines)
    writer.field("diagnostics", table.diagnosticCount)
    writer.end()
    let checksum = Checksum.crc32c(writer.bytes)
    writer.line("crc32c=" + Checksum.hexadecimal(checksum))
    return writer.bytes
  }

  /// Reads a file that `encode` wrote; damage of any kind is an error, never a shorter table.
  public static func decode(_ bytes: [UInt8]) throws(JobTableError) -> JobTable {
    let trailer = "crc32c=00000000\n".utf8.count
    guard bytes.count > trailer, bytes.last == ASCII.newline else {
      throw JobTableError(line: 0, message: "the job table is cut off")
    }
    let end = bytes.count - trailer
    let tail = bytes[end...].dropLast()
    guard tail.starts(with: "crc32c=".utf8),
      let stored = Checksum.parseHexadecimal(tail.dropFirst(7)), stored == Checksum.crc32c(bytes[..<end])
    else { throw JobTableError(line: 0, message: "the job table's checksum is wrong") }
    var reader = TableReader()
    var start = 0
    while start < end {
      let newline = bytes[start..<end].firstIndex(of: ASCII.newline) ?? end
      try reader.read(bytes[start..<newline])
      start = newline + 1
    }
    return try reader.finish()
  }

  private static func environmentIndex(
    _ list: [EnvironmentVariable], _ known: inout [[EnvironmentVariable]: Int], _ writer: inout TableWriter
  ) -> Int {
    if let index = known[list] { return index }
    let index = known.count
    known[list] = index
    writer.begin("environment")
    for variable in list { writer.field(variable.name, variable.value) }
    writer.end()
    return index
  }

  private static func encode(_ source: SourceState, _ writer: inout TableWriter) {
    writer.begin("source")
    writer.field("path", source.path)
    writer.field("kind", source.kind.rawValue)
    switch source.status {
    case .loaded: writer.field("status", "loaded")
    case .absent: writer.field("status", "absent")
    case .lastGood(let reason):
      writer.field("status", "last-good")
      writer.field("reason", reason)
    case .refused(let reason):
      writer.field("status", "refused")
      writer.field("reason", reason)
    }
    if let fingerprint = source.fingerprint {
      writer.field("size", fingerprint.size)
      writer.field("mtime_ns", fingerprint.modifiedNanoseconds)
      writer.field("inode", fingerprint.inode)
      writer.field("crc32c", Checksum.hexadecimal(fingerprint.checksum))
    }
    writer.end()
  }

  private static func encode(
    _ job: JobDefinition, environment: Int, _ schedules: inout [Schedule: String], _ writer: inout TableWriter
  ) {
    writer.begin("job")
    writer.field("name", job.name)
    writer.field("kind", job.sourceKind.rawValue)
    writer.field("file", job.position.file)
    writer.field("line", job.position.line)
    writer.field("column", job.position.column)
    for schedule in job.schedules {
      let text = schedules[schedule] ?? schedule.description
      if schedules.count < 4096 { schedules[schedule] = text }
      writer.field("schedule", text)
    }
    if let zone = job.zone { writer.field("zone", zone) }
    switch job.command {
    case .shellLine(let line): writer.field("command", line)
    case .words(let words): for word in words { writer.field("word", word) }
    }
    if let input = job.standardInput { writer.field("input", input) }
    if let user = job.user { writer.field("user", user) }
    if job.shell != JobDefaults.shell { writer.field("shell", job.shell) }
    writer.field("env", environment)
    if let timeout = job.timeoutSeconds { writer.field("timeout_s", timeout) }
    if let grace = job.graceSeconds { writer.field("grace_s", grace) }
    if job.overlap != .skip { writer.field("overlap", job.overlap.rawValue) }
    if job.catchUp != .once { writer.field("catch_up", job.catchUp.description) }
    if job.onInterrupt != .record { writer.field("on_interrupt", job.onInterrupt.rawValue) }
    if job.durability != .preferred { writer.field("durable", job.durability.rawValue) }
    if job.randomDelayMinutes != 0 { writer.field("delay_min", job.randomDelayMinutes) }
    writer.end()
  }

  private static func encode(_ diagnostic: Diagnostic, _ writer: inout TableWriter) {
    writer.begin("diagnostic")
    writer.field("level", diagnostic.level.rawValue)
    writer.field("code", diagnostic.code)
    writer.field("file", diagnostic.position.file)
    writer.field("line", diagnostic.position.line)
    writer.field("column", diagnostic.position.column)
    writer.field("message", diagnostic.message)
    if let hint = diagnostic.hint { writer.field("hint", hint) }
    writer.end()
  }
}

/// Appends lines of fields.
private struct TableWriter {
  private(set) var bytes: [UInt8] = []

  mutating func line(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(ASCII.newline)
  }

  mutating func begin(_ kind: String) { bytes.append(contentsOf: kind.utf8) }

  mutating func field(_ key: String, _ value: String) {
    bytes.append(ASCII.space)
    PercentEncoding.append(key, to: &bytes)
    bytes.append(ASCII.equals)
    PercentEncoding.append(value, to: &bytes)
  }

  mutating func field(_ key: String, _ value: some BinaryInteger) { field(key, String(value)) }

  mutating func end() { bytes.append(ASCII.newline) }
}
