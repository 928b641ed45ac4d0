extension Schedule {
  /// What may surprise about it although it fires, beside `warnings`; columns are those of the canonical text.
  ///
  /// It needs neither zone nor clock, so that `check` can say it of a file; `advice(in:from:)` says more. Loading a
  /// table takes no notice of it: a job that fires as written is nothing to be degraded about.
  public var advice: [ScheduleWarning] {
    guard case .calendar(let recurrence) = form, !recurrence.isDead else { return [] }
    return ScheduleAdvice(recurrence).all
  }
}

/// The advice about one recurrence that isn't dead.
struct ScheduleAdvice {
  let recurrence: Recurrence

  init(_ recurrence: Recurrence) {
    self.recurrence = recurrence
  }

  var all: [ScheduleWarning] {
    let uneven = [Field.second, .minute, .hour, .dayOfMonth, .month, .weekday].compactMap(unevenStep)
    return [everyMinute].compactMap { $0 } + uneven + [dayRule, shortMonths, fifthWeekday, rare].compactMap { $0 }
  }

  private func warning(_ code: String, _ field: Field?, _ message: String, hint: String?) -> ScheduleWarning {
    ScheduleWarning(column: field.map(column) ?? 1, message: message, hint: hint, code: code)
  }

  /// Where a field begins in the canonical text.
  private func column(of field: Field) -> Int {
    guard !recurrence.needsCalendarText else { return 1 }
    let words = recurrence.canonicalText.split(separator: " ")
    let index = field.rawValue - (words.count == 5 ? 1 : 0)
    guard words.indices.contains(index) else { return 1 }
    return 1 + words[..<index].reduce(0) { $0 + $1.utf8.count + 1 }
  }
}

// MARK: Stars

extension ScheduleAdvice {
  /// `* 2 * * *`, where `0 2 * * *` was probably meant.
  private var everyMinute: ScheduleWarning? {
    guard recurrence.isEvery(.minute), recurrence.hours.nonzeroBitCount == 1 else { return nil }
    let hour = ExplanationWords.time(recurrence.hours.trailingZeroBitCount * 3_600, withSeconds: false)
    let perMinute = recurrence.seconds.nonzeroBitCount
    let often = perMinute == 1 ? "every minute of" : "\(ExplanationWords.grouped(60 * perMinute)) times in"
    return warning(
      "every-minute", .minute, "it fires \(often) the hour that begins at \(hour), not once",
      hint: "for once at \(hour) write 0 as the \(recurrence.seconds == 1 ? "minute" : "second and as the minute")")
  }
}

// MARK: Steps

extension ScheduleAdvice {
  /// Steps that don't divide their range: `*/7` in minutes, after 56 comes 0.
  private func unevenStep(_ field: Field) -> ScheduleWarning? {
    let range = field.everyValue
    guard let steps = Progression(recurrence.values(of: field)), steps.step > 1, steps.fills(range),
      steps.wrap(in: range) != steps.step, isStep(field, count: steps.count), comesRound(field)
    else { return nil }
    let words = Self.words(of: field)
    let wrap = steps.wrap(in: range)
    return warning(
      "uneven-step", field,
      "steps of \(steps.step) begin anew each \(words.round): from \(words.value) \(steps.last) to "
        + "\(words.value) \(steps.first) it is \(ExplanationWords.count(wrap, words.unit))"
        + (field == .dayOfMonth ? " in a month of 31 days" : "") + ", not \(steps.step)",
      hint: hint(field, step: steps.step))
  }

  /// Whether the values were a step rather than a list of chosen ones.
  private func isStep(_ field: Field, count: Int) -> Bool {
    switch field {
    case .second: count >= 3
    case .minute: recurrence.stars.contains(.minute) || count >= 5
    case .hour: recurrence.stars.contains(.hour) || count >= 5
    case .dayOfMonth: recurrence.stars.contains(.dayOfMonth) || count >= 5
    case .weekday: recurrence.stars.contains(.weekday)
    case .month, .year: count >= 3
    }
  }

  /// Whether a next round follows at once, so that somebody meets the odd distance.
  private func comesRound(_ field: Field) -> Bool {
    switch field {
    case .second: recurrence.minutes & recurrence.minutes >> 1 != 0
    case .minute: recurrence.hours & recurrence.hours >> 1 != 0
    case .hour: hasNeighbouringDays
    case .dayOfMonth: recurrence.months & recurrence.months >> 1 != 0 && recurrence.isEvery(.weekday)
    case .weekday: recurrence.isEvery(.dayOfMonth)
    case .month: true
    case .year: false
    }
  }

  private var hasNeighbouringDays: Bool {
    let days = recurrence.matchingDays(length: 31, firstWeekday: 0)
    return days & days >> 1 != 0
  }

  private static func words(of field: Field) -> (value: String, unit: String, round: String) {
    switch field {
    case .second: ("second", "second", "minute")
    case .minute: ("minute", "minute", "hour")
    case .hour: ("hour", "hour", "day")
    case .dayOfMonth: ("day", "day", "month")
    case .month: ("month", "month", "year")
    case .weekday: ("day", "day", "week")
    case .year: ("year", "year", "century")
    }
  }

  private func hint(_ field: Field, step: Int) -> String? {
    switch field {
    case .second: "steps that divide 60 are even; '@every \(step)s' counts elapsed time instead"
    case .minute: "steps that divide 60 are even; '@every \(step)m' counts elapsed time instead"
    case .hour: "2, 3, 4, 6, 8 and 12 are even; '@every \(step)h' counts elapsed time instead"
    case .dayOfMonth: "'@every \(step)d' counts elapsed time instead"
    case .weekday: "name the days, such as mon,wed,fri"
    case .month: "2, 3, 4 and 6 are even"
    case .year: nil
    }
  }
}

