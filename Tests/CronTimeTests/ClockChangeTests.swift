import CronTime
import Testing

/// One row: what the next gap or fold does to a schedule.
struct ClockChangeRow: Sendable, CustomTestStringConvertible {
  enum Kind: Sendable { case gap, fold }

  var text: String
  var zone: String
  var kind: Kind
  var from: String
  var outcome: ClockChangeEffect.Outcome
  var consequence: String

  init(
    _ text: String, _ zone: String, _ kind: Kind, from: String = "2026-01-01T00:00:00Z",
    _ outcome: ClockChangeEffect.Outcome, _ consequence: String
  ) {
    (self.text, self.zone, self.kind, self.from) = (text, zone, kind, from)
    (self.outcome, self.consequence) = (outcome, consequence)
  }

  var testDescription: String { "\(text) in \(zone), \(kind)" }
}

@Suite struct ClockChangeTests {
  private static let rows: [ClockChangeRow] = [
    ClockChangeRow("30 9 * * *", "America/New_York", .gap, .notAffected, "not affected"),
    ClockChangeRow("30 9 * * *", "America/New_York", .fold, .notAffected, "not affected"),
    ClockChangeRow("@every 5m", "America/New_York", .gap, .notAffected, "not affected"),
    ClockChangeRow(
      "30 2 * * *", "America/New_York", .gap, .firesAfterGap,
      "02:30 doesn't exist: it fires at 2026-03-08T03:00:00-04:00"),
    ClockChangeRow(
      "0,20,40 2 * * *", "America/New_York", .gap, .firesAfterGap,
      "3 of its times, 02:00 to 02:40, don't exist: it fires once for them, at 2026-03-08T03:00:00-04:00"),
    ClockChangeRow(
      "*/15 2 * * *", "America/New_York", .gap, .firesAfterGap,
      "4 of its times, 02:00 to 02:45, don't exist: it fires once for them, at 2026-03-08T03:00:00-04:00"),
    ClockChangeRow(
      "0 */2 * * *", "America/New_York", .gap, .leavesOut,
      "02:00 doesn't exist and is left out: after 2026-03-08T00:00:00-05:00 comes 2026-03-08T04:00:00-04:00, "
        + "3 hours later"),
    ClockChangeRow(
      "*/15 * * * *", "America/New_York", .gap, .goesOn,
      "goes straight on: after 2026-03-08T01:45:00-05:00 comes 2026-03-08T03:00:00-04:00, 15 minutes later"),
    ClockChangeRow(
      "* * * * * *", "Australia/Lord_Howe", .fold, .firesInBothPasses,
      "1,800 of its times, 01:30:00 to 01:59:59, come twice: it fires both times, from 2026-04-05T01:30:00+11:00 "
        + "and from 2026-04-05T01:30:00+10:30"),
    ClockChangeRow(
      "*/15 2-3 * * *", "America/New_York", .gap, .leavesOut,
      "4 of its times, 02:00 to 02:45, don't exist and are left out: after 2026-03-07T03:45:00-05:00 comes "
        + "2026-03-08T03:00:00-04:00, 22 hours 15 minutes later"),
    ClockChangeRow(
      "30 1 * * *", "America/New_York", .fold, .firesInFirstPass,
      "01:30 comes twice: it fires the first time only, at 2026-11-01T01:30:00-04:00"),
    ClockChangeRow(
      "0,30 1 * * *", "America/New_York", .fold, .firesInFirstPass,
      "2 of its times, 01:00 to 01:30, come twice: it fires the first time only, from 2026-11-01T01:00:00-04:00 on"),
    ClockChangeRow(
      "0 * * * *", "America/New_York", .fold, .firesInBothPasses,
      "01:00 comes twice: it fires both times, at 2026-11-01T01:00:00-04:00 and at 2026-11-01T01:00:00-05:00"),
    // Half an hour, a midnight, a date that was skipped, and a change of the year.
    ClockChangeRow(
      "15 2 * * *", "Australia/Lord_Howe", .gap, .firesAfterGap,
      "02:15 doesn't exist: it fires at 2026-10-04T02:30:00+11:00"),
    ClockChangeRow(
      "0 0 * * *", "America/Sao_Paulo", .gap, from: "2018-06-01T00:00:00Z", .firesAfterGap,
      "00:00 doesn't exist: it fires at 2018-11-04T01:00:00-02:00"),
    ClockChangeRow(
      "30 23 * * *", "America/Sao_Paulo", .fold, from: "2018-06-01T00:00:00Z", .firesInFirstPass,
      "23:30 comes twice: it fires the first time only, at 2019-02-16T23:30:00-02:00"),
    ClockChangeRow(
      "0 9 * * *", "Pacific/Apia", .gap, from: "2011-12-01T00:00:00Z", .leavesOut,
      "09:00 doesn't exist and is left out: after 2011-12-29T09:00:00-10:00 comes 2011-12-31T09:00:00+14:00, "
        + "1 day later"
    ),
  ]

