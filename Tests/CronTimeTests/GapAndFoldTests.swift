import CronTime
import Testing

/// One row: what fires after an instant in a zone.
struct FiringRow: Sendable, CustomTestStringConvertible {
  var expression: String
  var zone: String
  var after: String
  var expected: [String]

  init(_ expression: String, _ zone: String, after: String, _ expected: String...) {
    (self.expression, self.zone, self.after, self.expected) = (expression, zone, after, expected)
  }

  var testDescription: String { "\(expression) in \(zone) after \(after)" }

  func check() throws {
    let zone = try SystemZones.zone(zone)
    let found = try occurrences(expression, in: zone, after: after, count: expected.count)
    #expect(found == expected)
  }
}

@Suite struct GapAndFoldTests {
  private static let measuredOnPeers: [FiringRow] = [
    FiringRow(
      "30 2 * * *", "America/New_York", after: "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-09T02:30:00-04:00"),
    FiringRow(
      "0 2 * * *", "America/New_York", after: "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-09T02:00:00-04:00"),
    FiringRow(
      "0 */2 * * *", "America/New_York", after: "2026-03-08T00:00:00-05:00", "2026-03-08T04:00:00-04:00",
      "2026-03-08T06:00:00-04:00"),
    FiringRow(
      "30 1-3 * * *", "America/New_York", after: "2026-03-08T00:00:00-05:00", "2026-03-08T01:30:00-05:00",
      "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00", "2026-03-09T01:30:00-04:00"),
    FiringRow(
      "0 * * * *", "America/New_York", after: "2026-03-08T00:00:00-05:00", "2026-03-08T01:00:00-05:00",
      "2026-03-08T03:00:00-04:00", "2026-03-08T04:00:00-04:00"),
    FiringRow(
      "*/15 * * * *", "America/New_York", after: "2026-03-08T01:30:00-05:00", "2026-03-08T01:45:00-05:00",
      "2026-03-08T03:00:00-04:00", "2026-03-08T03:15:00-04:00"),
    FiringRow(
      "30 1 * * *", "America/New_York", after: "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00",
      "2026-11-02T01:30:00-05:00"),
    FiringRow(
      "0 * * * *", "America/New_York", after: "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00",
      "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"),
    FiringRow(
      "*/15 * * * *", "America/New_York", after: "2026-11-01T01:30:00-04:00", "2026-11-01T01:45:00-04:00",
      "2026-11-01T01:00:00-05:00", "2026-11-01T01:15:00-05:00"),
    FiringRow(
      "0 0 * * *", "America/Sao_Paulo", after: "2018-11-03T12:00:00-03:00", "2018-11-04T01:00:00-02:00",
      "2018-11-05T00:00:00-02:00"),
    FiringRow(
      "0 2 * * *", "Europe/London", after: "2026-10-24T12:00:00+01:00", "2026-10-25T02:00:00+00:00",
      "2026-10-26T02:00:00+00:00"),
    FiringRow(
      "30 1 * * *", "Europe/London", after: "2026-03-28T12:00:00+00:00", "2026-03-29T02:00:00+01:00",
      "2026-03-30T01:30:00+01:00"),
  ]

  /// The rows that cronie, Debian's cron and cronsim were measured on.
  @Test(arguments: measuredOnPeers)
  func `fires as cronie and Debian do`(_ row: FiringRow) throws { try row.check() }

