/// The course of one recovery.
struct Replay {
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
  static let shortestRecord = 16

  let limits: RecoveryLimits
  let boot: String?
  let isOutOfTime: () -> Bool
  /// The oldest segment that isn't read to its end, for it would take too long.
  var abandoned: Int?
  /// The boot that the newest segments speak of; asked for once.
  var lastBoot: String??
  /// Of all segments, ascending.
  let numbers: [Int]
  var result = RecoveryResult()
  /// So many records may stand in segments that couldn't be read.
  var unreadRecords: UInt64 = 0

  init(limits: RecoveryLimits, boot: String?, numbers: [Int], isOutOfTime: @escaping () -> Bool) {
    self.limits = limits
    self.numbers = numbers
    self.boot = boot
    self.isOutOfTime = isOutOfTime
  }

  mutating func add(_ finding: RecoveryFinding) {
    result.add(finding, limits: limits)
  }

  /// Replays one segment.
  mutating func read(_ segment: Segment, storage: inout some LedgerStorage) {
    guard !givesUp(at: segment.number), let bytes = segment.bytes ?? load(segment.number, storage: &storage) else {
      return
    }
    var scanner = SegmentScanner(bytes, isOutOfTime: isOutOfTime)
    if segment.isTorn { return passOver(segment, bytes: bytes, scanner, storage: &storage) }
    var isDamaged = false
    var isFirst = true
    // Unknown where the head is damaged: then restated records can't be told from duplicates.
    var covered: UInt64?
    var end: Int?
    lines: while let item = scanner.next() {
      if givesUp(at: segment.number) { return }
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
    if isFirst, end == nil, !result.needsBaseline { addEmpty(segment) }
    // A question put to what could not be read any more has no answer to act on.
    if givesUp(at: segment.number) { return }
    finish(segment, bytes: bytes, validEnd: end ?? scanner.validEnd, isDamaged: isDamaged, storage: &storage)
  }

  /// A crash at its beginning leaves such a segment, and nothing of it was acted on; so does whoever empties one.
  private mutating func addEmpty(_ segment: Segment) {
    add(
      RecoveryFinding(
        .incompleteSnapshot, segment: segment.name, offset: 0,
        detail: "it holds nothing: a crash came before its head was written, or somebody emptied it"))
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
    if givesUp(at: segment.number) { return }
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
