import CronLedger
import CronSystem
import CronTime

/// The ticker's hold on the ledger: performs what `LedgerKeeping` decides, in the files and on the helper thread.
final class LedgerKeeper {
  /// The helper thread, which the keeper and its policy share.
  private final class Helper {
    /// nil when it is gone and no other could be made.
    private var thread: SyncThread?
    /// What was asked for and hasn't ended.
    private var outstanding: [UInt64] = []

    init() throws(Errno) { thread = try SyncThread() }

    var raw: Int32? { thread?.raw }

    func submit(_ raw: Int32, token: UInt64) throws(Errno) {
      guard thread != nil else { throw .brokenPipe }
      try thread?.submit(raw, token: token)
      outstanding.append(token)
    }

    func takeCompletions() throws(Errno) -> [SyncThread.Completion] {
      let ended = try thread?.takeCompletions() ?? []
      for completion in ended { outstanding.removeAll { $0 == completion.token } }
      return ended
    }

    /// Begins another thread; the syncs that the one before took with it.
    func replace() -> [UInt64] {
      defer { outstanding = [] }
      thread = nil
      do { thread = try SyncThread() } catch {}
      return outstanding
    }
  }

  private let helper: Helper
  private var keeping: LedgerKeeping<LedgerFiles, LedgerSpilling<LedgerSpill>>

  /// Continues behind a recovery.
  init(_ files: LedgerFiles, recovery: RecoveryResult, spill: LedgerSpilling<LedgerSpill>) throws(Errno) {
    let helper = try Helper()
    self.helper = helper
    keeping = LedgerKeeping(files, recovery: recovery, memory: spill) { target, token throws(StorageError) in
      let raw =
        switch target {
        case .directory: files.directoryRaw
        case .segment(let handle): Int32(handle.raw)
        }
      do throws(Errno) { try helper.submit(raw, token: token) } catch { throw StorageError(error) }
    }
  }

  /// What the ledger is at, for a new segment's head; asked for when one is opened.
  var snapshot: () -> [SequencedRecord] {
    get { keeping.snapshot }
    set { keeping.snapshot = newValue }
  }

  /// Why the ledger isn't written as it should be; nil = it is.
  var problem: String? { keeping.problem ?? keeping.slowness(nowNanoseconds: SystemClock.monotonic()) }

  /// What a segment takes before the next one begins; from the next one on.
  var segmentBytes: Int {
    get { keeping.segmentBytes }
    set { keeping.segmentBytes = newValue }
  }

  /// Readable when a sync has ended; nil = there is no helper thread, and nothing can be synced.
  var completionRaw: Int32? { helper.raw }

  /// Whether the disk refused something and must be tried again.
  var needsRetry: Bool { keeping.needsRetry }

  /// What is wrong with the space that is set aside for a full disk; nil = nothing.
  var reserveProblem: String? { keeping.reserveProblem }

  /// When the sync under way has taken too long, in CLOCK_MONOTONIC nanoseconds; nil = none is waited for.
  var patienceEndsNanoseconds: Int64? { keeping.patienceEndsNanoseconds }

  /// Appends records with one write; a refusal is kept as `problem`, and the records for the next segment.
  func append(_ records: [SequencedRecord]) {
    keeping.append(records)
    Fault.point("ledger.appended")
  }

  /// Begins the sync that the engine asked for. When there is nothing to sync with it ends at once: the result.
  func beginSync(token: UInt64) -> SyncResult? {
    keeping.beginSync(token: token, nowNanoseconds: SystemClock.monotonic())
  }

  /// Stops waiting for a sync whose time is over: the engine's token, whose claims are kept in memory now.
  func stopWaiting(nowNanoseconds: Int64) -> UInt64? { keeping.stopWaiting(nowNanoseconds: nowNanoseconds) }

  /// Takes the syncs that have ended: the engine's token, and what became of what it covers.
  func takeCompletions() throws(Errno) -> [(token: UInt64, result: SyncResult)] {
    var ended: [(token: UInt64, result: SyncResult)] = []
    for completion in try helper.takeCompletions() {
      // As if the disk had never answered.
      if Fault.fails("ledger.hang") { continue }
      let error = Fault.fails("ledger.sync") ? Errno.inputOutput : completion.error
      let end = keeping.completed(
        token: completion.token, failure: error?.description, nowNanoseconds: SystemClock.monotonic())
      if let end { ended.append(end) }
    }
    return ended
  }

  /// Begins another helper thread in the place of one that is gone, with another `completionRaw`.
  ///
  /// What it was to sync counts as failed: the engine's tokens, and what became of what they cover.
  func replaceHelper() -> [(token: UInt64, result: SyncResult)] {
    helper.replace().compactMap { token in
      keeping.completed(
        token: token, failure: "its helper thread is gone", nowNanoseconds: SystemClock.monotonic())
    }
  }

  /// Tries again what the disk refused.
  func retry() { keeping.retry(nowNanoseconds: SystemClock.monotonic()) }

  /// A segment was begun since old ones were last removed.
  var hasNewSegment: Bool { keeping.hasNewSegment }

  /// Why old segments can't be removed; nil = they can.
  var retentionProblem: String? { keeping.retentionProblem }

  /// Removes old segments: what stays of those that are old, as far as that wasn't said before.
  func prune(now: Instant, keepSeconds: Int64) -> [Retention.PassedOver] {
    keeping.prune(now: now, keepSeconds: keepSeconds)
  }

  /// Syncs on the spot; only for the end of a ticker.
  func syncNow() { keeping.syncNow() }

  /// Opens the first segment of a ticker. If the disk refuses it, a baseline that it should hold is kept in memory.
  func begin(baseline: Instant?) { keeping.begin(baseline: baseline) }

  /// Syncs what a ticker has found and begun with.
  func syncBeginning() { keeping.syncBeginning(nowNanoseconds: SystemClock.monotonic()) }
}
