import CronEngine
import CronLedger
import CronSystem
import CronTime

/// The ticker's hold on the ledger: appends in the loop, syncs on the helper thread, opens a segment after a failure.
///
/// It decides nothing: it is handed records in order and says when a sync that covers them has ended. A disk that
/// refuses doesn't stop cron: then the records are kept in memory that outlives the ticker, until it takes them again.
final class LedgerKeeper {
  /// A sync that is under way.
  private struct Flight {
    /// The engine's; nil when nobody waits for it.
    var token: UInt64?
    var ticket: SyncTicket
    /// The first of its submissions to the thread.
    var firstSubmission: UInt64
    /// Completions still to come: the file's, and the directory's for a new segment.
    var remaining = 0
    var hasFailed = false
    /// CLOCK_MONOTONIC when it began, in nanoseconds.
    var startedNanoseconds: Int64
    /// It takes so long that nobody waits for it any more, and no other is begun behind it.
    var isHung = false
  }

  /// How long a sync may take until the jobs go on without it, in nanoseconds.
  static let patienceNanoseconds: Int64 = 10_000_000_000

  /// So many syncs failed one after the other: the disk isn't waited for any more.
  private static let toleratedSyncFailures = 2

  private var files: LedgerFiles
  private var writer: LedgerWriter
  private let spill: LedgerSpill
  private let thread: SyncThread
  private var flight: Flight?
  private var nextToken: UInt64 = 1
  private var syncFailures = 0
  /// What went on without its sync has none yet.
  private var mustSyncAgain = false
  /// Nothing may be written: a later version's ledger, or a directory that can't be read.
  private let isReadOnly: Bool
  /// What the ledger is at, for a new segment's head; asked for when one is opened.
  var snapshot: () -> [SequencedRecord] = { [] }
  /// Why the ledger isn't written as it should be; nil = it is.
  private(set) var problem: String?

  /// Continues behind a recovery.
  init(_ files: LedgerFiles, recovery: RecoveryResult, spill: LedgerSpill) throws(Errno) {
    self.files = files
    self.spill = spill
    // A ledger that must not be written keeps its mark as well, and the memory what a later ticker may still need.
    if !recovery.mustNotWrite { spill.accept(recovery.spilledLines.count) }
    writer = LedgerWriter(nextSegment: recovery.nextSegment, pending: recovery.spilledLines)
    isReadOnly = recovery.mustNotWrite
    thread = try SyncThread()
    if isReadOnly { problem = "the ledger can't be read and is left as it is: decisions are kept in memory only" }
  }

  /// What a segment takes before the next one begins; from the next one on.
  var segmentBytes: Int {
    get { writer.segmentBytes }
    set { writer.segmentBytes = max(newValue, 4096) }
  }

  /// Readable when a sync has ended.
  var completionRaw: Int32 { thread.raw }

  /// Whether the disk refused something and must be tried again.
  var needsRetry: Bool { !isReadOnly && flight == nil && (isRefused || writer.needsReserve) }

  private var isRefused: Bool { writer.needsSegment || isGivenUp || mustSyncAgain }

  /// What is wrong with the space that is set aside for a full disk; nil = nothing.
  var reserveProblem: String? { writer.reserveProblem }

  /// When the sync under way has taken too long, in CLOCK_MONOTONIC nanoseconds; nil = none is waited for.
  var patienceEndsNanoseconds: Int64? {
    guard let flight, !flight.isHung else { return nil }
    return flight.startedNanoseconds &+ Self.patienceNanoseconds
  }

  private var isHung: Bool { flight?.isHung ?? false }

  private var isGivenUp: Bool { syncFailures >= Self.toleratedSyncFailures }

  /// Appends records with one write; a refusal is kept as `problem`, and the records for the next segment.
  func append(_ records: [SequencedRecord]) {
    if isReadOnly { return }
    do throws(StorageError) {
      let result = try writer.append(records, storage: &files)
      Fault.point("ledger.appended")
      if result.isFull, flight == nil { openSegment() }
    } catch {
      problem = "the ledger can't be written: \(error)"
      openSegment()
      if writer.needsSegment { keepInMemory() }
    }
  }

  /// Begins the sync that the engine asked for. When there is nothing to sync with it ends at once: the result.
  func beginSync(token: UInt64) -> SyncResult? {
    // A ledger that can't be written must not stop cron.
    if isReadOnly { return .keptInMemory }
    if writer.needsSegment { openSegment() }
    if writer.needsSegment || isGivenUp || isHung {
      keepInMemory()
      return .keptInMemory
    }
    return startSync(token) ? nil : syncFailed()
  }

