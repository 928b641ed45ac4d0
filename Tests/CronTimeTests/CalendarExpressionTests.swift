import CronTime
import Testing

@Suite struct CalendarExpressionTests {
  private static let meanings: [(String, String)] = [
    ("calendar: minutely", "* * * * *"), ("calendar: hourly", "0 * * * *"), ("calendar: daily", "0 0 * * *"),
    ("calendar: weekly", "0 0 * * 1"), ("calendar: monthly", "0 0 1 * *"), ("calendar: quarterly", "0 0 1 1-10/3 *"),
    ("calendar: semiannually", "0 0 1 1,7 *"), ("calendar: Bi-Annually", "0 0 1 1,7 *"),
    ("calendar: yearly", "0 0 1 1 *"), ("calendar:annually", "0 0 1 1 *"), ("CALENDAR: Daily", "0 0 * * *"),
    ("calendar: Mon..Fri *-*-* 09:00:00", "0 9 * * 1-5"), ("calendar: Mon..Fri 9:0", "0 9 * * 1-5"),
    ("calendar: Mon", "0 0 * * 1"), ("calendar: sunday", "0 0 * * 0"), ("calendar: Sat,Sun 12:05", "5 12 * * 0,6"),
    ("calendar: Mon..Wed,Fri..Sun", "0 0 * * 0-3,5,6"), ("calendar: Mon-Wed", "0 0 * * 1-3"),
    ("calendar: Mon..Sun *-*-13", "0 0 13 * *"), ("calendar: *-*-*", "0 0 * * *"), ("calendar: *-12-24", "0 0 24 12 *"),
    ("calendar: 12-24 18:00", "0 18 24 12 *"), ("calendar: *-1/3-1", "0 0 1 1-10/3 *"),
    ("calendar: 2026-06-01 09:00", "0 0 9 1 6 * 2026"), ("calendar: 26-1-1", "0 0 0 1 1 * 2026"),
    ("calendar: 95-1-1", "0 0 0 1 1 * 1995"), ("calendar: 2026..2030-1-1", "0 0 0 1 1 * 2026-2030"),
    ("calendar: 2024/4-2-29", "0 0 0 29 2 * 2024-2196/4"), ("calendar: *-*-1..7 18:00", "0 18 1-7 * *"),
    ("calendar: *-*-1,15 00:00:10", "10 0 0 1,15 * *"), ("calendar: *:0/15", "*/15 * * * *"),
    ("calendar: 0/2:30", "30 */2 * * *"), ("calendar: 0/20,5:00", "0 */20,5 * * *"),
    ("calendar: 1/2:00", "0 1-23/2 * * *"),
    ("calendar: 8..18/2:00", "0 8-18/2 * * *"), ("calendar: *:*:0/30", "0,30 * * * * *"),
    ("calendar: *:*:*", "* * * * * *"), ("calendar: 05..05:00", "0 5 * * *"), ("calendar: Mon *-*-1/2", "0 0 */2 * 1"),
    ("calendar: *~*", "0 0 * * *"),
    ("calendar: *-02~03", "0 0 L-2 2 *"), ("calendar: *-*~1,2 12:00", "0 12 L,L-1 * *"),
    ("calendar: *-*~3/1", "0 0 L,L-1,L-2 * *"),
    // Both must match, which five fields can't say without a `*`.
    ("calendar: Fri *-*-13", "calendar: Fri *-*-13 00:00:00"),
    ("calendar: mon,TUE,wed,sun *-*-1..7 18:00", "calendar: Mon..Wed,Sun *-*-01..07 18:00:00"),
    ("calendar: Mon *-05~07/1", "calendar: Mon *-05~01..07 00:00:00"),
    ("calendar: Fri 2026,2028-1..3,12-5 0/6:0/15:0/20", "calendar: Fri 2026,2028-01..03,12-05 00/6:00/15:00,20,40"),
    ("calendar: Fri *-*-13 0/20,5:*:*", "calendar: Fri *-*-13 00/20,05:*:*"),
  ]

