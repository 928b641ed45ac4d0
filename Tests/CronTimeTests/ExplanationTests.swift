import CronTime
import Testing

/// One row: a schedule and its English.
struct ExplanationRow: Sendable, CustomTestStringConvertible {
  var text: String
  var english: String

  init(_ text: String, _ english: String) { (self.text, self.english) = (text, english) }

  var testDescription: String { text }

  func check() throws {
    #expect(try Schedule.parse(text, dialect: .any, seed: "test").explanation == english)
  }
}

@Suite struct ExplanationTests {
  private static let times: [ExplanationRow] = [
    ExplanationRow("* * * * *", "every minute"),
    ExplanationRow("*/15 * * * *", "every 15 minutes"),
    ExplanationRow("0,30 * * * *", "every 30 minutes"),
    ExplanationRow("0 * * * *", "every hour on the hour"),
    ExplanationRow("17 * * * *", "every hour at minute 17"),
    ExplanationRow("15,45 * * * *", "at minutes 15 and 45 of every hour"),
    ExplanationRow("5-59/15 * * * *", "every 15 minutes from minute 5 to 50 of every hour"),
    ExplanationRow("*/7 * * * *", "every 7 minutes from minute 0 to 56 of every hour"),
    ExplanationRow("0-29 * * * *", "every minute from minute 0 to 29 of every hour"),
    ExplanationRow("0-4,30 * * * *", "at minutes 0 to 4 and 30 of every hour"),
    ExplanationRow("30 9 * * *", "at 09:30 every day"),
    ExplanationRow("0 9,12,17 * * *", "at 09:00, 12:00 and 17:00 every day"),
    ExplanationRow("0,30 9,17 * * *", "at 09:00, 09:30, 17:00 and 17:30 every day"),
    ExplanationRow("0 */8 * * *", "at 00:00, 08:00 and 16:00 every day"),
    ExplanationRow("0 */2 * * *", "every 2 hours from 00:00 to 22:00 every day"),
    ExplanationRow("5 1-23/3 * * *", "every 3 hours from 01:05 to 22:05 every day"),
    ExplanationRow("0 9-17 * * *", "every hour from 09:00 to 17:00 every day"),
    ExplanationRow("30 22-2 * * *", "every hour from 22:30 to 02:30 every day"),
    ExplanationRow("30 22-2 * * 1", "every hour from 00:30 to 02:30 and from 22:30 to 23:30 on Monday"),
    ExplanationRow("* 9 * * *", "every minute from 09:00 to 09:59 every day"),
    ExplanationRow("*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:45 every day"),
    ExplanationRow("*/15 9,17 * * *", "every 15 minutes from 09:00 to 09:45 and from 17:00 to 17:45 every day"),
    ExplanationRow("*/7 9 * * *", "every 7 minutes from 09:00 to 09:56 every day"),
    ExplanationRow("*/7 9-17 * * *", "every 7 minutes from minute 0 to 56 of the hours 9 to 17 every day"),
    ExplanationRow("15,45 9-17 * * *", "at minutes 15 and 45 of the hours 9 to 17 every day"),
    ExplanationRow("*/15 1,4,9,20 * * *", "every 15 minutes in the hours 1, 4, 9 and 20 every day"),
    ExplanationRow("0 1,4,9,15,16,20,23 * * *", "at minute 0 of the hours 1, 4, 9, 15, 16, 20 and 23 every day"),
  ]

  @Test(arguments: times)
  func `times of day are said as people say them`(_ row: ExplanationRow) throws { try row.check() }

  private static let days: [ExplanationRow] = [
    ExplanationRow("30 9 * * 1-5", "at 09:30 on Monday to Friday"),
    ExplanationRow("30 9 * * fri-mon", "at 09:30 on Friday to Monday"),
    ExplanationRow("30 9 * * 0,6", "at 09:30 on Saturday and Sunday"),
    ExplanationRow("30 9 * * 7", "at 09:30 on Sunday"),
    ExplanationRow("30 9 * * mon,wed,fri", "at 09:30 on Monday, Wednesday and Friday"),
    ExplanationRow("0 0 1 * *", "at 00:00 on the 1st of the month"),
    ExplanationRow("0 0 1,15 * *", "at 00:00 on the 1st and 15th of the month"),
    ExplanationRow("0 0 1-7,22 * *", "at 00:00 on the 1st to 7th and 22nd of the month"),
    ExplanationRow("0 0 */2 * *", "at 00:00 on every 2nd day from the 1st to the 31st of the month"),
    ExplanationRow("0 0 1 1 *", "at 00:00 on the 1st of January"),
    ExplanationRow("0 0 29 2 *", "at 00:00 on the 29th of February"),
    ExplanationRow("0 0 1 */3 *", "at 00:00 on the 1st of January, April, July and October"),
    ExplanationRow("0 0 * 6-8 *", "at 00:00 every day in June to August"),
    ExplanationRow("0 0 * jun mon", "at 00:00 on Monday in June"),
    ExplanationRow("*/5 * * 12 *", "every 5 minutes in December"),
    ExplanationRow("0 0 13 * 5", "at 00:00 on the 13th of the month, and also on Friday"),
    ExplanationRow("0 0 13 6 5", "at 00:00 on the 13th of the month, and also on Friday, in June"),
    ExplanationRow("0 0 1-31 * 5", "at 00:00 every day"),
    ExplanationRow(
      "0 0 */10 * 5", "at 00:00 on every 10th day from the 1st to the 31st of the month, but only when it is a Friday"),
    ExplanationRow("calendar: Fri *-*-13", "at 00:00 on the 13th of the month, but only when it is a Friday"),
    ExplanationRow(
      "calendar: Mon..Wed,Sun *-*-1..7",
      "at 00:00 on the 1st to 7th of the month, but only when it is a Sunday to Wednesday"),
    ExplanationRow("0 0 L * *", "at 00:00 on the last day of the month"),
    ExplanationRow("0 0 L-3 * *", "at 00:00 on the 3rd day before the last of the month"),
    ExplanationRow("0 0 LW * *", "at 00:00 on the last working day (Monday to Friday) of the month"),
    ExplanationRow("0 0 15W * *", "at 00:00 on the working day (Monday to Friday) nearest to the 15th of the month"),
    ExplanationRow("0 0 1,L * *", "at 00:00 on the 1st and the last day of the month"),
    ExplanationRow("0 0 * * 5L", "at 00:00 on the last Friday of the month"),
    ExplanationRow("0 0 * * 5#3", "at 00:00 on the third Friday of the month"),
    ExplanationRow("0 0 L 2 *", "at 00:00 on the last day of February"),
    ExplanationRow("0 0 */5 2 *", "at 00:00 on every 5th day from the 1st to the 26th of February"),
    ExplanationRow("0 0 */2 4-6 *", "at 00:00 on every 2nd day from the 1st to the 31st of April to June"),
    ExplanationRow("calendar: *-*~1..7", "at 00:00 on the last 7 days of the month"),
    ExplanationRow("0 0 L,L-1 * *", "at 00:00 on the last day and the 1st day before the last of the month"),
    ExplanationRow(
      "0 0 L * 1#1", "at 00:00 on the last day of the month, and also on the first Monday of the month"),
    ExplanationRow("0 0 * * 1,5#3", "at 00:00 on Monday and the third Friday of the month"),
    ExplanationRow("0 0 ? * 1", "at 00:00 on Monday"),
    ExplanationRow("0 0 31 2 *", "never, because no date is 'at 00:00 on the 31st of February'"),
  ]

