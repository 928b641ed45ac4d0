import CronLedger
import CronSystem
import CronTime

/// Runs that go on in slots although the ledger has lost them.
///
/// They hold their jobs' turns, can be stopped, and how they end is recorded: what is lost with a segment is the past,
/// not what goes on.
struct LostRuns {
  let state: StateDirectory
  /// The ledger's name of the present boot.
  let boot: String

  /// The claim of each such run that `known` doesn't hold, as far as its order tells; no slot is looked at after a
  /// moment of CLOCK_MONOTONIC.
  func find(known: LedgerState, at now: Instant, untilNanoseconds: Int64) -> [OpenRun] {
    let numbers: [Int]
    // What can't be looked at now is looked at by the pool, and said.
    do throws(Errno) { numbers = try state.slotNumbers() } catch { return [] }
    var found: [OpenRun] = []
    for number in numbers where SystemClock.monotonic() < untilNanoseconds {
      do throws(Errno) {
        guard let order = try liveOrder(slot: number), let run = RunIdentifier(order.claim.run),
          known.open[run] == nil
        else { continue }
        found.append(OpenRun(claim: claim(run, order, at: now), claimSequence: order.claim.sequence))
      } catch {
        continue
      }
    }
    return found
  }

  /// The slot's order, if a worker of this boot has it or its job runs, and no end of it is written.
  private func liveOrder(slot number: Int) throws(Errno) -> SlotOrder? {
    let record = try WorkerRecord.openForReading(in: try state.slot(number))
    let written: SlotOrder? = if case .order(let order) = record.readOrder() { order } else { record.readRemains() }
    guard let order = written, record.readIdentity()?.bootIdentifier == BootIdentifier.current,
      record.readExit(order.claim) == nil
    else { return nil }
    if record.readExec(order.claim)?.isAlive == true { return order }
    // The worker may have taken the order and not come to execve. An open file of ours would hold the lock on.
    guard try record.tryLock() else { return order }
    try record.unlock()
    return nil
  }

  private func claim(_ run: RunIdentifier, _ order: SlotOrder, at now: Instant) -> Claim {
    let occurrence = Instant(rfc3339: order.occurrence)
    var claim = Claim(
      run: run, job: order.job, occurrence: occurrence, trigger: occurrence == nil ? .manual : .schedule,
      attempt: order.attempt, at: now, bootIdentifier: boot)
    claim.isDoubtful = true
    return claim
  }
}
