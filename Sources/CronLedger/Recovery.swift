import CronTime

/// Reads the ledger at a start.
///
/// It replays from the newest segment whose snapshot is whole, and never fails: what is wrong becomes a finding, what
/// can't be read is left as it is, and what can't be understood is copied to the quarantine.
public enum Recovery {
  /// So many tickers in a row may die before one has synced what they wrote.
  private static let maximumUnsynced = 8

  /// Replays the ledger and then what was spilled, cuts torn tails and gives unused preallocated space back.
  ///
  /// `boot` names the present boot. Only what an earlier one wrote can have lost sectors amid its end; without it
  /// nothing is taken for that.
  public static func recover(
    storage: inout some LedgerStorage, spilled: SpilledRecords = SpilledRecords(), boot: String? = nil,
    limits: RecoveryLimits = RecoveryLimits()
  ) -> RecoveryResult {
    let numbers: [Int]
    do throws(StorageError) {
      numbers = try Patience.reading { () throws(StorageError) in try storage.list() }.compactMap(SegmentName.number)
        .sorted()
    } catch {
      var result = RecoveryResult()
      result.mustNotWrite = true
      result.add(RecoveryFinding(.unreadable, segment: "", detail: error.description), limits: limits)
      return result
    }
    var replay = Replay(limits: limits, boot: boot, numbers: numbers)
    if let newest = numbers.last {
      replay.result.nextSegment = newest + 1
      if newest == SegmentName.maximum { replay.result.mustNotWrite = true }
      let chain = replay.chain(storage: &storage)
      if replay.result.mustNotWrite { return replay.result }
      for segment in chain { replay.read(segment, storage: &storage) }
      replay.result.segments = numbers.suffix(maximumUnsynced).map(SegmentName.of)
    }
    replay.read(spilled)
    replay.passOverUnread()
    replay.result.state.disposeOfRetired()
    if replay.result.needsBaseline { replay.result.state.doubtOpenRuns() }
    return replay.result
  }
}

/// The course of one recovery.
private struct Replay {
  struct Segment {
    /// 0 = what was spilled.
    var number: Int
    var bytes: [UInt8]?
    var isBase: Bool
    /// Its head was never written to the end, so nothing was ever decided on top of it.
    var isTorn = false
    var name: String { number == 0 ? SpilledRecords.name : SegmentName.of(number) }
  }

  /// No record has fewer bytes.
  private static let shortestRecord = 16

  let limits: RecoveryLimits
  let boot: String?
  /// The boot that the newest segments speak of; asked for once.
  private var lastBoot: String??
  /// Of all segments, ascending.
  private let numbers: [Int]
  var result = RecoveryResult()
  /// So many records may stand in segments that couldn't be read.
  private var unreadRecords: UInt64 = 0

  init(limits: RecoveryLimits, boot: String?, numbers: [Int]) {
    self.limits = limits
    self.numbers = numbers
    self.boot = boot
  }

  mutating func add(_ finding: RecoveryFinding) {
    result.add(finding, limits: limits)
  }

  /// The segments to replay, oldest first: from the newest whole snapshot on.
  ///
  /// Only the newest segment's bytes are kept meanwhile; the others, rarely needed, are read again.
  mutating func chain(storage: inout some LedgerStorage) -> [Segment] {
    var chain: [Segment] = []
    for number in numbers.reversed() {
      var segment = Segment(number: number, bytes: nil, isBase: false)
      guard let bytes = load(segment.name, storage: &storage) else { continue }
      let head = SegmentHead(bytes)
      if let head, !head.isUnderstood {
        add(RecoveryFinding(.newerFormat, segment: segment.name, offset: 0, detail: "written by a later version"))
        result.mustNotWrite = true
        return []
      }
      if head?.isComplete == true {
        segment.isBase = true
        segment.bytes = bytes
        chain.append(segment)
        break
      }
      segment.isTorn = head?.isTorn ?? false
      if head?.isDamaged == true, isUnsynced(from: 0, bytes, storage: &storage) { segment.isTorn = true }
      if chain.isEmpty { segment.bytes = bytes }
      chain.append(segment)
    }
    if let oldest = chain.last, !oldest.isBase {
      // Not one whole snapshot: whatever the segments hold, something before it is gone.
      result.needsBaseline = true
      if chain.allSatisfy({ $0.bytes?.allSatisfy { $0 == 0 } ?? false }) {
        add(RecoveryFinding(.empty, segment: oldest.name, detail: "it holds no record, and nothing else does"))
      }
    }
    // What a head restates is in the segments before it; without them it is all there is.
    if chain.last?.isBase != true { for place in chain.indices { chain[place].isTorn = false } }
    return chain.reversed()
  }