  @Test(arguments: days)
  func `days are said with the rule that holds for them`(_ row: ExplanationRow) throws { try row.check() }

  private static let others: [ExplanationRow] = [
    ExplanationRow("* * * * * *", "every second"),
    ExplanationRow("*/10 * * * * *", "every 10 seconds"),
    ExplanationRow("*/10 * 9-17 * * *", "every 10 seconds from 09:00:00 to 17:59:50 every day"),
    ExplanationRow("*/10 30 9 * * *", "every 10 seconds from 09:30:00 to 09:30:50 every day"),
    ExplanationRow("15 30 9 * * *", "at 09:30:15 every day"),
    ExplanationRow("0 30 9 * * *", "at 09:30 every day"),
    ExplanationRow("30 * * * * *", "every minute at second 30"),
    ExplanationRow("15 */5 * * * *", "every 5 minutes at second 15"),
    ExplanationRow("15 17 * * * *", "every hour at minute 17 and second 15"),
    ExplanationRow("0,20,45 * * * * *", "at seconds 0, 20 and 45 of every minute"),
    ExplanationRow("* 0 * * * *", "every second of minute 0 of every hour"),
    ExplanationRow(
      "*/20 */15 8-9 * * *", "every 20 seconds of every 15th minute from 0 to 45 of the hours 8 and 9 every day"),
    ExplanationRow("0 0 9 1 6 * 2026", "at 09:00 on the 1st of June 2026"),
    ExplanationRow("0 0 0 1 1 * 2026-2029", "at 00:00 on the 1st of January, in 2026 to 2029"),
    ExplanationRow("0 0 0 1 1 * 2026-2099/2", "at 00:00 on the 1st of January, every 2nd year from 2026 to 2098"),
    ExplanationRow("0 0 0 * * * 2026,2028", "at 00:00 every day, in 2026 and 2028"),
    ExplanationRow("@daily", "at 00:00 every day"),
    ExplanationRow("@reboot", "once after each boot"),
    ExplanationRow("@every 90s", "every 1 minute 30 seconds of elapsed time, counted from when the job was first seen"),
    ExplanationRow("every 2h", "every 2 hours of elapsed time, counted from when the job was first seen"),
    ExplanationRow("@every 1d", "every day of elapsed time, counted from when the job was first seen"),
    ExplanationRow("every weekday at 18:30", "at 18:30 on Monday to Friday"),
    ExplanationRow("2026-06-01 09:00", "at 09:00 on the 1st of June 2026"),
    ExplanationRow("2026-06-01T09:00:00Z", "once, at 2026-06-01T09:00:00Z"),
  ]

  @Test(arguments: others)
  func `seconds, years and other notations are said too`(_ row: ExplanationRow) throws { try row.check() }

  @Test(arguments: [
    ("0 0 13 * 5", "day of month and day of week are both restricted, so either is enough"),
    ("0 0 */10 * 5", "one of the two day fields begins with '*', so both must match"),
    ("calendar: Fri *-*-13", "weekday and date must both match"), ("0 0 13 * *", nil), ("@every 5m", nil),
  ])
  func `the rule of the day fields is said when both are restricted`(text: String, rule: String?) throws {
    #expect(try Schedule.parse(text, dialect: .any, seed: "test").dayRuleExplanation == rule)
  }

  @Test func `six and seven fields are said to begin with seconds`() {
    #expect(
      Schedule.fieldOrder(of: " 0 30 9 * * 1 ")
        == "six fields begin with seconds: second minute hour day-of-month month day-of-week")
    #expect(
      Schedule.fieldOrder(of: "0 30 9 * * 1 2026")
        == "seven fields begin with seconds and end with the year: "
        + "second minute hour day-of-month month day-of-week year"
    )
    for other in ["30 9 * * 1", "every monday and thursday at 9:30pm", "calendar: Mon *-*-* 09:00 UTC", "@daily", ""] {
      #expect(Schedule.fieldOrder(of: other) == nil)
    }
  }
}
