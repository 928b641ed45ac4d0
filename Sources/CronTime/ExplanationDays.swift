/// The days of a recurrence in English: `on Monday to Friday`, `on the 1st and 15th of January`.
struct ExplanationDays {
  private let recurrence: Recurrence
  private let hasDays: Bool
  private let hasWeekdays: Bool

  init(_ recurrence: Recurrence) {
    self.recurrence = recurrence
    let everyDay = recurrence.isEvery(.dayOfMonth)
    let everyWeekday = recurrence.isEvery(.weekday)
    // Where either is enough, one that has every day leaves nothing to the other.
    let isDaily = recurrence.dayRule == .either && (everyDay || everyWeekday)
    hasDays = !everyDay && !isDaily
    hasWeekdays = !everyWeekday && !isDaily
  }

  /// Whether every day of its months matches.
  var isDaily: Bool { !hasDays && !hasWeekdays }

  /// The days with months and years, such as ` on the 1st of January 2026`; `everyDay`: say so where it is.
  func text(everyDay: Bool) -> String {
    switch (hasDays, hasWeekdays) {
    case (false, false): (everyDay ? " every day" : "") + inMonths + inYears
    case (true, false): " on \(daysOfMonth(of: months ?? "the month"))" + inYears
    case (false, true): " on \(weekdays(isAlternative: false))" + inMonths + inYears
    case (true, true):
      recurrence.dayRule == .either
        ? " on \(daysOfMonth(of: "the month")), and also on \(weekdays(isAlternative: false))" + commaMonths + inYears
        : " on \(daysOfMonth(of: months ?? "the month")), but only when it is \(weekdays(isAlternative: true))"
          + inYears
    }
  }

  // MARK: Days of the month

  private func daysOfMonth(of month: String) -> String {
    var items: [String] = []
    let days = namedDays
    if let steps = Progression(days), steps.step > 1, steps.count >= 4 {
      items.append(
        "every \(ExplanationWords.ordinal(steps.step)) day from the \(ExplanationWords.ordinal(steps.first)) to the "
          + ExplanationWords.ordinal(steps.last))
    } else if !days.isEmpty {
      let runs = ExplanationWords.runs(days, name: ExplanationWords.ordinal)
      items += [runs.first.map { "the \($0)" } ?? ""] + runs.dropFirst()
    }
    let relative = recurrence.relativeDays
    let fromEnd = relative.fromEnd
    if fromEnd > 0b11, fromEnd & (fromEnd + 1) == 0 {
      items.append("the last \(fromEnd.nonzeroBitCount) days")
    } else {
      items += BitSet.values(UInt64(fromEnd)).map { distance in
        distance == 0 ? "the last day" : "the \(ExplanationWords.ordinal(distance)) day before the last"
      }
    }
    items += BitSet.values(UInt64(relative.workday)).map { day in
      "the working day (Monday to Friday) nearest to the \(ExplanationWords.ordinal(day))"
    }
    items += BitSet.values(UInt64(relative.workdayFromEnd)).map { distance in
      distance == 0
        ? "the last working day (Monday to Friday)"
        : "the working day (Monday to Friday) nearest to the \(ExplanationWords.ordinal(distance)) day before the last"
    }
    return "\(ExplanationWords.list(items)) of \(month)"
  }

  /// The days of the month that one of its months has; of one that is dead, all.
  private var namedDays: [Int] {
    let days = recurrence.values(of: .dayOfMonth)
    let longest = recurrence.values(of: .month).map { Calendar.length(year: 2000, month: $0) }.max() ?? 31
    let existing = days.filter { $0 <= longest }
    return existing.isEmpty ? days : existing
  }

  // MARK: Days of the week

  /// `Monday to Friday`, or as an alternative `a Saturday or Sunday`.
  private func weekdays(isAlternative: Bool) -> String {
    // A week begins with Monday here, and goes round.
    let order = (0..<7).map { ($0 + 1) % 7 }.filter { recurrence.weekdays >> UInt8($0) & 1 != 0 }
    var items = Self.weekdayRuns(order).map { run in
      let names = run.map(ExplanationWords.weekday)
      guard run.count >= 3, let first = names.first, let last = names.last else { return names }
      return ["\(first) to \(last)"]
    }.flatMap { $0 }
    if isAlternative, !items.isEmpty { items[0] = "a \(items[0])" }
    let relative = recurrence.relativeDays
    let ordinals = ["first", "second", "third", "fourth", "fifth"]
    items += BitSet.values(relative.nthWeekday).map { place in
      "the \(ordinals[min(place / 7, 4)]) \(ExplanationWords.weekday(place % 7)) of the month"
    }
    items += BitSet.values(UInt64(relative.lastWeekday)).map { day in
      "the last \(ExplanationWords.weekday(day)) of the month"
    }
    return ExplanationWords.list(items, isAlternative ? "or" : "and")
  }

  /// Stretches of weekdays, one of which may go over the weekend.
  private static func weekdayRuns(_ order: [Int]) -> [[Int]] {
    // Monday becomes 0, so that neighbours are neighbouring numbers.
    var runs = ExplanationWords.stretches(order.map { ($0 + 6) % 7 })
    if runs.count > 1, let first = runs.first, let last = runs.last, first.first == 0, last.last == 6,
      first.count + last.count >= 3
    {
      runs.removeFirst()
      runs[runs.count - 1] = last + first
    }
    return runs.map { run in run.map { ($0 + 1) % 7 } }
  }

  // MARK: Months and years

  /// `January, April and July`; nil for all of them.
  private var months: String? {
    guard !recurrence.isEvery(.month) else { return nil }
    return ExplanationWords.list(ExplanationWords.runs(recurrence.values(of: .month), name: ExplanationWords.month))
  }

  private var inMonths: String { months.map { " in \($0)" } ?? "" }

  private var commaMonths: String { months.map { ", in \($0)" } ?? "" }

  private var inYears: String {
    guard !recurrence.isEvery(.year) else { return "" }
    let years = recurrence.values(of: .year)
    if years.count == 1, recurrence.values(of: .month).count == 1 { return " \(years[0])" }
    if let steps = Progression(years), steps.step > 1, steps.count >= 4 {
      return ", every \(ExplanationWords.ordinal(steps.step)) year from \(steps.first) to \(steps.last)"
    }
    return ", in " + ExplanationWords.list(ExplanationWords.runs(years, name: String.init))
  }
}
