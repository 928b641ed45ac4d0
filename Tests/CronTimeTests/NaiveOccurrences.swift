/// Dates counted one by one from Thursday, 1 January 1970, up to the end of 2200.
enum CountedCalendar {
  static func length(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The date of each day since 1970-01-01; 0 = Sunday.
  static let dates: [(year: Int, month: Int, day: Int, weekday: Int)] = {
    var dates: [(year: Int, month: Int, day: Int, weekday: Int)] = []
    var weekday = 4
    for year in 1970...2200 {
      for month in 1...12 {
        for day in 1...length(year, month) {
          dates.append((year, month, day, weekday))
          weekday = weekday == 6 ? 0 : weekday + 1
        }
      }
    }
    return dates
  }()
}

/// The occurrences of an expression in a zone, by docs/decisions/gaps-and-folds.md and nothing else.
///
/// Every local time of every matching day is looked up among zdump's stretches. Nothing of the library is used.
struct NaiveOccurrences {
  private let schedule: NaiveSchedule
  private let stretches: [Zdump.Stretch]

  init(_ schedule: NaiveSchedule, stretches: [Zdump.Stretch]) {
    self.schedule = schedule
    self.stretches = stretches
  }

  /// All occurrences from `start` up to `end`, ascending, seconds since the epoch.
  func between(_ start: Int64, _ end: Int64) -> [Int64] {
    var found: Set<Int64> = []
    let near = around(start - 3 * 86_400...end + 3 * 86_400, among: Array(stretches.indices))
    // Local days that can touch the window: no offset is further than a day from UTC.
    for day in (start / 86_400 - 2)...(end / 86_400 + 2) where day >= 0 && day < CountedCalendar.dates.count {
      for instant in ofDay(day, start...end, near) where instant >= start && instant <= end { found.insert(instant) }
    }
    return found.sorted()
  }

  /// The stretches that can show local times of instants within days of a range.
  private func around(_ range: ClosedRange<Int64>, among indices: [Int]) -> [Int] {
    var near: [Int] = []
    for index in indices where stretches[index].start < range.upperBound + 3 * 86_400 {
      let isLast = index + 1 == stretches.count
      if isLast || stretches[index + 1].start > range.lowerBound - 3 * 86_400 { near.append(index) }
    }
    return near
  }

  private func ofDay(_ day: Int64, _ window: ClosedRange<Int64>, _ candidates: [Int]) -> [Int64] {
    let date = CountedCalendar.dates[Int(day)]
    guard schedule.matches(year: date.year, month: date.month, day: date.day, weekday: date.weekday) else { return [] }
    let near = around(day * 86_400...(day + 1) * 86_400, among: candidates)
    // Without a change for days around, local time is a straight line.
    if near.count == 1 {
      let midnight = day * 86_400 - stretches[near[0]].offset
      guard window.overlaps(midnight...midnight + 86_400) else { return [] }
      return schedule.times.map { midnight + $0 }
    }
    var instants: [Int64] = []
    var gapEnds: [Int64?] = []
    for time in schedule.times {
      let local = day * 86_400 + time
      let shown = self.shown(local, near)
      if let first = shown.first {
        instants += schedule.followsElapsedTime ? shown : [first]
        gapEnds.append(nil)
      } else {
        gapEnds.append(gapEnd(local, near))
      }
    }
    if !schedule.followsElapsedTime { return instants + gapEnds.compactMap { $0 } }
    // They owe a gap nothing, unless it takes all of a day's times though the hours are chosen.
    if !schedule.isHourStar, instants.isEmpty, let end = gapEnds.first.flatMap({ $0 }),
      gapEnds.allSatisfy({ $0 == end })
    {
      return [end]
    }
    return instants
  }

  /// The instants at which clocks show a local time, the first one first.
  private func shown(_ local: Int64, _ near: [Int]) -> [Int64] {
    var instants: [Int64] = []
    for index in near {
      let instant = local - stretches[index].offset
      let end = index + 1 < stretches.count ? stretches[index + 1].start : Int64.max
      if instant >= stretches[index].start, instant < end { instants.append(instant) }
    }
    return instants
  }

  /// The first instant after the gap that holds a local time; nil when it is a change of the date line.
  private func gapEnd(_ local: Int64, _ near: [Int]) -> Int64? {
    for index in near where index > 0 {
      let at = stretches[index].start
      let (before, after) = (stretches[index - 1].offset, stretches[index].offset)
      if local >= at + before, local < at + after, after - before <= 3 * 3_600 { return at }
    }
    return nil
  }
}
