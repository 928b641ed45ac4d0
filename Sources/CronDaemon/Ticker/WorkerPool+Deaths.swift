import CronSystem

/// The end of a worker that wasn't meant to be.
struct WorkerDeath {
  let pid: Int32
  /// nil = whoever reaped it hasn't written down how it ended.
  var cause: ExitCause?
  let livedNanoseconds: Int64
  /// `unasked`, or `silent`: it was killed because it did not speak when it had to.
  let reason: String
  /// What it wrote to its standard error; nil = nothing, or its pipe was an earlier ticker's.
  let lastWords: String?
  /// Found by a ticker that came later: an earlier one may have told it.
  var mayBeKnown = false
}

/// Which ends of workers are deaths. One that was told to go, has done its number of runs, or has lost its ticker and
/// has nothing left to do ends with 0, and that is none.
extension WorkerPool {
  /// A worker of an earlier ticker whose end somebody else reaps.
  struct UnseenEnd {
    let identity: ProcessIdentity
    let reason: String
    /// It left a run without an end: however it ended, it was a death.
    let isUnfinished: Bool
    let since: Int64
    var mayBeKnown = false
  }

  /// Our child in the slot has ended.
  func noteEnd(of slot: WorkerSlot, _ child: EndedChild) {
    defer {
      slot.crash = nil
      slot.endReason = nil
    }
    if child.cause == .exited(0), isFree(slot) { return }
    report(
      .workerDied(
        WorkerDeath(
          pid: child.pid, cause: child.cause, livedNanoseconds: loop.monotonic() &- slot.spawnedAt,
          reason: slot.endReason ?? "unasked", lastWords: slot.crash?.lastWords())))
  }

  /// Whether a worker may leave the slot without a word.
  private func isFree(_ slot: WorkerSlot) -> Bool {
    switch slot.state {
    case .starting, .running: false
    case .idle: slot.isRetired
    default: true
    }
  }

  /// A worker of an earlier ticker has ended: the watcher reaps it, perhaps a moment from now.
  func noteUnseenEnd(of slot: WorkerSlot) {
    let identity: ProcessIdentity
    var isUnfinished = false
    switch slot.state {
    case .adopted(let claim, let worker):
      identity = worker
      isUnfinished = claim.map { slot.record?.readExit($0) == nil } ?? false
    case .illegible(.held(let worker?, _), _): identity = worker
    default: return
    }
    unseen.append(
      UnseenEnd(
        identity: identity, reason: slot.endReason ?? "unasked", isUnfinished: isUnfinished, since: loop.monotonic()))
    slot.endReason = nil
    lookForUnseenEnds()
  }

  /// A worker is gone that still owed a run's end: it died while no ticker was there to see it, or before the last one
  /// could tell.
  func noteUnheardEnd(in record: borrowing WorkerRecord, of claim: SlotClaim) {
    guard record.readExit(claim) == nil, let identity = record.readIdentity(), !identity.isAlive else { return }
    let now = loop.monotonic()
    unseen.append(
      UnseenEnd(identity: identity, reason: "unasked", isUnfinished: true, since: now, mayBeKnown: true))
    // Behind recovery: who hears of it isn't there yet.
    loop.deadlines.set(.unseenEnds, at: now)
  }

  /// Looks how they ended; after a bound nobody will tell.
  func lookForUnseenEnds() {
    let now = loop.monotonic()
    unseen.removeAll { end in
      let cause = cause(of: end.identity)
      guard cause != nil || now &- end.since >= Self.statusPatience else { return false }
      if cause.map({ $0 != .exited(0) }) ?? false || end.isUnfinished {
        let started = Int64(clamping: end.identity.startTime) &* 10_000_000
        report(
          .workerDied(
            WorkerDeath(
              pid: end.identity.pid, cause: cause, livedNanoseconds: end.since &- started, reason: end.reason,
              lastWords: nil, mayBeKnown: end.mayBeKnown)))
      }
      return true
    }
    if !unseen.isEmpty { loop.deadlines.set(.unseenEnds, at: now &+ Self.recheck) }
  }

  private func cause(of identity: ProcessIdentity) -> ExitCause? {
    if let death = stranger(identity) { return death.cause }
    do { return try reaped.find(identity)?.cause } catch { return nil }
  }
}
