/// The sets of a recurrence while a notation other than the five fields is read; as it begins, midnight of every day.
struct RecurrenceDraft {
  static let everyMinute: UInt64 = (1 << 60) - 1
  static let everyHour: UInt32 = (1 << 24) - 1
  static let everyDay: UInt32 = .max - 1
  static let everyMonth: UInt16 = 0x1ffe
  static let everyWeekday: UInt8 = 0x7f

  var seconds: UInt64 = 1
  var minutes: UInt64 = 1
  var hours: UInt32 = 1
  var daysOfMonth = everyDay
  var months = everyMonth
  var weekdays = everyWeekday
  var years = YearSet.all
  var relativeDays = Recurrence.RelativeDays()
  var dayRule = Recurrence.DayRule.both
  /// What began with `*`; all days and all weekdays count so by themselves.
  var stars: Recurrence.Stars = []

  /// The same as the five fields of that meaning would give.
  var recurrence: Recurrence {
    var stars = stars
    if daysOfMonth == Self.everyDay { stars.insert(.dayOfMonth) }
    if weekdays == Self.everyWeekday { stars.insert(.weekday) }
    return Recurrence(
      seconds: seconds, minutes: minutes, hours: hours, daysOfMonth: daysOfMonth, months: months, weekdays: weekdays,
      years: years, relativeDays: relativeDays, dayRule: dayRule, stars: stars)
  }
}
