import CronSystem

/// Jobs that outlived their workers: still timed out, stopped and bounded, from here.
extension WorkerPool {
  /// The job was started and its worker is gone: wait for it if it lives, else find out how it ended.
  ///
  /// Throws when nobody can tell just now whether it lives: then the slot has to be judged again.
  func alone(
    _ slot: WorkerSlot, _ claim: SlotClaim, _ identity: ProcessIdentity, _ field: WorkerRecord.OrderField
  ) throws(Errno) {
    let process = try Self.open(identity)
    var job = WorkerSlot.JobAlone(identity: identity, startedAt: loop.startedAt(identity))
    // Damaged since, yet its worker was told; else what isn't known is as by default, and the engine minds the timeout.
    if case .order(let order) = field, order.claim == claim { slot.order = order }
    if let order = slot.order {
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
    follow(slot)
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

  func inspectAlone(_ slot: WorkerSlot, _ claim: SlotClaim, _ job: WorkerSlot.JobAlone) {
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
    lookAtOutput(slot)
    setDeadline(slot, job)
  }

  /// When such a slot must be looked at next; one whose job has ended is looked at already.
  func setDeadline(_ slot: WorkerSlot, _ job: WorkerSlot.JobAlone) {
    if job.endedAt != nil { return }
    let look = slot.outputWatch == nil ? loop.monotonic() &+ Self.patience : slot.outputWatch?.dueAt
    guard let due = [job.timeoutAt, job.killAt, look].compactMap({ $0 }).min() else {
      return loop.deadlines.clear(.slot(slot.number))
    }
    loop.deadlines.set(.slot(slot.number), at: due)
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

  // MARK: Its output

  /// Bounds what the job writes from now on, as its worker would have; a job that wrote too much meanwhile is cut at
  /// the first look.
  private func follow(_ slot: WorkerSlot) {
    do {
      let output = try openOutput(slot)
      let watch = OutputWatch(
        slot: slot.number, pauseMilliseconds: RunOutput.boundingPause,
        token: PollToken.output(slot: slot.number).rawValue)
      watch.begin(output.raw, now: loop.monotonic(), poller: loop.poller)
      slot.output = consume output
      slot.outputWatch = watch
    } catch {
      // It can't be opened just now: tried again.
      slot.output = nil
      slot.outputWatch = nil
    }
  }

  private func openOutput(_ slot: WorkerSlot) throws(Errno) -> RunOutput {
    let ordered = slot.order?.outputLimit ?? SlotOrder.defaultOutputLimit
    return try RunOutput(
      goingOnIn: try state.slot(slot.number), limit: RunOutput.limit(ordered: ordered, slot: slot.number))
  }

  /// The job has written something.
  func outputGrew(slot number: Int) {
    guard let slot = slots[number], case .jobAlone(let claim, let job) = slot.state else { return }
    do { try slot.outputWatch?.wasRung(now: loop.monotonic(), poller: loop.poller) } catch { slot.outputWatch = nil }
    inspectAlone(slot, claim, job)
  }

  private func lookAtOutput(_ slot: WorkerSlot) {
    if slot.outputWatch == nil { follow(slot) }
    _ = slot.output?.inspect()
    do {
      try slot.outputWatch?.didLook(isDone: true, now: loop.monotonic(), poller: loop.poller)
    } catch {
      stopFollowing(slot)
    }
  }

  func stopFollowing(_ slot: WorkerSlot) {
    do { try slot.outputWatch?.end(poller: loop.poller) } catch {}
    slot.outputWatch = nil
    slot.output = nil
  }

  /// Bounds what the run wrote once more, and moves it to its kept place, as its worker would have.
  private func keepOutput(_ slot: WorkerSlot, _ claim: SlotClaim) -> Int64 {
    guard let job = slot.order?.job ?? jobOfRun(claim.run) else { return 0 }
    do throws(Errno) {
      let outputs = try state.directory(.output)
      if slot.output == nil { slot.output = try openOutput(slot) }
      guard var output = slot.output.take() else { return 0 }
      _ = output.inspect(atEnd: true)
      return output.keep(in: outputs, job: job, run: claim.run)
    } catch {
      return 0
    }
  }
}