  /// Stops waiting for a sync whose time is over: the engine's token, whose claims are kept in memory now.
  ///
  /// The thread can't be freed from a disk that doesn't answer. Whenever the sync does end, that is taken as usual.
  func stopWaiting(nowNanoseconds: Int64) -> UInt64? {
    guard let patienceEndsNanoseconds, patienceEndsNanoseconds <= nowNanoseconds else { return nil }
    flight?.isHung = true
    mustSyncAgain = true
    let seconds = Self.patienceNanoseconds / 1_000_000_000
    problem = "the disk has not finished a sync of the ledger for more than \(seconds) s"
    keepInMemory()
    defer { flight?.token = nil }
    return flight?.token
  }

  /// Takes the syncs that have ended: the engine's token, and what became of what it covers.
  func takeCompletions() throws(Errno) -> [(token: UInt64, result: SyncResult)] {
    var ended: [(token: UInt64, result: SyncResult)] = []
    for completion in try thread.takeCompletions() {
      // As if the disk had never answered.
      if Fault.fails("ledger.hang") { continue }
      guard var current = flight, completion.token >= current.firstSubmission else { continue }
      current.remaining -= 1
      let error = Fault.fails("ledger.sync") ? Errno.inputOutput : completion.error
      if let error {
        current.hasFailed = true
        problem = "the ledger can't be synced: \(error)"
      }
      flight = current.remaining > 0 ? current : nil
      if flight != nil { continue }
      let result = finish(current)
      if let token = current.token { ended.append((token, result)) }
    }
    return ended
  }

  private func finish(_ ended: Flight) -> SyncResult {
    let isDurable = writer.finishSync(ended.ticket, succeeded: !ended.hasFailed, storage: &files)
    if ended.hasFailed { return syncFailed() }
    // Else it was for a segment that had been left meanwhile: no failure, but no answer either.
    guard isDurable else { return .failed }
    let wentOnWithout = isGivenUp || mustSyncAgain
    syncFailures = 0
    mustSyncAgain = false
    spill.clear()
    problem = nil
    // What went on without a sync gets one now.
    if wentOnWithout, !writer.isDurable, !startSync(nil) { _ = syncFailed() }
    return .durable
  }

  /// Tries again what the disk refused.
  func retry() {
    guard needsRetry else { return }
    let wasRefused = isRefused
    writer.makeReserve(storage: &files)
    guard wasRefused else { return }
    if writer.needsSegment { openSegment() }
    if !writer.needsSegment, !startSync(nil) { _ = syncFailed() }
  }

  /// Removes old segments; a failure costs only space.
  func prune(now: Instant, keepSeconds: Int64) {
    if isReadOnly { return }
    do throws(StorageError) { _ = try Retention.prune(storage: &files, now: now, keepSeconds: keepSeconds) } catch {}
  }

  /// Syncs on the spot; only for the end of a ticker.
  func syncNow() {
    if isReadOnly || writer.isDurable { return }
    // It would hang in the same place, and keep the lock from whoever comes next.
    if isHung { return keepInMemory() }
    if writer.needsSegment { openSegment() }
    if writer.syncNow(storage: &files) { spill.clear() } else { keepInMemory() }
  }

  /// Opens the next segment with the present state at its head; on failure `problem` says why.
  func openSegment() {
    if isReadOnly { return }
    do throws(StorageError) {
      try writer.openSegment(storage: &files, snapshot: snapshot())
      writer.makeReserve(storage: &files)
    } catch {
      problem = "no segment of the ledger can be opened: \(error)"
    }
  }

  /// Opens the first segment of a ticker. If the disk refuses it, a baseline that it should hold is kept in memory.
  func begin(baseline: Instant?) {
    openSegment()
    guard let baseline, writer.needsSegment, !isReadOnly else { return }
    append([SequencedRecord(seq: 0, record: .through(at: baseline))])
  }

  /// Claims that no disk takes are safe from our own crashes at least; status says so.
  private func keepInMemory() {
    let isSafe = spill.keep(writer.pending)
    let cause = problem.map { $0.prefix { $0 != ";" } } ?? "the ledger can't be written"
    problem = "\(cause); decisions are kept in memory" + (isSafe ? "" : ", which is full: a crash loses them")
  }

  /// Whether the engine may go on all the same: not after the first failure, which may be one descriptor's.
  private func syncFailed() -> SyncResult {
    syncFailures += 1
    writer.abandon(storage: &files)
    openSegment()
    guard isGivenUp else { return .failed }
    keepInMemory()
    return .keptInMemory
  }

  private func startSync(_ token: UInt64?) -> Bool {
    guard let ticket = writer.beginSync() else { return false }
    var started = Flight(
      token: token, ticket: ticket, firstSubmission: nextToken &+ 1, startedNanoseconds: SystemClock.monotonic())
    do throws(Errno) {
      if ticket.includesDirectory {
        try submit(files.directoryRaw)
        started.remaining += 1
      }
      try submit(Int32(ticket.handle.raw))
      started.remaining += 1
      flight = started
      return true
    } catch {
      problem = "the ledger can't be synced: \(error)"
      return false
    }
  }

  private func submit(_ raw: Int32) throws(Errno) {
    nextToken &+= 1
    try thread.submit(raw, token: nextToken)
  }
}
