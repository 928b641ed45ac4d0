import CronSystem

/// What becomes of slots whose worker is gone: first the lock, then the record (design, recovery of one run).
extension WorkerPool {
  /// The slot's worker has ended, whoever its parent was.
  func workerIsGone(_ slot: WorkerSlot) {
    unwatchWorker(slot)
    switch slot.state {
    case .running(let order, _): judge(slot, order.claim, since: loop.monotonic())
    case .adopted(let claim?, _): judge(slot, claim, since: loop.monotonic())
    case .orphaned(let claim, let since): judge(slot, claim, since: since)
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

  // MARK: Jobs without a worker

  /// The job was started and its worker is gone: wait for it if it lives, else find out how it ended.
  ///
  /// Throws when nobody can tell just now whether it lives: then the slot has to be judged again.
  private func alone(
    _ slot: WorkerSlot, _ claim: SlotClaim, _ identity: ProcessIdentity, _ field: WorkerRecord.OrderField
  ) throws(Errno) {
    let process = try Self.open(identity)
    var job = WorkerSlot.JobAlone(identity: identity, startedAt: loop.startedAt(identity))
    if case .order(let order) = field, order.claim == claim {
      job.killGraceSeconds = order.killGraceSeconds
      // What its worker saw of it counts.
      let used = max(0, loop.wall() &- job.startedAt).multipliedReportingOverflow(by: 1_000)
      job.timeoutAt = order.timeoutSeconds.map {
        loop.monotonic() &+ max(0, nanoseconds($0) &- (used.overflow ? 0 : used.partialValue))
      }
    }
    if let process {
      try loop.poller.add(process.raw, token: PollToken.job(slot: slot.number).rawValue)
      slot.jobProcess = consume process
    } else {
      slot.jobProcess = nil
      job.endedAt = loop.monotonic()
    }
    slot.state = .jobAlone(claim, job)
    inspectAlone(slot, claim, job)
  }

  private static func open(_ job: ProcessIdentity) throws(Errno) -> ProcessDescriptor? {
    if Fault.fails("job.open") { throw .tooManyOpenFiles }
    return try ProcessDescriptor(job)
  }

  /// The pidfd of a job became readable: its worker has to speak soon; without one, its status is looked for.
  func jobEnded(slot number: Int) {
    guard let slot = slots[number] else { return }
    unwatchJob(slot)
    switch slot.state {
    case .running, .adopted(_?, _): loop.deadlines.set(.slot(number), at: loop.monotonic() &+ Self.patience)
    case .jobAlone(let claim, var job):
      job.endedAt = loop.monotonic()
      slot.state = .jobAlone(claim, job)
      inspectAlone(slot, claim, job)
    default: break
    }
  }

  private func inspectAlone(_ slot: WorkerSlot, _ claim: SlotClaim, _ job: WorkerSlot.JobAlone) {
    var job = job
    let now = loop.monotonic()
    if let endedAt = job.endedAt {
      if let death = recentDeath(job.identity) {
        endedAlone(slot, claim, job, cause: death.cause, usage: death.usage)
      } else if now &- endedAt >= Self.statusPatience {
        over(slot, .unknown(claim, reason: "the processes that could have seen its end died"))
      } else {
        loop.deadlines.set(.slot(slot.number), at: now &+ Self.recheck)
      }
      return
    }
    if let due = job.timeoutAt, now >= due {
      job.timeoutAt = nil
      begin(&job, cause: .timedOut)
    }
    if let due = job.killAt, now >= due {
      job.killAt = nil
      Self.signal(job.identity, Signal.kill)
    }
    slot.state = .jobAlone(claim, job)
    if let next = [job.timeoutAt, job.killAt].compactMap({ $0 }).min() {
      loop.deadlines.set(.slot(slot.number), at: next)
    }
  }

  /// TERM now, KILL a grace later.
  func begin(_ job: inout WorkerSlot.JobAlone, cause: ExitFact.Cause) {
    if job.stopCause == nil { job.stopCause = cause }
    Self.signal(job.identity, Signal.terminate)
    Self.signal(job.identity, Signal.resume)
    job.killAt = loop.monotonic() &+ nanoseconds(job.killGraceSeconds)
  }

  /// How a job without a worker ended, from whoever reaped it.
  func endedAlone(
    _ slot: WorkerSlot, _ claim: SlotClaim, _ job: WorkerSlot.JobAlone, cause: ExitCause, usage: ResourceUsage?
  ) {
    var exit = ExitFact(cause: job.stopCause ?? .ended, startedAt: job.startedAt, endedAt: loop.wall())
    switch cause {
    case .exited(let status): exit.exitCode = status
    case .signaled(let number, _): exit.signal = Signal.name(number)
    }
    exit.userMicroseconds = usage?.userMicroseconds ?? 0
    exit.systemMicroseconds = usage?.systemMicroseconds ?? 0
    exit.maximumResidentKibibytes = usage?.maximumResidentKibibytes ?? 0
    exit.outputBytes = keepOutput(slot, claim)
    ended(slot, claim, exit)
  }

  private func recentDeath(_ identity: ProcessIdentity) -> (cause: ExitCause, usage: ResourceUsage?)? {
    if let death = stranger(identity) { return (death.cause, death.usage) }
    do { return try reaped.find(identity).map { ($0.cause, $0.usage) } } catch { return nil }
  }

  /// Moves what the run wrote to its kept place, as its worker would have.
  private func keepOutput(_ slot: WorkerSlot, _ claim: SlotClaim) -> Int64 {
    do {
      let directory = try state.slot(slot.number)
      guard let status = try directory.status("output"), status.size > 0,
        case .order(let order) = try WorkerRecord.openForReading(in: directory).readOrder(), order.claim == claim
      else { return 0 }
      let outputs = try state.directory(.output).ensureSubdirectory(OutputFiles.directoryName(of: order.job))
      try directory.rename("output", into: outputs, as: OutputFiles.fileName(of: claim.run))
      return status.size
    } catch {
      return 0
    }
  }

  private func ended(_ slot: WorkerSlot, _ claim: SlotClaim, _ exit: ExitFact) {
    slot.mustVoid = exit.cause == .notStarted
    over(slot, .ended(claim, exit))
  }

  /// The run is over and nobody acts in the slot; until the ledger has its end, the record stays as it is.
  private func over(_ slot: WorkerSlot, _ event: WorkerEvent) {
    unwatchJob(slot)
    slot.record = nil
    slot.jobIdentity = nil
    slot.state = .free
    slot.owes = event.claim
    loop.deadlines.clear(.slot(slot.number))
    report(event)
  }

  private func nanoseconds(_ seconds: Int64) -> Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 4 : product
  }

  /// Signals the job's whole group, if the job is still the one that was written down.
  static func signal(_ job: ProcessIdentity, _ number: Int32) {
    guard job.isAlive, job.pid > 1 else { return }
    do { try ProcessGroup.signal(job.pid, number) } catch {}
  }
}
