extension Schedule {
  /// How many occurrences lie after `start` and not after `end`; bounded work however dense or long.
  ///
  /// As many as `next` would name one by one. `origin` anchors intervals.
  public func count(after start: Instant, through end: Instant, in zone: Zone, origin: Instant) -> Int {
    guard start < end else { return 0 }
    switch form {
    case .calendar(let recurrence):
      let search = OccurrenceSearch(recurrence: recurrence, zone: zone.table)
      return search.count(after: start.seconds, through: end.seconds)
    case .interval(let spacing):
      let passed = { (instant: Instant) in
        max(min(instant.seconds, Self.end - 1).subtractingSaturating(origin.seconds), 0) / max(spacing, 1)
      }
      return Int(clamping: max(passed(end) - passed(start), 0))
    case .reboot:
      return 0
    case .once(let when):
      return when > start && when <= end ? 1 : 0
    }
  }
}

extension OccurrenceSearch {
  /// How many occurrences lie after one second and up to another.
  ///
  /// Between two changes of the clocks local time is a straight line, and its days are counted, not walked through.
  /// Only the beginning of such a segment has rules: what a gap owes, and what a fold has shown already.
  func count(after: Int64, through: Int64) -> Int {
    guard !recurrence.isDead else { return 0 }
    let last = min(through, Self.end)
    var cursor = max(after, -2 * Calendar.secondsPerDay)
    var total = 0
    while cursor < last {
      let segment = zone.segment(at: cursor + 1)
      var plain = max(cursor + 1, segment.start.addingSaturating(1))
      if segment.start != .min, !recurrence.followsElapsedTime {
        plain = max(plain, passedLocalTime(before: segment, near: segment.start) - segment.offset)
      }
      plain = min(plain, last + 1)
      if plain > cursor + 1 { total += walk(after: cursor, through: plain - 1) }
      let end = max(plain, min(last + 1, segment.end))
      total += recurrence.countLocalTimes(from: plain + segment.offset, before: end + segment.offset)
      cursor = end - 1
    }
    return total
  }

  private func walk(after: Int64, through: Int64) -> Int {
    var found = 0
    var cursor = after
    while let instant = next(after: cursor), instant <= through {
      found += 1
      cursor = instant
    }
    return found
  }
}

extension Recurrence {
  /// How many local times match from one second to before another, both counted from 1970-01-01T00:00:00 local.
  func countLocalTimes(from: Int64, before end: Int64) -> Int {
    guard from < end else { return 0 }
    let day = Calendar.secondsPerDay
    let (firstDay, lastDay) = (floorDivide(from, by: day), floorDivide(end - 1, by: day))
    var total = 0
    for number in firstDay...lastDay where matches(day: Int(number)) {
      let begin = max(from - number * day, 0)
      let stop = min(end - number * day, day)
      total += timesOfDay(before: stop) - timesOfDay(before: begin)
    }
    return total
  }

  /// How many times of a matching day lie before a second of it, 0–86,400.
  private func timesOfDay(before second: Int64) -> Int {
    let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60)
    let perMinute = seconds.nonzeroBitCount
    var count = (hours & ((1 << UInt32(hour)) - 1)).nonzeroBitCount * minutes.nonzeroBitCount * perMinute
    guard hour < 24, hours >> UInt32(hour) & 1 != 0 else { return count }
    count += (minutes & ((1 << UInt64(minute)) - 1)).nonzeroBitCount * perMinute
    guard minutes >> UInt64(minute) & 1 != 0 else { return count }
    return count + (seconds & ((1 << UInt64(rest)) - 1)).nonzeroBitCount
  }
}
