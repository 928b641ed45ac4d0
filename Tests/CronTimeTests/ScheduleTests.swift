import CronTestRandom
import CronTime
import Testing

@Suite struct ScheduleTests {
  private static let canonicalTexts: [(String, String)] = [
    ("* * * * *", "* * * * *"), ("  */5\t0   * *  * ", "*/5 0 * * *"), ("0-59 * * * *", "0-59 * * * *"),
    ("*/1 * * * *", "* * * * *"), ("*/60 * * * *", "*/60 * * * *"), ("0,30 9-17 * * 1-5", "0,30 9-17 * * 1-5"),
    ("0 0 * JAN,feb,March mon-FRIDAY", "0 0 * 1-3 1-5"), ("0 0 * * 7", "0 0 * * 0"), ("0 0 * * 0-7", "0 0 * * 0-6"),
    ("0 0 * * 5-7", "0 0 * * 0,5,6"), ("0 0 * * FRI-MON", "0 0 * * 0,1,5,6"), ("0 0 * * 7-2", "0 0 * * 0-2"),
    ("0 0 * * 7-7", "0 0 * * 0"), ("0 0 * * sat-sunday", "0 0 * * 0,6"), ("0 0 * * 1-7/2", "0 0 * * 0,1,3,5"),
    ("0 0 * * 6-1/2", "0 0 * * 1,6"), ("0 22-2 * * *", "0 0-2,22,23 * * *"),
    ("50-10/5 * * * *", "0-10/5,50,55 * * * *"),
    ("0 0 28-3 * *", "0 0 1-3,28-31 * *"), ("0 0 1 nov-feb *", "0 0 1 1,2,11,12 *"), ("0 0 1 * mon", "0 0 1 * 1"),
    ("0 0 */2 * mon", "0 0 */2 * 1"), ("*,5 * * * *", "* * * * *"), ("*/20,5 * * * *", "*/20,5 * * * *"),
    ("5,*/20 * * * *", "0,5,20,40 * * * *"), ("0 0 * * */2", "0 0 * * */2"), ("0 0 1 */3 *", "0 0 1 1-10/3 *"),
    ("10-50/10 0 * * *", "10-50/10 0 * * *"), ("@yearly", "0 0 1 1 *"), ("@Annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"),
    ("@HOURLY", "0 * * * *"), ("@reboot", "@reboot"), ("@every 90s", "@every 1m30s"), ("@every 1h30m", "@every 1h30m"),
    ("@every 14d", "@every 2w"), ("every 24h", "@every 1d"), ("@every 5400s", "@every 1h30m"),
    ("30 0 12 * * *", "30 0 12 * * *"), ("0 0 12 * * *", "0 12 * * *"), ("*/10 * * * * *", "0-50/10 * * * * *"),
    ("* * * * * *", "* * * * * *"), ("0 0 9 1 1 * 2030", "0 0 9 1 1 * 2030"), ("0 0 9 1 1 * *", "0 9 1 1 *"),
    ("0 0 9 1 1 * 2030-2040/2,2050", "0 0 9 1 1 * 2030,2032,2034,2036,2038,2040,2050"),
    ("2026-06-01T09:00:00+02:00", "2026-06-01T07:00:00Z"), ("0 0 31 2 *", "0 0 31 2 *"),
  ]

