import CronConfig
import Testing

@Suite("A crontab line is refused")
struct CrontabRefusalTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var line: String
    var column: Int
    var code: String?
    var hint: String?
    var format = CrontabFormat.user(owner: nil)
    var testDescription: String { line.debugDescription }

    init(_ line: String, _ column: Int, _ code: String?, hint: String? = nil, system: Bool = false) {
      self.line = line
      self.column = column
      self.code = code
      self.hint = hint
      if system { format = .system }
    }
  }

  /// What peers widen to every minute, misread or crash on (`code` nil: the schedule parser's own word for it).
  @Test(
    "at its column, and never widened to another meaning",
    arguments: [
      Row("61 * * * * x", 1, nil), Row("* 24 * * * x", 3, nil), Row("* * 32 * * x", 5, nil),
      Row("* * 0 * * x", 5, nil), Row("* * * 13 * x", 7, nil), Row("* * * 0 * x", 7, nil),
      Row("* * * * 8 x", 9, nil), Row("*/0 * * * * x", 3, nil), Row("5/15 * * * * x", 1, nil),
      Row("*/70 * * * * x", 3, nil), Row("-5 * * * * x", 1, "leading-dash"), Row("1, * * * * x", 3, nil),
      Row("1-  * * * * x", 3, nil), Row("* * * foo * x", 7, nil), Row("@fortnightly x", 1, nil),
      Row("@every x", 9, "missing-command"), Row("@every 0s x", 8, nil), Row("@ x", 1, nil),
      Row("99999999999999999999 * * * * x", 1, nil), Row("٣ * * * * x", 1, nil), Row("$ * * * * x", 1, nil),
      Row("* * * * *", 10, "missing-command"), Row("* * * * * ", 11, "missing-command"),
      Row("@daily", 7, "missing-command"), Row("@every 90s", 11, "missing-command"),
      Row("* * * * x", 1, "missing-fields"), Row("x", 1, "missing-fields"),
      Row("* * * * * %x", 11, "missing-command"),
      Row("export A=1", 1, "missing-fields", hint: "without \"export\""),
      Row("daily x", 1, "missing-fields", hint: "@daily"), Row("every 5m x", 1, "missing-fields", hint: "@every"),
      Row("0 0 12 * * ? x", 12, "sixth-time-field", hint: "seconds"),
      Row("*/10 * * * * * x", 14, "sixth-time-field", hint: "@every"),
      Row("0 0 1 1 * 2026 report", 11, "sixth-time-field", hint: "year"),
      Row("0 30 9 * * MON-FRI x", 12, "sixth-time-field"), Row("0 0 9 * * SUN x", 11, "sixth-time-field"),
      Row("0 0 9 * * 1,3 x", 11, "sixth-time-field"),
      Row("-*/15 * * * * x", 1, "leading-dash", hint: "remove it"), Row("* * * * * -n x", 11, "command-flag"),
      Row("\"A B * * * * x", 1, "unclosed-quote"), Row("= x", 1, "invalid-variable"),
      Row("A='x", 3, "unclosed-quote"), Row("A=\"x\" y", 7, "text-after-quote"), Row("A='x'y", 6, "text-after-quote"),
      Row("CRON_TZ=Nowhere/X", 9, "unknown-zone"), Row("CRON_TZ = Europe/Pariss", 11, "unknown-zone", hint: "Paris"),
      Row("SHELL=bash", 7, "unusable-shell", hint: "/bin/bash"), Row("RANDOM_DELAY=x", 14, "invalid-random-delay"),
      Row("RANDOM_DELAY=-1", 14, "invalid-random-delay"), Row("RANDOM_DELAY=9999", 14, "invalid-random-delay"),
    ])
  func refused(_ row: Row) throws {
    let parsed = crontab(row.line, format: row.format)
    #expect(parsed.jobs.isEmpty)
    #expect(parsed.rejectedLines == 1)
    let finding = try #require(parsed.diagnostics.first)
    #expect(parsed.diagnostics.count == 1)
    #expect(finding.level == .error && finding.position.line == 1)
    #expect(finding.position.column == row.column)
    if let code = row.code { #expect(finding.code == code) }
    if let hint = row.hint { #expect(finding.hint?.contains(hint) == true) }
  }

  @Test(
    "in a system crontab when its user column is missing or no user",
    arguments: [
      Row("* * * * * /usr/bin/x", 11, "invalid-user", system: true),
      Row("* * * * * /usr/bin/x -y", 11, "invalid-user", system: true),
      Row("* * * * * root", 15, "missing-command", system: true),
      Row("* * * * *", 10, "missing-command", system: true), Row("@daily", 7, "missing-user", system: true),
      Row("* * * * * root:wheel x", 11, "invalid-user", system: true),
      Row("* * * * * * root x", 11, "sixth-time-field", system: true),
      Row("* * * * * -root x", 11, "invalid-user", system: true),
      Row("* * * * x", 1, "missing-fields", system: true),
    ])
  func systemRefused(_ row: Row) throws {
    try refused(row)
  }

  @Test("when it is not UTF-8, with the character's column; comments may be anything")
  func invalidText() {
    let bytes = Array("# caf".utf8) + [0xE9, 10] + Array("@daily caf\u{E9} ".utf8) + [0xE9, 10]
    let parsed = CrontabParser.parse(bytes, file: "f", format: .user(owner: nil))
    #expect(parsed.diagnostics.map(brief) == ["2:13 invalid-utf8"])
    #expect(parsed.jobs.isEmpty)
  }

  @Test("beyond 64 KiB, alone")
  func longLine() {
    let long = "@daily echo " + String(repeating: "x", count: 65_536)
    let parsed = crontab("@daily a\n\(long)\n@daily b\n")
    #expect(parsed.diagnostics.map(brief) == ["2:1 line-too-long"])
    #expect(parsed.jobs.count == 2)
  }

  @Test("after a refused CRON_TZ or SHELL, until it is set again")
  func poisoned() {
    let text = """
      CRON_TZ=Nowhere
      @daily a
      # cronwatch: zone=UTC
      @daily b
      CRON_TZ=Europe/Paris
      @daily c
      CRON_TZ=
      @daily d
      SHELL=sh
      @daily e
      SHELL=/bin/bash
      @daily f
      """
    let parsed = crontab(text)
    #expect(parsed.jobs.map(\.command.line) == ["b", "c", "d", "f"])
    #expect(parsed.jobs.map(\.zone) == ["UTC", "Europe/Paris", nil, nil])
    #expect(parsed.jobs.map(\.shell) == ["/bin/sh", "/bin/sh", "/bin/sh", "/bin/bash"])
    #expect(
      parsed.diagnostics.map(brief) == [
        "1:9 unknown-zone", "2:1 unknown-zone", "9:7 unusable-shell", "10:1 unusable-shell",
      ])
    #expect(parsed.rejectedLines == 4)
  }

  @Test("with a warning only where it is valid and probably a slip")
  func warnings() {
    let text = """
      0 3 * * * root /usr/bin/x
      0 3 * * * tar cf b-$(date +%F).tar
      PATH=$PATH:/opt/bin
      """
    let parsed = crontab(text)
    #expect(
      parsed.diagnostics.map(brief) == ["1:11 user-column", "2:28 percent-ends-command", "3:6 no-expansion"])
    #expect(parsed.diagnostics.allSatisfy { $0.level == .warning })
    #expect(parsed.jobs.count == 2 && parsed.rejectedLines == 0)
  }
}
