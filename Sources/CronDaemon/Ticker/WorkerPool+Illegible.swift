import CronSystem

/// Slots whose order is damaged and which don't tell in another way either whose run they hold.
///
/// It may be any of the claims that no other slot holds: until it is known, none of those is started.
extension WorkerPool {
  /// Somebody has the lock of such a slot, or a run has begun in it.
  func keepIllegible(_ slot: WorkerSlot, _ what: WorkerSlot.Illegible) {
    slot.state = .illegible(what, since: loop.monotonic())
    if case .held = what { loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.recheck) }
  }

  /// Looks again at such a slot: who works there may have written whose run it is, or is gone.
  func lookAgain(_ slot: WorkerSlot, _ what: WorkerSlot.Illegible, since: Int64) {
    unwatchWorker(slot)
    slot.state = .free
    do throws(Errno) {
      take(try look(at: slot, undecided), of: slot)
    } catch {
      slot.judgementProblem = "\(error)"
      slot.state = .illegible(what, since: since)
    }
    if case .illegible(let what, _) = slot.state {
      slot.state = .illegible(what, since: since)
      let waited = loop.monotonic() &- since
      if case .held(let worker?, hasBegun: false) = what, waited >= Self.patience {
        // As one that neither starts its order nor ends. A job it hasn't: it would have been written down.
        slot.endReason = "silent"
        do { if let worker = try ProcessDescriptor(worker) { try worker.signal(Signal.kill) } } catch {}
      }
      let pause = waited < Self.unreadPause ? Self.recheck : Self.unreadPause
      loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ pause)
    } else {
      slot.judgementProblem = nil
    }
    settleUndecided()
    slotIsFree()
  }

  /// Whether the run in such a slot will tell by its end whose it is.
  var isIllegibleHeld: Bool {
    slots.values.contains { slot in
      if case .illegible(.held, _) = slot.state { true } else { false }
    }
  }

  /// Decides what is known to be in no slot that can be read, once no other one can tell any more.
  func settleUndecided() {
    guard unread.isEmpty, !isIllegibleHeld else { return }
    guard slots.values.contains(where: \.isIllegible) else {
      for claim in undecided { report(.neverRan(claim)) }
      undecided = []
      return
    }
    // Nothing is at stake: the next ticker needn't ask itself the same.
    if undecided.isEmpty, unsettled.isEmpty { return freeIllegible(voiding: true) }
    giveUpUndecided("the record of a slot is damaged")
  }

  /// Nobody can tell of these claims whether they ran. Their slots stay as they are until the ledger has that.
  func giveUpUndecided(_ reason: String) {
    for claim in undecided { report(.unknown(claim, reason: reason)) }
    unsettled.formUnion(undecided)
    undecided = []
  }

  /// The ledger has the end of a claim that may have been in such a slot.
  func settleIllegible(_ claim: SlotClaim) {
    guard unsettled.remove(claim) != nil, unsettled.isEmpty else { return }
    // It is written to by the next worker's start, not before: whoever comes after a crash just now must find the same.
    freeIllegible(voiding: false)
  }

  private func freeIllegible(voiding: Bool) {
    for slot in slots.values {
      guard case .illegible(.left, _) = slot.state else { continue }
      do throws(Errno) {
        if voiding { try WorkerRecord.open(in: try state.slot(slot.number)).void(SlotClaim(run: "-", sequence: 0)) }
        slot.state = .free
      } catch {
        // Then nobody can be sent there either.
        continue
      }
    }
  }
}
