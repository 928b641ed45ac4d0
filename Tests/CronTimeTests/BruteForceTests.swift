import CronTestRandom
import CronTime
import Testing

/// Every minute of a stretch of time with what the clocks of a zone show, for a walk without any cleverness.
private struct MinuteWalk {
  struct Minute {
    var at: Int64
    var local: CivilDateTime
    /// The latest local time that was shown before this minute; a later one is always new.
    var shownBefore: Int64
    /// Local minutes that a gap takes away right before this minute; empty when there is none.
    var lost: [CivilDateTime]
    /// How long the gap is, in seconds.
    var gap: Int64
  }

  var minutes: [Minute] = []

  /// Walks from two days before `start`, so that earlier passes are known, to `end`; whole minutes.
  init(zone: Zone, from start: Int64, to end: Int64) {
    var shown = Int64.min
    var previousOffset = Int64(zone.offset(at: start - 2 * 86_400 - 1).utcOffsetSeconds)
    for at in stride(from: start - 2 * 86_400, to: end, by: 60) {
      let offset = Int64(zone.offset(at: at).utcOffsetSeconds)
      let local = at + offset
      if at >= start {
        let lost = offset > previousOffset ? stride(from: at + previousOffset, to: local, by: 60).map { $0 } : []
        minutes.append(
          Minute(
            at: at, local: CivilDateTime(secondsSinceEpoch: local), shownBefore: shown,
            lost: lost.map { CivilDateTime(secondsSinceEpoch: $0) }, gap: offset - previousOffset))
      }
      shown = max(shown, local)
      previousOffset = offset
    }
  }

  /// The occurrences by the written rule, minute after minute.
  func occurrences(of recurrence: Recurrence) -> [Int64] {
    minutes.filter { fires($0, recurrence) }.map(\.at)
  }

  private func fires(_ minute: Minute, _ recurrence: Recurrence) -> Bool {
    let isOwed = (1...3 * 3_600).contains(minute.gap)
    if recurrence.stars.contains(.minute) || recurrence.stars.contains(.hour) {
      if matches(minute.local, recurrence) { return true }
      guard isOwed, !recurrence.stars.contains(.hour) else { return false }
      return Set(minute.lost.map(\.daysSinceEpoch)).contains { day in
        let ofDay = (0..<1_440).map { CivilDateTime(secondsSinceEpoch: Int64(day) * 86_400 + Int64($0) * 60) }
        let matching = ofDay.filter { matches($0, recurrence) }
        return !matching.isEmpty && matching.allSatisfy(minute.lost.contains)
      }
    }
    if matches(minute.local, recurrence), minute.local.secondsSinceEpoch > minute.shownBefore { return true }
    return isOwed
      && minute.lost.contains { $0.secondsSinceEpoch > minute.shownBefore && matches($0, recurrence) }
  }

  private func matches(_ local: CivilDateTime, _ recurrence: Recurrence) -> Bool {
    guard recurrence.minutes >> UInt64(local.minute) & 1 == 1, recurrence.hours >> UInt32(local.hour) & 1 == 1,
      recurrence.months >> UInt16(local.month) & 1 == 1
    else { return false }
    let byDay = recurrence.daysOfMonth >> UInt32(local.day) & 1 == 1
    let byWeekday = recurrence.weekdays >> UInt8(local.weekday) & 1 == 1
    let both = recurrence.stars.contains(.dayOfMonth) || recurrence.stars.contains(.weekday)
    return both ? byDay && byWeekday : byDay || byWeekday
  }
}

@Suite struct BruteForceTests {
  private static let zones = [
    "UTC", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca",
    "Asia/Beirut", "Pacific/Apia", "Asia/Kolkata", "America/St_Johns", "Antarctica/Troll", "Pacific/Chatham",
    "Antarctica/Casey", "America/Caracas", "Asia/Pyongyang", "Asia/Gaza", "Pacific/Kwajalein",
  ]

