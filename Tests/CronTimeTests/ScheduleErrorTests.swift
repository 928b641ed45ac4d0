import CronTime
import Testing

/// One refusal: the text, where, its code, and a part of its hint.
struct RefusalRow: Sendable, CustomTestStringConvertible {
  var text: String
  var column: Int
  var code: String
  var hint: String

  init(_ text: String, _ column: Int, _ code: String, _ hint: String = "") {
    (self.text, self.column, self.code, self.hint) = (text, column, code, hint)
  }

  var testDescription: String { text }

  func check(_ dialect: Dialect) {
    #expect(throws: ScheduleError.self) { try Schedule.parse(text, dialect: dialect, seed: "") }
    do throws(ScheduleError) {
      _ = try Schedule.parse(text, dialect: dialect, seed: "")
    } catch {
      #expect(error.column == column)
      #expect(error.code == code)
      #expect((error.hint ?? "").contains(hint), "\(error)")
      #expect(!error.message.isEmpty)
    }
  }
}

@Suite struct ScheduleErrorTests {
  @Test(arguments: [
    "9:30 pm", "9am and 5pm", "9:30 and 17:00", "every 9:30 pm", "every 17:00", "30m", "90 minutes", "monday",
    "on monday", "every other monday", "every third monday", "every 2nd day", "monthly on monday",
    "every other weekday",
    "every third weekend", "every 3rd weekday", "every 6th monday", "every 51st", "every other mondays",
  ])
  func `what a hint puts into quotes is accepted when it is typed`(text: String) throws {
    let refused = #expect(throws: ScheduleError.self) { try Schedule.parse(text, dialect: .any, seed: "") }
    let quoted = try #require(refused?.hint).split(separator: "'", omittingEmptySubsequences: false)
    #expect(quoted.count >= 3)
    for hint in stride(from: 1, to: quoted.count, by: 2) {
      #expect(throws: Never.self) { try Schedule.parse(String(quoted[hint]), dialect: .any, seed: "") }
    }
  }

