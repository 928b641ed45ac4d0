import CronSystem

/// What a new ticker finds in the slots of an earlier one.
extension WorkerPool {
  /// What a slot says about an open claim.
  enum Found {
    /// A worker, or its job, is alive and will be heard of; the job's pid, if it has started.
    case alive(pid: Int32?, isSupervised: Bool)
    /// An event about it follows: it is being found out.
    case pending
  }

  /// What a look at a slot has shown.
  enum Look {
    /// Nobody acts here and nothing is owed.
    case nothing
    case holds(SlotClaim?, Found)
    /// Its order is damaged, and it may hold any of the claims that no other slot holds; its state says more.
    case illegible
  }

  /// Looks at every slot, and says for each claim that one of them holds what was found.
  ///
  /// One bad slot costs only itself. From a moment of CLOCK_MONOTONIC on the others are left for the loop, which looks
  /// at them between its ticks: nothing keeps firing from beginning.
  func adopt(_ claims: Set<SlotClaim>, untilNanoseconds: Int64 = .max) -> [SlotClaim: Found] {
    var found: [SlotClaim: Found] = [:]
    do throws(Errno) {
      for number in try state.slotNumbers() {
        let slot = WorkerSlot(number: number)
        do throws(Errno) {
          if loop.monotonic() >= untilNanoseconds { throw .timedOut }
          switch try look(at: slot, claims) {
          case .nothing: continue
          case .illegible: insert(slot)
          case .holds(let claim, let state):
            insert(slot)
            if let claim { found[claim] = Self.stronger(found[claim], state) }
          }
        } catch {
          keepUnread(slot, error)
        }
      }
    } catch {
      // None of them can be looked at; a place that no slot has stands for all.
      keepUnread(WorkerSlot(number: -1), error)
    }
    // What no slot holds may stand in one that couldn't be read: until that is known it must not be started again.
    if !unread.isEmpty || slots.values.contains(where: \.isIllegible) {
      undecided = claims.filter { found[$0] == nil }
      for claim in undecided { found[claim] = .pending }
    }
    for claim in withdrawNeverRan() { found[claim] = .pending }
    settleUndecided()
    return found
  }

  /// Takes back that a claim never ran where that isn't certain, and answers which must wait for a slot to be read.
  ///
  /// A claim can stand in two slots: in one where it couldn't be started and which couldn't be voided, for its disk
  /// turned read-only, and in the one that it was given to then. That one decides, read or not.
  private func withdrawNeverRan() -> [SlotClaim] {
    var waiting: [SlotClaim] = []
    for claim in events.filter(\.saysNeverRan).compactMap(\.claim) {
      let other = slots.values.first { !$0.isOver && $0.claim == claim }
      if other == nil, unread.isEmpty { continue }
      events.removeAll { $0.saysNeverRan && $0.claim == claim }
      for slot in slots.values where slot.isOver && slot.owes == claim { slot.owes = nil }
      if let other {
        register(claim, other)
      } else {
        undecided.insert(claim)
        waiting.append(claim)
      }
    }
    return waiting
  }