  private static let ownRules: [FiringRow] = [
    // A whole lost hour of a schedule that follows elapsed time fires once after the gap.
    FiringRow(
      "*/15 2 * * *", "America/New_York", after: "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-09T02:00:00-04:00"),
    // One that has other times on that day doesn't.
    FiringRow(
      "*/15 2-3 * * *", "America/New_York", after: "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-08T03:15:00-04:00"),
    FiringRow("*/20 1,2 * * *", "America/New_York", after: "2026-03-08T01:40:00-05:00", "2026-03-09T01:00:00-04:00"),
    // Lord Howe moves by half an hour: 02:30 exists.
    FiringRow(
      "*/15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00",
      "2026-10-04T02:45:00+11:00"),
    FiringRow(
      "15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00",
      "2026-10-05T02:15:00+11:00"),
    FiringRow(
      "0 */2 * * *", "Australia/Lord_Howe", after: "2026-10-04T00:00:00+10:30", "2026-10-04T04:00:00+11:00"),
    FiringRow(
      "45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T12:00:00+11:00", "2026-04-05T01:45:00+11:00",
      "2026-04-06T01:45:00+10:30"),
    FiringRow(
      "*/15 1 * * *", "Australia/Lord_Howe", after: "2026-04-05T01:29:00+11:00", "2026-04-05T01:30:00+11:00",
      "2026-04-05T01:45:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T01:45:00+10:30",
      "2026-04-06T01:00:00+10:30"),
    // Several lost times and the gap's end itself are one.
    FiringRow(
      "0,20,40 2,3 * * *", "America/New_York", after: "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00",
      "2026-03-08T03:20:00-04:00"),
    // Apia had no 30 December 2011: nothing is owed for a day that the date line took.
    FiringRow(
      "0 9 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00-10:00", "2011-12-31T09:00:00+14:00",
      "2012-01-01T09:00:00+14:00"),
    FiringRow("0 9 30 12 *", "Pacific/Apia", after: "2011-06-01T00:00:00Z", "2012-12-30T09:00:00+14:00"),
    // A gap at midnight: the first day of the month is owed at its first instant.
    FiringRow("30 0 4 11 *", "America/Sao_Paulo", after: "2018-06-01T00:00:00Z", "2018-11-04T01:00:00-02:00"),
    FiringRow("*/10 0 * * *", "Asia/Beirut", after: "2022-03-26T12:00:00+02:00", "2022-03-27T01:00:00+03:00"),
    // Dublin's winter is its daylight time, with a negative shift.
    FiringRow(
      "30 1 * * *", "Europe/Dublin", after: "2026-03-28T12:00:00Z", "2026-03-29T02:00:00+01:00",
      "2026-03-30T01:30:00+01:00"),
    FiringRow(
      "30 1 * * *", "Europe/Dublin", after: "2026-10-24T12:00:00Z", "2026-10-25T01:30:00+01:00",
      "2026-10-26T01:30:00+00:00"),
    // An offset with seconds: the gap ended at 00:44:30.
    FiringRow(
      "0 0 * * *", "Africa/Monrovia", after: "1972-01-06T12:00:00Z", "1972-01-07T00:44:30+00:00",
      "1972-01-08T00:00:00+00:00"),
    // Years past the table.
    FiringRow(
      "30 2 * * *", "America/New_York", after: "2150-03-07T12:00:00-05:00", "2150-03-08T03:00:00-04:00",
      "2150-03-09T02:30:00-04:00"),
  ]