  private static let crontabRefusals: [RefusalRow] = [
    // What peers widen to every minute, misread, or accept and never fire (cron-peers).
    RefusalRow("61 * * * *", 1, "value-out-of-range", "0 to 59"),
    RefusalRow("60 * * * *", 1, "value-out-of-range", "0 to 59"),
    RefusalRow("* 24 * * *", 3, "value-out-of-range", "midnight is 0"),
    RefusalRow("* * 0 * *", 5, "value-out-of-range", "1 to 31"),
    RefusalRow("* * 32 * *", 5, "value-out-of-range", "1 to 31"),
    RefusalRow("* * * 13 *", 7, "value-out-of-range", "1 to 12"),
    RefusalRow("* * * 0 *", 7, "value-out-of-range", "1 to 12"),
    RefusalRow("* * * * 8", 9, "value-out-of-range", "0 and 7 are Sunday"),
    RefusalRow("* * * * 1-8", 11, "value-out-of-range"),
    RefusalRow("99999999999999999999999 * * * *", 1, "value-out-of-range"),
    RefusalRow("5,61 * * * *", 3, "value-out-of-range"),
    RefusalRow("*/0 * * * *", 3, "zero-step", "1 or more"),
    RefusalRow("1-5/0 * * * *", 5, "zero-step"),
    RefusalRow("*/70 * * * *", 3, "step-too-large", "@every"),
    RefusalRow("*/61 * * * *", 3, "step-too-large"),
    RefusalRow("0 */25 * * *", 5, "step-too-large"),
    RefusalRow("1-5/6 * * * *", 5, "step-too-large"),
    RefusalRow("5/15 * * * *", 1, "step-without-range", "write 5-59/15"),
    RefusalRow("0 2/6,20 * * *", 3, "step-without-range", "write 2-23/6"),
    RefusalRow("0 0 * jan/2 *", 7, "step-without-range", "write jan-12/2"),
    RefusalRow("50/15 * * * *", 1, "step-without-range", "write 50: no step of 15 follows it"),
    RefusalRow("59/1 * * * *", 1, "step-without-range", "write 59:"),
    RefusalRow("9/ * * * *", 3, "malformed-step"),
    RefusalRow("5/0 * * * *", 3, "zero-step"),
    RefusalRow("5/15h * * * *", 5, "unexpected-character"),
    RefusalRow(",5 * * * *", 1, "empty-element"),
    RefusalRow("5, * * * *", 3, "empty-element", "comma"),
    RefusalRow("5,,6 * * * *", 3, "empty-element"),
    RefusalRow("* * * * SUNDAY-", 16, "malformed-range", "sun to sat"),
    RefusalRow("* * * * -MON", 9, "malformed-range"),
    RefusalRow("1- * * * *", 3, "malformed-range"),
    RefusalRow("1-,3 * * * *", 3, "malformed-range"),
    RefusalRow("-5 * * * *", 1, "malformed-range"),
    RefusalRow("1-2-3 * * * *", 4, "unexpected-character"),
    RefusalRow("*5 * * * *", 2, "unexpected-character"),
    RefusalRow("** * * * *", 2, "unexpected-character"),
    RefusalRow("*-5 * * * *", 2, "unexpected-character"),
    RefusalRow("*/5-10 * * * *", 4, "unexpected-character"),
    RefusalRow("*/ * * * *", 3, "malformed-step"),
    RefusalRow("*/x * * * *", 3, "malformed-step"),
    RefusalRow("1.5 * * * *", 2, "unexpected-character", "fractions"),
    RefusalRow("5m * * * *", 2, "unexpected-character"),
    RefusalRow("5#3 * * * *", 2, "unexpected-character", "third Friday"),
    RefusalRow("0 0 5#3 * *", 6, "unexpected-character", "third Friday"),
    RefusalRow("L * * * *", 1, "unknown-name", "L belongs to the day fields"),
    RefusalRow("0 LW * * *", 3, "unknown-name", "15W or LW"),
    RefusalRow("0 0 * W *", 7, "unknown-name", "15W or LW"),
    RefusalRow("0 0 * * L-3", 9, "unknown-name", "5L is the last Friday"),
    RefusalRow("0 0 * * LW", 9, "unknown-name", "15W or LW"),
    RefusalRow("0 0 * 5L *", 8, "unexpected-character", "day fields"),
    RefusalRow("0 15W * * *", 5, "unexpected-character", "15W"),
    RefusalRow("0 0 * * 15W", 11, "unexpected-character", "day of the month"),
    RefusalRow("0 0 L-0 * *", 7, "value-out-of-range", "1 to 30"),
    RefusalRow("0 0 L-31 * *", 7, "value-out-of-range", "1 to 30"),
    RefusalRow("0 0 L- * *", 7, "malformed-relative-day"),
    RefusalRow("0 0 L3 * *", 6, "malformed-relative-day", "L-3"),
    RefusalRow("0 0 LL * *", 6, "malformed-relative-day"),
    RefusalRow("0 0 W * *", 5, "malformed-relative-day", "15W"),
    RefusalRow("0 0 0W * *", 5, "value-out-of-range", "1 to 31"),
    RefusalRow("0 0 32W * *", 5, "value-out-of-range"),
    RefusalRow("0 0 1-5W * *", 5, "malformed-relative-day"),
    RefusalRow("0 0 1,W * *", 7, "malformed-relative-day"),
    RefusalRow("0 0 * * L", 9, "ambiguous-last", "5L"),
    RefusalRow("0 0 * * 8L", 9, "value-out-of-range", "0 to 7"),
    RefusalRow("0 0 * * 1-5L", 9, "malformed-relative-day"),
    RefusalRow("0 0 * * frL", 9, "malformed-relative-day", "friday"),
    RefusalRow("0 0 * * 5#0", 11, "value-out-of-range", "1 to 5"),
    RefusalRow("0 0 * * 5#6", 11, "value-out-of-range", "1 to 5"),
    RefusalRow("0 0 * * 5#", 11, "malformed-relative-day"),
    RefusalRow("0 0 * * #5", 9, "malformed-relative-day"),
    RefusalRow("0 0 * * 5#3#1", 11, "malformed-relative-day"),
    RefusalRow("0 0 * * 1-5#2", 9, "malformed-relative-day"),
    RefusalRow("? 0 * * *", 1, "unexpected-character", "write *"),
    RefusalRow("0 0 * ? *", 7, "unexpected-character", "write *"),
    RefusalRow("0 0 1,? * *", 7, "unexpected-character", "not both"),
    RefusalRow("0 0 ?/2 * *", 5, "unexpected-character", "not both"),
    RefusalRow("H(5-2) * * * *", 3, "malformed-hash", "H(0-29)"),
    RefusalRow("H(0-99) * * * *", 5, "value-out-of-range"),
    RefusalRow("H(0-29 * * * *", 7, "malformed-hash", "H(0-29)"),
    RefusalRow("H() * * * *", 3, "unexpected-character"),
    RefusalRow("H(3) * * * *", 4, "malformed-hash"),
    RefusalRow("H/0 * * * *", 3, "zero-step"),
    RefusalRow("H/61 * * * *", 3, "step-too-large"),
    RefusalRow("H5 * * * *", 1, "unknown-name", "H/15"),
    RefusalRow("h * * * *", 1, "unknown-name", "capital"),
    RefusalRow("H-5 * * * *", 1, "unknown-name", "H(0-29)"),
    RefusalRow("0-H * * * *", 3, "unknown-name", "alone"),
    RefusalRow("H~5 * * * *", 1, "unknown-name", "alone"),
    RefusalRow("H/x * * * *", 3, "malformed-step"),
    RefusalRow("0 0 H(1-32) * *", 9, "value-out-of-range", "1 to 31"),
    RefusalRow("0 0 * * H(0-8)", 13, "value-out-of-range"),
    RefusalRow("H(0-29)/31 * * * *", 9, "step-too-large"),
    RefusalRow("H(0-29)5 * * * *", 8, "unexpected-character"),
    RefusalRow("~~5 * * * *", 2, "unexpected-character"),
    RefusalRow("5~60 * * * *", 3, "value-out-of-range"),
    RefusalRow("0~59/5 * * * *", 5, "unexpected-character"),
    RefusalRow("*~5 * * * *", 2, "unexpected-character"),
    RefusalRow("é * * * *", 1, "unexpected-character"),
    RefusalRow("* * * * tues", 9, "unknown-name", "tuesday"),
    RefusalRow("* * * * mnday", 9, "unknown-name", "monday"),
    RefusalRow("* * * sept *", 7, "unknown-name", "september"),
    RefusalRow("* * * * su", 9, "unknown-name", "sunday"),
    RefusalRow("* * * mon *", 7, "unknown-name"),
    RefusalRow("jan * * * *", 1, "unknown-name"),
    RefusalRow("* * * * day", 9, "unknown-name"),
    RefusalRow("", 1, "empty-schedule"),
    RefusalRow("   ", 1, "empty-schedule"),
    RefusalRow("*", 2, "field-count", "minute hour"),
    RefusalRow("* * * *", 8, "field-count"),
    RefusalRow("* * * * * *", 11, "seconds-in-crontab", "@every 30s"),
    RefusalRow("0 30 9 * * MON-FRI", 12, "seconds-in-crontab", "@every 30s"),
    RefusalRow("* * * * * cmd", 11, "field-count", "alone"),
    RefusalRow("@dayly", 1, "unknown-nickname", "@daily"),
    RefusalRow("@fortnightly", 1, "unknown-nickname", "@reboot"),
    RefusalRow("@daily 5", 8, "field-count"),
    RefusalRow("@every", 7, "malformed-duration", "@every 90s"),
    RefusalRow("@every 90", 9, "malformed-duration", "90s"),
    RefusalRow("@every 0s", 8, "interval-out-of-range"),
    RefusalRow("@every 1.5h", 9, "malformed-duration", "1h30m"),
    RefusalRow("@every 5m1h", 11, "malformed-duration", "large ones first"),
    RefusalRow("@every h", 8, "malformed-duration"),
    RefusalRow("@every 99999999999999999999w", 8, "interval-out-of-range"),
    RefusalRow("* * * * *\u{0}", 10, "control-character"),
    RefusalRow("* * * * *\n", 10, "control-character"),
  ]

