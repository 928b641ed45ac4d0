extension Recurrence {
  /// The first matching local time that isn't before `local`, in seconds since 1970-01-01T00:00:00 local; no zone.
  ///
  /// Jumps by sets of bits from year to month to day to time, and allocates nothing.
  func firstLocalTime(atOrAfter local: Int64) -> Int64? {
    var day = 0
    var time = 0
    if local > 0 {
      day = Int(local / Calendar.secondsPerDay)
      time = Int(local % Calendar.secondsPerDay)
    }
    guard day <= Int(lastDay) else { return nil }
    let (year, month, dayOfMonth) = Calendar.recentDate(days: day)
    if years.contains(year), months >> UInt16(month) & 1 != 0 {
      let firstOfMonth = day - dayOfMonth + 1
      let days = matchingDays(
        length: Calendar.length(year: year, month: month), firstWeekday: Calendar.weekday(days: firstOfMonth))
      if days >> UInt32(dayOfMonth) & 1 != 0, let found = timeOfDay(atOrAfter: time) {
        return Int64(day) * Calendar.secondsPerDay + Int64(found)
      }
      let later = days & (.max << UInt32(dayOfMonth)) & ~(1 << UInt32(dayOfMonth))
      if later != 0 { return dayStart(firstOfMonth + later.trailingZeroBitCount - 1) }
    }
    return firstLocalTime(inMonthsAfter: month, of: year)
  }

  /// The first matching local time of a later month: whatever matches there begins with its first day.
  private func firstLocalTime(inMonthsAfter month: Int, of firstYear: Int) -> Int64? {
    // With one day field that says everything, most months are ruled out by their length alone.
    let needsWeekday = dayRule == .either || weekdays != 0x7f || hasRelativeDays
    // 29 February alone: no year before the next that four divides has one.
    let needsLeapYear = !needsWeekday && months == 1 << 2 && daysOfMonth & ((1 << 29) - 1) == 0
    var rest = months & (.max << UInt16(month)) & ~(1 << UInt16(month))
    var year = firstYear
    if !years.contains(year) { rest = 0 }
    while true {
      while rest != 0 {
        let month = rest.trailingZeroBitCount
        let length = Calendar.length(year: year, month: month)
        rest &= rest &- 1
        if !needsWeekday, daysOfMonth & ((2 << UInt32(length)) &- 2) == 0 { continue }
        let firstOfMonth = Calendar.days(year: year, month: month, day: 1)
        let days = matchingDays(length: length, firstWeekday: Calendar.weekday(days: firstOfMonth))
        if days != 0 { return dayStart(firstOfMonth + days.trailingZeroBitCount - 1) }
      }
      let candidate = needsLeapYear ? (year | 3) + 1 : year + 1
      guard let following = years.first(atOrAfter: candidate) else { return nil }
      (year, rest) = (following, months)
    }
  }

  @inline(__always)
  private func dayStart(_ day: Int) -> Int64 {
    Int64(day) * Calendar.secondsPerDay + Int64(firstTime)
  }

  /// The first matching second of a day that isn't before `time`; nil when the day has none left.
  @inline(__always)
  func timeOfDay(atOrAfter time: Int) -> Int? {
    let hour = time / 3_600
    if hours >> UInt32(hour) & 1 != 0 {
      let minute = time / 60 % 60
      if minutes >> UInt64(minute) & 1 != 0 {
        let laterSeconds = seconds >> UInt64(time % 60)
        if laterSeconds != 0 { return time + laterSeconds.trailingZeroBitCount }
      }
      let laterMinutes = minutes & (.max << UInt64(minute + 1))
      if laterMinutes != 0 {
        return hour * 3_600 + laterMinutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
      }
    }
    let laterHours = hours & (.max << UInt32(hour + 1))
    if laterHours == 0 { return nil }
    return laterHours.trailingZeroBitCount * 3_600 + Int(firstTime) % 3_600
  }

  /// Whether a local day, counted from 1970-01-01, matches.
  func matches(day: Int) -> Bool {
    guard day >= 0 else { return false }
    let (year, month, dayOfMonth) = Calendar.date(days: day)
    guard years.contains(year), months >> UInt16(month) & 1 != 0 else { return false }
    return matchingDays(year: year, month: month) >> UInt32(dayOfMonth) & 1 != 0
  }
}
