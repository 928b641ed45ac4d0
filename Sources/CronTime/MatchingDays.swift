extension Recurrence {
  /// The matching days of one month: bit n is day n. Takes no notice of the months and years fields.
  func matchingDays(year: Int, month: Int) -> UInt32 {
    matchingDays(
      length: Calendar.length(year: year, month: month),
      firstWeekday: Calendar.weekday(days: Calendar.days(year: year, month: month, day: 1)))
  }

  /// The matching days of a month of `length` days that begins on `firstWeekday`.
  @inline(__always)
  func matchingDays(length: Int, firstWeekday: Int) -> UInt32 {
    let inMonth: UInt32 = (2 << UInt32(length)) &- 2
    var byDay = daysOfMonth
    var byWeekday = Self.repeated(weekdays, firstWeekday: firstWeekday)
    if !relativeDays.isEmpty {
      byDay |= relativeDays.days(length: length, firstWeekday: firstWeekday)
      byWeekday |= relativeDays.weekdays(length: length, firstWeekday: firstWeekday)
    }
    return (dayRule == .both ? byDay & byWeekday : byDay | byWeekday) & inMonth
  }

  /// A set of weekdays as days of a month: bit n is day n.
  @inline(__always)
  static func repeated(_ weekdays: UInt8, firstWeekday: Int) -> UInt32 {
    let week = UInt64(weekdays)
    let fromFirst = (week >> UInt64(firstWeekday) | week << UInt64(7 - firstWeekday)) & 0x7f
    // Five copies of the week, moved up by one because days begin at 1.
    return UInt32(truncatingIfNeeded: (fromFirst &* 0x1020_4081) << 1)
  }
}

extension Recurrence.RelativeDays {
  /// Days of month that `L-n`, `nW` and `LW` name.
  func days(length: Int, firstWeekday: Int) -> UInt32 {
    var result: UInt32 = 0
    for distance in 0..<length where fromEnd >> UInt32(distance) & 1 != 0 {
      result |= 1 << UInt32(length - distance)
    }
    for distance in 0..<length where workdayFromEnd >> UInt32(distance) & 1 != 0 {
      result |= 1 << UInt32(Self.workday(length - distance, length: length, firstWeekday: firstWeekday))
    }
    for day in 1...length where workday >> UInt32(day) & 1 != 0 {
      result |= 1 << UInt32(Self.workday(day, length: length, firstWeekday: firstWeekday))
    }
    return result
  }

  /// The Monday–Friday nearest to a day, without leaving the month.
  private static func workday(_ day: Int, length: Int, firstWeekday: Int) -> Int {
    switch (firstWeekday + day - 1) % 7 {
    case 6: day > 1 ? day - 1 : day + 2
    case 0: day < length ? day + 1 : day - 2
    default: day
    }
  }

  /// Days of month that `5L` and `5#3` name.
  func weekdays(length: Int, firstWeekday: Int) -> UInt32 {
    var result: UInt32 = 0
    for weekday in 0..<7 {
      let first = 1 + (weekday - firstWeekday + 7) % 7
      if lastWeekday >> UInt8(weekday) & 1 != 0 {
        result |= 1 << UInt32(first + (length - first) / 7 * 7)
      }
      for week in 0..<5 where nthWeekday >> UInt64(week * 7 + weekday) & 1 != 0 && first + week * 7 <= length {
        result |= 1 << UInt32(first + week * 7)
      }
    }
    return result
  }
}