  @Test(arguments: crontabRefusals)
  func `a crontab's schedule is refused with column and hint`(_ row: RefusalRow) {
    row.check(.crontabLine)
  }

  private static let otherRefusals: [RefusalRow] = [
    RefusalRow("30m", 1, "ambiguous-duration", "'every 30m'"),
    RefusalRow(" 1h30m", 2, "ambiguous-duration", "'every 1h30m'"),
    RefusalRow("60 * * * * *", 1, "value-out-of-range", "seconds come first"),
    RefusalRow("0 60 * * * *", 3, "value-out-of-range", "seconds come first"),
    RefusalRow("0 0 0 * * L", 11, "ambiguous-last", "seconds come first"),
    RefusalRow("0 0 12 1 1 2026", 12, "value-out-of-range", "seconds come first"),
    RefusalRow("0 0 12 ? 1 ? ?", 14, "unexpected-character", "year last"),
    RefusalRow("0 0 0 1 1 * H", 13, "unknown-name", "a year"),
    RefusalRow("0 0 0 1 1 * 1969", 13, "value-out-of-range", "1970 to 2199"),
    RefusalRow("0 0 0 1 1 * 2200", 13, "value-out-of-range", "year last"),
    RefusalRow("0 0 0 1 1 * 2030-2020", 13, "reversed-range"),
    RefusalRow("0 5 * * * /usr/bin/true", 11, "command-in-schedule", "'0 5 * * *'"),
    RefusalRow("*/5 * * * * backup --all", 13, "command-in-schedule"),
    RefusalRow("*/5 * * * * sh -c 'true && false' a b", 13, "command-in-schedule"),
    RefusalRow("* * * * * * * *", 15, "field-count"),
    RefusalRow("2026-06-01", 1, "malformed-instant", "2026-06-01T09:00:00Z"),
    RefusalRow("2026-06-01T09:00Z", 1, "malformed-instant", "2026-06-01T09:00:00Z"),
    RefusalRow("2026-06-01T9:00", 1, "malformed-instant", "2026-06-01 09:00"),
    RefusalRow("2026-06-01 09:00:60", 1, "malformed-instant"),
    RefusalRow("2026-06-01 09:00 Europe/Paris", 18, "malformed-instant", "calendar: 2026-06-01 09:00 Europe/Paris"),
    RefusalRow("2200-01-01 09:00", 1, "value-out-of-range", "1970 to 2199"),
    RefusalRow("2026-02-30T09:00:00Z", 1, "malformed-instant"),
    RefusalRow("2026-06-01T09:00:00.5Z", 1, "malformed-instant", "whole seconds"),
  ]

