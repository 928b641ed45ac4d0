public import CronTime

/// The ticker's policy for its ledger: one sync at a time, another segment after a failure, memory after the second.
///
/// It is handed records in order and says when a sync that covers them has ended. A disk that refuses doesn't stop
/// cron: then the records are kept in memory that outlives the ticker, until the disk takes them again. Times are
/// nanoseconds of CLOCK_MONOTONIC.
public struct LedgerKeeping<Storage: LedgerStorage, Memory: LedgerMemory> {
  /// A sync that is under way.
  private struct Flight {
    /// The engine's; nil when nobody waits for it.
    var token: UInt64?
    var ticket: SyncTicket
    /// The first of its submissions.
    var firstSubmission: UInt64
    /// Completions still to come: the file's, and the directory's for a new segment.
    var remaining = 0
    var hasFailed = false
    var startedNanoseconds: Int64
    /// It takes so long that nobody waits for it any more, and no other is begun behind it.
    var isHung = false
  }

  /// How long a sync may take until the jobs go on without it.
  public static var patienceNanoseconds: Int64 { 10_000_000_000 }

  /// A sync that takes longer makes fires late, and is said; afterwards for a while, as the next one may do the same.
  static var slowNanoseconds: Int64 { 5_000_000_000 }
  static var slowMemoryNanoseconds: Int64 { 15_000_000_000 }

  /// So many syncs failed one after the other: the disk isn't waited for any more.
  private static var toleratedSyncFailures: Int { 2 }

  private(set) var storage: Storage
  /// Segments of earlier tickers, whose last lines may not be on the disk yet.
  private var earlier: [String]
  /// Their syncs, whose end decides nothing: what they hold is in the snapshot as well.
  private var earlierSyncs: [UInt64: SegmentHandle] = [:]
  private let submission: (SyncTarget, UInt64) throws(StorageError) -> Void
  private var memory: Memory
  private var writer: LedgerWriter
  private var flight: Flight?
  /// The engine's, for a sync that begins when the one under way, which nobody waits for, has ended.
  private var queuedToken: UInt64?
  private var nextToken: UInt64 = 1
  private var syncFailures = 0
  /// When the last slow sync ended.
  private var slowEndNanoseconds: Int64?
  /// Bytes that were appended to a segment which should have ended.
  private var bytesBeyondLimit = 0
  /// What went on without its sync has none yet.
  private var mustSyncAgain = false
  /// Nothing may be written: a later version's ledger, or a directory that can't be read.
  private let isReadOnly: Bool
  /// What the ledger is at, for a new segment's head; asked for when one is opened.
  public var snapshot: () -> [SequencedRecord] = { [] }
  /// Why the ledger isn't written as it should be; nil = it is.
  public private(set) var problem: String?
  /// A segment was begun since old ones were last removed: `prune` makes room for as many.
  public private(set) var hasNewSegment = false
  /// Why old segments can't be removed; nil = they can.
  public private(set) var retentionProblem: String?
  /// Old segments that stay, and of which that was said.
  private var passedOver: Set<String> = []

  /// Continues behind a recovery; `submit` begins a sync whose end is told to `completed` with the same number.
  public init(
    _ storage: Storage, recovery: RecoveryResult, memory: Memory,
    submit: @escaping (SyncTarget, UInt64) throws(StorageError) -> Void
  ) {
    self.storage = storage
    submission = submit
    earlier = recovery.segments
    self.memory = memory
    // A ledger that must not be written keeps its mark as well, and the memory what a later ticker may still need.
    if !recovery.mustNotWrite { self.memory.accept(recovery.spilledLines.count) }
    writer = LedgerWriter(nextSegment: recovery.nextSegment, pending: recovery.spilledLines + recovery.settledLines)
    isReadOnly = recovery.mustNotWrite
    if isReadOnly { problem = "the ledger can't be read and is left as it is: decisions are kept in memory only" }
  }

  /// What a segment takes before the next one begins, bytes; from the next one on.
  public var segmentBytes: Int {
    get { writer.segmentBytes }
    set { writer.segmentBytes = max(newValue, 4096) }
  }

  /// Whether the disk refused something and must be tried again.
  public var needsRetry: Bool { !isReadOnly && flight == nil && (isRefused || writer.needsReserve) }

  private var isRefused: Bool { writer.needsSegment || isGivenUp || mustSyncAgain }

  /// What is wrong with the space that is set aside for a full disk; nil = nothing.
  public var reserveProblem: String? { writer.reserveProblem }

  /// When the sync under way has taken too long; nil = none is waited for.
  public var patienceEndsNanoseconds: Int64? {
    guard let flight, !flight.isHung else { return nil }
    return flight.startedNanoseconds &+ Self.patienceNanoseconds
  }

