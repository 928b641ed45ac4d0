import CronSystem

/// What becomes of slots whose worker is gone: first the lock, then the record (design, recovery of one run).
extension WorkerPool {
  /// The slot's worker has ended, whoever its parent was.
  func workerIsGone(_ slot: WorkerSlot) {
    unwatchWorker(slot)
    switch slot.state {
    case .running(let order, _):
      slot.order = order
      judge(slot, order.claim, since: loop.monotonic())
    case .adopted(let claim?, _): judge(slot, claim, since: loop.monotonic())
    case .orphaned(let claim, let since): judge(slot, claim, since: since)
    case .illegible(let what, let since): lookAgain(slot, what, since: since)
    case .jobAlone, .unread: break
    case .starting:
      slot.record = nil
      slot.state = .free
      loop.deadlines.clear(.slot(slot.number))
      // Another one at once would die as this one did; the engine tries the orders again after a pause.
      failWaiting("a worker ended while it started")
    case .free, .idle, .settling, .adopted(nil, _):
      slot.record = nil
      slot.state = .free
      loop.deadlines.clear(.slot(slot.number))
      slotIsFree()
    }
  }

  /// Takes the dead worker's lock and decides by the record.
  func judge(_ slot: WorkerSlot, _ claim: SlotClaim, since: Int64) {
    // Our copy is the same lock: only without it does trying tell whether anybody else still has it.
    slot.record = nil
    slot.judgementProblem = nil
    unwatchJob(slot)
    do {
      let directory = try state.slot(slot.number)
      let record = try WorkerRecord.openForReading(in: directory)
      guard try record.tryLock() else {
        slot.state = .orphaned(claim, since: since)
        loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.recheck)
        return
      }
      if let exit = record.readExit(claim) {
        ended(slot, claim, exit)
      } else if let job = record.readExec(claim) {
        try alone(slot, claim, job, record.readOrder())
      } else if let job = slot.jobIdentity {
        // Damaged, yet its beginning was heard of.
        try alone(slot, claim, job, record.readOrder())
      } else if record.isUntouched(claim) {
        // Where it can't be voided no worker can be sent either: one voids what stands in its slot before it is there.
        if !record.isReadOnly { try record.void(claim) }
        over(slot, .neverRan(claim))
      } else {
        over(slot, .unknown(claim, reason: "the record of its slot is damaged"))
      }
    } catch {
      slot.judgementProblem = "\(error)"
      slot.state = .orphaned(claim, since: since)
      loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.patience)
    }
  }

  /// Something about the slot is to be looked at: it was silent for too long, or couldn't be judged.
  func deadlinePassed(slot number: Int) {
    guard let slot = slots[number] else { return }
    switch slot.state {
    case .starting, .running:
      slot.endReason = "silent"
      killWorker(slot)
    case .orphaned(let claim, let since):
      if claim.run.isEmpty { slot.state = .free } else { judge(slot, claim, since: since) }
    case .jobAlone(let claim, let job): inspectAlone(slot, claim, job)
    case .unread(let since): lookAgain(slot, since: since)
    case .illegible(let what, let since): lookAgain(slot, what, since: since)
    case .adopted(let claim, let identity):
      if let claim, isGettingOn(slot, claim) { return }
      slot.endReason = "silent"
      do { if let worker = try ProcessDescriptor(identity) { try worker.signal(Signal.kill) } } catch {}
    case .free, .idle, .settling: break
    }
  }

  /// Whether the run of an adopted worker needs no force yet: its job has begun since, or its grace to end is over now.
  private func isGettingOn(_ slot: WorkerSlot, _ claim: SlotClaim) -> Bool {
    if let killAt = slot.killAt, loop.monotonic() >= killAt, let job = slot.record?.readExec(claim), job.isAlive {
      slot.killAt = nil
      Self.signal(job, Signal.kill)
      loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.patience)
      return true
    }
    // It began its job, though nobody can read which process that is: its end will be heard by the worker's.
    if slot.jobIdentity == nil, slot.record?.hasDamagedExec == true { return true }
    guard slot.jobIdentity == nil, let job = slot.record?.readExec(claim), job.isAlive else { return false }
    watchJob(slot, claim: claim)
    report(.started(claim, pid: job.pid, at: loop.wall()))
    return true
  }

  /// A worker of an earlier ticker can't be told: its job is stopped from here, as the worker would.
  func stopAdopted(_ slot: WorkerSlot, _ claim: SlotClaim) {
    guard let job = slot.record?.readExec(claim) else { return }
    Self.signal(job, Signal.terminate)
    Self.signal(job, Signal.resume)
    var grace: Int64 = 10
    if case .order(let order)? = slot.record?.readOrder(), order.claim == claim { grace = order.killGraceSeconds }
    let killAt = loop.monotonic() &+ nanoseconds(grace)
    slot.killAt = killAt
    loop.deadlines.set(.slot(slot.number), at: killAt)
  }

  /// Only for a worker of our own.
  func killWorker(_ slot: WorkerSlot) {
    guard let pid = slot.workerPID else { return }
    // It is our child and not reaped, so that its number is still its own.
    do { try ProcessDescriptor(child: pid).signal(Signal.kill) } catch {}
  }

  // MARK: The end of a run

  func ended(_ slot: WorkerSlot, _ claim: SlotClaim, _ exit: ExitFact) {
    slot.mustVoid = exit.cause == .notStarted
    over(slot, .ended(claim, exit))
  }

  /// The run is over and nobody acts in the slot; until the ledger has its end, the record stays as it is.
  func over(_ slot: WorkerSlot, _ event: WorkerEvent) {
    unwatchJob(slot)
    stopFollowing(slot)
    slot.record = nil
    slot.jobIdentity = nil
    slot.order = nil
    slot.state = .free
    slot.owes = event.claim
    loop.deadlines.clear(.slot(slot.number))
    report(event)
  }

  func nanoseconds(_ seconds: Int64) -> Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 4 : product
  }

  /// Signals the job's whole group, if the job is still the one that was written down.
  static func signal(_ job: ProcessIdentity, _ number: Int32) {
    guard job.isAlive, job.pid > 1 else { return }
    do { try ProcessGroup.signal(job.pid, number) } catch {}
  }
}
