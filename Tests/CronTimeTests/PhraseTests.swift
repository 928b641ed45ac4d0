import CronTime
import Testing

@Suite struct PhraseTests {
  private static let meanings: [(String, String)] = [
    // Elapsed time.
    ("every 30m", "@every 30m"), ("every 2h", "@every 2h"), ("EVERY 2H", "@every 2h"),
    ("every 90 seconds", "@every 1m30s"), ("every 5 minutes", "@every 5m"), ("every 1 day", "@every 1d"),
    ("every 1h 30m", "@every 1h30m"), ("every 1 hour and 30 minutes", "@every 1h30m"),
    ("every 1 week, 2 days", "@every 1w2d"), ("each monday", "0 0 * * 1"), ("each 2h", "@every 2h"),
    ("daily on weekdays at 9", "0 9 * * 1-5"),
    // Days.
    ("every day", "0 0 * * *"), ("every day at 09:00", "0 9 * * *"), ("daily at noon", "0 12 * * *"),
    ("daily", "0 0 * * *"), ("midnight", "0 0 * * *"), ("noon", "0 12 * * *"), ("at 17:00", "0 17 * * *"),
    ("noon daily", "0 12 * * *"), ("at 9 every day", "0 9 * * *"), ("at 9am on weekdays", "0 9 * * 1-5"),
    ("every monday 9am", "0 9 * * 1"), ("every monday 9 am", "0 9 * * 1"), ("every Monday at 9", "0 9 * * 1"),
    ("every monday and thursday at 9:30pm", "30 21 * * 1,4"), ("every mon, wed and fri at 18:30", "30 18 * * 1-5/2"),
    ("every mon,wed,fri at 18:30", "30 18 * * 1-5/2"), ("every tuesday, and sunday", "0 0 * * 0,2"),
    ("every monday to friday at 7", "0 7 * * 1-5"), ("every mon-fri at 7", "0 7 * * 1-5"),
    ("every friday through monday", "0 0 * * 0,1,5,6"), ("every weekday at 18:30", "30 18 * * 1-5"),
    ("weekdays at noon", "0 12 * * 1-5"), ("weekends at 10am", "0 10 * * 0,6"), ("mondays at 9am", "0 9 * * 1"),
    ("saturdays and sundays at 10:15", "15 10 * * 0,6"), ("on fridays at 17:00", "0 17 * * 5"),
    ("weekdays and sundays at 6", "0 6 * * 0-5"), ("weekly on monday at 8", "0 8 * * 1"),
    ("every week on tuesday", "0 0 * * 2"), ("weekly on mon and thu at 8:05", "5 8 * * 1,4"),
    // Times.
    ("daily at 12am", "0 0 * * *"), ("daily at 12pm", "0 12 * * *"), ("daily at 12:30am", "30 0 * * *"),
    ("daily at 11:59pm", "59 23 * * *"), ("daily at 1PM", "0 13 * * *"), ("daily at 0", "0 0 * * *"),
    ("daily at 23", "0 23 * * *"), ("daily at 9am and 5pm", "0 9,17 * * *"),
    ("daily at 9, 13 and 17", "0 9-17/4 * * *"),
    ("daily at 9:00, 9:30, 17:00 and 17:30", "0,30 9,17 * * *"), ("daily at 09:00:30", "30 0 9 * * *"),
    ("daily at midnight and noon", "0 0,12 * * *"), ("daily at 9am, 9:00", "0 9 * * *"),
    // Smaller than a day.
    ("every hour", "0 * * * *"), ("hourly", "0 * * * *"), ("hourly at :15", "15 * * * *"),
    ("every hour at :15 and :45", "15,45 * * * *"), ("hourly on weekdays", "0 * * * 1-5"),
    ("every minute", "* * * * *"), ("every minute on sundays", "* * * * 0"), ("every second", "* * * * * *"),
    // Months and years.
    ("monthly", "0 0 1 * *"), ("monthly at 9am", "0 9 1 * *"), ("monthly on the 1st at 03:00", "0 3 1 * *"),
    ("monthly on the 1st and 15th at 3", "0 3 1,15 * *"), ("monthly on 1, 11, 21 and 31", "0 0 1-31/10 * *"),
    ("monthly on day 22", "0 0 22 * *"), ("every month on the 2nd, 3rd and 13th", "0 0 2,3,13 * *"),
    ("on the 1st of every month at 8", "0 8 1 * *"), ("monthly on the first of the month", "0 0 1 * *"),
    ("every month on the last day at 23:00", "0 23 L * *"), ("monthly on the last weekday", "0 0 LW * *"),
    ("monthly on the first weekday at 9", "0 9 1W * *"), ("monthly on the last friday", "0 0 * * 5L"),
    ("monthly on the first monday at 9", "0 9 * * 1#1"), ("monthly on the 1st and 3rd wed", "0 0 * * 3#1,3#3"),
    ("monthly on the 15th, the last day and the last friday", "0 0 15,L * 5L"),
    ("yearly", "0 0 1 1 *"), ("annually at noon", "0 12 1 1 *"), ("yearly on june 1", "0 0 1 6 *"),
    ("every year on 24 december at 18:00", "0 18 24 12 *"), ("yearly on the 1st of june at 9", "0 9 1 6 *"),
    // Local dates.
    ("2026-06-01 09:00", "0 0 9 1 6 * 2026"), ("2026-06-01T09:00", "0 0 9 1 6 * 2026"),
    ("2026-06-01  09:00:07", "7 0 9 1 6 * 2026"), ("2026-06-01 09:00:00Z", "2026-06-01T09:00:00Z"),
    ("2026-06-01 09:00:00-02:00", "2026-06-01T11:00:00Z"),
  ]