  /// Whether no sync had covered the offset before the power failed.
  private mutating func isUnsynced(
    from offset: Int, _ bytes: [UInt8], storage: inout some LedgerStorage
  ) -> Bool {
    guard let boot, let last = findLastBoot(storage: &storage), last != boot else { return false }
    return offset >= SyncedMark.end(in: bytes)
  }

  /// The boot of the last ticker that said so; nil when no segment tells.
  private mutating func findLastBoot(storage: inout some LedgerStorage) -> String? {
    if let lastBoot { return lastBoot }
    var found: String?
    for number in numbers.reversed() where found == nil {
      let name = SegmentName.of(number)
      guard let bytes = try? storage.readAll(name, limit: limits.maximumSegmentBytes) else { continue }
      var scanner = SegmentScanner(bytes)
      while let item = scanner.next() {
        if case .record(let record, _) = item, case .restart(_, let boot, _, _) = record.record { found = boot }
      }
    }
    lastBoot = .some(found)
    return found
  }

  private mutating func load(_ name: String, storage: inout some LedgerStorage) -> [UInt8]? {
    do throws(StorageError) {
      return try Patience.reading { () throws(StorageError) in
        try storage.readAll(name, limit: limits.maximumSegmentBytes)
      }
    } catch {
      add(RecoveryFinding(.unreadable, segment: name, detail: error.description))
      let bytes = (try? storage.size(name)) ?? limits.maximumSegmentBytes
      unreadRecords &+= UInt64(clamping: bytes / Self.shortestRecord) &+ 1
      return nil
    }
  }

  /// Gives no place a second time that a record in an unread segment may have: whoever can read it some day, an audit
  /// for one, would take what follows for repetitions of it.
  mutating func passOverUnread() { result.state.nextSequence &+= unreadRecords }

  /// Replays one segment.
  mutating func read(_ segment: Segment, storage: inout some LedgerStorage) {
    guard let bytes = segment.bytes ?? load(segment.name, storage: &storage) else { return }
    var scanner = SegmentScanner(bytes)
    if segment.isTorn { return passOver(segment, bytes: bytes, scanner, storage: &storage) }
    var isDamaged = false
    var isFirst = true
    // Unknown where the head is damaged: then restated records can't be told from duplicates.
    var covered: UInt64?
    var end: Int?
    lines: while let item = scanner.next() {
      switch item {
      case .record(let record, let range):
        // Its newline was the first byte of what was lost: no later reader would find it whole.
        if bytes[range.upperBound - 1] != UInt8(ascii: "\n"),
          isUnsynced(from: range.upperBound, bytes, storage: &storage)
        {
          end = unsynced(range.lowerBound, bytes, segment)
          break lines
        }
        if isFirst, case .snapshot = record.record {
          covered = record.seq
          if segment.isBase {
            result.state = LedgerState()
            apply(record, segment, at: range.lowerBound)
          } else {
            enterIncomplete(record, segment)
          }
        } else {
          replay(record, segment, at: range.lowerBound, covered: covered)
        }
      case .damage(let range):
        if isUnsynced(from: range.lowerBound, bytes, storage: &storage) {
          end = unsynced(range.lowerBound, bytes, segment)
          break lines
        }
        isDamaged = true
        add(
          RecoveryFinding(
            .damaged, segment: segment.name, offset: range.lowerBound,
            detail: "\(range.count) bytes are no record, and records follow"))
      case .tornTail(let range):
        let isHead = scanner.validEnd == 0
        // A ledger of which nothing can be read isn't a write cut short, nor is what no write of ours leaves.
        if isHead && result.needsBaseline || isForeign(range, bytes, isHead: isHead, storage: &storage) {
          isDamaged = true
          add(
            RecoveryFinding(
              .damaged, segment: segment.name, offset: range.lowerBound, detail: "no record in \(range.count) bytes"))
        } else {
          add(
            RecoveryFinding(
              .tornTail, segment: segment.name, offset: range.lowerBound,
              detail: "\(range.count) bytes of a write that was cut short"))
        }
      }
      isFirst = false
    }
    finish(segment, bytes: bytes, validEnd: end ?? scanner.validEnd, isDamaged: isDamaged, storage: &storage)
  }

  /// Whether what no write of ours leaves stands where records may have been.
  private mutating func isForeign(
    _ range: Range<Int>, _ bytes: [UInt8], isHead: Bool, storage: inout some LedgerStorage
  ) -> Bool {
    if CutWrite.canLeave(bytes[range], isHead: isHead) { return false }
    if isHead { return true }
    // Behind a NUL, and in less than a record, nothing was ever written; and what wasn't synced before the power failed
    // may end in what its blocks held before.
    return bytes[range.lowerBound] != 0 && range.count >= Self.shortestRecord
      && !isUnsynced(from: range.lowerBound, bytes, storage: &storage)
  }