  @Test(arguments: otherRefusals)
  func `other notations are refused with column and hint`(_ row: RefusalRow) {
    row.check(.any)
  }

  @Test func `a schedule of more than 4096 bytes is refused`() {
    RefusalRow(String(repeating: "1,", count: 2_100) + "1 * * * *", 1, "too-long").check(.crontabLine)
  }

  private static let splits: [(String, Int, Int)] = [
    ("*/5 * * * * cmd", 11, 12), ("0 0\t* * 1-5\t\troot  cmd", 11, 13), ("@daily cmd x", 6, 7), ("* * * * *", 9, 9),
    ("@every 90s  cmd", 10, 12), ("@EVERY 1h30m", 12, 12), ("@reboot\tcmd", 7, 8), ("* * * * *  ", 9, 11),
    ("  * * * * * 5 * cmd", 11, 12), ("0 0 * * * mon -d", 9, 10), ("0 0 * * * 1-x", 9, 10), ("1 2 3 4 5 é", 9, 10),
  ]

  @Test(arguments: splits)
  func `a crontab line is split after its schedule`(_ text: String, _ end: Int, _ rest: Int) throws {
    let leading = try Schedule.parseLeading(text, seed: "")
    #expect(leading.scheduleEnd == end)
    #expect(leading.restOffset == rest)
  }

  private static let lineRefusals: [RefusalRow] = [
    RefusalRow("*/70 * * * * cmd", 3, "step-too-large"), RefusalRow("0 24 * * * cmd", 3, "value-out-of-range"),
    RefusalRow("* * * cmd", 7, "field-count"), RefusalRow("@dayly cmd", 1, "unknown-nickname", "@daily"),
    RefusalRow("@every cmd", 8, "malformed-duration"), RefusalRow("* * * cmd --now x", 7, "unknown-name"),
    RefusalRow("*/10 * * * * * cmd", 14, "seconds-in-crontab", "@every"), RefusalRow("", 1, "empty-schedule"),
    RefusalRow("0 0 12 * * ? cmd", 12, "seconds-in-crontab", "@every"),
    RefusalRow("0 0 9 * * mon-fri cmd", 11, "seconds-in-crontab"),
    RefusalRow("0 30 9 * * 1,3 cmd", 12, "seconds-in-crontab"),
    RefusalRow("0 0 9 * * fri#3 cmd", 11, "seconds-in-crontab"),
  ]

  @Test(arguments: lineRefusals)
  func `a crontab line is refused with the column of the line`(_ row: RefusalRow) {
    do throws(ScheduleError) {
      _ = try Schedule.parseLeading(row.text, seed: "")
      Issue.record("accepted")
    } catch {
      #expect(error.code == row.code)
      #expect(error.column == (row.code == "field-count" ? row.text.utf8.count + 1 : row.column))
      #expect((error.hint ?? "").contains(row.hint))
    }
  }
}