  /// Instants at which windows begin: shortly before random changes of the zone, in the table and far past it.
  private static func starts(_ zone: Zone, using random: inout SeededGenerator) -> [Int64] {
    var starts: [Int64] = []
    for _ in 0..<6 {
      let anchor = Int64.random(in: 63_158_400...4_102_444_800, using: &random)
      let start = zone.nextTransition(after: anchor).map { $0.at - Int64.random(in: 0...86_400, using: &random) }
      starts.append(floorToMinute(start ?? anchor))
    }
    if let longest = longestGap(zone) { starts.append(floorToMinute(longest - 7_200)) }
    return starts
  }

  private static func floorToMinute(_ seconds: Int64) -> Int64 { seconds - seconds % 60 }

  /// The date-line changes are where rules differ most, so they are always visited.
  private static func longestGap(_ zone: Zone) -> Int64? {
    var longest: Transition?
    var instant: Int64 = 63_158_400
    while let transition = zone.nextTransition(after: instant), transition.at < 2_000_000_000 {
      if transition.shift > longest?.shift ?? 0 { longest = transition }
      instant = transition.at
    }
    return longest?.at
  }

  @Test(arguments: zones)
  func `next equals a walk over every minute`(_ name: String) throws {
    let zone = try SystemZones.zone(name)
    var random = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var compared = 0
    for start in Self.starts(zone, using: &random) {
      let walk = MinuteWalk(zone: zone, from: start, to: start + 2 * 86_400)
      for index in 0..<8 {
        let isNear = index < 6
        let text =
          isNear
          ? RandomSchedule.textNearMidnight(using: &random) : RandomSchedule.minuteText(using: &random)
        let schedule = try Schedule.parse(text, dialect: .crontabLine, seed: "")
        guard case .calendar(let recurrence) = schedule.form else { continue }
        let expected = walk.occurrences(of: recurrence)
        // From the window's beginning, the chain of `next` must be the walk's list.
        var found: [Int64] = []
        var instant = Instant(seconds: start - 1)
        while let next = schedule.next(after: instant, in: zone, origin: instant), next.seconds < start + 2 * 86_400 {
          guard next > instant, found.count <= expected.count else { break }
          found.append(next.seconds)
          instant = next
        }
        #expect(found == expected, "\(text) in \(name) from \(zone.rfc3339(Instant(seconds: start)))")
        // And so from instants in between.
        for _ in 0..<4 {
          let after = Int64.random(in: start..<start + 2 * 86_400, using: &random)
          let next = schedule.next(after: Instant(seconds: after), in: zone, origin: instant)?.seconds
          let wanted = expected.first { $0 > after }
          if wanted != nil || next ?? .max < start + 2 * 86_400 { #expect(next == wanted, "\(text) after \(after)") }
          compared += 1
        }
        compared += found.count
      }
    }
    #expect(compared > 400)
  }

  @Test func `next is after, never skips and never ends early, over a century`() throws {
    var random = SeededGenerator(seed: 2026)
    for name in ["America/New_York", "Australia/Lord_Howe", "Pacific/Apia"] {
      let zone = try SystemZones.zone(name)
      for _ in 0..<150 {
        let schedule = try Schedule.parse(RandomSchedule.text(using: &random), dialect: .any, seed: "")
        let start = Instant(seconds: Int64.random(in: 0...4_102_444_800, using: &random))
        guard let next = schedule.next(after: start, in: zone, origin: start) else { continue }
        #expect(next > start)
        // Asked from anywhere between, the answer is the same.
        let between = Int64.random(in: start.microseconds..<next.microseconds, using: &random)
        #expect(schedule.next(after: Instant(microseconds: between), in: zone, origin: start) == next, "\(schedule)")
        if let following = schedule.next(after: next, in: zone, origin: start) { #expect(following > next) }
      }
    }
  }
}