  private mutating func unsynced(_ offset: Int, _ bytes: [UInt8], _ segment: Segment) -> Int {
    add(
      RecoveryFinding(
        .unsyncedTail, segment: segment.name, offset: offset,
        detail: "the power failed before \(bytes.count - offset) bytes were synced"))
    return offset
  }

  /// A crash cut the write of the head: what it would have restated is known, what it would have added is spilled or
  /// was never acted on.
  private mutating func passOver(
    _ segment: Segment, bytes: [UInt8], _ start: SegmentScanner, storage: inout some LedgerStorage
  ) {
    var scanner = start
    var end = 0
    while case .record(_, let range) = scanner.next() { end = range.upperBound }
    add(
      RecoveryFinding(
        .incompleteSnapshot, segment: segment.name, offset: end, detail: "a crash cut the snapshot at its head"))
    finish(segment, bytes: bytes, validEnd: end, isDamaged: false, storage: &storage)
  }

  /// Replays what no segment would take: it continues the last one, or repeats what came into a segment after all.
  mutating func read(_ spilled: SpilledRecords) {
    if spilled.isIncomplete {
      add(
        RecoveryFinding(
          .spillLost, segment: SpilledRecords.name,
          detail: "the disk refused decisions, and the memory that kept them is gone or was too small"))
    }
    let place = Segment(number: 0, bytes: nil, isBase: false)
    var scanner = SegmentScanner(spilled.lines)
    while let item = scanner.next() {
      guard case .record(let record, let range) = item else { continue }
      if case .through(let at, nil, _) = record.record, record.seq == 0 {
        // The baseline of a ticker that could not write the snapshot that would have held it.
        result.state.setBaseline(at)
        result.state.doubtOpenRuns()
      } else {
        replay(record, place, at: range.lowerBound, covered: .max)
      }
    }
    result.spilledLines = Array(spilled.lines[..<scanner.validEnd])
  }

  /// A snapshot whose records aren't all there: normal when the crash came while it was written, and then nothing but
  /// restatements of what the segments before it say.
  private mutating func enterIncomplete(_ record: SequencedRecord, _ segment: Segment) {
    add(
      RecoveryFinding(
        .incompleteSnapshot, segment: segment.name, offset: 0, detail: "the snapshot at its head isn't whole"))
    guard record.seq >= result.state.nextSequence else { return }
    // It covers records that were never read.
    add(
      RecoveryFinding(
        .gap, segment: segment.name, offset: 0,
        detail: "records \(result.state.nextSequence) to \(record.seq) are missing"))
    result.state.nextSequence = record.seq &+ 1
  }

  private mutating func replay(_ record: SequencedRecord, _ segment: Segment, at offset: Int, covered: UInt64?) {
    let expected = result.state.nextSequence
    if result.state.restatements == 0 {
      if record.seq < expected {
        // Restated, or written again after a failed sync: known already, unless records were lost.
        if result.needsBaseline {
          result.state.restate(record)
        } else if case .claim(let claim) = record.record, covered.map({ record.seq > $0 }) ?? true {
          // What the head covers it has taken in, and perhaps set a mark back behind it since.
          result.state.block(claim)
        }
        if let covered, record.seq > covered {
          add(
            RecoveryFinding(
              .duplicate, segment: segment.name, offset: offset, detail: "record \(record.seq) comes a second time"))
        }
        return
      }
      if record.seq > expected {
        add(
          RecoveryFinding(
            .gap, segment: segment.name, offset: offset,
            detail: "records \(expected) to \(record.seq - 1) are missing"))
      }
    }
    apply(record, segment, at: offset)
  }

  private mutating func apply(_ record: SequencedRecord, _ segment: Segment, at offset: Int) {
    result.recordCount += 1
    do throws(IllegalTransition) {
      try result.state.apply(record)
    } catch {
      add(RecoveryFinding(.illegal, segment: segment.name, offset: offset, detail: error.description))
    }
  }

  /// Keeps a copy of what was damaged; else cuts the segment behind its last record.
  private mutating func finish(
    _ segment: Segment, bytes: [UInt8], validEnd: Int, isDamaged: Bool, storage: inout some LedgerStorage
  ) {
    do throws(StorageError) {
      if isDamaged {
        try storage.quarantine(segment.name, as: "ledger-\(segment.name)")
      } else if validEnd < bytes.count {
        try storage.truncate(segment.name, to: validEnd)
      }
    } catch {
      add(RecoveryFinding(.repairFailed, segment: segment.name, detail: error.description))
    }
  }
}
