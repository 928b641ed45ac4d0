import CronTime

/// The occurrences of an expression in a zone, by docs/decisions/gaps-and-folds.md and nothing else.
///
/// Every local time of every matching day is looked up among zdump's stretches; nothing is skipped or remembered.
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
    // Local days that can touch the window: no offset is further than a day from UTC.
    for day in (start / 86_400 - 2)...(end / 86_400 + 2) where day >= 0 {
      for instant in ofDay(day) where instant >= start && instant <= end { found.insert(instant) }
    }
    return found.sorted()
  }

  private func ofDay(_ day: Int64) -> [Int64] {
    let date = CivilDateTime(secondsSinceEpoch: day * 86_400)
    guard schedule.matches(year: date.year, month: date.month, day: date.day, weekday: Int((day + 4) % 7)) else {
      return []
    }
    // Of the many stretches only those around this day can show its local times.
    let near = stretches.indices.filter { index in
      let end = index + 1 < stretches.count ? stretches[index + 1].start : Int64.max
      return end > (day - 2) * 86_400 && stretches[index].start < (day + 3) * 86_400
    }
    var instants: [Int64] = []
    var gapEnds: [Int64?] = []
    for hour in schedule.hours {
      for minute in schedule.minutes {
        for second in schedule.seconds {
          let local = day * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
          let shown = self.shown(local, near)
          if let first = shown.first {
            instants += schedule.followsElapsedTime ? shown : [first]
            gapEnds.append(nil)
          } else {
            gapEnds.append(gapEnd(local, near))
          }
        }
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
    near.compactMap { index in
      let instant = local - stretches[index].offset
      let end = index + 1 < stretches.count ? stretches[index + 1].start : Int64.max
      return instant >= stretches[index].start && instant < end ? instant : nil
    }
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
