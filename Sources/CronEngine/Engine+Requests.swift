import CronConfig
import CronLedger
import CronTime

/// What people and providers ask for.
extension Engine {
  /// Manual runs of one job that may wait.
  private static let manualWaitingLimit = 10

  /// A manual run is no occurrence and consumes none; it counts for overlap like any other run.
  ///
  /// While the job lives: `skip` and `queue` differ as for occurrences (refused, or waits), `replace` stops the run.
  mutating func runManually(_ name: String, request: UInt64) {
    guard !isDraining else { return answer(request, .draining) }
    guard isLoaded, let state = jobs[name] else { return answer(request, .unknownJob) }
    if !state.live.isEmpty {
      switch state.job.definition.overlap {
      case .skip:
        if let live = state.live.first { return answer(request, .alreadyRunning(live)) }
      case .replace: for run in state.live { requestStop(run, reason: .replaced) }
      case .queue, .allow: break
      }
    }
    let manual = state.waiting.count { $0.occurrence == nil }
    guard waitingCount < settings.queueLimit, manual < Self.manualWaitingLimit else {
      return answer(request, .queueFull)
    }
    // It goes before occurrences that wait: somebody is looking.
    addWaiting(
      Waiting(ticket: 0, occurrence: nil, due: now.wall, trigger: .manual, request: request), to: name)
    if let last = jobs[name]?.waiting.popLast() { jobs[name]?.waiting.insert(last, at: manual) }
    promote(name)
  }

  /// Fires one occurrence that was named from outside; who comes late gets `alreadyClaimed`, and no other is touched.
  mutating func fire(_ key: OccurrenceKey, request: UInt64) {
    guard !isDraining else { return answer(request, .draining) }
    guard isLoaded, jobs[key.job] != nil else { return answer(request, .unknownJob) }
    guard key.instant <= now.wall else { return answer(request, .future) }
    guard clockHeldUntil == nil else { return answer(request, .queueFull) }
    if let pause = ledger.jobs[key.job]?.pause {
      // A paused job owes nothing.
      guard let until = pause.until, until <= now.wall else { return answer(request, .notScheduled) }
      endPause(key.job, at: until)
    }
    guard let state = jobs[key.job] else { return }
    let before = key.instant.adding(microseconds: -1)
    guard key.instant > state.origin, state.job.next(after: before, origin: state.origin) == key.instant else {
      return answer(request, .notScheduled)
    }
    if ledger.jobs[key.job]?.queued[key.instant] != nil { return answer(request, .queued) }
    guard key.instant > mark(of: key.job) else { return answer(request, .alreadyClaimed) }
    // What lies before it is decided first, by the usual rules: decisions keep the order of instants.
    var budget = 10_000
    decide(key.job, limit: before, budget: &budget)
    // Jitter may have put off an earlier one: it is overtaken, and its turn is now.
    decideOvertaken(key.job, before: key.instant)
    guard key.instant > mark(of: key.job) else { return answer(request, .alreadyClaimed) }
    fireNow(key, request: request)
    schedule(key.job, after: mark(of: key.job))
  }

  /// Decides what lies before an instant, also what isn't due yet for its random delay.
  mutating func decideOvertaken(_ name: String, before instant: Instant) {
    var budget = 10_000
    while let earlier = jobs[name]?.next, earlier < instant, budget > 0 {
      budget -= 1
      var skips = SkipRange()
      if let reason = offer(name, instant: earlier, trigger: .schedule, skips: &skips) {
        skip(name, first: earlier, last: earlier, count: 1, reason: reason)
      }
      schedule(name, after: max(earlier, mark(of: name)))
    }
  }

  private mutating func fireNow(_ key: OccurrenceKey, request: UInt64) {
    guard let state = jobs[key.job] else { return answer(request, .unknownJob) }
    let canClaim = !state.isBusy || state.job.definition.overlap == .allow
    if canClaim, hasRoom(for: .fire) {
      _ = claim(key.job, occurrence: key.instant, due: key.instant, trigger: .fire, request: request)
      return
    }
    var skips = SkipRange()
    if let reason = offer(key.job, instant: key.instant, trigger: .fire, skips: &skips) {
      skip(key.job, first: key.instant, last: key.instant, count: 1, reason: reason)
      if let live = state.live.first { return answer(request, .alreadyRunning(live)) }
      return answer(request, .queueFull)
    }
    answer(request, .queued)
  }

  mutating func stopRun(_ run: RunIdentifier, request: UInt64) {
    guard runs[run] != nil else { return answer(request, .unknownRun) }
    requestStop(run, reason: .requested)
    answer(request, .accepted(run))
  }

  // MARK: - Pauses

  mutating func pause(_ name: String, until: Instant?, reason: String?, request: UInt64) {
    guard isLoaded, jobs[name] != nil else { return answer(request, .unknownJob) }
    if ledger.jobs[name]?.pause == nil {
      // What was due before the pause is decided as if there were none.
      var budget = 10_000
      decide(name, limit: .distantFuture, budget: &budget)
      pausedCount += 1
    }
    for waiting in jobs[name]?.waiting ?? [] {
      guard let instant = waiting.occurrence else { continue }
      removeWaiting(waiting.ticket, of: name)
      skip(name, first: instant, last: instant, count: 1, reason: .paused)
    }
    _ = record(.pause(job: name, at: now.wall, until: until, reason: reason))
    schedule(name, after: mark(of: name))
    promote(name)
    answer(request, .done)
  }

  mutating func resume(_ name: String, request: UInt64) {
    guard isLoaded, jobs[name] != nil else { return answer(request, .unknownJob) }
    if ledger.jobs[name]?.pause != nil { endPause(name, at: now.wall) }
    answer(request, .done)
  }

  /// Accounts for the occurrences of the pause, and lets the job begin anew at its end.
  mutating func endPause(_ name: String, at end: Instant) {
    guard var state = jobs[name] else { return }
    if let first = state.next, first <= end {
      let plan = MisfirePlan(
        first: first, job: state.job, origin: state.origin, graceSeconds: 0, now: .distantFuture, limit: end,
        cap: 10_000)
      if let owed = plan.wholeRange {
        skip(name, first: owed.first, last: owed.last, count: owed.count, reason: .paused)
      }
    }
    // If the clock was set back since, what is decided already lies ahead: the job begins anew after that.
    let beginning = max(end, ledger.jobs[name]?.lastDecided ?? .distantPast)
    _ = record(.resume(job: name, at: beginning))
    pausedCount = max(0, pausedCount - 1)
    state.origin = max(state.origin, beginning)
    jobs[name] = state
    schedule(name, after: mark(of: name))
  }

  // MARK: - Stopping

  /// From now on nothing new is claimed. What waits stays in the ledger and is the next ticker's.
  mutating func drain() {
    guard !isDraining else { return }
    isDraining = true
    for name in jobs.keys.sorted() {
      for waiting in jobs[name]?.waiting ?? [] where waiting.occurrence == nil {
        removeWaiting(waiting.ticket, of: name)
        answer(waiting.request, .draining)
      }
    }
  }
}
