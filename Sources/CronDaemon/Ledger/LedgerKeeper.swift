import CronLedger
import CronSystem
import CronTime

/// The ticker's hold on the ledger: appends in the loop, syncs on the helper thread, opens a segment after a failure.
///
/// It decides nothing: it is handed records in order and says when a sync that covers them has ended.
final class LedgerKeeper {
  /// A sync that the engine waits for.
  private struct Flight {
    var token: UInt64
    var ticket: SyncTicket
    /// Completions still to come: the file's, and the directory's for a new segment.
    var remaining: Int
    var hasFailed = false
  }

  private var files: LedgerFiles
  private var writer: LedgerWriter
  private let thread: SyncThread
  private var flight: Flight?
  private var nextToken: UInt64 = 1
  /// Nothing may be written: a later version's ledger, or a directory that can't be read.
  private let isReadOnly: Bool
  /// What the ledger is at, for a new segment's head; asked for when one is opened.
  var snapshot: () -> [SequencedRecord] = { [] }
  /// Why the ledger isn't written as it should be; nil = it is.
  private(set) var problem: String?

  /// Continues behind a recovery.
  init(_ files: LedgerFiles, recovery: RecoveryResult) throws(Errno) {
    self.files = files
    writer = LedgerWriter(nextSegment: recovery.nextSegment)
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

  /// Whether records wait for a disk that refused them.
  var needsRetry: Bool { !isReadOnly && writer.needsSegment }

  /// Appends records with one write; a refusal is kept as `problem`, and the records for the next segment.
  func append(_ records: [SequencedRecord]) {
    if isReadOnly { return }
    if writer.needsSegment { openSegment() }
    do throws(StorageError) {
      let result = try writer.append(records, storage: &files)
      Fault.point("ledger.appended")
      if result.isFull, flight == nil { openSegment() }
    } catch {
      problem = "the ledger can't be written: \(error)"
      openSegment()
    }
  }

  /// Begins the sync that the engine asked for. When there is nothing to sync with it ends at once: the result.
  func beginSync(token: UInt64) -> Bool? {
    // A ledger that can't be written must not stop cron: the claims of this boot are in the slots as well.
    if isReadOnly { return true }
    if writer.needsSegment { openSegment() }
    guard let ticket = writer.beginSync() else { return true }
    var started = Flight(token: token, ticket: ticket, remaining: 0)
    do throws(Errno) {
      if ticket.includesDirectory {
        try submit(files.directoryRaw)
        started.remaining += 1
      }
      try submit(Int32(ticket.handle.raw))
      started.remaining += 1
      flight = started
      return nil
    } catch {
      problem = "the ledger can't be synced: \(error)"
      return writer.finishSync(ticket, succeeded: false, storage: &files) ? true : resync()
    }
  }

  /// Takes the syncs that have ended: the engine's token, and whether what it covers is durable.
  func takeCompletions() throws(Errno) -> [(token: UInt64, succeeded: Bool)] {
    var ended: [(token: UInt64, succeeded: Bool)] = []
    for completion in try thread.takeCompletions() {
      guard var current = flight else { continue }
      current.remaining -= 1
      if let error = completion.error {
        current.hasFailed = true
        problem = "the ledger can't be synced: \(error)"
      }
      if current.remaining > 0 {
        flight = current
        continue
      }
      flight = nil
      let isDurable = writer.finishSync(current.ticket, succeeded: !current.hasFailed, storage: &files)
      if isDurable { problem = nil }
      ended.append((current.token, isDurable))
    }
    return ended
  }

  /// Tries again what the disk refused.
  func retry() {
    if writer.needsSegment { openSegment() }
  }

  /// Removes old segments; a failure costs only space.
  func prune(now: Instant, keepSeconds: Int64) {
    if isReadOnly { return }
    do throws(StorageError) { _ = try Retention.prune(storage: &files, now: now, keepSeconds: keepSeconds) } catch {}
  }

  /// Syncs on the spot; only for the end of a ticker.
  func syncNow() {
    if !isReadOnly, !writer.isDurable { _ = writer.syncNow(storage: &files) }
  }

  /// Opens the next segment with the present state at its head; on failure `problem` says why.
  func openSegment() {
    if isReadOnly { return }
    do throws(StorageError) {
      try writer.openSegment(storage: &files, snapshot: snapshot())
      if problem != nil, writer.isDurable { problem = nil }
    } catch {
      problem = "no segment of the ledger can be opened: \(error)"
    }
  }

  /// After a failed sync the claims stand in a new segment or nowhere; firing goes on, and status says so.
  private func resync() -> Bool? {
    openSegment()
    return writer.needsSegment ? true : false
  }

  private func submit(_ raw: Int32) throws(Errno) {
    nextToken &+= 1
    try thread.submit(raw, token: nextToken)
  }
}