  /// Zones that change otherwise than by an hour in spring and autumn.
  private static let unusualZones: [FiringRow] = [
    // Casablanca's daylight time is winter's, for the weeks of Ramadan.
    FiringRow(
      "30 2 * * *", "Africa/Casablanca", after: "2026-02-14T12:00:00+01:00", "2026-02-15T02:30:00+01:00",
      "2026-02-16T02:30:00+00:00"),
    FiringRow(
      "*/30 2 * * *", "Africa/Casablanca", after: "2026-02-15T01:00:00+01:00", "2026-02-15T02:00:00+01:00",
      "2026-02-15T02:30:00+01:00", "2026-02-15T02:00:00+00:00", "2026-02-15T02:30:00+00:00",
      "2026-02-16T02:00:00+00:00"),
    FiringRow(
      "30 2 * * *", "Africa/Casablanca", after: "2026-03-21T12:00:00+00:00", "2026-03-22T03:00:00+01:00",
      "2026-03-23T02:30:00+01:00"),
    // Laws that move a zone without daylight time: Caracas by half an hour, Pyongyang across midnight.
    FiringRow(
      "45 2 * * *", "America/Caracas", after: "2007-12-08T12:00:00-04:00", "2007-12-09T02:45:00-04:00",
      "2007-12-10T02:45:00-04:30"),
    FiringRow(
      "45 2 * * *", "America/Caracas", after: "2016-04-30T12:00:00-04:30", "2016-05-01T03:00:00-04:00",
      "2016-05-02T02:45:00-04:00"),
    FiringRow(
      "45 23 * * *", "Asia/Pyongyang", after: "2018-05-04T12:00:00+08:30", "2018-05-05T00:00:00+09:00",
      "2018-05-05T23:45:00+09:00"),
    FiringRow("45 23 4 5 *", "Asia/Pyongyang", after: "2018-01-01T00:00:00Z", "2018-05-05T00:00:00+09:00"),
    // Kwajalein had no 21 August 1993.
    FiringRow(
      "0 9 * * *", "Pacific/Kwajalein", after: "1993-08-20T12:00:00-12:00", "1993-08-22T09:00:00+12:00",
      "1993-08-23T09:00:00+12:00"),
    FiringRow("0 9 21 8 *", "Pacific/Kwajalein", after: "1993-01-01T00:00:00Z", "1994-08-21T09:00:00+12:00"),
    FiringRow(
      "0 * * * *", "Pacific/Kwajalein", after: "1993-08-20T22:30:00-12:00", "1993-08-20T23:00:00-12:00",
      "1993-08-22T00:00:00+12:00"),
    // Troll moves by two hours: both lost times are one.
    FiringRow(
      "30 1,2 * * *", "Antarctica/Troll", after: "2026-03-29T00:00:00+00:00", "2026-03-29T03:00:00+02:00",
      "2026-03-30T01:30:00+02:00"),
    // Scoresbysund, 2024: a flag that changes without the offset, and a fold that repeats the hour before midnight.
    FiringRow(
      "0 0 * * *", "America/Scoresbysund", after: "2024-03-30T12:00:00-01:00", "2024-03-31T00:00:00-01:00",
      "2024-04-01T00:00:00-01:00"),
    FiringRow(
      "30 23 * * *", "America/Scoresbysund", after: "2024-10-26T12:00:00-01:00", "2024-10-26T23:30:00-01:00",
      "2024-10-27T23:30:00-02:00"),
    // Days that depend on the month, in a gap.
    FiringRow(
      "30 1 * * sunL", "Europe/London", after: "2026-03-01T00:00:00Z", "2026-03-29T02:00:00+01:00",
      "2026-04-26T01:30:00+01:00"),
    FiringRow(
      "0 2 * 3 0#2", "America/New_York", after: "2026-01-01T00:00:00Z", "2026-03-08T03:00:00-04:00",
      "2027-03-14T03:00:00-04:00"),
    FiringRow("0 0 * * *", "Etc/GMT+5", after: "2026-03-08T00:00:00Z", "2026-03-08T00:00:00-05:00"),
  ]

  @Test(arguments: unusualZones)
  func `fires by the same rule where zones change otherwise`(_ row: FiringRow) throws { try row.check() }

  @Test func `a shift of 26 hours owes nothing forwards and repeats no fixed time backwards`() throws {
    let zone = try TZifBuilder.rule("AAA12BBB-14,M3.2.0,M11.1.0")
    #expect(
      try occurrences("0 9 * * *", in: zone, after: "2026-03-07T22:00:00Z", count: 1) == ["2026-03-09T09:00:00+14:00"])
    #expect(
      try occurrences("0 9 * * *", in: zone, after: "2026-10-30T12:00:00Z", count: 2) == [
        "2026-10-31T09:00:00+14:00", "2026-11-01T09:00:00-12:00",
      ])
    #expect(
      try occurrences("0 */12 * * *", in: zone, after: "2026-10-30T20:00:00Z", count: 4) == [
        "2026-10-31T12:00:00+14:00", "2026-11-01T00:00:00+14:00", "2026-10-31T00:00:00-12:00",
        "2026-10-31T12:00:00-12:00",
      ])
  }

  @Test(arguments: ownRules)
  func `fires once after a gap, and once in a fold`(_ row: FiringRow) throws { try row.check() }
}