// MARK: Days

extension ScheduleAdvice {
  /// Both day fields are restricted: which of cron's two rules holds.
  private var dayRule: ScheduleWarning? {
    let relative = recurrence.relativeDays
    let hasDays = !recurrence.isEvery(.dayOfMonth)
    let hasWeekdays = !recurrence.isEvery(.weekday)
    if recurrence.dayRule == .either {
      var hint = "put * into one of the day fields"
      if relative.isEmpty {
        let both = recurrence.with(dayRule: .both)
        if both.needsCalendarText, !both.isDead { hint = "to ask for both write '\(both.calendarText)'" }
      }
      let isDaily = !hasDays || !hasWeekdays
      return warning(
        "either-day-matches", .dayOfMonth,
        isDaily
          ? "either day field is enough, and one of them has every day: it fires every day"
          : "either day field is enough: the day of the month or the day of the week", hint: hint)
    }
    guard hasDays, hasWeekdays, !recurrence.needsCalendarText else { return nil }
    if recurrence.stars.isSuperset(of: [.dayOfMonth, .weekday]) {
      return warning(
        "both-days-must-match", .dayOfMonth, "both day fields must match, because they begin with '*'",
        hint: "if neither began with '*', either would be enough")
    }
    let starred = recurrence.stars.contains(.dayOfMonth) ? "day-of-month" : "day-of-week"
    return warning(
      "both-days-must-match", .dayOfMonth, "both day fields must match, because the \(starred) field begins with '*'",
      hint: "without the '*' either would be enough")
  }

  /// Days that some of the months don't have, such as the 31st.
  private var shortMonths: ScheduleWarning? {
    guard !recurrence.isEvery(.dayOfMonth), !recurrence.stars.contains(.dayOfMonth), recurrence.dayRule == .both,
      unevenStep(.dayOfMonth) == nil
    else { return nil }
    for day in [31, 30, 29] {
      let isNamed = recurrence.daysOfMonth >> UInt32(day) & 1 != 0
      // A stretch that runs into the end of the month, such as 25-31, means just that.
      let isTail = recurrence.daysOfMonth >> UInt32(day - 1) & 1 != 0
      let isWorkday = recurrence.relativeDays.workday >> UInt32(day) & 1 != 0
      let lacking = recurrence.values(of: .month).filter { Calendar.length(year: 2001, month: $0) < day }
      guard isNamed && !isTail || isWorkday, !lacking.isEmpty, !(day == 29 && recurrence.months == 1 << 2) else {
        continue
      }
      let names = ExplanationWords.list(lacking.map(ExplanationWords.month))
      let verb = lacking.count == 1 ? "has" : "have"
      return warning(
        "short-months", .dayOfMonth,
        day == 29
          ? "February has a 29th in leap years only" : "\(names) \(verb) no \(ExplanationWords.ordinal(day))",
        hint: "L is the last day of every month")
    }
    return nil
  }

  /// `5#5`: most months have four of each weekday.
  private var fifthWeekday: ScheduleWarning? {
    let fifth = BitSet.values(recurrence.relativeDays.nthWeekday >> 28)
    guard let day = fifth.first else { return nil }
    var onlyFifth = Recurrence.RelativeDays()
    onlyFifth.nthWeekday = 1 << UInt64(28 + day)
    let isAlone =
      recurrence.relativeDays == onlyFifth && recurrence.weekdays == 0 && recurrence.dayRule == .both
    return warning(
      "fifth-weekday", .weekday,
      "most months have no fifth \(ExplanationWords.weekday(day))" + (isAlone ? ": it fires in few of them" : ""),
      hint: "\(day)L is the last one of every month")
  }

  /// Years without any day that matches.
  private var rare: ScheduleWarning? {
    guard let spacing = recurrence.yearSpacing else { return nil }
    return warning("rare", nil, spacing.text, hint: nil)
  }
}

extension Recurrence {
  /// The same sets under another rule of the two day fields.
  func with(dayRule: DayRule) -> Recurrence {
    Recurrence(
      seconds: seconds, minutes: minutes, hours: hours, daysOfMonth: daysOfMonth, months: months, weekdays: weekdays,
      years: years, relativeDays: relativeDays, dayRule: dayRule, stars: stars)
  }

  /// How far apart the years with a matching day lie.
  struct YearSpacing {
    let years: Int
    let shortest: Int
    let longest: Int

    var text: String {
      let range = shortest == longest ? "\(longest)" : "\(shortest) to \(longest)"
      return "only \(years) of the \(YearSet.range.count) years from 1970 to 2199 have a day that matches, "
        + "\(range) years apart"
    }
  }

  /// Nil when every year has a matching day, or the years are chosen by a field.
  var yearSpacing: YearSpacing? {
    guard years == .all, !isDead else { return nil }
    let matching = YearSet.range.filter { year in
      (1...12).contains { months >> UInt16($0) & 1 != 0 && matchingDays(year: year, month: $0) != 0 }
    }
    let distances = zip(matching.dropFirst(), matching).map { $0 - $1 }
    guard let shortest = distances.min(), let longest = distances.max(), longest > 1 else { return nil }
    return YearSpacing(years: matching.count, shortest: shortest, longest: longest)
  }
}
