import CronTime
import CronEngine
import CronLedger

/// The watcher: performs what the real policy decides, and dies itself.
extension Simulation {
  /// No ticker may be missing for longer than this, in nanoseconds: the longest back-off, 60 s.
  private static let longestAbsence: Int64 = 61_000_000_000

  func startWatcher() {
    // What was set aside is known to nobody any more.
    disk.refused = []
    supervision = Supervision(settings: SupervisionSettings(seed: seed))
    timerAt = nil
    isWatcherUp = true
    supervise(.start(now: clock.monotonicNanoseconds))
  }

  /// Hands an event to the policy, and performs what it decides until it is at rest.
  func supervise(_ event: SupervisionEvent) {
    guard isWatcherUp else { return }
    var events = [event]
    while !events.isEmpty, isWatcherUp {
      for action in supervision.handle(events.removeFirst()) { events += perform(action) }
    }
  }

  private func perform(_ action: SupervisionAction) -> [SupervisionEvent] {
    let now = clock.monotonicNanoseconds
    switch action {
    case .armTimer(let at): timerAt = at
    case .disarmTimer: timerAt = nil
    case .inspect: return [.childState(stopped: hang == .stopped, now: now)]
    case .signal(.continue):
      if hang == .stopped, rolls(80) { hang = nil; tell("the ticker goes on") }
    case .signal(.abort), .signal(.kill):
      // What it can't be told any more happens to its workers alone.
      if isTickerUp {
        counts.tickerCrashes += 1
        tell("the watcher kills the ticker")
        dropTicker()
        return [.exited(.died("signal KILL"), now: now)]
      }
    case .signal(.terminate), .declare: break
    case .spawn(let safeMode):
      noteAbsence()
      if startTicker(safeMode: safeMode) { return [.spawned(now: now), .ready(now: now)] }
      // Where the machine goes down with it, nobody is there to restart it.
      if let crash = plannedCrash, crash.takesPower, disk.changes >= crash.change { return [] }
      tell("the ticker dies while it starts")
      counts.tickerCrashes += 1
      dropTicker()
      return [.spawned(now: now), .exited(.died("signal KILL"), now: now)]
    }
    return []
  }

  private func dropTicker() {
    isTickerUp = false
    (dies, hang, inbox, keeping) = (false, nil, [], nil)
    disk.isDead = true
    downSince = downSince ?? clock.monotonicNanoseconds
  }

  private func noteAbsence() {
    if let since = downSince, clock.monotonicNanoseconds - since > Self.longestAbsence {
      fail("no ticker for \((clock.monotonicNanoseconds - since) / 1_000_000_000) s")
    }
    downSince = nil
  }

  /// The watcher dies, with its memory; the next one takes over: an old ticker ends, a new one adopts the workers.
  func crashWatcher(withTicker: Bool) {
    guard isWatcherUp else { return }
    tell(withTicker ? "watcher and ticker crash" : "the watcher crashes")
    counts.watcherCrashes += 1
    isWatcherUp = false
    if isTickerUp, !withTicker, hang == nil {
      // It fires on alone for a while, and has the memory as long as it lives.
      for _ in 0..<Int.random(in: 0...2, using: &chance) {
        pass(microseconds: Int64.random(in: 0...40_000_000, using: &chance))
        workersAct()
        endSyncs()
        tick()
      }
      if canAct, rolls(70) {
        tell("the old ticker ends in order")
        keeping?.syncNow()
      }
    }
    forgetMemory()
    dropTicker()
    for run in workers.keys.sorted() where rolls(8) { killWorker(run) }
    startWatcher()
  }

  /// The memory is gone; whether anybody can know depends on the mark.
  private func forgetMemory() {
    if !memory.bytes.isEmpty, !disk.mark {
      noteUnknowable(claimLines.filter { !disk.shows($0.line) })
      // Those that processes still see are lost if the power fails before a sync of the next ticker's.
      unmarked = claimLines.filter { !disk.surelyKeeps($0.line) }
    }
    memory = SimulatedMemory(disk, capacity: 1 << 20)
  }

  private func noteUnknowable(_ claims: [ClaimLine]) {
    counts.unknowable += 1
    noteLoss()
    tell("what memory kept is lost, and the mark of it too")
    unknowable.formUnion(claims.map(\.key))
    // A run whose end is gone looks like one that never began: its slot may serve another by now.
    unknowable.formUnion(recentEnds.filter { !disk.shows($0.line) }.compactMap { facts[$0.run]?.key })
  }

  /// From now on the ledger doesn't tell the whole story, but what was recovered of it, if it was read already: a line
  /// that is still on the disk may stand behind a hole.
  func noteLoss(recovered: LedgerState? = nil) {
    hasLost = true
    // Behind a clock that was set back before the loss, nobody can know what had run ahead of it.
    for claim in claimLines where claim.instant > clock.wall {
      let isKnown = recovered.map { $0.decides(claim.instant, of: claim.job, at: clock.wall) } ?? disk.shows(claim.line)
      if isKnown { continue }
      unknowable.insert(claim.key)
      counts.unknowable += 1
    }
  }

  /// The machine loses power: processes, memory, and of the disk what wasn't synced.
  func losePower() {
    tell("the power fails")
    counts.powerLosses += 1
    boot += 1
    let wasSpilling = disk.mark || !memory.bytes.isEmpty
    let atRisk = (wasSpilling ? claimLines : unmarked).filter { !disk.surelyKeeps($0.line) }
    unmarked = []
    // Damage behind the last mark of a sync can't be told from sectors that never reached the disk.
    if counts.rotten > 0 { unknowable.formUnion(claimLines.map(\.key)) }
    isWatcherUp = false
    dropTicker()
    if disk.hasLostHistory || disk.hasUnsyncedPast { noteLoss() }
    disk.hasLostHistory = false
    disk.losePower()
    memory = SimulatedMemory(disk, capacity: 1 << 20)
    if wasSpilling || !atRisk.isEmpty, !disk.mark { noteUnknowable(atRisk) }
    workersLosePower()
    pass(microseconds: Int64.random(in: 0...600_000_000, using: &chance))
    downSince = nil
    changeWhileDown()
    startWatcher()
  }
}

extension LedgerState {
  /// Whether the job's mark has passed the instant, so that it isn't owed any more. One of a wrong future, whose
  /// correction is lost, says nothing: it is set back.
  fileprivate func decides(_ instant: Instant, of job: String, at wall: Instant) -> Bool {
    let horizon = wall.adding(seconds: 86_400)
    guard let decided = jobs[job]?.lastDecided, max(decided, lastRecordAt ?? wall) <= horizon else { return false }
    return decided >= instant
  }
}
