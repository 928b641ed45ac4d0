import CronTime

/// Jobs that start in the same minute of the same hours of the same days.
enum PileCheck {
  /// As many jobs in one minute are worth knowing.
  static let worthKnowing = 10

  /// The hours and days that jobs have in common, in one zone.
  fileprivate struct Pattern: Hashable {
    var zone: String?
    var hours: UInt32
    var daysOfMonth: UInt32
    var months: UInt16
    var weekdays: UInt8
    var years: YearSet
    var relativeDays: Recurrence.RelativeDays
    var dayRule: Recurrence.DayRule
  }

  fileprivate struct Pile {
    var counts = [Int](repeating: 0, count: 60)
    var first: [SourcePosition?] = Array(repeating: nil, count: 60)
  }

  /// One note for the busiest minute of each pattern, at the first job of the pile.
  static func findings(_ jobs: [JobDefinition]) -> [Diagnostic] {
    var piles: [Pattern: Pile] = [:]
    var order: [Pattern] = []
    for job in jobs where job.randomDelayMinutes == 0 {
      for schedule in job.schedules {
        // A job of every minute has no minute to move to.
        guard case .calendar(let recurrence) = schedule.form, !recurrence.isDead,
          recurrence.minutes.nonzeroBitCount < 60
        else { continue }
        let pattern = Pattern(recurrence, zone: job.zone)
        if piles[pattern] == nil { order.append(pattern) }
        piles[pattern, default: Pile()].add(recurrence.minutes, job.position)
      }
    }
    return order.compactMap { pattern in piles[pattern].flatMap { finding(pattern, $0) } }
  }

  private static func finding(_ pattern: Pattern, _ pile: Pile) -> Diagnostic? {
    guard let most = pile.counts.max(), most >= worthKnowing, let minute = pile.counts.firstIndex(of: most),
      let place = pile.first[minute]
    else { return nil }
    return Diagnostic(
      position: place, level: .note, code: "crowded-minute",
      message: "\(most) jobs start together, this one among them: \(pattern.when(minute: minute))",
      hint: "H in the minute field spreads them: the name of each job chooses its minute")
  }
}

extension PileCheck.Pattern {
  fileprivate init(_ recurrence: Recurrence, zone: String?) {
    self.init(
      zone: zone, hours: recurrence.hours, daysOfMonth: recurrence.daysOfMonth, months: recurrence.months,
      weekdays: recurrence.weekdays, years: recurrence.years, relativeDays: recurrence.relativeDays,
      dayRule: recurrence.dayRule)
  }

  /// `at 02:00`, `at minute 5 of every hour`, `at minute 0 of 8 hours a day`.
  fileprivate func when(minute: Int) -> String {
    let count = hours.nonzeroBitCount
    if count == 24 { return "at minute \(minute) of every hour" }
    if count > 1 { return "at minute \(minute) of \(count) hours a day" }
    let hour = hours.trailingZeroBitCount
    return "at \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }
}

extension PileCheck.Pile {
  fileprivate mutating func add(_ minutes: UInt64, _ position: SourcePosition) {
    for minute in 0..<60 where minutes >> UInt64(minute) & 1 != 0 {
      counts[minute] += 1
      if first[minute] == nil { first[minute] = position }
    }
  }
}