  @Test(arguments: meanings)
  func `a phrase means`(_ phrase: String, _ canonical: String) throws {
    let schedule = try Schedule.parse(phrase, dialect: .any, seed: "job")
    #expect(schedule.description == canonical)
    #expect(try Schedule.parse(canonical, dialect: .any, seed: "") == schedule)
  }

  private static let ofTheMonth: [FiringRow] = [
    FiringRow(
      "every month on the last day at 23:00", "UTC", after: "2028-01-31T23:00:00Z", "2028-02-29T23:00:00Z",
      "2028-03-31T23:00:00Z"),
    FiringRow(
      "monthly on the first monday at 9", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-05T09:00:00Z",
      "2026-02-02T09:00:00Z"),
    FiringRow(
      "monthly on the second and fourth tuesday", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-13T00:00:00Z",
      "2026-01-27T00:00:00Z"),
    FiringRow(
      "monthly on the 3rd wednesday and the last friday", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-21T00:00:00Z",
      "2026-01-30T00:00:00Z", "2026-02-18T00:00:00Z"),
    FiringRow(
      "monthly on the first and last friday", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z",
      "2026-01-30T00:00:00Z", "2026-02-06T00:00:00Z"),
    FiringRow(
      "monthly on the 1st day and the last friday", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z",
      "2026-02-01T00:00:00Z", "2026-02-27T00:00:00Z"),
    FiringRow(
      "monthly on the 15th and the last friday at 9", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-15T09:00:00Z",
      "2026-01-30T09:00:00Z"),
    FiringRow(
      "monthly on the last weekday", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z",
      "2026-02-27T00:00:00Z"),
    FiringRow(
      "monthly on the first weekday", "UTC", after: "2026-01-30T00:00:00Z", "2026-02-02T00:00:00Z",
      "2026-03-02T00:00:00Z"),
    // A local date in a gap fires right after it, in a fold in the first pass.
    FiringRow("2026-03-29 02:30", "Europe/Paris", after: "2026-01-01T00:00:00Z", "2026-03-29T03:00:00+02:00"),
    FiringRow("2026-10-25 02:30", "Europe/Paris", after: "2026-01-01T00:00:00Z", "2026-10-25T02:30:00+02:00"),
  ]

  @Test(arguments: ofTheMonth)
  func `a phrase fires at`(_ row: FiringRow) throws { try row.check() }

  private static let counts: [(String, String, String)] = [
    ("in 45m", "2026-06-01T09:00:00Z", "2026-06-01T09:45:00Z"),
    ("in 45 m", "2026-06-01T09:00:00Z", "2026-06-01T09:45:00Z"),
    ("In 2h30m", "2026-06-01T09:00:00.000001Z", "2026-06-01T11:30:01Z"),
    ("in 1 hour and 1 second", "2026-06-01T09:00:00.999Z", "2026-06-01T10:00:02Z"),
    ("in 2 weeks", "1969-12-31T23:59:59.5Z", "1970-01-15T00:00:00Z"),
  ]

  @Test(arguments: counts)
  func `in a while is one instant, a whole second, counted from now`(
    _ phrase: String, _ now: String, _ expected: String
  ) throws {
    let schedule = try Schedule.parse(phrase, dialect: .any, seed: "", now: try instant(now))
    #expect(schedule.description == expected)
    #expect(schedule.form == .once(try instant(expected)))
    #expect(try Schedule.parse(expected, dialect: .any, seed: "") == schedule)
  }