  /// What to say while syncs take so long that fires wait for them; nil = they don't.
  public func slowness(nowNanoseconds now: Int64) -> String? {
    let isSlow = flight.map { now &- $0.startedNanoseconds > Self.slowNanoseconds } ?? false
    let wasSlow = slowEndNanoseconds.map { now &- $0 < Self.slowMemoryNanoseconds } ?? false
    let seconds = Self.slowNanoseconds / 1_000_000_000
    return isSlow || wasSlow ? "a sync of the ledger takes more than \(seconds) s, and fires wait for it" : nil
  }

  private var isHung: Bool { flight?.isHung ?? false }

  private var isGivenUp: Bool { syncFailures >= Self.toleratedSyncFailures }

  /// Appends records with one write; a refusal is kept as `problem`, and the records for the next segment.
  public mutating func append(_ records: [SequencedRecord]) {
    if isReadOnly { return }
    do throws(StorageError) {
      let result = try writer.append(records, storage: &storage)
      if result.isFull { bytesBeyondLimit += result.bytes }
      // Under a load that never lets the disk catch up, it begins with what isn't durable behind its head.
      if flight == nil, bytesBeyondLimit > writer.segmentBytes { openSegment() }
    } catch {
      problem = "the ledger can't be written: \(error)"
      openSegmentAfterFailure()
      if writer.needsSegment { keepInMemory() }
    }
  }

  /// Begins the sync that the engine asked for. When there is nothing to sync with it ends at once: the result.
  public mutating func beginSync(token: UInt64, nowNanoseconds: Int64) -> SyncResult? {
    // A ledger that can't be written must not stop cron.
    if isReadOnly { return .keptInMemory }
    if writer.needsSegment { openSegment() }
    if writer.needsSegment || isGivenUp || isHung {
      keepInMemory()
      return .keptInMemory
    }
    if flight != nil {
      // A second sync of a file would succeed without what the first one has just failed to write.
      queuedToken = token
      return nil
    }
    return startSync(token, nowNanoseconds) ? nil : syncFailed()
  }

  /// Stops waiting for a sync whose time is over: the engine's token, whose claims are kept in memory now.
  ///
  /// Nothing frees who waits for a disk that doesn't answer. Whenever the sync does end, that is taken as usual.
  public mutating func stopWaiting(nowNanoseconds: Int64) -> UInt64? {
    guard let patienceEndsNanoseconds, patienceEndsNanoseconds <= nowNanoseconds else { return nil }
    flight?.isHung = true
    mustSyncAgain = true
    let seconds = Self.patienceNanoseconds / 1_000_000_000
    problem = "the disk has not finished a sync of the ledger for more than \(seconds) s"
    keepInMemory()
    defer {
      flight?.token = nil
      queuedToken = nil
    }
    return flight?.token ?? queuedToken
  }

  /// Takes the end of a submission; `failure` says why it failed. Returns the engine's token, and what became of what
  /// it covers, once the whole sync has ended.
  public mutating func completed(
    token: UInt64, failure: String?, nowNanoseconds: Int64
  ) -> (token: UInt64, result: SyncResult)? {
    guard var current = flight, token >= current.firstSubmission else { return nil }
    current.remaining -= 1
    if let handle = earlierSyncs.removeValue(forKey: token) {
      storage.close(handle)
    } else if let failure {
      current.hasFailed = true
      problem = "the ledger can't be synced: \(failure)"
    }
    flight = current.remaining > 0 ? current : nil
    if flight != nil { return nil }
    let result = finish(current, nowNanoseconds)
    if let token = current.token { return (token, result) }
    guard let token = queuedToken else { return nil }
    queuedToken = nil
    return beginSync(token: token, nowNanoseconds: nowNanoseconds).map { (token, $0) }
  }

  private mutating func finish(_ ended: Flight, _ nowNanoseconds: Int64) -> SyncResult {
    let isDurable = writer.finishSync(ended.ticket, succeeded: !ended.hasFailed, storage: &storage)
    let tookLong = nowNanoseconds &- ended.startedNanoseconds > Self.slowNanoseconds
    slowEndNanoseconds = tookLong ? nowNanoseconds : nil
    if ended.hasFailed { return syncFailed() }
    // Else it was for a segment that had been left meanwhile: no failure, but no answer either.
    guard isDurable else { return .failed }
    let wentOnWithout = isGivenUp || mustSyncAgain
    syncFailures = 0
    mustSyncAgain = false
    // What went on without its sync was appended behind what this one covers, and lies in memory alone.
    if wentOnWithout, !writer.isDurable { memory.rewrite(writer.pending) } else { memory.clear() }
    problem = nil
    // Once all of a full segment is durable the next one can begin: a loss of power then finds its head whole, and
    // nothing behind it that could be missing, or the segment before as it was.
    if bytesBeyondLimit > 0, writer.isDurable { openSegment() }
    // What went on without a sync gets one now.
    if wentOnWithout, !writer.isDurable, !startSync(nil, nowNanoseconds) { _ = syncFailed() }
    return .durable
  }