  private func keepUnread(_ slot: WorkerSlot, _ error: Errno) {
    slot.state = .unread(since: loop.monotonic())
    insert(slot)
    unread[slot.number] = error
    loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.unreadPause)
  }

  /// Looks again at a slot that couldn't be read. Once all can be, what none of them holds never ran; after a bound
  /// nobody can tell any more.
  func lookAgain(_ slot: WorkerSlot, since: Int64) {
    do throws(Errno) {
      if slot.number < 0 {
        _ = try state.slotNumbers()
        remove(slot)
        unread[slot.number] = nil
        let claims = undecided
        undecided = []
        let found = adopt(claims)
        for claim in claims where !undecided.contains(claim) {
          if let found = found[claim] { tell(found, claim) } else { report(.neverRan(claim)) }
        }
        return
      }
      slot.state = .free
      let seen = try look(at: slot, undecided)
      unread[slot.number] = nil
      take(seen, of: slot)
      _ = withdrawNeverRan()
    } catch {
      slot.state = .unread(since: since)
      unread[slot.number] = error
      loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.unreadPause)
      guard loop.monotonic() &- since >= Self.unreadPatience, !isIllegibleHeld else { return }
      giveUpUndecided("the slots of workers can't be read: \(error)")
      return
    }
    settleUndecided()
    slotIsFree()
  }

  /// What a further look at a slot has shown of the claims that are undecided.
  func take(_ seen: Look, of slot: WorkerSlot) {
    guard case .holds(let claim?, let found) = seen else { return }
    undecided.remove(claim)
    tell(found, claim)
  }

  /// Of what two slots say of one claim: where it runs outweighs where it couldn't be started.
  private static func stronger(_ first: Found?, _ second: Found) -> Found {
    switch (first, second) {
    case (.alive(_?, _)?, _), (.alive?, .pending): first ?? second
    default: second
    }
  }

  /// The engine took the run for one that a worker has; if it runs, it hears as which process.
  private func tell(_ found: Found, _ claim: SlotClaim) {
    if case .alive(let pid?, _) = found { report(.started(claim, pid: pid, at: loop.wall())) }
  }

  func look(at slot: WorkerSlot, _ claims: Set<SlotClaim>) throws(Errno) -> Look {
    let record = try WorkerRecord.openForReading(in: try state.slot(slot.number))
    let isFree = try record.tryLock()
    let holder = record.holder(among: claims)
    if isFree { return try judge(slot, holder, in: record) }
    let claim: SlotClaim? = if case .claim(let claim) = holder { claim } else { nil }
    // Whom nobody waits for may end as it likes.
    let isIllegible = (holder == .unknown || holder == .begun) && !claims.isEmpty
    if let claim { register(claim, slot) }
    guard let identity = record.readIdentity(), let worker = try ProcessDescriptor(identity) else {
      if isIllegible {
        keepIllegible(slot, .held(worker: nil, hasBegun: holder == .begun))
        return .illegible
      }
      // Not the worker: a child of it that hasn't come to execve. It will have, or will have died, in a moment.
      slot.state = .orphaned(claim ?? SlotClaim(run: "", sequence: 0), since: loop.monotonic())
      loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.recheck)
      return .holds(claim, .pending)
    }
    try loop.poller.add(worker.raw, token: PollToken.worker(slot: slot.number).rawValue)
    slot.workerProcess = consume worker
    if isIllegible {
      keepIllegible(slot, .held(worker: identity, hasBegun: holder == .begun))
      return .illegible
    }
    slot.state = .adopted(claim, identity)
    let job = claim.flatMap { record.readExec($0) }
    slot.record = consume record
    if let claim {
      // The same limits as for a worker of our own: soon after the order it starts, soon after the end it speaks.
      if job != nil { watchJob(slot, claim: claim) }
      if slot.jobProcess == nil { loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.patience) }
    }
    return .holds(claim, .alive(pid: job?.pid, isSupervised: true))
  }

  /// Nobody acts in the slot any more: its lock was free, and is ours.
  private func judge(
    _ slot: WorkerSlot, _ holder: WorkerRecord.Holder, in record: borrowing WorkerRecord
  ) throws(Errno) -> Look {
    let claim: SlotClaim
    switch holder {
    case .claim(let held): claim = held
    // Without its worker a damaged order that nobody has begun is none.
    case .nobody, .unknown: return .nothing
    case .begun:
      if let identity = record.readIdentity(), identity.bootIdentifier != BootIdentifier.current { return .nothing }
      keepIllegible(slot, .left)
      return .illegible
    }
    noteUnheardEnd(in: record, of: claim)
    register(claim, slot)
    // Our own open file would keep the judgement from taking the lock.
    try record.unlock()
    judge(slot, claim, since: loop.monotonic())
    if case .jobAlone(_, let job) = slot.state, job.endedAt == nil {
      return .holds(claim, .alive(pid: job.identity.pid, isSupervised: false))
    }
    return .holds(claim, .pending)
  }

  /// How runs of an earlier boot ended, where their slots still say so: nobody of then acts any more.
  ///
  /// From a moment of CLOCK_MONOTONIC on none is looked at any more, as in `adopt`.
  func exits(of claims: Set<SlotClaim>, untilNanoseconds: Int64 = .max) -> [SlotClaim: ExitFact] {
    var exits: [SlotClaim: ExitFact] = [:]
    // What can't be read can't be told: those runs are `interrupted`.
    let numbers: [Int]
    do { numbers = try state.slotNumbers() } catch { return exits }
    for number in numbers where loop.monotonic() < untilNanoseconds {
      do {
        let record = try WorkerRecord.openForReading(in: try state.slot(number))
        // What it names counts, whatever became of the order.
        guard let claim = record.readTrace(.exit).flatMap({ SlotText.legibleClaim(in: $0) }), claims.contains(claim),
          let exit = record.readExit(claim)
        else { continue }
        // It may stand in a second slot, where it couldn't be started.
        if exits[claim] == nil || exit.cause != .notStarted { exits[claim] = exit }
      } catch {
        continue
      }
    }
    return exits
  }
}
