/// What is to be synced, and up to where; the answer comes back through `LedgerWriter.finishSync`.
public struct SyncTicket: Hashable, Sendable {
  /// The segment's number.
  public let segment: Int
  /// What to sync.
  public let handle: SegmentHandle
  /// Bytes before this offset are durable once the sync has succeeded.
  public let offset: Int
  /// The directory must be synced too: the segment is new.
  public let includesDirectory: Bool
  /// So many bytes of records had been appended in all.
  fileprivate let appended: Int
}

/// What appending did.
public struct AppendResult: Hashable, Sendable {
  /// The segment it went to.
  public let handle: SegmentHandle
  /// How many bytes were written.
  public let bytes: Int
  /// The segment is long enough: open the next one when convenient.
  public let isFull: Bool
}

/// Keeps the position in the ledger: appends to the newest segment, opens the next one.
///
/// The caller syncs (off its loop) and says how that ended. After a failed write or sync the segment takes nothing
/// more: `needsSegment` is set, and what wasn't durable yet is written again behind the next segment's snapshot. A
/// descriptor is never synced again after an error, for the kernel may have dropped the very pages that failed.
public struct LedgerWriter: Sendable {
  /// The usual length of a segment, bytes.
  public static let defaultSegmentBytes = 1 << 20
  /// Records that aren't durable and have no segment are kept up to so many bytes.
  public static let maximumPendingBytes = 4 << 20

  private struct Segment {
    var number: Int
    var handle: SegmentHandle
    var offset: Int
    /// Where the next one should begin.
    var limit: Int
    /// It began as the reserve, for the disk was full.
    var wasReserve = false
    var isNameDurable = false
    /// Bytes before it are durable.
    var syncedEnd = 0
    /// What the segment itself says of that.
    var markedEnd = 0
  }

  /// An old segment whose unused space can be given back.
  private struct Trim {
    var number: Int
    var size: Int
  }

  /// What a segment takes before the next one begins, bytes, ≥ 4096; a change holds from the next segment on.
  public var segmentBytes: Int
  private var segment: Segment?
  private var trims: [Trim] = []
  /// Lines of records that no finished sync covers.
  public private(set) var pending: [UInt8]
  /// Bytes of records that were appended so far.
  private var appended = 0
  /// The number of the next segment.
  public private(set) var nextSegment: Int
  /// So many bytes are set aside for a full disk, as far as is known.
  private var reservedBytes = 0
  /// So many bytes should be.
  private var wantedReserveBytes = 0
  /// Why the last attempt to set them aside failed.
  private var reserveError: StorageError?
  /// Records were dropped because nothing could be written for too long; the next snapshot covers what they meant.
  public private(set) var droppedRecords = false

  /// Continues behind recovery; `segmentBytes` is what a segment takes before the next one begins, ≥ 4096, and
  /// `pending` are lines that an earlier writer had no segment for.
  public init(nextSegment: Int, segmentBytes: Int = LedgerWriter.defaultSegmentBytes, pending: [UInt8] = []) {
    self.nextSegment = nextSegment
    self.segmentBytes = max(segmentBytes, 4096)
    self.pending = pending
  }

  /// Whether nothing can be appended before `openSegment`.
  public var needsSegment: Bool { segment == nil }
  /// The segment that is written; nil when one must be opened.
  public var currentHandle: SegmentHandle? { segment?.handle }
  /// The number of the segment that is written.
  public var currentSegment: Int? { segment?.number }
  /// Whether everything appended is durable.
  public var isDurable: Bool { pending.isEmpty }

  /// Whether space for a full disk is to be set aside: ask for it by `makeReserve`.
  public var needsReserve: Bool { segment != nil && reservedBytes < wantedReserveBytes }
  /// What is wrong with the reserve, for people; nil = it is there, or nobody has asked for one yet.
  public var reserveProblem: String? {
    guard needsReserve, let reserveError else { return nil }
    return segment?.wasReserve == true
      ? "the disk is full, and the ledger goes on in its reserve: \(reserveError)"
      : "no reserve can be set aside for a ledger on a full disk: \(reserveError)"
  }

  /// Sets aside what the next segment needs on a full disk; on failure `reserveProblem` says why.
  public mutating func makeReserve(storage: inout some LedgerStorage) {
    guard needsReserve else { return }
    do throws(StorageError) {
      try LedgerReserve.make(bytes: wantedReserveBytes, storage: &storage)
      reservedBytes = wantedReserveBytes
      reserveError = nil
    } catch {
      reserveError = error
    }
  }

  /// Opens the next segment with the snapshot at its head, and writes behind it what wasn't durable yet. On a full disk
  /// it is made of the reserve.
  ///
  /// Call it while no sync is under way: the answer for a segment that was left counts as failed. Nothing may be
  /// dispatched before a sync of the new one has succeeded. When it throws, the former segment, if any, goes on.
  public mutating func openSegment(
    storage: inout some LedgerStorage, snapshot: [SequencedRecord]
  ) throws(StorageError) {
    var head: [UInt8] = []
    for record in snapshot { RecordCodec.append(record.record, seq: record.seq, to: &head) }
    let begin = head + pending
    // A long snapshot deserves a long segment, else most of the ledger would be snapshots.
    let limit = begin.count + max(segmentBytes, 2 * head.count)
    var opened: Segment
    do throws(StorageError) {
      opened = try create(limit: limit, storage: &storage)
      try fill(opened, with: begin, storage: &storage)
    } catch {
      guard error.kind == .full, let reserve = takeReserve(atLeast: begin.count, storage: &storage) else { throw error }
      reserveError = error
      opened = reserve
      try fill(opened, with: begin, storage: &storage)
    }
    if let former = segment {
      storage.close(former.handle)
      trims.append(Trim(number: former.number, size: former.offset))
    }
    // The head itself isn't pending: if its sync fails, the next segment gets a snapshot of its own.
    opened.offset = begin.count
    segment = opened
    droppedRecords = false
    wantedReserveBytes = head.count + segmentBytes
  }

