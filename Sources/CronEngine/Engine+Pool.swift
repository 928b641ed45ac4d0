import CronConfig
import CronLedger
import CronTime

/// The pool: who waits, and who is claimed next.
extension Engine {
  func hasRoom(for trigger: FireTrigger) -> Bool {
    runs.count < settings.workersMax && (trigger != .catchUp || liveCatchUps < settings.catchUpMax)
  }

  /// Claims the occurrence (nil = a manual run); it is dispatched once the claim is durable.
  mutating func claim(
    _ name: String, occurrence: Instant?, due: Instant, trigger: FireTrigger, request: UInt64? = nil
  ) -> RunIdentifier? {
    guard var state = jobs[name] else { return nil }
    let grace = occurrence == nil ? Self.manualGraceSeconds : state.graceSeconds(near: due)
    // What waited beyond its grace was noticed in time: from now on it has its grace again to get a worker.
    let inTime = due.adding(seconds: grace)
    let deadline = inTime >= now.wall && trigger != .catchUp ? inTime : now.wall.adding(seconds: grace)
    let run = identifiers.next(at: now.wall)
    let claim = Claim(
      run: run, job: name, occurrence: occurrence, trigger: trigger, attempt: 1, at: now.wall,
      bootIdentifier: settings.bootIdentifier, startDeadline: deadline,
      due: occurrence == nil || occurrence == due ? nil : due)
    if let key = claim.key, ledger.isClaimed(key) {
      notice(.illegalTransition("\(key) is decided already; not claimed again"))
      answer(request, .alreadyClaimed)
      jobs[name] = state
      return nil
    }
    guard let sequence = record(.claim(claim)) else {
      answer(request, .alreadyClaimed)
      return nil
    }
    begin(claim, sequence: sequence, state: state, request: request)
    return run
  }

  /// Claims the next attempt of an occurrence, at once: it has its grace anew.
  mutating func claimAgain(_ pending: PendingRetry) {
    guard var state = jobs[pending.claim.job], let occurrence = pending.claim.occurrence else { return }
    // If the clock was set back since, even an attempt waits for its instant.
    let due = max(now.wall, state.job.due(occurrence))
    let deadline = due.adding(seconds: state.graceSeconds(near: occurrence))
    let claim = Claim(
      run: identifiers.next(at: now.wall), job: pending.claim.job, occurrence: occurrence, trigger: .rerun,
      attempt: pending.claim.attempt + 1, at: now.wall, bootIdentifier: settings.bootIdentifier,
      startDeadline: deadline, due: due)
    guard let sequence = record(.claim(claim)) else { return }
    begin(claim, sequence: sequence, state: state, request: nil)
  }

  /// A claim that is appended is a live run, and is dispatched by the sync that covers it.
  private mutating func begin(_ claim: Claim, sequence: UInt64, state: JobState, request: UInt64?) {
    var state = state
    state.live.append(claim.run)
    jobs[claim.job] = state
    var live = LiveRun(claim: claim, claimSequence: sequence, phase: .unsynced)
    live.order = order(for: claim, sequence: sequence, job: state.job)
    live.request = request
    runs[claim.run] = live
    if claim.trigger == .catchUp { liveCatchUps += 1 }
    batch.waiting.append(claim.run)
  }

  func order(for claim: Claim, sequence: UInt64, job: EngineJob) -> RunOrder {
    RunOrder(
      run: claim.run, claimSequence: sequence, job: job.definition, occurrence: claim.occurrence,
      trigger: claim.trigger, attempt: claim.attempt, startDeadline: claim.startDeadline,
      timeoutSeconds: job.definition.timeoutSeconds, killGraceSeconds: settings.killGraceSeconds,
      claimedAt: claim.at)
  }

  // MARK: - Waiting

  mutating func addWaiting(_ waiting: Waiting, to name: String) {
    lastTicket += 1
    waitingCount += 1
    var waiting = waiting
    waiting.ticket = lastTicket
    jobs[name]?.waiting.append(waiting)
  }

  mutating func removeWaiting(_ ticket: UInt64, of name: String) {
    guard let index = jobs[name]?.waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    jobs[name]?.removeWaiting(at: index)
    waitingCount -= 1
  }

  /// Lets what waits for the job's turn wait for a worker, if its turn has come.
  mutating func promote(_ name: String) {
    guard let state = jobs[name], !state.waiting.isEmpty else { return }
    if state.job.definition.overlap == .allow {
      // Catch-up stays one after another: its head only.
      let catchUpIsLive = state.live.contains { runs[$0]?.isCatchUp == true }
      var headSeen = catchUpIsLive
      for index in state.waiting.indices {
        let isCatchUp = state.waiting[index].trigger == .catchUp
        if isCatchUp, headSeen { continue }
        if isCatchUp { headSeen = true }
        makeReady(name, index: index)
      }
    } else if state.live.isEmpty {
      makeReady(name, index: 0)
    }
  }

  private mutating func makeReady(_ name: String, index: Int) {
    guard var waiting = jobs[name]?.waiting[index], !waiting.isReady else { return }
    waiting.isReady = true
    jobs[name]?.waiting[index] = waiting
    let period = jobs[name]?.period(near: waiting.due) ?? Int64.max
    let entry = ReadyEntry(due: waiting.due, period: period, ticket: waiting.ticket, job: name)
    if waiting.trigger == .catchUp { readyCatchUps.push(entry) } else { ready.push(entry) }
  }

  /// Claims what waits, as far as there are workers: what is due now first, then catch-up within its share.
  mutating func pump() {
    guard isLoaded, !isDraining, clockHeldUntil == nil else { return }
    while runs.count < settings.workersMax, let entry = ready.popFirst() { claimWaiting(entry) }
    while hasRoom(for: .catchUp), let entry = readyCatchUps.popFirst() { claimWaiting(entry) }
    reportPool()
  }

  private mutating func claimWaiting(_ entry: ReadyEntry) {
    guard let state = jobs[entry.job],
      let index = state.waiting.firstIndex(where: { $0.ticket == entry.ticket && $0.isReady })
    else { return }
    if state.job.definition.overlap != .allow, !state.live.isEmpty {
      // The policy changed meanwhile: its turn comes when the run ends.
      jobs[entry.job]?.waiting[index].isReady = false
      return
    }
    let waiting = state.waiting[index]
    removeWaiting(waiting.ticket, of: entry.job)
    _ = claim(
      entry.job, occurrence: waiting.occurrence, due: waiting.due, trigger: waiting.trigger,
      request: waiting.request)
  }

  private mutating func reportPool() {
    let stale = ready.count + readyCatchUps.count
    if stale > 2 * waitingCount + 64 { compactReady() }
    let isFull = runs.count >= settings.workersMax && !ready.isEmpty
    guard isFull != isPoolFull else { return }
    isPoolFull = isFull
    notice(isFull ? .poolFull(waiting: waitingCount) : .poolHasRoom)
  }

  private mutating func compactReady() {
    let jobs = self.jobs
    let isLive = { (entry: ReadyEntry) in
      jobs[entry.job]?.waiting.contains { $0.ticket == entry.ticket } ?? false
    }
    ready.compact(keeping: isLive)
    readyCatchUps.compact(keeping: isLive)
  }
}