  @Test(arguments: meanings)
  func `a calendar expression means`(_ text: String, _ canonical: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    #expect(schedule.description == canonical)
    #expect(try Schedule.parse(canonical, dialect: .any, seed: "") == schedule)
  }

  private static let firings: [FiringRow] = [
    FiringRow(
      "calendar: *-02~03", "UTC", after: "2027-01-01T00:00:00Z", "2027-02-26T00:00:00Z", "2028-02-27T00:00:00Z"),
    FiringRow(
      "calendar: *-*~1", "UTC", after: "2028-01-31T12:00:00Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"),
    FiringRow(
      "calendar: *-*~1..6/2", "UTC", after: "2027-02-01T00:00:00Z", "2027-02-24T00:00:00Z", "2027-02-26T00:00:00Z",
      "2027-02-28T00:00:00Z", "2027-03-27T00:00:00Z"),
    FiringRow(
      "calendar: Mon *-05~07/1", "UTC", after: "2026-01-01T00:00:00Z", "2026-05-25T00:00:00Z", "2027-05-31T00:00:00Z"),
    FiringRow(
      "calendar: Fri *-*-13", "UTC", after: "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z",
      "2026-11-13T00:00:00Z"),
    // As everywhere in cronwatch: a fixed time in a gap fires right after it, an open step follows elapsed time.
    FiringRow(
      "calendar: *-*-* 02:30", "America/New_York", after: "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-09T02:30:00-04:00"),
    FiringRow(
      "calendar: 0/2:00", "America/New_York", after: "2026-03-08T00:00:00-05:00", "2026-03-08T04:00:00-04:00"),
  ]

  @Test(arguments: firings)
  func `a calendar expression fires at`(_ row: FiringRow) throws { try row.check() }

  private static let zones: [(String, String, Int)] = [
    ("calendar: Mon..Fri *-*-* 09:00:00 Europe/Paris", "Europe/Paris", 35), ("calendar: daily UTC", "UTC", 17),
    ("calendar: 09:00 utc", "UTC", 17), ("calendar: Mon Etc/GMT+5", "Etc/GMT+5", 15),
    (" calendar:*-*-1  EST5EDT ", "EST5EDT", 18),
  ]

  @Test(arguments: zones)
  func `a zone at the end is the schedule's own`(_ text: String, _ zone: String, _ column: Int) throws {
    let parsed = try ZonedSchedule.parse(text, dialect: .any, seed: "")
    #expect(parsed.zoneName == zone)
    #expect(parsed.zoneColumn == column)
    // Who can't look at it must not lose it.
    RefusalRow(text, column, "zone-in-schedule", "apart").check(.any)
    let without = try ZonedSchedule.parse(parsed.schedule.description, dialect: .any, seed: "")
    #expect(without.schedule == parsed.schedule)
    #expect(without.zoneName == nil)
  }

