import CronConfig
import CronLedger
import CronTime

/// Which claims wait for which sync.
struct SyncBatch: Sendable {
  /// Claims that are appended and covered by no sync yet.
  var waiting: [RunIdentifier] = []
  /// Claims that the sync under way covers.
  var underWay: [RunIdentifier] = []
  /// The sync under way.
  private(set) var token: UInt64?
  private var lastToken: UInt64 = 0
  private(set) var failures = 0
  private var mustWait = false
  /// Claims in memory whose jobs want them on disk before they start.
  private var waitingForDisk: [RunIdentifier] = []

  /// How long such a claim waits before the disk is asked again.
  static let diskRetryNanoseconds: Int64 = 5_000_000_000

  var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty && waitingForDisk.isEmpty }

  /// Puts a claim off until the disk is asked again; answers whether it is the first one.
  mutating func waitForDisk(_ run: RunIdentifier) -> Bool {
    waitingForDisk.append(run)
    return waitingForDisk.count == 1
  }

  /// Asks the disk again.
  mutating func retryDisk() {
    waiting = waitingForDisk + waiting
    waitingForDisk = []
  }

  /// Takes up the next sync, if one is needed and none is under way.
  mutating func begin() -> UInt64? {
    guard token == nil, !waiting.isEmpty, !mustWait else { return nil }
    underWay = waiting
    waiting = []
    lastToken += 1
    token = lastToken
    return lastToken
  }

  /// The sync ended well: these claims are durable.
  mutating func succeeded(_ ended: UInt64) -> [RunIdentifier] {
    guard token == ended else { return [] }
    token = nil
    failures = 0
    defer { underWay = [] }
    return underWay
  }

  /// The sync failed: its claims are as if never synced. Answers how many nanoseconds to wait before the next one.
  mutating func failed(_ ended: UInt64) -> Int64? {
    guard token == ended else { return nil }
    token = nil
    waiting = underWay + waiting
    underWay = []
    failures += 1
    // The first retry goes to a new segment and comes at once; a disk that fails again gets time.
    let delay: Int64 = failures == 1 ? 0 : min(10_000_000_000, 200_000_000 << Int64(min(failures - 2, 8)))
    mustWait = delay > 0
    return delay
  }

  mutating func mayRetry() { mustWait = false }
}

/// Durable first: a claim is dispatched by the sync that covers it.
extension Engine {
  mutating func beginSync() {
    if let token = batch.begin() { output.actions.append(.sync(token: token)) }
  }

  mutating func synced(token: UInt64, _ result: SyncResult) {
    switch result {
    case .durable:
      for run in batch.succeeded(token) { dispatchDurable(run) }
    case .keptInMemory:
      for run in batch.succeeded(token) { dispatchUndurable(run) }
    case .failed:
      guard let delay = batch.failed(token) else { return }
      notice(.syncFailed(consecutive: batch.failures))
      if delay > 0 { timers.push(TimerEntry(at: now.monotonicNanoseconds &+ delay, purpose: .sync)) }
    }
  }

  /// The disk refuses, and the claim is safe from our own crashes only: a job that asks for more waits for the disk.
  private mutating func dispatchUndurable(_ run: RunIdentifier) {
    guard let live = runs[run], live.order?.job.durability == .required else { return dispatchDurable(run) }
    if let deadline = live.order?.startDeadline, now.wall > deadline {
      end(run, outcome: .missed, reason: MissReason.couldNotStart.rawValue)
      return
    }
    if batch.waitForDisk(run) {
      timers.push(TimerEntry(at: now.monotonicNanoseconds &+ SyncBatch.diskRetryNanoseconds, purpose: .disk))
    }
  }

  /// Gives a run whose claim is durable to a worker, unless its time isn't now.
  private mutating func dispatchDurable(_ run: RunIdentifier) {
    // It may have been stopped, or missed its time, while the disk was busy.
    guard var live = runs[run], live.phase == .unsynced else { return }
    answer(live.request, .accepted(run))
    live.request = nil
    runs[run] = live
    dispatch(run)
  }

  /// The one place that starts anything: never before its instant, never after its deadline.
  mutating func dispatch(_ run: RunIdentifier) {
    guard var live = runs[run], let order = live.order else { return }
    if live.due > now.wall.adding(seconds: Self.farFuture) {
      // A wrong clock had claimed it: its instant may be years away, and its job can't wait for that.
      end(run, outcome: .missed, reason: MissReason.clockStep.rawValue)
      return
    }
    guard live.due <= now.wall else {
      // The clock was set back after the claim. The instant is decided; it runs when it comes (again).
      live.phase = .held
      runs[run] = live
      held.push(HeldEntry(at: live.due, run: run))
      notice(.heldForInstant(run))
      return
    }
    if let deadline = order.startDeadline, now.wall > deadline {
      end(run, outcome: .missed, reason: MissReason.grace.rawValue)
      return
    }
    live.phase = .dispatched
    runs[run] = live
    output.dispatches.append(.dispatch(order))
  }

  mutating func releaseHeldOrders() {
    while let entry = held.first, entry.at <= now.wall || runs[entry.run]?.phase != .held {
      _ = held.popFirst()
      if runs[entry.run]?.phase == .held { dispatch(entry.run) }
    }
  }
}
