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
    if hasRelativeDays {
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
    var rest = fromEnd
    while rest != 0 {
      let distance = rest.trailingZeroBitCount
      if distance < length { result |= 1 << UInt32(length - distance) }
      rest &= rest - 1
    }
    rest = workdayFromEnd
    while rest != 0 {
      let distance = rest.trailingZeroBitCount
      if distance < length { result |= Self.workday(length - distance, length: length, firstWeekday: firstWeekday) }
      rest &= rest - 1
    }
    rest = workday
    while rest != 0 {
      let day = rest.trailingZeroBitCount
      if day <= length { result |= Self.workday(day, length: length, firstWeekday: firstWeekday) }
      rest &= rest - 1
    }
    return result
  }

  /// The bit of the Monday–Friday nearest to a day, without leaving the month.
  private static func workday(_ day: Int, length: Int, firstWeekday: Int) -> UInt32 {
    let nearest =
      switch (firstWeekday + day - 1) % 7 {
      case 6: day > 1 ? day - 1 : day + 2
      case 0: day < length ? day + 1 : day - 2
      default: day
      }
    return 1 << UInt32(nearest)
  }

  /// Days of month that `5L` and `5#3` name.
  func weekdays(length: Int, firstWeekday: Int) -> UInt32 {
    var result: UInt32 = 0
    if lastWeekday != 0 {
      // The month's last seven days, as a week that begins with the first of them.
      result = UInt32(Self.rotated(lastWeekday, toBeginWith: (firstWeekday + length) % 7)) << UInt32(length - 6)
    }
    var weeks = nthWeekday
    var shift: UInt32 = 1
    while weeks != 0 {
      result |= UInt32(Self.rotated(UInt8(weeks & 0x7f), toBeginWith: firstWeekday)) << shift
      weeks >>= 7
      shift += 7
    }
    return result
  }

  /// A set of weekdays as days of a week that begins with one of them: bit 0 is that day.
  private static func rotated(_ weekdays: UInt8, toBeginWith first: Int) -> UInt8 {
    (weekdays >> UInt8(first) | weekdays << UInt8(7 - first)) & 0x7f
  }
}
