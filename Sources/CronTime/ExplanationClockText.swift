extension ClockChangeEffect {
  /// What clocks do, such as `2027-03-14, clocks jump from 02:00 to 03:00`.
  public var change: String {
    let date = localStart.dateText
    let (start, end) = (clock(localStart), clock(localEnd))
    return transition.shift > 0
      ? "\(date), clocks jump from \(start) to \(end)" : "\(date), clocks go back from \(end) to \(start)"
  }

  /// What that does to the schedule, one clause; instants are written in the zone.
  public func consequence(in zone: Zone) -> String {
    guard let times else { return "not affected" }
    let isOne = times.count == 1
    let first = clock(times.first)
    let which =
      isOne ? first : "\(ExplanationWords.grouped(times.count)) of its times, \(first) to \(clock(times.last)),"
    let shown = instants.map(zone.rfc3339)
    switch outcome {
    case .notAffected: return "not affected"
    case .firesAfterGap:
      let verb = isOne ? "doesn't exist: it fires" : "don't exist: it fires once for them,"
      return "\(which) \(verb) at \(shown.first ?? "the end of the gap")"
    case .goesOn:
      guard shown.count == 2 else { return "not affected" }
      let spacing = ExplanationWords.duration(seconds: instants[1].seconds - instants[0].seconds)
      return "goes straight on: after \(shown[0]) comes \(shown[1]), \(spacing) later"
    case .leavesOut:
      let verb = isOne ? "doesn't exist and is left out" : "don't exist and are left out"
      guard shown.count == 2 else { return "\(which) \(verb)" }
      let spacing = ExplanationWords.duration(seconds: instants[1].seconds - instants[0].seconds)
      return "\(which) \(verb): after \(shown[0]) comes \(shown[1]), \(spacing) later"
    case .firesInFirstPass:
      let at = shown.first.map { isOne ? ", at \($0)" : ", from \($0) on" } ?? ""
      return "\(which) \(isOne ? "comes" : "come") twice: it fires the first time only\(at)"
    case .firesInBothPasses:
      let at = shown.count == 2 ? ", \(isOne ? "at" : "from") \(shown[0]) and \(isOne ? "at" : "from") \(shown[1])" : ""
      return "\(which) \(isOne ? "comes" : "come") twice: it fires both times\(at)"
    }
  }

  /// A time of day; midnight at the end is 24:00, and another date than that of the change is shown.
  private func clock(_ time: CivilDateTime) -> String {
    let day = localStart.daysSinceEpoch
    let withSeconds = time.second != 0 || times.map { $0.first.second != 0 || $0.last.second != 0 } ?? false
    if time.daysSinceEpoch == day { return ExplanationWords.time(time.secondOfDay, withSeconds: withSeconds) }
    if time.daysSinceEpoch == day + 1, time.secondOfDay == 0 { return "24:00" }
    return time.dateText + " " + ExplanationWords.time(time.secondOfDay, withSeconds: withSeconds)
  }
}

extension CivilDateTime {
  /// `2026-06-18`.
  var dateText: String { String(description.prefix { $0 != "T" }) }
}

extension Schedule {
  /// All advice about the schedule in a zone from an instant on: `advice`, and what hangs on the zone and the date.
  public func advice(in zone: Zone, from instant: Instant) -> [ScheduleWarning] {
    guard let next = next(after: instant, in: zone, origin: instant) else { return advice + endedAdvice(in: zone) }
    let general = advice.map { warning in
      guard warning.code == "rare" else { return warning }
      let offset = Int64(zone.offset(at: next.seconds).utcOffsetSeconds)
      let date = CivilDateTime(secondsSinceEpoch: next.seconds.addingSaturating(offset)).dateText
      return ScheduleWarning(
        column: warning.column, message: "\(warning.message); the next is \(date)", hint: warning.hint,
        code: warning.code)
    }
    return general + [gapAdvice(in: zone, from: instant)].compactMap { $0 }
  }

  private func endedAdvice(in zone: Zone) -> [ScheduleWarning] {
    switch form {
    case .calendar(let recurrence) where !recurrence.isDead: break
    case .once: break
    default: return []
    }
    return [
      ScheduleWarning(
        column: 1, message: "all of its times have passed: it fires no more", hint: "name a later year", code: "ended")
    ]
  }

  /// A time that one of the next four gaps skips.
  private func gapAdvice(in zone: Zone, from instant: Instant) -> ScheduleWarning? {
    var from = instant
    for _ in 0..<4 {
      guard let gap = zone.nextGap(after: from), let effect = effect(of: gap, in: zone) else { return nil }
      if effect.outcome == .firesAfterGap {
        return ScheduleWarning(
          column: 1, message: "on \(effect.change) in \(zone.name): \(effect.consequence(in: zone))",
          hint: "choose a time outside of the gap, or a zone without clock changes such as UTC", code: "time-in-gap")
      }
      from = Instant(seconds: gap.at)
    }
    return nil
  }
}