  /// Tries again what the disk refused.
  public mutating func retry(nowNanoseconds: Int64) {
    guard needsRetry else { return }
    let wasRefused = isRefused
    writer.makeReserve(storage: &storage)
    guard wasRefused else { return }
    if writer.needsSegment { openSegment() }
    if !writer.needsSegment, !startSync(nil, nowNanoseconds) { _ = syncFailed() }
  }

  /// Removes old segments: what stays of those that are old, as far as that wasn't said before.
  public mutating func prune(now: Instant, keepSeconds: Int64) -> [Retention.PassedOver] {
    hasNewSegment = false
    if isReadOnly { return [] }
    do throws(StorageError) {
      let outcome = try Retention.prune(storage: &storage, now: now, keepSeconds: keepSeconds)
      retentionProblem = nil
      return outcome.passedOver.filter { passedOver.insert($0.segment).inserted }
    } catch {
      retentionProblem = "old segments of the ledger can't be removed: \(error)"
      return []
    }
  }

  /// Syncs on the spot; only for the end of a ticker.
  public mutating func syncNow() {
    if isReadOnly || writer.isDurable { return }
    // It would hang in the same place, and keep the lock from whoever comes next.
    if isHung { return keepInMemory() }
    if writer.needsSegment { openSegment() }
    if writer.syncNow(storage: &storage) { memory.clear() } else { keepInMemory() }
  }

  /// Opens the next segment with the present state at its head; on failure `problem` says why.
  public mutating func openSegment() {
    if isReadOnly { return }
    do throws(StorageError) {
      try writer.openSegment(storage: &storage, snapshot: snapshot())
      bytesBeyondLimit = 0
      hasNewSegment = true
      writer.makeReserve(storage: &storage)
    } catch {
      problem = "no segment of the ledger can be opened: \(error)"
    }
  }

  /// Begins another segment where one was given up.
  private mutating func openSegmentAfterFailure() {
    // A crash amid its first write may leave a head that knows of lines which are nowhere: so they are kept before.
    _ = memory.keep(writer.pending)
    openSegment()
  }

  /// Opens the first segment of a ticker. If the disk refuses it, a baseline that it should hold is kept in memory.
  public mutating func begin(baseline: Instant?) {
    openSegment()
    guard let baseline, writer.needsSegment, !isReadOnly else { return }
    append([SequencedRecord(seq: 0, record: .through(at: baseline))])
  }

  /// Syncs what a ticker has found and begun with, its boot among it; a claim's sync that is under way does it as well.
  ///
  /// What earlier tickers acted on and could not sync is safe by it now, and not with the next claim only.
  public mutating func syncBeginning(nowNanoseconds: Int64) {
    if isReadOnly || writer.needsSegment || flight != nil { return }
    if !startSync(nil, nowNanoseconds) { _ = syncFailed() }
  }

  /// Claims that no disk takes are safe from our own crashes at least; status says so.
  private mutating func keepInMemory() {
    let isSafe = memory.keep(writer.pending)
    let cause = problem.map { $0.prefix { $0 != ";" } } ?? "the ledger can't be written"
    problem = "\(cause); decisions are kept in memory" + (isSafe ? "" : ", which is full: a crash loses them")
  }

  /// Whether the engine may go on all the same: not after the first failure, which may be one descriptor's.
  private mutating func syncFailed() -> SyncResult {
    syncFailures += 1
    writer.abandon(storage: &storage)
    openSegmentAfterFailure()
    guard isGivenUp else { return .failed }
    keepInMemory()
    return .keptInMemory
  }

  private mutating func startSync(_ token: UInt64?, _ nowNanoseconds: Int64) -> Bool {
    guard let ticket = writer.beginSync() else { return false }
    var started = Flight(
      token: token, ticket: ticket, firstSubmission: nextToken &+ 1, startedNanoseconds: nowNanoseconds)
    do throws(StorageError) {
      if ticket.includesDirectory {
        try submit(.directory)
        started.remaining += 1
      }
      try submit(.segment(ticket.handle))
      started.remaining += 1
      started.remaining += syncEarlier()
      flight = started
      return true
    } catch {
      problem = "the ledger can't be synced: \(error)"
      return false
    }
  }

  /// Begins to sync what earlier tickers wrote and may not have synced; how many syncs that takes.
  private mutating func syncEarlier() -> Int {
    var begun = 0
    for name in earlier {
      do throws(StorageError) {
        let handle = try storage.open(name)
        earlierSyncs[nextToken &+ 1] = handle
        try submit(.segment(handle))
        begun += 1
      } catch {
        // Its history may have a hole after a loss of power; no decision is lost.
        if let handle = earlierSyncs.removeValue(forKey: nextToken) { storage.close(handle) }
      }
    }
    earlier = []
    return begun
  }

  private mutating func submit(_ target: SyncTarget) throws(StorageError) {
    nextToken &+= 1
    try submission(target, nextToken)
  }
}