  private static let refusals: [RefusalRow] = [
    // Nothing to count from.
    RefusalRow("in 45m", 1, "no-now", "2026-06-01T09:00:00Z"),
    RefusalRow("  in 45m", 3, "no-now"),
    // Two readings.
    RefusalRow("30 minutes", 1, "ambiguous-duration", "every 30 minutes"),
    RefusalRow("0s", 1, "interval-out-of-range", "such as 90s"),
    RefusalRow("30m2", 4, "malformed-duration", "write 30m2s or '30m2 seconds'"),
    RefusalRow("every 90s5", 10, "malformed-duration", "seconds come last"),
    RefusalRow("@every 1m30s5", 13, "malformed-duration", "seconds come last"),
    RefusalRow("9:30 pm", 1, "ambiguous-phrase", "write 'daily at 9:30 pm' or 'weekdays at 9:30 pm'"),
    RefusalRow("9am and 5pm", 1, "ambiguous-phrase", "write 'daily at 9am and 5pm'"),
    RefusalRow("9:30 and 17:00", 1, "ambiguous-phrase", "write 'daily at 9:30' or"),
    RefusalRow("every 9:30 pm", 7, "ambiguous-phrase", "write 'daily at 9:30 pm'"),
    RefusalRow("24:00", 1, "value-out-of-range", "midnight is 0"),
    RefusalRow("13pm", 1, "value-out-of-range", "13:00"),
    RefusalRow("every 9:80", 9, "value-out-of-range", "0 to 59"),
    RefusalRow("every other day", 7, "ambiguous-phrase", "*/2"),
    RefusalRow("every second day at 9", 7, "ambiguous-phrase", "every 2d"),
    RefusalRow("every 2nd day", 7, "ambiguous-phrase", "every 2 days"),
    RefusalRow("every other monday", 7, "ambiguous-phrase", "first and third monday"),
    RefusalRow("every third monday", 7, "ambiguous-phrase", "first and third monday"),
    RefusalRow("every 3rd monday", 7, "ambiguous-phrase", "monthly on the 3rd monday"),
    RefusalRow("every 1st", 7, "ambiguous-phrase", "monthly on the 1st"),
    RefusalRow("every last friday", 7, "ambiguous-phrase", "monthly on the last"),
    RefusalRow("every 9am", 7, "ambiguous-phrase", "daily at 9am"),
    RefusalRow("17:00", 1, "ambiguous-phrase", "daily at 17:00"),
    RefusalRow("9am on mondays", 1, "ambiguous-phrase", "daily at 9am"),
    RefusalRow("monday at 9", 1, "ambiguous-phrase", "every monday"),
    RefusalRow("on monday", 4, "ambiguous-phrase", "every monday"),
    RefusalRow("weekly", 1, "ambiguous-phrase", "weekly on monday"),
    RefusalRow("every week at 9", 7, "ambiguous-phrase", "@weekly"),
    RefusalRow("monthly on monday", 12, "ambiguous-phrase", "first monday"),
    RefusalRow("on the 1st at 9", 4, "ambiguous-phrase", "monthly on the 1st"),
    RefusalRow("on june 1", 4, "ambiguous-phrase", "yearly on june 1"),
    RefusalRow("yearly on the 1st", 11, "ambiguous-phrase", "yearly on june 1"),
    // Times.
    RefusalRow("daily at 25:00", 10, "value-out-of-range", "midnight is 0"),
    RefusalRow("daily at 24:00", 10, "value-out-of-range", "midnight is 0"),
    RefusalRow("daily at 9:60", 12, "value-out-of-range", "0 to 59"),
    RefusalRow("daily at 13pm", 10, "value-out-of-range", "13:00"),
    RefusalRow("daily at 0am", 10, "value-out-of-range", "12am"),
    RefusalRow("daily at 99pm", 10, "value-out-of-range"),
    RefusalRow("daily at 9:5", 12, "malformed-time", "09:00"),
    RefusalRow("daily at 9.30", 10, "malformed-time", "9:30pm"),
    RefusalRow("daily at 0900", 10, "malformed-time"),
    RefusalRow("daily at 9h", 10, "malformed-time"),
    RefusalRow("daily at lunch", 10, "malformed-time", "noon"),
    RefusalRow("daily at", 9, "incomplete-phrase", "noon"),
    RefusalRow("daily at 9 and", 15, "incomplete-phrase"),
    RefusalRow("every monday 9", 14, "unknown-word"),
    RefusalRow("daily at 9:30 and 17:00", 19, "phrase-conflict", "two schedules"),
    RefusalRow("daily at 9 at 10", 15, "phrase-conflict", "9am and 5pm"),
    RefusalRow("daily at :15", 10, "phrase-conflict", "hourly at :15"),
    RefusalRow("hourly at 9", 11, "phrase-conflict", ":15"),
    RefusalRow("hourly at 15", 11, "phrase-conflict", ":15"),
    RefusalRow("every minute at 9", 17, "phrase-conflict", "leave it out"),
    RefusalRow("daily at 2026-06-01", 10, "phrase-conflict", "2026-06-01 09:00"),
    // Lengths of time.
    RefusalRow("every 5 minutes at 9am", 17, "phrase-conflict", "every day at"),
    RefusalRow("every 5", 7, "malformed-duration", "5 minutes"),
    RefusalRow("every 0m", 7, "interval-out-of-range"),
    RefusalRow("every 101 years", 11, "malformed-duration", "monthly"),
    RefusalRow("every 3 months", 9, "malformed-duration", "*/3"),
    RefusalRow("in 3 months", 6, "malformed-duration", "weeks"),
    RefusalRow("every 5300 weeks", 7, "interval-out-of-range"),
    RefusalRow("every 99999999999999999999h", 7, "interval-out-of-range"),
    RefusalRow("every 5 minuets", 9, "malformed-duration", "minute"),
    RefusalRow("every 1.5h", 8, "malformed-duration", "1h30m"),
    RefusalRow("every 5m1h", 10, "malformed-duration", "large ones first"),
    RefusalRow("in a while", 4, "malformed-duration"),
    RefusalRow("in", 3, "incomplete-phrase", "45m"),
    RefusalRow("in 45m at 9", 8, "phrase-conflict"),
    // Words.
    RefusalRow("evry monday", 1, "unknown-word", "'every'"),
    RefusalRow("dayly at noon", 1, "unknown-word", "'daily'"),
    RefusalRow("every munday at 9", 7, "unknown-word", "monday"),
    RefusalRow("every monday an thursday", 14, "unknown-word"),
    RefusalRow("every monday and thrusday", 18, "unknown-word", "thursday"),
    RefusalRow("every fullmoon", 7, "unknown-word", "every day"),
    RefusalRow("every", 6, "incomplete-phrase", "every 2h"),
    RefusalRow("every monday and", 17, "incomplete-phrase"),
    RefusalRow("backup.sh now", 1, "unknown-word", "@daily"),
    RefusalRow("monthly on the 32nd", 16, "value-out-of-range", "1 to 31"),
    RefusalRow("monthly on the 2st", 16, "unknown-word", "2nd"),
    RefusalRow("monthly on the", 15, "incomplete-phrase"),
    RefusalRow("monthly on the last", 20, "incomplete-phrase", "last day"),
    RefusalRow("monthly on the sixth monday", 16, "unknown-word"),
    RefusalRow("monthly on the 6th monday", 16, "value-out-of-range", "first to the fifth"),
    RefusalRow("yearly on june", 11, "incomplete-phrase", "june 1"),
    RefusalRow("yearly on june 1 and july 2", 22, "phrase-conflict", "two schedules"),
    RefusalRow("daily on the 1st", 10, "phrase-conflict", "monthly"),
    RefusalRow("daily on monday", 1, "phrase-conflict", "every monday"),
    RefusalRow("every 2nd week", 7, "ambiguous-phrase", "every 2 weeks"),
    RefusalRow("daily weekly", 7, "phrase-conflict"),
    RefusalRow("every monday on tuesday", 17, "phrase-conflict", "one list"),
    RefusalRow("on the 1st of juny", 15, "unknown-word", "june"),
    RefusalRow("every weekdays to friday", 19, "malformed-range"),
    RefusalRow("every é", 7, "unknown-word"),
  ]

  @Test(arguments: refusals)
  func `a phrase is refused with column and hint`(_ row: RefusalRow) {
    row.check(.any)
  }

  @Test(arguments: ["every 2h", "daily at noon", "in 45m", "calendar: daily", "weekdays at 9"])
  func `a crontab line takes no phrase`(_ text: String) {
    RefusalRow(text, 1, "phrase-in-crontab", "@every").check(.crontabLine)
    do throws(ScheduleError) {
      _ = try Schedule.parseLeading(text + " /bin/true", seed: "")
      Issue.record("accepted")
    } catch {
      #expect(error.code == "phrase-in-crontab")
    }
  }

  @Test func `a phrase of too many words is refused`() {
    RefusalRow("daily at 9" + String(repeating: " and 9", count: 40), 196, "too-long").check(.any)
  }
}
