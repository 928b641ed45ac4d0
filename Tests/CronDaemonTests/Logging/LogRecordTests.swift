import CronTime
import CronWire
import Testing

@testable import CronDaemon

@Suite struct LogRecordTests {
  private func line(
    _ message: String, _ fields: [LogField] = [], format: LogFormat = .text, journald: Bool = false
  ) -> String {
    let record = LogRecord(
      at: Instant(microseconds: 1_781_784_000_123_000), level: .warning, role: "ticker", message: message,
      fields: fields)
    return String(decoding: record.line(format: format, journald: journald), as: UTF8.self)
  }

  @Test func `a line has time, level, role, values and words`() {
    #expect(
      line("the disk is full", [LogField("path", "/a b"), LogField("free", 0), LogField("job", "")])
        == "2026-06-18T12:00:00.123Z warning ticker path=\"/a b\" free=0 job=\"\" the disk is full\n")
  }

  @Test func `the journal gets its priority and adds the time itself`() {
    #expect(line("x", journald: true) == "<4>warning ticker x\n")
  }

  @Test func `whatever is logged stays one line`() {
    let text = line("two\nlines\u{1B}[2J", [LogField("k", "a\nb")])
    #expect(text.split(separator: "\n").count == 1)
    #expect(!text.contains("\u{1B}"))
  }

  @Test func `JSON lines are objects, and a value can't shadow the line's own`() throws {
    let text = line("m", [LogField("level", "fake"), LogField("pid", 4)], format: .json)
    let value = try JSONReader.parse(Array(text.utf8.dropLast()))
    #expect(value["level"] == "warning")
    #expect(value["pid"] == "4")
    #expect(value["time"] == "2026-06-18T12:00:00.123Z")
  }

  @Test func `a line is never longer than its limit`() {
    let text = line(String(repeating: "z", count: 100_000))
    #expect(text.utf8.count == LogRecord.longestLine)
    #expect(text.hasSuffix("z\n"))
  }

  @Test func `levels order by urgency`() {
    #expect(LogLevel.debug < .info)
    #expect(LogLevel.info < .warning)
    #expect(LogLevel.warning < .error)
  }
}