  private static let refusals: [RefusalRow] = [
    RefusalRow("calendar:", 10, "empty-schedule", "calendar: daily"),
    RefusalRow("calendar: 09:00:00.5", 19, "fraction", "whole seconds"),
    RefusalRow("calendar: 09:00:00/1.5", 21, "fraction"),
    RefusalRow("calendar: 09:00:0.5..3", 18, "fraction"),
    RefusalRow("calendar: */2:00", 12, "malformed-step", "0/2"),
    RefusalRow("calendar: *:*/75", 14, "malformed-step", "write '*' alone, or a first value and a step: 0/5"),
    RefusalRow("calendar: *-*~*/5", 16, "malformed-step", "28/5"),
    RefusalRow("calendar: */2-1-1", 12, "malformed-step", "2026/2"),
    RefusalRow("calendar: *-*/2-1", 14, "malformed-step", "1/2"),
    RefusalRow("calendar: 5/0:00", 13, "zero-step"),
    RefusalRow("calendar: 55/10:00", 11, "value-out-of-range", "0 to 23"),
    RefusalRow("calendar: *:55/10", 16, "step-too-large", "55 alone"),
    RefusalRow("calendar: 1..3/5:00", 16, "step-too-large"),
    RefusalRow("calendar: *-*~3/3", 17, "step-too-large"),
    RefusalRow("calendar: Fri..Mon", 11, "reversed-range", "Fri..Sun,Mon"),
    RefusalRow("calendar: Sun..Tue", 11, "reversed-range", "Sun,Mon..Tue"),
    RefusalRow("calendar: 22..2:00", 11, "reversed-range", "in two"),
    RefusalRow("calendar: 2030..2026-1-1", 11, "reversed-range"),
    RefusalRow("calendar: *-*-0", 15, "value-out-of-range", "1 to 31"),
    RefusalRow("calendar: *-13-1", 13, "value-out-of-range", "1 to 12"),
    RefusalRow("calendar: *-*~29", 15, "value-out-of-range", "1, the last, to 28"),
    RefusalRow("calendar: 24:00", 11, "value-out-of-range", "midnight is 0"),
    RefusalRow("calendar: 9:60", 13, "value-out-of-range"),
    RefusalRow("calendar: 2200-1-1", 11, "value-out-of-range", "1970 to 2199"),
    RefusalRow("calendar: 100-1-1", 11, "value-out-of-range"),
    RefusalRow("calendar: 12", 11, "malformed-calendar", "(05:00)"),
    RefusalRow("calendar: @1234", 11, "malformed-calendar", "2026-06-01T09:00:00Z"),
    RefusalRow("calendar: daily 09:00", 17, "malformed-calendar", "*-*-* 09:00"),
    RefusalRow("calendar: 09:00 *-*-*", 17, "malformed-calendar", "date, time"),
    RefusalRow("calendar: Mon daily", 15, "malformed-calendar", "00:00"),
    RefusalRow("calendar: Mon Tue 09:00", 15, "malformed-calendar", "Mon,Tue"),
    RefusalRow("calendar: Mon, Tue", 15, "empty-element", "Mon,Wed"),
    RefusalRow("calendar: Mon..", 16, "malformed-range"),
    RefusalRow("calendar: Mon..Wed..Fri", 19, "unexpected-character", "Mon..Fri"),
    RefusalRow("calendar: Mondy", 11, "unknown-name", "monday"),
    RefusalRow("calendar: Mon,dayly", 15, "unknown-name"),
    RefusalRow("calendar: dayly", 11, "unknown-name", "daily"),
    RefusalRow("calendar: Europe/Paris", 11, "unknown-name", "hourly"),
    RefusalRow("calendar: daily posix/UTC", 17, "unknown-zone", "Europe/Paris"),
    RefusalRow("calendar: daily ../x", 17, "malformed-calendar"),
    RefusalRow("calendar: 1-2-3-4", 16, "unexpected-character", "month~day"),
    RefusalRow("calendar: *-*-1~2", 16, "unexpected-character"),
    RefusalRow("calendar: *~*-1", 12, "unexpected-character", "'-'"),
    RefusalRow("calendar: 9:", 13, "malformed-value"),
    RefusalRow("calendar: 9:00:", 16, "malformed-value"),
    RefusalRow("calendar: 9:00:00:00", 18, "unexpected-character", "hour:minute"),
    RefusalRow("calendar: 1,*:00", 13, "unexpected-character", "write '*' alone"),
    RefusalRow("calendar: 1,,2:00", 13, "unexpected-character"),
    RefusalRow("calendar: *-jan-1", 13, "unexpected-character"),
    RefusalRow("calendar: *-*-* 09:00 Europe/Paris now", 36, "malformed-calendar", "zone"),
  ]

  @Test(arguments: refusals)
  func `a calendar expression is refused with column and hint`(_ row: RefusalRow) {
    row.check(.any)
  }

  @Test(arguments: ["calendar: *-02-30", "calendar: *-4-31 09:00", "calendar: 2025..2027-02-29"])
  func `a date that never comes is dead`(_ text: String) throws {
    #expect(try Schedule.parse(text, dialect: .any, seed: "").isDead)
  }
}
