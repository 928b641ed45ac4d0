/// Years 1970–2199 as a set of bits.
package struct YearSet: Hashable, Sendable {
  /// The years that schedules can name.
  package static let range = 1970...2199
  /// Every year.
  package static let all: YearSet = {
    var set = YearSet()
    for year in range { set.insert(year) }
    return set
  }()

  private var word0: UInt64 = 0
  private var word1: UInt64 = 0
  private var word2: UInt64 = 0
  private var word3: UInt64 = 0

  /// No year.
  package init() {}

  @inline(__always)
  private func word(_ index: Int) -> UInt64 {
    switch index {
    case 0: word0
    case 1: word1
    case 2: word2
    default: word3
    }
  }

  /// Adds a year; years outside of 1970–2199 are ignored.
  package mutating func insert(_ year: Int) {
    guard Self.range.contains(year) else { return }
    let index = year - Self.range.lowerBound
    let bit: UInt64 = 1 << UInt64(index & 63)
    switch index >> 6 {
    case 0: word0 |= bit
    case 1: word1 |= bit
    case 2: word2 |= bit
    default: word3 |= bit
    }
  }

  /// Whether the year is in the set.
  package func contains(_ year: Int) -> Bool {
    guard Self.range.contains(year) else { return false }
    let index = year - Self.range.lowerBound
    return word(index >> 6) >> UInt64(index & 63) & 1 != 0
  }

  /// The smallest year of the set that isn't before `year`; nil when there is none.
  package func first(atOrAfter year: Int) -> Int? {
    let from = max(year - Self.range.lowerBound, 0)
    var index = from >> 6
    guard index < 4 else { return nil }
    var bits = word(index) & (.max << UInt64(from & 63))
    while bits == 0 {
      index += 1
      guard index < 4 else { return nil }
      bits = word(index)
    }
    return Self.range.lowerBound + index << 6 + bits.trailingZeroBitCount
  }
}

/// The one form that every calendar dialect compiles into: sets of bits for each field of a local time.
package struct Recurrence: Hashable, Sendable {
  /// How day of month and day of week go together.
  package enum DayRule: Hashable, Sendable {
    /// A day matches when either field does (both are restricted).
    case either
    /// A day matches only when both do (one begins with `*`).
    case both
  }

  /// Which fields begin with `*` as written; for minutes and hours this decides the rule for gaps and folds.
  package struct Stars: OptionSet, Hashable, Sendable {
    /// One bit a field.
    package let rawValue: UInt8
    /// A set of fields from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The minute field begins with `*`.
    package static let minute = Stars(rawValue: 1)
    /// The hour field begins with `*`.
    package static let hour = Stars(rawValue: 2)
    /// The day-of-month field begins with `*`.
    package static let dayOfMonth = Stars(rawValue: 4)
    /// The day-of-week field begins with `*`.
    package static let weekday = Stars(rawValue: 8)
  }

  /// Days that depend on the month: `L`, `L-3`, `LW`, `15W`, `5L`, `5#3`.
  package struct RelativeDays: Hashable, Sendable {
    /// Bit n: the n-th day before the last of the month (`L` is bit 0).
    package var fromEnd: UInt32 = 0
    /// Bit n: the weekday (Monday–Friday) nearest to the n-th day before the last (`LW` is bit 0).
    package var workdayFromEnd: UInt32 = 0
    /// Bit d: the weekday (Monday–Friday) nearest to day d, within the month (`15W`).
    package var workday: UInt32 = 0
    /// Bit d: the last weekday d of the month (`5L`), 0 = Sunday.
    package var lastWeekday: UInt8 = 0
    /// Bit (k−1)·7+d: the k-th weekday d of the month (`5#3`).
    package var nthWeekday: UInt64 = 0

    /// None.
    package init() {}

    /// Whether there are none.
    package var isEmpty: Bool { self == RelativeDays() }
  }

  /// Bit n: second n, 0–59.
  package let seconds: UInt64
  /// Bit n: minute n, 0–59.
  package let minutes: UInt64
  /// Bit n: hour n, 0–23.
  package let hours: UInt32
  /// Bit n: day n, 1–31.
  package let daysOfMonth: UInt32
  /// Bit n: month n, 1–12.
  package let months: UInt16
  /// Bit n: weekday n, 0 = Sunday … 6.
  package let weekdays: UInt8
  /// The years, 1970–2199.
  package let years: YearSet
  /// Days that depend on the month's length or weekdays.
  package let relativeDays: RelativeDays
  /// How day of month and day of week go together.
  package let dayRule: DayRule
  /// Which fields begin with `*`.
  package let stars: Stars

  /// Whether there are days that depend on the month.
  let hasRelativeDays: Bool
  /// First and last matching second of a matching day; −1 when there is none.
  let firstTime: Int32
  let lastTime: Int32
  /// The last matching day since the epoch, so that a search ends at once when nothing can follow; −1: none at all.
  private(set) var lastDay: Int32

  /// A recurrence from its sets; bits outside of a field's range are dropped.
  package init(
    seconds: UInt64 = 1, minutes: UInt64, hours: UInt32, daysOfMonth: UInt32, months: UInt16, weekdays: UInt8,
    years: YearSet = .all, relativeDays: RelativeDays = RelativeDays(), dayRule: DayRule, stars: Stars
  ) {
    self.seconds = seconds & ((1 << 60) - 1)
    self.minutes = minutes & ((1 << 60) - 1)
    self.hours = hours & ((1 << 24) - 1)
    self.daysOfMonth = daysOfMonth & ~1
    self.months = months & 0x1ffe
    self.weekdays = weekdays & 0x7f
    self.years = years
    self.relativeDays = relativeDays
    hasRelativeDays = !relativeDays.isEmpty
    self.dayRule = dayRule
    self.stars = stars
    if self.seconds == 0 || self.minutes == 0 || self.hours == 0 {
      (firstTime, lastTime, lastDay) = (-1, -1, -1)
    } else {
      firstTime = Int32(
        self.hours.trailingZeroBitCount * 3_600 + self.minutes.trailingZeroBitCount * 60
          + self.seconds.trailingZeroBitCount)
      lastTime = Int32(
        (31 - self.hours.leadingZeroBitCount) * 3_600 + (63 - self.minutes.leadingZeroBitCount) * 60
          + (63 - self.seconds.leadingZeroBitCount))
      lastDay = -1
      lastDay = findLastDay()
    }
  }

  /// Whether no date of 1970–2199 matches.
  package var isDead: Bool { lastDay < 0 }

  /// Minute or hour begins with `*`: such schedules follow elapsed time through gaps and folds.
  package var followsElapsedTime: Bool { !stars.isDisjoint(with: [.minute, .hour]) }

  private func findLastDay() -> Int32 {
    for year in YearSet.range.reversed() where years.contains(year) {
      for month in (1...12).reversed() where months >> UInt16(month) & 1 != 0 {
        let days = matchingDays(year: year, month: month)
        if days != 0 { return Int32(Calendar.days(year: year, month: month, day: 31 - days.leadingZeroBitCount)) }
      }
    }
    return -1
  }
}
