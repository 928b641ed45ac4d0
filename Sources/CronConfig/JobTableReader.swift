import CronTime

/// The fields of one line of a job table, `key=value` with percent-encoded values.
struct TableFields {
  private var rest: ArraySlice<UInt8>
  let line: Int

  init(_ rest: ArraySlice<UInt8>, line: Int) {
    self.rest = rest
    self.line = line
  }

  /// The next field; nil at the end of the line.
  mutating func next() throws(JobTableError) -> (key: String, value: String)? {
    guard !rest.isEmpty else { return nil }
    guard rest.first == ASCII.space else { throw error("a field doesn't begin with a space") }
    let start = rest.startIndex + 1
    let end = rest[start...].firstIndex(of: ASCII.space) ?? rest.endIndex
    guard let equals = rest[start..<end].firstIndex(of: ASCII.equals),
      let key = Self.text(rest[start..<equals]), let value = Self.text(rest[(equals + 1)..<end])
    else { throw error("a field is malformed") }
    rest = rest[end...]
    return (key, value)
  }

  /// The decoded text: most of it is plain ASCII, where a copy is all that is needed.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    for byte in bytes where byte >= 0x80 || PercentEncoding.mustEncode(byte) { return PercentEncoding.decode(bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func error(_ message: String) -> JobTableError { JobTableError(line: line, message: message) }

  func integer<Number: FixedWidthInteger>(_ text: String) throws(JobTableError) -> Number {
    guard let value = Number(text) else { throw error("\"\(text)\" is not a number in range") }
    return value
  }

  func required<Value>(_ value: Value?, _ what: String) throws(JobTableError) -> Value {
    guard let value else { throw error("\(what) is missing or unknown") }
    return value
  }
}

/// Builds a job table from its lines.
struct TableReader {
  private var table = JobTable()
  private var environments: [[EnvironmentVariable]] = []
  private var schedules: [String: [Schedule]] = [:]
  private var line = 0
  private var hasCounts = false

  /// Takes the next line, without its newline.
  mutating func read(_ text: ArraySlice<UInt8>) throws(JobTableError) {
    line += 1
    if line == 1 {
      guard text.elementsEqual(JobTableCodec.header.utf8) else {
        throw JobTableError(line: 1, message: "this is no job table of a version that is known here")
      }
      return
    }
    let kindEnd = text.firstIndex(of: ASCII.space) ?? text.endIndex
    var fields = TableFields(text[kindEnd...], line: line)
    switch String(decoding: text[..<kindEnd], as: UTF8.self) {
    case "set": try readSetting(&fields)
    case "source": try readSource(&fields)
    case "environment": try readEnvironment(&fields)
    case "job": try readJob(&fields)
    case "diagnostic": try readDiagnostic(&fields)
    case "counts": try readCounts(&fields)
    case let kind: throw fields.error("the line's kind \"\(kind)\" is unknown")
    }
  }

  /// The table, when all lines were read.
  func finish() throws(JobTableError) -> JobTable {
    guard hasCounts else { throw JobTableError(line: line, message: "the line of counts is missing") }
    return table
  }

  private mutating func readSetting(_ fields: inout TableFields) throws(JobTableError) {
    while let (key, value) = try fields.next() {
      guard let setting = SettingsTable.setting(named: key) else { throw fields.error("no setting is named \(key)") }
      do throws(ValueRefusal) {
        try setting.apply(value, to: &table.settings)
      } catch {
        throw fields.error("\(key): \(error.message)")
      }
    }
  }

  private mutating func readSource(_ fields: inout TableFields) throws(JobTableError) {
    var path: String?
    var kind: SourceKind?
    var status: String?
    var reason = ""
    var fingerprint: SourceFingerprint?
    while let (key, value) = try fields.next() {
      switch key {
      case "path": path = value
      case "kind": kind = SourceKind(rawValue: value)
      case "status": status = value
      case "reason": reason = value
      case "size":
        fingerprint = SourceFingerprint(
          size: try fields.integer(value), modifiedNanoseconds: 0, inode: 0, checksum: 0)
      case "mtime_ns": fingerprint?.modifiedNanoseconds = try fields.integer(value)
      case "inode": fingerprint?.inode = try fields.integer(value)
      case "crc32c":
        fingerprint?.checksum = try fields.required(
          Checksum.parseHexadecimal(Array(value.utf8)[...]), "the checksum")
      default: throw fields.error("the field \"\(key)\" is unknown")
      }
    }
    let decoded: SourceStatus? =
      switch status {
      case "loaded": .loaded
      case "absent": .absent
      case "last-good": .lastGood(reason: reason)
      case "refused": .refused(reason: reason)
      default: nil
      }
    table.sources.append(
      SourceState(
        path: try fields.required(path, "path"), kind: try fields.required(kind, "kind"), fingerprint: fingerprint,
        status: try fields.required(decoded, "status")))
  }

