/// What a change of a zone's clocks does to a schedule.
public struct ClockChangeEffect: Hashable, Sendable {
  /// What becomes of it.
  public enum Outcome: Hashable, Sendable {
    /// No time of the schedule is skipped or repeated.
    case notAffected
    /// Times that the gap skips are made up for, once, right after it.
    case firesAfterGap
    /// The gap changes nothing in elapsed time: the schedule goes on at its usual distance.
    case goesOn
    /// Times that the gap skips are left out: the schedule follows elapsed time, or a date was skipped.
    case leavesOut
    /// Times that come twice fire the first time only.
    case firesInFirstPass
    /// Times that come twice fire both times: the schedule follows elapsed time.
    case firesInBothPasses
  }

  /// The change; its shift isn't 0.
  public let transition: Transition
  /// What becomes of the schedule.
  public let outcome: Outcome
  /// The first local time that is skipped, or shown a second time.
  public let localStart: CivilDateTime
  /// The local time at which that ends, itself not skipped or repeated.
  public let localEnd: CivilDateTime
  /// The schedule's times among them: how many, and the first and last; nil when there are none.
  public let times: Times?
  /// Where it fires, oldest first.
  ///
  /// After a gap: the one instant. Going on or left out: the last before and the first after the gap. In a fold: the
  /// first of each pass that has any.
  public let instants: [Instant]

  /// Local times of a schedule.
  public struct Times: Hashable, Sendable {
    /// How many, at most 10,800.
    public let count: Int
    /// The first one.
    public let first: CivilDateTime
    /// The last one.
    public let last: CivilDateTime
  }
}

extension Schedule {
  /// What a change of the zone's clocks does to the schedule; nil when the change moves no clock.
  ///
  /// Only calendars can be affected. The answer comes from `next(after:in:origin:)`, so it can't differ from it.
  public func effect(of transition: Transition, in zone: Zone) -> ClockChangeEffect? {
    guard transition.shift != 0 else { return nil }
    let before = transition.at.addingSaturating(Int64(transition.before.utcOffsetSeconds))
    let after = transition.at.addingSaturating(Int64(transition.after.utcOffsetSeconds))
    let (start, end) = (min(before, after), max(before, after))
    func effect(
      _ outcome: ClockChangeEffect.Outcome, _ times: ClockChangeEffect.Times? = nil, _ instants: [Instant] = []
    ) -> ClockChangeEffect {
      ClockChangeEffect(
        transition: transition, outcome: outcome, localStart: CivilDateTime(secondsSinceEpoch: start),
        localEnd: CivilDateTime(secondsSinceEpoch: end), times: times, instants: instants)
    }
    guard case .calendar(let recurrence) = form, let times = recurrence.times(from: start, to: end) else {
      return effect(.notAffected)
    }
    let change = Instant(seconds: transition.at)
    if transition.shift > 0 {
      // What the gap owes falls on its end; a time that is the end by itself fires there too.
      let owes =
        recurrence.followsElapsedTime
        ? first(from: change, in: zone) == change && recurrence.firstLocalTime(atOrAfter: end) != end
        : end - start <= OccurrenceSearch.longestGap
      if owes { return effect(.firesAfterGap, times, [change]) }
      let around = [last(before: change, in: zone), first(from: change, in: zone)].compactMap { $0 }
      return effect(recurrence.followsElapsedTime && isUsual(around, in: zone) ? .goesOn : .leavesOut, times, around)
    }
    let length = end - start
    let firstPass = first(from: change.adding(seconds: -length), in: zone).flatMap { $0 < change ? $0 : nil }
    let secondPass = first(from: change, in: zone).flatMap { $0 < change.adding(seconds: length) ? $0 : nil }
    return effect(
      secondPass == nil ? .firesInFirstPass : .firesInBothPasses, times, [firstPass, secondPass].compactMap { $0 })
  }

  private func first(from instant: Instant, in zone: Zone) -> Instant? {
    next(after: instant.adding(microseconds: -1), in: zone, origin: instant)
  }

  /// Whether two occurrences are as far apart as the next two.
  private func isUsual(_ pair: [Instant], in zone: Zone) -> Bool {
    guard pair.count == 2, let following = next(after: pair[1], in: zone, origin: pair[1]) else { return false }
    return following.seconds - pair[1].seconds == pair[1].seconds - pair[0].seconds
  }

  /// The last occurrence of the two days before an instant.
  private func last(before instant: Instant, in zone: Zone) -> Instant? {
    for span: Int64 in [60, 3_600, 2 * Calendar.secondsPerDay] {
      var found: Instant?
      var following = first(from: instant.adding(seconds: -span), in: zone)
      while let occurrence = following, occurrence < instant {
        found = occurrence
        following = next(after: occurrence, in: zone, origin: instant)
      }
      if let found { return found }
    }
    return nil
  }
}

extension Recurrence {
  /// Its local times of `start ..< end`, both in seconds since 1970-01-01T00:00:00 local.
  fileprivate func times(from start: Int64, to end: Int64) -> ClockChangeEffect.Times? {
    guard let first = firstLocalTime(atOrAfter: start), first < end else { return nil }
    var last = first
    var count = 1
    // Longer stretches are changes of the date line: one time of theirs tells enough.
    while count < OccurrenceSearch.longestGap, let following = firstLocalTime(atOrAfter: last + 1), following < end {
      last = following
      count += 1
    }
    return ClockChangeEffect.Times(
      count: count, first: CivilDateTime(secondsSinceEpoch: first), last: CivilDateTime(secondsSinceEpoch: last))
  }
}

extension Zone {
  /// The next change after an instant at which clocks jump over local times.
  public func nextGap(after instant: Instant) -> Transition? { nextChange(after: instant) { $0 > 0 } }

  /// The next change after an instant at which clocks show local times a second time.
  public func nextFold(after instant: Instant) -> Transition? { nextChange(after: instant) { $0 < 0 } }

  private func nextChange(after instant: Instant, where isWanted: (Int) -> Bool) -> Transition? {
    var seconds = instant.seconds
    // No zone changes more than twelve times a year for long; the table ends with 2200.
    for _ in 0..<64 {
      guard let transition = nextTransition(after: seconds) else { return nil }
      if isWanted(transition.shift) { return transition }
      seconds = transition.at
    }
    return nil
  }
}
