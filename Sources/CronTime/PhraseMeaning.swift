extension PhraseParser {
  /// The recurrence that the clauses together mean.
  func recurrence() throws(ScheduleError) -> Recurrence {
    var draft = RecurrenceDraft()
    try applyTimes(to: &draft)
    try applyDays(to: &draft)
    return draft.recurrence
  }

  private func conflict(_ range: Range<Int>?, _ message: String, hint: String) -> ScheduleError {
    ScheduleError(column: (range?.lowerBound ?? 0) + 1, message: message, hint: hint, code: "phrase-conflict")
  }

  private func applyTimes(to draft: inout RecurrenceDraft) throws(ScheduleError) {
    switch phrase.period {
    case .second, .minute:
      if let time = phrase.times.first {
        throw conflict(
          time.range, "'every \(phrase.period == .second ? "second" : "minute")' takes no time of day",
          hint: "leave it out")
      }
      draft.minutes = RecurrenceDraft.everyMinute
      draft.hours = RecurrenceDraft.everyHour
      draft.stars = [.minute, .hour]
      if phrase.period == .second { draft.seconds = RecurrenceDraft.everyMinute }
    case .hour:
      draft.hours = RecurrenceDraft.everyHour
      draft.stars = .hour
      if let time = phrase.times.first(where: { $0.hour != nil }) {
        throw conflict(
          time.range, "an hourly schedule has minutes only", hint: "write ':15' for a quarter past, or 'daily at 09:00'"
        )
      }
      try applyProduct(to: &draft)
    default:
      if let time = phrase.times.first(where: { $0.hour == nil }) {
        throw conflict(
          time.range, "a minute without an hour goes with 'hourly'", hint: "write 'hourly at :15' or 09:15")
      }
      try applyProduct(to: &draft)
    }
  }

  /// Times as sets of hours, minutes and seconds: one schedule fires at each combination of them.
  private func applyProduct(to draft: inout RecurrenceDraft) throws(ScheduleError) {
    guard !phrase.times.isEmpty else { return }
    var hours: UInt32 = 0
    (draft.minutes, draft.seconds) = (0, 0)
    var distinct: Set<Int> = []
    for time in phrase.times {
      if let hour = time.hour { hours |= 1 << UInt32(hour) }
      draft.minutes |= 1 << UInt64(time.minute)
      draft.seconds |= 1 << UInt64(time.second)
      distinct.insert((time.hour ?? 0) * 3_600 + time.minute * 60 + time.second)
    }
    let combinations =
      max(hours.nonzeroBitCount, 1) * draft.minutes.nonzeroBitCount * draft.seconds.nonzeroBitCount
    guard combinations == distinct.count else {
      throw conflict(
        phrase.times.last?.range, "one schedule can't have hours with different minutes",
        hint: "write two schedules, one for each")
    }
    if hours != 0 { draft.hours = hours }
  }

  private func applyDays(to draft: inout RecurrenceDraft) throws(ScheduleError) {
    if let days = phrase.monthDays { return try applyMonthDays(days, to: &draft) }
    if let weekdays = phrase.weekdays {
      if phrase.period == .month || phrase.period == .year {
        throw conflict(
          phrase.periodRange, "it isn't said which of these weekdays is meant",
          hint: "write 'monthly on the first monday'")
      }
      let isCommon =
        PhraseWords.weekdays(named: "weekdays") == weekdays || PhraseWords.weekdays(named: "weekends") == weekdays
      if phrase.period == .day, !isCommon {
        throw conflict(
          phrase.periodRange, "'daily' and a choice of weekdays contradict each other", hint: "write 'every monday'")
      }
      draft.weekdays = weekdays
      return
    }
    switch phrase.period {
    case .week:
      throw ScheduleError(
        column: (phrase.periodRange?.lowerBound ?? 0) + 1,
        message: "the day is missing: a week begins on Sunday for cron, on Monday for systemd",
        hint: "write 'weekly on monday', or '@weekly' for Sunday at midnight", code: "ambiguous-phrase")
    case .month: draft.daysOfMonth = 1 << 1
    case .year: (draft.daysOfMonth, draft.months) = (1 << 1, 1 << 1)
    default: break
    }
  }

  private func applyMonthDays(_ days: Phrase.MonthDays, to draft: inout RecurrenceDraft) throws(ScheduleError) {
    let expected: Phrase.Period = days.month == nil ? .month : .year
    guard phrase.period == expected else {
      if phrase.period == nil || (phrase.period == .year && expected == .month) {
        throw ScheduleError(
          column: (phrase.daysRange?.lowerBound ?? 0) + 1,
          message: expected == .year ? "a date alone could mean the next one only" : "it isn't said of which months",
          hint: expected == .year ? "write 'yearly on june 1'" : "write 'monthly on the 1st' or 'yearly on june 1'",
          code: "ambiguous-phrase")
      }
      throw conflict(
        phrase.daysRange, "days of the month don't go with what stands before them",
        hint: expected == .year ? "write 'yearly on june 1'" : "write 'monthly on the 1st'")
    }
    if let month = days.month { draft.months = 1 << UInt16(month) }
    draft.daysOfMonth = days.days
    draft.relativeDays = days.relative
    let hasDays =
      days.days != 0 || days.relative.fromEnd != 0 || days.relative.workday != 0
      || days.relative.workdayFromEnd != 0
    let hasWeekdays = days.relative.lastWeekday != 0 || days.relative.nthWeekday != 0
    if hasWeekdays { draft.weekdays = 0 }
    if !hasDays { draft.daysOfMonth = RecurrenceDraft.everyDay }
    if hasDays, hasWeekdays { draft.dayRule = .either }
  }
}