  private mutating func readEnvironment(_ fields: inout TableFields) throws(JobTableError) {
    var list: [EnvironmentVariable] = []
    while let (name, value) = try fields.next() { list.append(EnvironmentVariable(name: name, value: value)) }
    environments.append(list)
  }

  private mutating func readJob(_ fields: inout TableFields) throws(JobTableError) {
    var (name, line, column) = ("", 0, 0)
    var schedules: [Schedule] = []
    var terms = JobTerms()
    var words: [String] = []
    var shellLine: String?
    var kind: SourceKind?
    // Jobs of one file share one string.
    if let file = table.jobs.last?.terms.file { terms.file = file }
    while let (key, value) = try fields.next() {
      switch key {
      case "name": name = value
      case "kind": kind = SourceKind(rawValue: value)
      case "file": if value != terms.file { terms.file = value }
      case "line": line = try fields.integer(value)
      case "column": column = try fields.integer(value)
      case "schedule":
        let one = try list(value, name, fields)
        if schedules.isEmpty { schedules = one } else { schedules += one }
      case "command": shellLine = value
      case "word": words.append(value)
      default: try readTerm(key, value, &terms, fields)
      }
    }
    terms.sourceKind = try fields.required(kind, "kind")
    let command: JobCommand
    if let shellLine, words.isEmpty {
      command = .shellLine(shellLine)
    } else if shellLine == nil, !words.isEmpty {
      command = .words(words)
    } else {
      throw fields.error("the job has no command, or two")
    }
    guard JobName.isValidScoped(name), !schedules.isEmpty else {
      throw fields.error("the job has no usable name, or no schedule")
    }
    table.jobs.append(
      JobDefinition(
        name: name, schedules: schedules, command: command, line: line, column: column, terms: terms,
        neighbour: table.jobs.last))
  }

  private func readTerm(
    _ key: String, _ value: String, _ terms: inout JobTerms, _ fields: TableFields
  ) throws(JobTableError) {
    switch key {
    case "zone": terms.zone = value
    case "input": terms.standardInput = value
    case "user": terms.user = value
    case "shell": terms.shell = value
    case "env":
      let index: Int = try fields.integer(value)
      guard environments.indices.contains(index) else { throw fields.error("environment \(index) is missing") }
      terms.environment = environments[index]
    case "timeout_s": terms.timeoutSeconds = try fields.integer(value)
    case "grace_s": terms.graceSeconds = try fields.integer(value)
    case "overlap": terms.overlap = try fields.required(OverlapPolicy(rawValue: value), "overlap")
    case "catch_up": terms.catchUp = try fields.required(CatchUpPolicy(value), "catch_up")
    case "on_interrupt": terms.onInterrupt = try fields.required(InterruptPolicy(rawValue: value), "on_interrupt")
    case "durable": terms.durability = try fields.required(DurabilityPolicy(rawValue: value), "durable")
    case "delay_min": terms.randomDelayMinutes = try fields.integer(value)
    default: throw fields.error("the field \"\(key)\" is unknown")
    }
  }

  /// The list of this one schedule: jobs that have the same share it.
  private mutating func list(
    _ text: String, _ name: String, _ fields: TableFields
  ) throws(JobTableError) -> [Schedule] {
    if let known = schedules[text] { return known }
    do throws(ScheduleError) {
      let list = [try Schedule.parse(text, dialect: .any, seed: name)]
      // The text is canonical: what depended on the job's name was decided when it was written.
      if schedules.count < 4096 { schedules[text] = list }
      return list
    } catch {
      throw fields.error("schedule \"\(text)\": \(error.message)")
    }
  }

  private mutating func readDiagnostic(_ fields: inout TableFields) throws(JobTableError) {
    var position = SourcePosition(file: "", line: 0, column: 0)
    var level: DiagnosticLevel?
    var code: String?
    var message: String?
    var hint: String?
    while let (key, value) = try fields.next() {
      switch key {
      case "level": level = DiagnosticLevel(rawValue: value)
      case "code": code = value
      case "file": position.file = value
      case "line": position.line = try fields.integer(value)
      case "column": position.column = try fields.integer(value)
      case "message": message = value
      case "hint": hint = value
      default: throw fields.error("the field \"\(key)\" is unknown")
      }
    }
    guard table.diagnostics.count < DiagnosticList.limit else { throw fields.error("there are too many diagnostics") }
    table.diagnostics.append(
      Diagnostic(
        position: position, level: try fields.required(level, "level"), code: try fields.required(code, "code"),
        message: try fields.required(message, "message"), hint: hint))
  }

  private mutating func readCounts(_ fields: inout TableFields) throws(JobTableError) {
    while let (key, value) = try fields.next() {
      switch key {
      case "rejected": table.rejectedLines = try fields.integer(value)
      case "diagnostics": table.diagnosticCount = try fields.integer(value)
      default: throw fields.error("the field \"\(key)\" is unknown")
      }
    }
    hasCounts = true
  }
}
