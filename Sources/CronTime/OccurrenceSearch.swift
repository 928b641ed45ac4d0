/// Finds the occurrences of a recurrence in a zone, by the rules of docs/decisions/gaps-and-folds.md.
///
/// A zone is a row of segments with one offset each. Within a segment local time is a straight line, so a search
/// there is a search in plain local time; only the borders need rules.
struct OccurrenceSearch {
  /// Longer gaps are changes of the date line (Apia 2011-12-30): nothing fires for them.
  static let longestGap: Int64 = 3 * 3_600
  /// More than any two local times of one zone can differ from each other or from UTC.
  private static let farthestOffsets: Int64 = 52 * 3_600
  /// Where every search ends: two days after 2199-12-31T24:00:00Z.
  static let end: Int64 = 7_258_291_200

  let recurrence: Recurrence
  let zone: ZoneTable

  /// The smallest occurrence after an instant, both in seconds since the epoch; nil when none follows.
  func next(after seconds: Int64) -> Int64? {
    guard !recurrence.isDead, seconds < Self.end else { return nil }
    let after = max(seconds, -2 * Calendar.secondsPerDay)
    let segment = zone.segment(at: after)
    if segment.end == .max, segment.start == .min {
      return recurrence.firstLocalTime(atOrAfter: after + 1 + segment.offset).map { $0 - segment.offset }
    }
    // Far from any change of the clocks on both sides, the first matching local time is the answer: no gap between
    // can owe anything, for no matching local time lies in it, and no fold comes back to one before.
    if after - Self.farthestOffsets > segment.start, after < segment.end - Self.farthestOffsets {
      guard let found = recurrence.firstLocalTime(atOrAfter: after + 1 + segment.offset) else { return nil }
      if found - segment.offset < segment.end { return found - segment.offset }
      let far = zone.segment(at: found - segment.offset)
      let instant = found - far.offset
      if instant - Self.farthestOffsets > far.start, instant < far.end - Self.farthestOffsets { return instant }
    }
    return nextNearChange(after: after, segment)
  }

  /// The same, border by border.
  private func nextNearChange(after instant: Int64, _ first: ZoneTable.Segment) -> Int64? {
    var after = instant
    var segment = first
    let followsElapsedTime = recurrence.followsElapsedTime
    while true {
      var from = after + 1 + segment.offset
      if !followsElapsedTime { from = max(from, passedLocalTime(before: segment, near: after)) }
      let found = recurrence.firstLocalTime(atOrAfter: from)
      if segment.end == .max { return found.map { $0 - segment.offset } }
      let borderLocal = segment.end + segment.offset
      if let found, found < borderLocal { return found - segment.offset }

      // Nothing more in this segment. What does its border owe?
      let following = zone.segment(at: segment.end)
      let gap = following.offset - segment.offset
      if gap > 0, gap <= Self.longestGap {
        let gapEnd = borderLocal + gap
        let isOwed =
          followsElapsedTime
          ? losesWholeDay(from: borderLocal, to: gapEnd) : found.map { $0 < gapEnd } ?? false
        if isOwed { return segment.end }
      }

      // Far from the next match, segments in which local time can't come near it are passed over.
      if borderLocal - Self.farthestOffsets > from {
        guard let found else { return nil }
        let nearest = found - Self.farthestOffsets
        if nearest > segment.end {
          segment = zone.segment(at: nearest)
          after = max(nearest, segment.start) - 1
          continue
        }
      }
      after = segment.end - 1
      segment = following
      if after >= Self.end { return nil }
    }
  }

  /// The local time that clocks have already shown before a segment: in a fold, fixed times below it are done.
  func passedLocalTime(before segment: ZoneTable.Segment, near instant: Int64) -> Int64 {
    var passed = Int64.min
    var start = segment.start
    // Only changes within the last days can matter; zones have at most a few.
    while start > instant - Self.farthestOffsets {
      let previous = zone.segment(at: start - 1)
      passed = max(passed, start + previous.offset)
      start = previous.start
    }
    return passed
  }

  /// Whether a gap takes all matching times of a local day, for schedules that follow elapsed time in chosen hours.
  private func losesWholeDay(from gapStart: Int64, to gapEnd: Int64) -> Bool {
    guard !recurrence.stars.contains(.hour) else { return false }
    let firstDay = floorDivide(gapStart, by: Calendar.secondsPerDay)
    let lastDay = floorDivide(gapEnd - 1, by: Calendar.secondsPerDay)
    for day in firstDay...lastDay {
      let midnight = day * Calendar.secondsPerDay
      if midnight + Int64(recurrence.firstTime) >= gapStart, midnight + Int64(recurrence.lastTime) < gapEnd,
        recurrence.matches(day: Int(day))
      {
        return true
      }
    }
    return false
  }
}
