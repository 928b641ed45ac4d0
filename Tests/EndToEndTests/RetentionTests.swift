import CronSystem
import CronTestSupport
import CronTime
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Segments beyond `ledger.keep`: as many go as come, and what isn't ours stays and is named.
@Suite(.ownThread)
struct RetentionTests {
  /// What stands under the oldest segment's name.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// A part of what the log says of it.
    var said: String
    /// Whether the doctor names it: what needs no reading to be told.
    var isStranger = true
    var needsRoot = false
    /// Makes it of a segment.
    var make: @Sendable (String) throws -> Void
  }

  static let rows: [Row] = [
    Row(testDescription: "another user's", said: "it belongs to another user", needsRoot: true) {
      try #require(chown($0, 65_534, 65_534) == 0)
    },
    Row(testDescription: "a link", said: "it is a symbolic link") {
      try #require(rename($0, $0 + ".target") == 0 && symlink($0 + ".target", $0) == 0)
    },
    Row(testDescription: "a FIFO", said: "it is no regular file") {
      try #require(unlink($0) == 0 && mkfifo($0, 0o600) == 0)
    },
    Row(testDescription: "a directory", said: "it is a directory") {
      try #require(unlink($0) == 0)
      _ = try Directory.create($0)
    },
    Row(testDescription: "an empty file", said: "it is empty", isStranger: false) {
      try #require(truncate($0, 0) == 0)
    },
    Row(testDescription: "garbage", said: "its head isn't one of a segment", isStranger: false) {
      try FileDescriptor.open($0, [.write]).write([UInt8](repeating: 7, count: 300))
    },
  ]

  private static let configuration = "[ticker]\ninterval = 1s\n[ledger]\nkeep = 1h\n"

  /// Segments of which the last is a day old.
  private static func layOut(_ cron: Cronwatch, segments: Int) throws {
    _ = try Directory.create(cron.state)
    _ = try Directory.create(cron.state + "/ledger")
    let now = SystemClock.wall() / 1_000_000
    for number in 1...segments {
      let at = Instant(seconds: now - 86_400 - Int64(segments - number) * 60)
      let body = "0 snapshot format=1.0 at=\(at) records=0"
      let line = "\(Checksum.hexadecimal(Checksum.crc32c(Array(body.utf8)))) \(body)\n"
      try FileDescriptor.open(path(cron, number), [.write, .create]).write(Array(line.utf8))
    }
  }

  private static func path(_ cron: Cronwatch, _ number: Int) -> String {
    let digits = String(number)
    return cron.state + "/ledger/" + String(repeating: "0", count: 6 - digits.utf8.count) + digits + ".log"
  }

  private static func exists(_ cron: Cronwatch, _ number: Int) -> Bool {
    var status = stat()
    return lstat(path(cron, number), &status) == 0
  }

  /// It was unlinked without a copy; a directory ended the removal of all others, and nothing said so.
  @Test(.acceptance(56), arguments: rows)
  func `what isn't ours among old segments stays and is said, and those behind it go`(_ row: Row) throws {
    if row.needsRoot, CurrentProcess.effectiveUser != 0 { try Test.cancel("only root can give a file away") }
    try Cronwatch.use(configuration: Self.configuration) { cron in
      try Self.layOut(cron, segments: 8)
      try row.make(Self.path(cron, 1))
      var before = stat()
      try #require(lstat(Self.path(cron, 1), &before) == 0)
      try cron.crontab("@hourly :\n")
      try cron.start()
      // With the ticker's own there are nine, of which two stay.
      try cron.wait("the others are gone") { !(2...7).contains { Self.exists(cron, $0) } }
      try cron.wait("it is said") { cron.log.contains(row.said) }
      var after = stat()
      try #require(lstat(Self.path(cron, 1), &after) == 0)
      #expect(after.st_ino == before.st_ino && after.st_size == before.st_size && after.st_mode == before.st_mode)
      #expect(Self.exists(cron, 8) && Self.exists(cron, 9))
      let doctor = try cron.run(["doctor"]).output
      #expect(doctor.contains("ledger/000001.log") || !row.isStranger, "\(doctor)")
      try cron.stop()
    }
  }

  /// Eight an hour went, however many came.
  @Test func `a new segment makes room at once, not an hour later`() throws {
    try Cronwatch.use(faults: "ledger.append@8:error", configuration: Self.configuration) { cron in
      try Self.layOut(cron, segments: 20)
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      // The start removes eight, and another segment begins where a write has failed.
      try cron.wait("more of them are gone") { !(1...16).contains { Self.exists(cron, $0) } }
      #expect(try cron.run(["audit"]).exit == 0)
      try cron.stop()
    }
  }
}