  private mutating func nextNumber() throws(StorageError) -> Int {
    guard nextSegment <= SegmentName.maximum else { throw StorageError(.refused, "no segment number is left") }
    nextSegment += 1
    return nextSegment - 1
  }

  private mutating func create(limit: Int, storage: inout some LedgerStorage) throws(StorageError) -> Segment {
    let number = try nextNumber()
    do throws(StorageError) {
      let handle = try storage.create(SegmentName.of(number), preallocate: limit)
      return Segment(number: number, handle: handle, offset: 0, limit: limit)
    } catch {
      // The name may be somebody else's; any other failure leaves nothing behind, and the number is used again.
      if error.kind != .exists { nextSegment = number }
      throw error
    }
  }

  private mutating func fill(_ segment: Segment, with bytes: [UInt8], storage: inout some LedgerStorage)
    throws(StorageError)
  {
    do throws(StorageError) {
      try storage.write(segment.handle, at: 0, bytes: bytes)
    } catch {
      storage.close(segment.handle)
      // A half-written head would be passed over by recovery; on a full disk it would also cost the space.
      if (try? storage.remove(SegmentName.of(segment.number))) != nil { nextSegment = segment.number }
      throw error
    }
  }

  /// Turns the reserve into a segment; nil when there is none that is long enough.
  private mutating func takeReserve(atLeast bytes: Int, storage: inout some LedgerStorage) -> Segment? {
    let number = nextSegment
    do throws(StorageError) {
      _ = try nextNumber()
      let taken = try LedgerReserve.take(as: SegmentName.of(number), atLeast: bytes, storage: &storage)
      reservedBytes = 0
      return Segment(number: number, handle: taken.handle, offset: 0, limit: taken.bytes, wasReserve: true)
    } catch {
      if error.kind != .exists { nextSegment = number }
      if error.kind == .absent { reservedBytes = 0 }
      return nil
    }
  }

  /// Appends the records with one write. When it throws, the records are kept for the next segment.
  public mutating func append(
    _ records: [SequencedRecord], storage: inout some LedgerStorage
  ) throws(StorageError) -> AppendResult {
    var lines: [UInt8] = []
    lines.reserveCapacity(records.count * 192)
    for record in records { RecordCodec.append(record.record, seq: record.seq, to: &lines) }
    keep(lines)
    guard var current = segment else { throw StorageError(.failed, "no segment is open") }
    if current.syncedEnd > current.markedEnd {
      lines = SyncedMark.line(upTo: current.syncedEnd) + lines
      current.markedEnd = current.syncedEnd
    }
    do throws(StorageError) {
      try storage.write(current.handle, at: current.offset, bytes: lines)
    } catch {
      // Part of it may be there. Nothing is appended behind or over it.
      abandon(storage: &storage)
      throw error
    }
    current.offset += lines.count
    segment = current
    return AppendResult(handle: current.handle, bytes: lines.count, isFull: current.offset >= current.limit)
  }

  /// What to sync now; nil when no segment is open.
  public func beginSync() -> SyncTicket? {
    guard let segment else { return nil }
    return SyncTicket(
      segment: segment.number, handle: segment.handle, offset: segment.offset,
      includesDirectory: !segment.isNameDurable, appended: appended)
  }

  /// Notes how a sync ended. Returns false when it failed, or belongs to a segment that was given up: then nothing it
  /// covers may be dispatched, and `needsSegment` tells whether a segment must be opened.
  public mutating func finishSync(
    _ ticket: SyncTicket, succeeded: Bool, storage: inout some LedgerStorage
  ) -> Bool {
    guard let current = segment, current.number == ticket.segment else { return false }
    guard succeeded else {
      abandon(storage: &storage)
      return false
    }
    if ticket.includesDirectory { segment?.isNameDurable = true }
    segment?.syncedEnd = ticket.offset
    pending.removeFirst(max(0, pending.count - (appended - ticket.appended)))
    trim(storage: &storage)
    return true
  }

  /// Syncs on the spot, directory included: for a start, and for tests. Returns whether all is durable.
  public mutating func syncNow(storage: inout some LedgerStorage) -> Bool {
    guard let ticket = beginSync() else { return false }
    do throws(StorageError) {
      try storage.sync(ticket.handle)
      if ticket.includesDirectory { try storage.syncDirectory() }
    } catch {
      return finishSync(ticket, succeeded: false, storage: &storage)
    }
    return finishSync(ticket, succeeded: true, storage: &storage)
  }

  /// Ends the use of the current segment; what is pending stays for the next one.
  public mutating func abandon(storage: inout some LedgerStorage) {
    guard let current = segment else { return }
    storage.close(current.handle)
    segment = nil
  }

  private mutating func keep(_ lines: [UInt8]) {
    appended += lines.count
    if pending.count + lines.count > Self.maximumPendingBytes {
      pending = []
      droppedRecords = true
      return
    }
    pending.append(contentsOf: lines)
  }

  /// Gives unused space back once the newer segment is durable. A failure costs only space, until the next start.
  private mutating func trim(storage: inout some LedgerStorage) {
    for trim in trims {
      do throws(StorageError) {
        try storage.truncate(SegmentName.of(trim.number), to: trim.size)
      } catch {
        continue
      }
    }
    trims = []
  }
}
