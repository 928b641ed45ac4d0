import CronTime
import Testing

@Suite struct InstantTests {
  private static let texts: [(Int64, String, String)] = [
    (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z"),
    (1_781_784_000_123_456, "2026-06-18T12:00:00Z", "2026-06-18T12:00:00.123Z"),
    (951_782_400_000_000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"),
    (4_107_542_400_000_000, "2100-03-01T00:00:00Z", "2100-03-01T00:00:00.000Z"),
  ]

  @Test(arguments: texts)
  func `prints as RFC 3339`(_ microseconds: Int64, _ whole: String, _ milliseconds: String) {
    let instant = Instant(microseconds: microseconds)
    #expect(instant.description == whole)
    #expect(instant.milliseconds3339 == milliseconds)
  }

  @Test func `the ends of time print`() {
    #expect(Instant.distantPast.description == "0001-01-01T00:00:00Z")
    #expect(Instant.distantFuture.description == "9999-12-31T23:59:59Z")
    for microseconds in [Int64.min, .max] {
      #expect(Instant(microseconds: microseconds).description.hasSuffix("Z"))
      #expect(Instant(microseconds: microseconds).milliseconds3339.hasSuffix("Z"))
    }
  }

  private static let readings: [(String, Int64?)] = [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T02:00:00+02:00", 0), ("1969-12-31T20:00:00-04:00", 0),
    ("1970-01-01 00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01T00:00:00.5Z", 500_000),
    ("1970-01-01T00:00:00.1234567899Z", 123_456), ("2016-12-31T23:59:60Z", 1_483_228_799_000_000),
    ("1970-01-01T00:00:00", nil), ("1970-01-01", nil), ("1970-02-30T00:00:00Z", nil), ("1970-01-01T24:00:00Z", nil),
    ("1970-13-01T00:00:00Z", nil), ("1970-01-01T00:00:00.Z", nil), ("1970-01-01T00:00:00+0200", nil),
    ("1970-01-01T00:00:00Zx", nil), ("197-01-01T00:00:00Z", nil), ("", nil), ("1970-01-01T00:60:00Z", nil),
    ("1970-01-01T00:00:00+24:00", nil), (" 1970-01-01T00:00:00Z", nil), ("１970-01-01T00:00:00Z", nil),
  ]

  @Test(arguments: readings)
  func `reads RFC 3339`(_ text: String, _ microseconds: Int64?) {
    #expect(Instant(rfc3339: text)?.microseconds == microseconds)
  }

  @Test func `arithmetic holds at the ends instead of trapping`() {
    let last = Instant(microseconds: .max)
    let first = Instant(microseconds: .min)
    #expect(last.adding(seconds: 1) == last)
    #expect(first.adding(microseconds: -1) == first)
    #expect(Instant(seconds: .max) == last)
    #expect(Instant(seconds: .min) == first)
    #expect(Instant.microseconds(from: first, to: last) == .max)
    #expect(Instant.microseconds(from: last, to: first) == .min)
    #expect(Instant.microseconds(from: Instant(seconds: 3), to: Instant(seconds: 1)) == -2_000_000)
    #expect(Instant(microseconds: -1).seconds == -1)
  }

  @Test func `every day of 1600 to 2400 converts both ways`() throws {
    var date = (year: 1600, month: 1, day: 1)
    var days = try #require(CivilDateTime(year: 1600, month: 1, day: 1)).daysSinceEpoch
    var dayOfYear = 1
    while date.year < 2400 {
      let civil = CivilDateTime(secondsSinceEpoch: Int64(days) * 86_400)
      guard civil.year == date.year, civil.month == date.month, civil.day == date.day, civil.dayOfYear == dayOfYear,
        civil.weekday == ((days % 7) + 11) % 7, civil.daysSinceEpoch == days
      else {
        Issue.record("\(civil) instead of \(date)")
        return
      }
      (days, dayOfYear) = (days + 1, dayOfYear + 1)
      date.day += 1
      if date.day > civil.daysInMonth { (date.month, date.day) = (date.month + 1, 1) }
      if date.month > 12 { (date.year, date.month, dayOfYear) = (date.year + 1, 1, 1) }
    }
  }

  @Test func `a zone prints its offset, UTC prints Z`() throws {
    let instant = try instant("2026-07-01T12:00:00Z")
    #expect(Zone.utc.rfc3339(instant) == "2026-07-01T12:00:00Z")
    #expect(try SystemZones.zone("Asia/Kolkata").rfc3339(instant) == "2026-07-01T17:30:00+05:30")
    #expect(try SystemZones.zone("America/New_York").rfc3339(instant) == "2026-07-01T08:00:00-04:00")
    #expect(
      try SystemZones.zone("Europe/London").rfc3339(Instant(seconds: 1_767_225_600)) == "2026-01-01T00:00:00+00:00")
  }
}