  /// What is written and its canonical text; the second must parse to the same schedule.
  @Test(arguments: canonicalTexts)
  func `prints canonically, and what is printed means the same`(_ text: String, _ canonical: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "job")
    // 50-10/5 wraps: as a list it is the same set.
    let expected = canonical == "0-10/5,50,55 * * * *" ? "0,5,10,50,55 * * * *" : canonical
    #expect(schedule.description == expected)
    #expect(try Schedule.parse(schedule.description, dialect: .any, seed: "other") == schedule)
  }

  @Test func `generated schedules print to a text that means the same`() throws {
    var random = SeededGenerator(seed: 42)
    for _ in 0..<1_500 {
      let text = RandomSchedule.text(using: &random)
      let schedule = try Schedule.parse(text, dialect: .any, seed: "a")
      let printed = schedule.description
      let again = try Schedule.parse(printed, dialect: .any, seed: "b")
      #expect(again == schedule, "\(text) printed as \(printed)")
      #expect(again.description == printed)
    }
  }

  @Test(arguments: ["0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "0 0 0 29 2 * 2025-2027", "* * 31 2 *"])
  func `a dead schedule loads with a warning and never fires`(_ text: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    #expect(schedule.isDead)
    #expect(schedule.warnings.map(\.code) == ["never-fires"])
    let now = try instant("2026-01-01T00:00:00Z")
    #expect(schedule.next(after: now, in: .utc, origin: now) == nil)
    #expect(schedule.period(near: now, in: .utc, origin: now) == nil)
  }

  @Test(arguments: ["0 0 31 2 1", "0 0 29 2 *", "* * * * *", "@reboot", "@every 1s", "0 0 0 29 2 * 2028"])
  func `a schedule that can fire isn't dead`(_ text: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    #expect(!schedule.isDead)
    #expect(schedule.warnings.isEmpty)
  }

  private static let firings: [FiringRow] = [
    // Both restricted: either matches. One begins with `*`: both must, even for */2 (cronie).
    FiringRow(
      "0 0 13 * fri", "UTC", after: "2026-06-01T00:00:00Z", "2026-06-05T00:00:00Z", "2026-06-12T00:00:00Z",
      "2026-06-13T00:00:00Z"),
    FiringRow("0 0 */2 * fri", "UTC", after: "2026-06-01T00:00:00Z", "2026-06-05T00:00:00Z", "2026-06-19T00:00:00Z"),
    FiringRow("0 0 13 * */6", "UTC", after: "2026-06-01T00:00:00Z", "2026-06-13T00:00:00Z", "2026-09-13T00:00:00Z"),
    FiringRow("0 0 1-31 * fri", "UTC", after: "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z"),
    FiringRow("0 0 29 2 *", "UTC", after: "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
    FiringRow("0 0 31 12 *", "UTC", after: "2199-12-30T00:00:00Z", "2199-12-31T00:00:00Z"),
    FiringRow("59 59 23 31 12 * 2199", "UTC", after: "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z"),
    FiringRow(
      "0 0 0 1 1 * 2030,2040", "UTC", after: "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "2040-01-01T00:00:00Z"),
    FiringRow("*/20 59 23 * * *", "UTC", after: "2026-01-01T23:59:20Z", "2026-01-01T23:59:40Z", "2026-01-02T23:59:00Z"),
    FiringRow("* * * * *", "UTC", after: "2026-01-01T00:00:00.000001Z", "2026-01-01T00:01:00Z"),
    FiringRow("* * * * *", "UTC", after: "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z"),
    FiringRow("@every 90s", "UTC", after: "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z", "2026-01-01T00:03:00Z"),
    FiringRow("2026-06-01T09:00:00Z", "UTC", after: "2026-06-01T08:59:59Z", "2026-06-01T09:00:00Z"),
    FiringRow("0 12 * * *", "Asia/Kolkata", after: "2026-01-01T00:00:00Z", "2026-01-01T12:00:00+05:30"),
    FiringRow("* * * * *", "UTC", after: "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
  ]

  @Test(arguments: firings)
  func `fires at`(_ row: FiringRow) throws { try row.check() }

  @Test(arguments: ["0 0 31 12 *", "@every 1d", "2026-06-01T09:00:00Z", "@reboot", "0 0 0 1 1 * 2026"])
  func `never fires after its end`(_ text: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    let end = try instant("2199-12-31T00:00:00Z")
    #expect(schedule.next(after: end, in: .utc, origin: end) == nil)
    #expect(schedule.next(after: .distantFuture, in: .utc, origin: end) == nil)
    let last = Instant(microseconds: .max)
    #expect(schedule.next(after: last, in: .utc, origin: last) == nil)
  }

  @Test func `an interval keeps its grid from the origin, and nothing lies before it`() throws {
    let schedule = try Schedule.parse("@every 1h30m", dialect: .crontabLine, seed: "")
    let origin = try instant("2026-01-01T00:10:00.7Z")
    let rows = [
      ("2025-01-01T00:00:00Z", "2026-01-01T01:40:00Z"), ("2026-01-01T00:10:00Z", "2026-01-01T01:40:00Z"),
      ("2026-01-01T01:39:59.999Z", "2026-01-01T01:40:00Z"), ("2026-01-01T01:40:00Z", "2026-01-01T03:10:00Z"),
      ("2026-01-03T00:00:00Z", "2026-01-03T00:10:00Z"),
    ]
    for (after, expected) in rows {
      #expect(schedule.next(after: try instant(after), in: .utc, origin: origin) == (try instant(expected)), "\(after)")
    }
  }

  private static let periods: [(String, Int64)] = [
    ("* * * * *", 60), ("*/7 * * * *", 7 * 60), ("0 9,17 * * *", 8 * 3_600), ("0,1 0 * * *", 60), ("@every 90s", 90),
    ("0 9 * * mon-fri", 86_400), ("@yearly", 365 * 86_400), ("0 0 29 2 *", 1_461 * 86_400), ("*/10 * * * * *", 10),
  ]

  @Test(arguments: periods)
  func `period is the shortest usual spacing`(_ text: String, _ seconds: Int64) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    let now = try instant("2026-06-18T12:00:00Z")
    #expect(schedule.period(near: now, in: .utc, origin: now) == seconds)
  }

  @Test(arguments: ["@reboot", "2026-06-18T12:00:00Z", "0 0 0 1 1 * 2027", "0 0 31 2 *"])
  func `there is no period without two occurrences`(_ text: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "")
    let now = try instant("2026-06-18T12:00:00Z")
    #expect(schedule.period(near: now, in: .utc, origin: now) == nil)
  }

  @Test func `a random minute is stable for a job, and differs between jobs`() throws {
    var seen: Set<String> = []
    for job in 0..<200 {
      let schedule = try Schedule.parse("0~59 ~ * * 1~5", dialect: .crontabLine, seed: "job-\(job)")
      #expect(try Schedule.parse("0~59 ~ * * 1~5", dialect: .crontabLine, seed: "job-\(job)") == schedule)
      #expect(try Schedule.parse(schedule.description, dialect: .crontabLine, seed: "x") == schedule)
      seen.insert(schedule.description)
    }
    #expect(seen.count > 180)
  }

  @Test func `random values stay between their ends and reach both`() throws {
    var minutes: Set<Substring> = []
    for job in 0..<400 {
      let text = try Schedule.parse("58~1 * * * *", dialect: .crontabLine, seed: "j\(job)").description
      minutes.insert(text.prefix { $0 != " " })
    }
    #expect(minutes == ["58", "59", "0", "1"])
  }
}
