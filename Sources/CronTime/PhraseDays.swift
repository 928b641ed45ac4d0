extension PhraseParser {
  /// `monday and thursday`, `mon, wed and fri`, `monday to friday`, `weekdays`.
  mutating func setWeekdays(_ first: PhraseToken) throws(ScheduleError) {
    try checkNoDays(first)
    var days: UInt8 = 0
    repeat {
      let from = try weekday()
      if let word = current?.word, ["to", "through", "thru", "-"].contains(word) {
        index += 1
        let token = current
        let last = try weekday()
        guard let low = single(from), let high = single(last) else {
          throw error(
            token ?? first, "malformed-range", "a range goes from one day to another", hint: "monday to friday")
        }
        for distance in 0...(high - low + 7) % 7 { days |= 1 << UInt8((low + distance) % 7) }
      } else {
        days |= from
      }
    } while takeListSeparator()
    phrase.weekdays = days
  }

  private func single(_ days: UInt8) -> Int? { days.nonzeroBitCount == 1 ? days.trailingZeroBitCount : nil }

  private mutating func weekday() throws(ScheduleError) -> UInt8 {
    guard let token = current else {
      throw atEnd("incomplete-phrase", "a day of the week is missing", hint: "such as 'every monday and thursday'")
    }
    guard let days = PhraseWords.weekdays(named: token.word) else {
      let nearest = Field.weekday.nearestName(to: token.word)
      throw error(
        token, "unknown-word", "'\(text.slice(token.range).prefix(40))' is not a day of the week",
        hint: nearest.map { "did you mean \($0)?" } ?? "such as monday or mon, weekdays or weekends")
    }
    index += 1
    return days
  }

  /// A comma, `and` or both, with something of a list behind it.
  mutating func takeListSeparator() -> Bool {
    var isSeparated = false
    if current?.word == "," {
      index += 1
      isSeparated = true
    }
    if current?.word == "and" {
      index += 1
      isSeparated = true
    }
    return isSeparated
  }

  private func checkNoDays(_ token: PhraseToken) throws(ScheduleError) {
    if phrase.daysRange != nil || phrase.weekdays != nil {
      throw error(
        token, "phrase-conflict", "the days are said twice", hint: "put them into one list: monday and friday")
    }
  }

  /// What follows `on`: weekdays, days of the month or a date of the year.
  mutating func days(after on: PhraseToken) throws(ScheduleError) {
    guard let first = current else {
      throw atEnd("incomplete-phrase", "'on' what?", hint: "such as 'weekly on monday' or 'monthly on the 1st'")
    }
    try checkNoDays(first)
    if PhraseWords.weekdays(named: first.word) != nil {
      if phrase.period == .month || phrase.period == .year {
        throw error(
          first, "ambiguous-phrase", "it isn't said which \(first.word) is meant",
          hint: "write 'monthly on the first \(first.word)', or 'every \(first.word)'")
      }
      if phrase.period == nil, !first.word.hasSuffix("s") { return try bareOn(first) }
      return try setWeekdays(first)
    }
    phrase.daysRange = first.range
    var days = Phrase.MonthDays()
    repeat { try monthDay(&days) } while takeListSeparator()
    days.settle()
    if current?.word == "of", days.month == nil { try ofMonth(&days) }
    phrase.monthDays = days
  }

  private mutating func bareOn(_ token: PhraseToken) throws(ScheduleError) {
    throw error(
      token, "ambiguous-phrase", "'on \(token.word)' alone could mean the next one only",
      hint: "write 'every \(token.word)'")
  }

  /// `the 1st`, `15`, `last day`, `the first monday`, `june 1`, `1 june`.
  private mutating func monthDay(_ days: inout Phrase.MonthDays) throws(ScheduleError) {
    if current?.word == "the" { index += 1 }
    let saysDay = current?.word == "day"
    if saysDay { index += 1 }
    guard let token = current else {
      throw atEnd("incomplete-phrase", "a day of the month is missing", hint: "such as 'the 1st' or 'the last day'")
    }
    index += 1
    if let month = Field.month.value(named: token.word) {
      guard let day = current, let number = dayNumber(day.word) else {
        throw error(token, "incomplete-phrase", "a day is missing after '\(token.word)'", hint: "such as 'june 1'")
      }
      index += 1
      try add(number, to: &days, day)
      return try setMonth(month, &days, token)
    }
    if token.word == "last" { return try lastDay(&days, token) }
    guard let number = dayNumber(token.word) else {
      throw error(
        token, "unknown-word", "'\(text.slice(token.range).prefix(40))' is not a day of the month",
        hint: token.beginsWithDigit
          ? "such as the 1st, the 2nd, the 15th" : "such as 'the 1st', 'the last day' or 'the first monday'")
    }
    let isOrdinal = PhraseWords.ordinal(token.word) != nil
    if isOrdinal, let next = current, PhraseWords.weekdays(named: next.word) != nil {
      days.ordinals.append((number, token))
      return try nthWeekdays(&days, next)
    }
    if let next = current, let month = Field.month.value(named: next.word) {
      index += 1
      try add(number, to: &days, token)
      return try setMonth(month, &days, next)
    }
    if isOrdinal, !saysDay, number <= 5, current?.word != "day" { return days.ordinals.append((number, token)) }
    if current?.word == "day" { index += 1 }
    try add(number, to: &days, token)
  }

  private func dayNumber(_ word: String) -> Int? {
    if let ordinal = PhraseWords.ordinal(word) { return ordinal }
    return word.utf8.count <= 3 && word.utf8.allSatisfy(PhraseWords.isDigit) ? Int(word) : nil
  }

  private func add(_ number: Int, to days: inout Phrase.MonthDays, _ token: PhraseToken) throws(ScheduleError) {
    guard (1...31).contains(number) else {
      throw error(
        token, "value-out-of-range", "\(text.slice(token.range)) is not a day of the month",
        hint: Field.dayOfMonth.rangeHint)
    }
    days.settle()
    days.days |= 1 << UInt32(number)
  }

  private func setMonth(_ month: Int, _ days: inout Phrase.MonthDays, _ token: PhraseToken) throws(ScheduleError) {
    guard days.month == nil, days.days.nonzeroBitCount == 1, days.relative.isEmpty else {
      throw error(
        token, "phrase-conflict", "a phrase takes one date of the year",
        hint: "write two schedules, or cron fields such as '0 9 1 6,12 *'")
    }
    days.month = month
  }

  /// `last day`, `last weekday`, `last friday`; in `the first and last friday` the ordinal shares the weekday.
  private mutating func lastDay(_ days: inout Phrase.MonthDays, _ token: PhraseToken) throws(ScheduleError) {
    guard let next = current else {
      throw atEnd("incomplete-phrase", "the last what?", hint: "such as 'the last day' or 'the last friday'")
    }
    if next.word == "day" {
      days.settle()
      days.relative.fromEnd |= 1
      index += 1
    } else if next.word == "weekday" {
      days.relative.workdayFromEnd |= 1
      try nthWeekdays(&days, next)
    } else if let weekday = Field.weekday.value(named: next.word) {
      days.relative.lastWeekday |= 1 << UInt8(weekday)
      try nthWeekdays(&days, next)
    } else {
      throw error(
        next, "unknown-word", "'\(text.slice(next.range).prefix(40))' can't follow 'last'",
        hint: "such as 'the last day', 'the last weekday' or 'the last friday'")
    }
  }

  /// The weekday that all ordinals before it count.
  private mutating func nthWeekdays(_ days: inout Phrase.MonthDays, _ next: PhraseToken) throws(ScheduleError) {
    for (number, token) in days.ordinals {
      if next.word == "weekday", number == 1 {
        days.relative.workday |= 1 << 1
      } else if let weekday = Field.weekday.value(named: next.word), number <= 5 {
        days.relative.nthWeekday |= 1 << UInt64((number - 1) * 7 + weekday)
      } else {
        throw error(
          token, "value-out-of-range", "there is no '\(text.slice(token.range)) \(next.word)' in a month",
          hint: "the first to the fifth monday, the first weekday, the last weekday")
      }
    }
    days.ordinals = []
    index += 1
  }

  /// `of the month`, `of every month`, `of june`.
  private mutating func ofMonth(_ days: inout Phrase.MonthDays) throws(ScheduleError) {
    index += 1
    if let word = current?.word, ["the", "every", "each"].contains(word) { index += 1 }
    guard let token = current else {
      throw atEnd("incomplete-phrase", "of which month?", hint: "such as 'the 1st of the month'")
    }
    if let month = Field.month.value(named: token.word) {
      try setMonth(month, &days, token)
    } else if token.word == "month" {
      if phrase.period == nil { phrase.period = .month }
    } else {
      throw error(
        token, "unknown-word", "'\(text.slice(token.range).prefix(40))' is not a month",
        hint: Field.month.nearestName(to: token.word).map { "did you mean \($0)?" } ?? "such as 'the 1st of the month'")
    }
    index += 1
  }
}
