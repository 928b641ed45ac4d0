/// Days in the proleptic Gregorian calendar, counted from 1970-01-01.
enum Calendar {
  static let secondsPerDay: Int64 = 86_400
  /// Days of 400 years, after which the calendar and its weekdays repeat.
  static let daysPerCycle: Int64 = 146_097

  /// Days from 1970-01-01 to the date; month 1–12.
  static func days(year: Int, month: Int, day: Int) -> Int {
    // Years that begin on 1 March put the leap day last, so one formula serves all months (Howard Hinnant's method).
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The date that lies so many days after 1970-01-01; days from 0 to 1,000,000.
  ///
  /// Three multiplications instead of divisions (Neri and Schneider, "Euclidean affine functions and their application
  /// to calendar algorithms"): years begin on 1 March, months follow from the day of such a year.
  @inline(__always)
  static func recentDate(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = UInt32(truncatingIfNeeded: days) &* 4 &+ (4 &* 719_468 &+ 3)
    let century = shifted / 146_097
    let dayOfCentury = shifted % 146_097 | 3
    let product = UInt64(dayOfCentury) &* 2_939_745
    let dayOfYear = UInt32(truncatingIfNeeded: product) / 2_939_745 / 4
    let year = Int(century &* 100) &+ Int(product >> 32)
    let monthAndDay = dayOfYear &* 2_141 &+ 197_913
    let month = Int(monthAndDay >> 16)
    let day = Int((monthAndDay & 0xffff) / 2_141) &+ 1
    return dayOfYear >= 306 ? (year &+ 1, month &- 12, day) : (year, month, day)
  }

  /// The date that lies this many days after 1970-01-01.
  static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    if (0...1_000_000).contains(days) { return recentDate(days: days) }
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  static func isLeap(_ year: Int) -> Bool {
    year & 3 == 0 && (year % 25 != 0 || year & 15 == 0)
  }

  /// Days of a month, 28–31.
  static func length(year: Int, month: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : 30 | (month ^ month >> 3)
  }

  /// 0 = Sunday … 6 = Saturday.
  static func weekday(days: Int) -> Int {
    let remainder = (days + 4) % 7
    return remainder < 0 ? remainder + 7 : remainder
  }
}

/// A date and a time of day without a zone, in the proleptic Gregorian calendar.
public struct CivilDateTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The year, astronomical (0 is 1 BC).
  public let year: Int
  /// 1–12.
  public let month: Int
  /// 1–31.
  public let day: Int
  /// 0–23.
  public let hour: Int
  /// 0–59.
  public let minute: Int
  /// 0–59.
  public let second: Int

  /// The date and time, or nil when no calendar has it (30 February, hour 24).
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (-290_000...290_000).contains(year), (1...12).contains(month),
      day >= 1, day <= Calendar.length(year: year, month: month),
      (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }

  /// The date and time that a count of seconds since 1970-01-01T00:00:00 names; held within ±290,000 years.
  public init(secondsSinceEpoch seconds: Int64) {
    let held = min(max(seconds, -9_151_000_000_000), 9_151_000_000_000)
    let days = floorDivide(held, by: Calendar.secondsPerDay)
    let secondOfDay = Int(held - days * Calendar.secondsPerDay)
    (year, month, day) = Calendar.date(days: Int(days))
    (hour, minute, second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
  }

  /// Days from 1970-01-01 to this date.
  public var daysSinceEpoch: Int { Calendar.days(year: year, month: month, day: day) }

  /// Seconds since 1970-01-01T00:00:00 of the same zone, as if it had no offset changes.
  public var secondsSinceEpoch: Int64 { Int64(daysSinceEpoch) * Calendar.secondsPerDay + Int64(secondOfDay) }

  /// Seconds since midnight, 0–86,399.
  public var secondOfDay: Int { hour * 3_600 + minute * 60 + second }

  /// 0 = Sunday … 6 = Saturday.
  public var weekday: Int { Calendar.weekday(days: daysSinceEpoch) }

  /// 1–366.
  public var dayOfYear: Int { daysSinceEpoch - Calendar.days(year: year, month: 1, day: 1) + 1 }

  /// Days of its month, 28–31.
  public var daysInMonth: Int { Calendar.length(year: year, month: month) }

  /// Earlier dates and times come first.
  public static func < (left: CivilDateTime, right: CivilDateTime) -> Bool {
    left.secondsSinceEpoch < right.secondsSinceEpoch
  }

  /// `2026-06-18T12:00:00`, as in RFC 3339 without an offset.
  public var description: String {
    var text = TimestampText()
    text.append(self)
    return text.string
  }
}
