import CronLedger
import CronTime

/// The clocks: steps, sleep, wrong time at boot, and marks of a future that was none.
extension Engine {
  /// A mark that lies further ahead than this was made by a wrong clock.
  static let farFuture: Int64 = 86_400
  /// How long fires are held for a clock that is older than the ledger.
  private static let longestHold: Int64 = 60_000_000_000
  /// A clock that lags the ledger by less than this is taken as it is.
  private static let tolerableLagSeconds: Int64 = 2

  /// Takes over the clocks of an event and notices what happened to them since the last one.
  mutating func enter(_ moment: Moment, first: Bool) {
    defer { now = moment }
    guard !first, isRecovered else { return }
    let change = ClockChange(from: now, to: moment)
    now = moment
    if change.suspended > 0 {
      lateness = .suspend
      notice(.suspended(microseconds: change.suspended))
    }
    guard change.step != 0 else { return }
    if change.step > 0 { lateness = .clockStep }
    _ = record(.clockStep(at: moment.wall, byMicroseconds: change.step))
    notice(.clockStepped(byMicroseconds: change.step))
    if change.step < 0 { rebaseMarks(isCorrection: change.step < -Self.farFuture * 1_000_000) }
    if clockHeldUntil != nil, isClockPlausible { releaseClock(plausible: true) }
  }

  // MARK: - A wrong clock at boot

  /// Whether a clock that was more than a day ahead of this one wrote the ledger.
  var isLedgerAhead: Bool { (ledger.lastRecordAt ?? .distantPast) > now.wall.adding(seconds: Self.farFuture) }

  private var isClockPlausible: Bool {
    let newest = max(ledger.lastRecordAt ?? .distantPast, settings.earliestPlausible ?? .distantPast)
    // A ledger from the far future says more about the old clock than about this one.
    if newest > now.wall.adding(seconds: 366 * Self.farFuture) { return true }
    return now.wall.adding(seconds: Self.tolerableLagSeconds) >= newest
  }

  /// At a boot the clock may not be set yet: what fired then would fire at wrong instants.
  mutating func holdImplausibleClock() {
    guard !isClockPlausible else { return }
    let until = now.monotonicNanoseconds &+ Self.longestHold
    clockHeldUntil = until
    timers.push(TimerEntry(at: until, purpose: .releaseClock))
    notice(.clockHeld(untilMonotonicNanoseconds: until))
  }

  mutating func releaseClock(plausible: Bool) {
    guard clockHeldUntil != nil else { return }
    clockHeldUntil = nil
    notice(.clockReleased(plausible: plausible))
    if !plausible { rebaseMarks(isCorrection: wasLedgerAhead) }
  }

  // MARK: - Marks from the future

  /// Sets back what a far-future clock left behind, so that no job is silent until that future comes.
  ///
  /// Marks within a day stay: there a backward step must not repeat an instant. Behind a step of more than a day all
  /// that lie ahead are wrong: any that stayed would be set back by the next small step, to before what truly ran.
  mutating func rebaseMarks(isCorrection: Bool) {
    let trusted = trustedMark
    let horizon = isCorrection ? trusted : now.wall.adding(seconds: Self.farFuture)
    let isLowered = lowerCommonMark()
    var rebased = 0
    for name in jobs.keys.filter({ isLowered || mayLieAhead($0, of: horizon) }).sorted() {
      let isRebased = rebase(name, horizon: horizon, trusted: trusted)
      if isRebased { rebased += 1 }
      if isRebased || isLowered { schedule(name, after: mark(of: name)) }
    }
    let isAhead = { (decided: Instant?) in decided.map { $0 > horizon } ?? false }
    let removed = ledger.jobs.filter { jobs[$0.key] == nil && isAhead($0.value.lastDecided) }
    for name in removed.keys.sorted() { _ = record(.through(at: trusted, job: name)) }
    if rebased > 0 { notice(.marksRebased(jobs: rebased)) }
  }

  /// The common mark only says that nothing was left out; what must not repeat has a mark of its own. A job that is
  /// defined before the clock reaches it must not be silenced by it.
  mutating func lowerCommonMark() -> Bool {
    guard let through = ledger.through, through > now.wall else { return false }
    return record(.through(at: now.wall)) != nil
  }

  /// Up to where what is decided was decided by a right clock: now, or where the leap began, if a correction overshot.
  private var trustedMark: Instant {
    guard let from = ledger.leap?.from, from <= now.wall.adding(seconds: Self.farFuture) else { return now.wall }
    return max(now.wall, from)
  }

  /// Whether anything of the job can lie ahead of the horizon: of most jobs nothing does.
  private func mayLieAhead(_ name: String, of horizon: Instant) -> Bool {
    guard let place = jobs.index(forKey: name) else { return false }
    if jobs.values[place].isBusy || jobs.values[place].origin > horizon { return true }
    return ledger.jobs[name]?.lastDecided.map { $0 > horizon } ?? false
  }

  private mutating func rebase(_ name: String, horizon: Instant, trusted: Instant) -> Bool {
    guard var state = jobs[name] else { return false }
    var changed = false
    let isMarkFar = (ledger.jobs[name]?.lastDecided).map { $0 > horizon } ?? false
    // Once its mark is set back, whatever of that job lies ahead of it is owed again when it comes.
    let horizon = isMarkFar || state.origin > horizon ? trusted : horizon
    for waiting in state.waiting {
      guard let occurrence = waiting.occurrence, occurrence > horizon else { continue }
      removeWaiting(waiting.ticket, of: name)
      miss(name, first: occurrence, last: occurrence, count: 1, reason: .clockStep)
      changed = true
    }
    for run in state.live {
      guard let live = runs[run], live.due > horizon, live.phase == .unsynced || live.phase == .held else { continue }
      end(run, outcome: .missed, reason: MissReason.clockStep.rawValue)
      changed = true
    }
    state = jobs[name] ?? state
    if state.origin > horizon {
      state.origin = now.wall
      jobs[name] = state
      define(state)
      changed = true
    }
    if isMarkFar {
      _ = record(.through(at: trusted, job: name))
      changed = true
    }
    return changed
  }

  // MARK: - Timers

  mutating func fireTimers() {
    while let entry = timers.first, entry.at <= now.monotonicNanoseconds {
      _ = timers.popFirst()
      switch entry.purpose {
      case .retryStart(let run): retryStart(run)
      case .timeout(let run): timeOut(run)
      case .sync: batch.mayRetry()
      case .disk: batch.retryDisk()
      case .releaseClock:
        guard clockHeldUntil == entry.at else { continue }
        releaseClock(plausible: false)
        lateness = .down
        decideAllDue()
      }
    }
    releaseHeldOrders()
  }

  /// Timers and due entries whose reason is gone would wake the loop for nothing.
  mutating func dropStaleEntries() {
    while let entry = due.first, jobs[entry.job]?.generation != entry.generation { _ = due.popFirst() }
    while let entry = timers.first, isStale(entry) { _ = timers.popFirst() }
    if due.count > 2 * jobs.count + 64 {
      let jobs = self.jobs
      due.compact { jobs[$0.job]?.generation == $0.generation }
    }
  }

  private func isStale(_ entry: TimerEntry) -> Bool {
    switch entry.purpose {
    case .retryStart(let run), .timeout(let run): runs[run] == nil
    case .releaseClock: clockHeldUntil != entry.at
    case .sync, .disk: false
    }
  }
}
