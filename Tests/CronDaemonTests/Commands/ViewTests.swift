import CronTime
import Testing

@testable import CronDaemon

private func job(_ schedule: String, name: String = "job", in zone: Zone = .utc) throws -> FiringJob {
  let parsed = try Schedule.parse(schedule, dialect: .any, seed: "view")
  return FiringJob(name: name) { parsed.next(after: $0, in: zone, origin: Instant(seconds: 0)) }
}

private func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

@Suite struct ViewTests {
  @Test func `a month is a grid that begins on Monday, with counts, marks and today`() throws {
    let view = MonthView(
      year: 2026, month: 12, zone: .utc, now: try instant("2026-12-24T12:00:00Z"), glyphs: .ascii, color: false)
    let lines = view.render([try job("0 9 * * mon"), try job("0 */4 24 * *")])
    #expect(
      lines == [
        " December 2026, UTC",
        "",
        " Mo        Tu        We        Th        Fr        Sa        Su",
        "            1         2         3         4         5         6",
        "  7 :1      8         9        10        11        12        13",
        " 14 :1     15        16        17        18        19        20",
        " 21 :1     22        23       >24 #6     25        26        27",
        " 28 :1     29        30        31",
        "",
        " fires 10 times, on 5 of 31 days; > is today",
      ])
  }

  @Test func `every second is counted to 999 and no further, and an empty month is said`() throws {
    let now = try instant("2026-02-01T00:00:00Z")
    let view = MonthView(year: 2026, month: 2, zone: .utc, now: now, glyphs: .blocks, color: true)
    let lines = view.render([try job("* * * * * *")])
    #expect(lines[0] == " February 2026 · UTC")
    #expect(lines[4] == "  2 █999+   3 █999+   4 █999+   5 █999+   6 █999+   7 █999+   8 █999+")
    #expect(lines[3].contains("\u{1B}[1;7m> 1\u{1B}[0m █999+"))
    #expect(lines.last?.hasPrefix(" fires more than 27999 times, on 28 of 28 days") == true)
    #expect(view.render([]).last == " nothing fires in this month")
  }

  @Test func `a timeline has a row a job, the sum, and the present`() throws {
    let view = TimelineView(
      day: try #require(CivilDateTime(year: 2026, month: 12, day: 24)), zone: .utc,
      now: try instant("2026-12-24T12:10:00Z"), columns: 80, glyphs: .ascii)
    let lines = view.render([
      try job("30 2 * * *", name: "backup"), try job("*/15 9-16 * * *", name: "poll"),
      try job("0 0 1 1 *", name: "yearly"), try job("* * * * * *", name: "a\u{1B}b"),
    ])
    #expect(
      lines == [
        "Thursday 2026-12-24, UTC",
        "",
        "       00    03    06    09    12    15    18    21",
        "backup '    :'     '     '     '     '     '     '          1",
        "poll   '     '     '     ================  '     '         32",
        "a\\x1bb ################################################  999+",
        "all    ################################################  999+",
        "                               ^ now",
        "",
        "a mark is 30 minutes: : 1  = 2  * 6  # 16 times or more",
        "1 job doesn't fire on this day",
      ])
  }

  @Test(arguments: [(60, 1), (80, 2), (110, 3), (130, 4), (200, 6), (10_000, 6)])
  func `a timeline takes the width that there is`(columns: Int, perHour: Int) throws {
    let view = TimelineView(
      day: CivilDateTime(secondsSinceEpoch: 0), zone: .utc, now: Instant(seconds: -1), columns: columns, glyphs: .blocks
    )
    let lines = view.render([try job("@hourly", name: String(repeating: "n", count: 40))])
    #expect(lines.allSatisfy { $0.count <= max(columns, 60) })
    #expect(lines.contains { $0.contains("mark is \(60 / perHour) minutes:") })
    #expect(lines[3].filter { $0 == "▂" }.count == 24)
  }

  @Test func `a day without any run is said`() throws {
    let view = TimelineView(
      day: CivilDateTime(secondsSinceEpoch: 0), zone: .utc, now: Instant(seconds: -1), columns: 80, glyphs: .blocks)
    #expect(view.render([]).last == "nothing fires on this day")
  }

  @Test(
    arguments: [
      ("Europe/Paris", 2026, 6, 1, "2026-05-31T22:00:00Z"), ("America/Sao_Paulo", 2018, 11, 4, "2018-11-04T03:00:00Z"),
      ("America/Havana", 2026, 11, 1, "2026-11-01T04:00:00Z"), ("Pacific/Apia", 2011, 12, 31, "2011-12-30T10:00:00Z"),
      ("Asia/Kolkata", 1970, 1, 1, "1969-12-31T18:30:00Z"),
    ])
  func `a day begins where its clocks first show it`(
    zone: String, year: Int, month: Int, day: Int, expected: String
  ) throws {
    let zone = try ZoneLookup.zone(named: zone)
    #expect(LocalDay.start(year: year, month: month, day: day, in: zone)?.description == expected)
  }

  @Test func `days of 23 and 25 hours are counted whole`() throws {
    let paris = try ZoneLookup.zone(named: "Europe/Paris")
    let hourly = try job("0 * * * *", in: paris)
    for (month, day, count) in [(3, 29, 23), (10, 25, 25), (6, 1, 24)] {
      let start = try #require(LocalDay.start(year: 2026, month: month, day: day, in: paris))
      let end = try #require(LocalDay.start(year: 2026, month: month, day: day + 1, in: paris) ?? nil)
      #expect(hourly.count(from: start, to: end, limit: 1_000) == count)
    }
  }

  @Test(
    arguments: [
      (["LANG": "en_US.UTF-8"], true), (["LANG": "de_DE.utf8"], true), (["LC_ALL": "C", "LANG": "C.UTF-8"], false),
      (["LC_ALL": "", "LC_CTYPE": "C.UTF-8"], true), ([:], false), (["LANG": "POSIX"], false),
    ])
  func `blocks are drawn where the locale has them`(environment: [String: String], hasBlocks: Bool) {
    #expect((ViewGlyphs.of { environment[$0] } == .blocks) == hasBlocks)
  }
}
