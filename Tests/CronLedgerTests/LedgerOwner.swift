import CronTestSupport
import CronTime

@testable import CronLedger

/// What the ticker does with the ledger: recover, open a segment, append, sync, and dispatch only what is durable.
struct LedgerOwner {
  var storage: FakeLedgerStorage
  var workload: Workload
  private(set) var writer = LedgerWriter(nextSegment: 1)
  private(set) var recovery = RecoveryResult()
  /// Claims whose sync succeeded: their runs may have started.
  private(set) var dispatched: [Claim] = []
  /// The live state before each record since the last sync that succeeded, and the newest at the end.
  private(set) var states: [LedgerState] = [LedgerState()]
  private let segmentBytes: Int
  /// How long segments are kept; nil = for ever.
  private let keepSeconds: Int64?
  private(set) var removedSegments = 0

  init(
    storage: FakeLedgerStorage, workload: Workload, segmentBytes: Int = 4096, keepSeconds: Int64? = nil
  ) {
    self.storage = storage
    self.keepSeconds = keepSeconds
    self.workload = workload
    self.segmentBytes = segmentBytes
  }

  /// Recovers and opens the first segment; returns whether it is durable.
  mutating func begin() -> Bool {
    recovery = Recovery.recover(storage: &storage)
    workload.resume(from: recovery.state)
    states = [recovery.state]
    writer = LedgerWriter(nextSegment: recovery.nextSegment, segmentBytes: segmentBytes)
    return openSegment()
  }

  /// One pass: some records, one append, one sync. Returns whether the pass is durable.
  mutating func pass() -> Bool {
    var state = workload.state
    let records = workload.batch()
    for record in records {
      try? state.apply(record)
      states.append(state)
    }
    do throws(StorageError) {
      let result = try writer.append(records, storage: &storage)
      guard writer.syncNow(storage: &storage) else { return openSegment() && dispatch(records) }
      states = [workload.state]
      return dispatch(records) && (!result.isFull || openSegment())
    } catch {
      return openSegment() && dispatch(records)
    }
  }

  private mutating func openSegment() -> Bool {
    do throws(StorageError) {
      try writer.openSegment(storage: &storage, snapshot: workload.state.snapshotRecords(at: workload.now))
    } catch {
      return false
    }
    guard writer.syncNow(storage: &storage) else { return false }
    states = [workload.state]
    writer.makeReserve(storage: &storage)
    if let keepSeconds {
      let gone = try? Retention.prune(storage: &storage, now: workload.now, keepSeconds: keepSeconds)
      removedSegments += gone?.removed.count ?? 0
    }
    return true
  }

  private mutating func dispatch(_ records: [SequencedRecord]) -> Bool {
    for record in records {
      if case .claim(let claim) = record.record { dispatched.append(claim) }
    }
    return true
  }
}

extension LedgerState {
  /// Whether a run that may have started can be fired a second time.
  func hasForgotten(_ claim: Claim) -> Bool {
    // A job that was removed has no occurrences, one that came back none before its origin.
    guard let key = claim.key, let origin = jobs[key.job]?.origin, origin <= key.instant else { return false }
    return !isClaimed(key)
  }
}