  @Test(arguments: rows)
  func `a change of the clocks is explained as it happens`(_ row: ClockChangeRow) throws {
    let zone = try SystemZones.zone(row.zone)
    let from = try instant(row.from)
    let transition = try #require(row.kind == .gap ? zone.nextGap(after: from) : zone.nextFold(after: from))
    let schedule = try Schedule.parse(row.text, dialect: .any, seed: "test")
    let effect = try #require(schedule.effect(of: transition, in: zone))
    #expect(effect.outcome == row.outcome)
    #expect(effect.consequence(in: zone) == row.consequence)
  }

  @Test(arguments: [
    ("America/New_York", "2026-03-08, clocks jump from 02:00 to 03:00"),
    ("America/Sao_Paulo", "2018-11-04, clocks jump from 00:00 to 01:00"),
    ("Pacific/Apia", "2011-12-30, clocks jump from 00:00 to 24:00"),
  ])
  func `the change itself is said in local time`(zone: String, change: String) throws {
    let from = ["America/Sao_Paulo": "2018-06-01T00:00:00Z", "Pacific/Apia": "2011-12-01T00:00:00Z"][zone]
    let zone = try SystemZones.zone(zone)
    let gap = try #require(zone.nextGap(after: instant(from ?? "2026-01-01T00:00:00Z")))
    let effect = try #require(try Schedule.parse("@daily", dialect: .any, seed: "").effect(of: gap, in: zone))
    #expect(effect.change == change)
  }

  @Test func `clocks that don't change have neither gap nor fold`() throws {
    #expect(try Zone.utc.nextGap(after: instant("2026-01-01T00:00:00Z")) == nil)
    #expect(try SystemZones.zone("Asia/Tokyo").nextFold(after: instant("2026-01-01T00:00:00Z")) == nil)
    #expect(try SystemZones.zone("America/Sao_Paulo").nextGap(after: instant("2026-01-01T00:00:00Z")) == nil)
  }

  @Test func `advice in a zone names the gap, the next date, and an end`() throws {
    let zone = try SystemZones.zone("America/New_York")
    let now = try instant("2026-11-21T12:00:00Z")
    func advice(_ text: String) throws -> [ScheduleWarning] {
      try Schedule.parse(text, dialect: .any, seed: "test").advice(in: zone, from: now)
    }
    #expect(
      try advice("30 2 * * *").map(\.message) == [
        "on 2027-03-14, clocks jump from 02:00 to 03:00 in America/New_York: 02:30 doesn't exist: "
          + "it fires at 2027-03-14T03:00:00-04:00"
      ])
    #expect(try advice("30 2 14 3 *").map(\.code) == ["time-in-gap"])
    #expect(try advice("30 9 * * *").isEmpty)
    #expect(try advice("*/15 * * * *").isEmpty)
    #expect(try advice("0 0 29 2 *").first?.message.hasSuffix("4 to 8 years apart; the next is 2028-02-29") == true)
    #expect(try advice("2026-06-01 09:00").map(\.code) == ["ended"])
    #expect(try advice("2026-06-01T09:00:00Z").map(\.code) == ["ended"])
    #expect(try advice("@reboot").isEmpty)
    #expect(try advice("0 0 31 2 *").isEmpty)
  }

  @Test(arguments: [
    ("* * * * *", "1,440 times a day"), ("30 9 * * 1-5", "once a day, on 261 days of an average year"),
    ("0 0 1 * *", "once a day, on 12 days of an average year"), ("0 0 1 1 *", "once a year"),
    ("0 0 29 2 *", "less than once a year"), ("*/5 * 1 1 *", "288 times a day, on one day a year"),
    ("*/10 * * * * *", "8,640 times a day; 6 times in its busiest minute"), ("@every 90s", "960 times a day"),
    ("@every 7s", "12,343 times a day; 9 times in its busiest minute"),
    ("0 0 13,14 6 *", "once a day, on 2 days of an average year"),
    ("@reboot", nil), ("@every 3d", nil), ("@every 13h", nil), ("@every 1h30m", "16 times a day"), ("0 0 31 2 *", nil),
    ("2026-06-01 09:00", nil),
  ])
  func `how often it fires is said for an average year`(text: String, frequency: String?) throws {
    #expect(try Schedule.parse(text, dialect: .any, seed: "test").frequency?.text == frequency)
  }
}
