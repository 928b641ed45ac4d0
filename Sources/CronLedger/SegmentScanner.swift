/// Walks the bytes of one segment from its head: records, damage between records, and how it ends.
///
/// A line that is no record is damage if any record follows, else a torn tail. The search for what follows looks at
/// every byte, not only behind newlines: the newline itself may be what was damaged.
public struct SegmentScanner {
  /// What the scanner came upon.
  public enum Item: Hashable, Sendable {
    /// A record and the bytes of its line.
    case record(SequencedRecord, bytes: Range<Int>)
    /// Bytes that are no record, followed by a record.
    case damage(bytes: Range<Int>)
    /// Bytes at the end that are no record, other than NULs: a write that was cut short.
    case tornTail(bytes: Range<Int>)
  }

  private let bytes: [UInt8]
  private var position = 0
  private var waiting: [Item] = []
  /// Behind the last record: what comes after may be cut.
  public private(set) var validEnd = 0
  /// Bytes before it were durable once, as far as the marks that were passed say.
  private(set) var syncedEnd = 0

  /// Looked at during a long search for records amid what is none: whether it is given up.
  private let isOutOfTime: () -> Bool

  /// Begins at the head of the segment's bytes.
  public init(_ bytes: [UInt8]) {
    self.init(bytes) { false }
  }

  init(_ bytes: [UInt8], isOutOfTime: @escaping () -> Bool) {
    self.bytes = bytes
    self.isOutOfTime = isOutOfTime
  }

  /// The next item; nil at the end of the segment or at NULs that nothing follows.
  public mutating func next() -> Item? {
    while let item = nextLine() {
      guard case .record(let record, let range) = item, let synced = SyncedMark.offset(of: record) else { return item }
      syncedEnd = max(syncedEnd, min(synced, range.lowerBound))
    }
    return nil
  }

  private mutating func nextLine() -> Item? {
    if let item = waiting.popLast() { return item }
    guard position < bytes.count else { return nil }
    if let end = lineEnd(from: position), let record = record(position..<end) {
      defer { position = end }
      validEnd = end
      return .record(record, bytes: position..<end)
    }
    return skipDamage()
  }

  /// Whether so many whole lines with right checksums come next. A head is looked at before it is read: what its
  /// records say needn't be known for that, and of many jobs it is long.
  func passes(intactLines count: Int) -> Bool {
    guard waiting.isEmpty else { return false }
    var start = position
    for _ in 0..<count {
      guard let end = lineEnd(from: start), RecordCodec.isIntact(bytes[start..<end]) else { return false }
      start = end
    }
    return true
  }

  /// Just behind the newline that ends the line; nil when the line is cut short or too long.
  private func lineEnd(from start: Int) -> Int? {
    let limit = min(bytes.count, start + RecordCodec.maximumLineBytes)
    var index = start
    while index < limit {
      if bytes[index] == UInt8(ascii: "\n") { return index + 1 }
      if bytes[index] == 0 { return nil }
      index += 1
    }
    return nil
  }

  private func record(_ range: Range<Int>) -> SequencedRecord? {
    // A typed error would only be thrown away: a line that is no record is damage, whatever is wrong with it.
    try? RecordCodec.decode(line: bytes[range])
  }

  private mutating func skipDamage() -> Item? {
    let start = position
    var candidate = start + 1
    while candidate + 13 <= bytes.count {
      guard looksLikeHead(candidate) else {
        candidate += 1
        continue
      }
      // Each of these costs a checksum of what may be a very long line.
      if isOutOfTime() { break }
      if let end = lineEnd(from: candidate), let following = record(candidate..<end) {
        position = end
        validEnd = end
        waiting = [.record(following, bytes: candidate..<end)]
        // Only the newline between two records was lost: the first one is whole.
        if candidate - start > 1, let first = record(start..<candidate - 1) {
          waiting.append(.damage(bytes: candidate - 1..<candidate))
          return .record(first, bytes: start..<candidate - 1)
        }
        return .damage(bytes: start..<candidate)
      }
      candidate += 1
    }
    position = bytes.count
    guard let last = bytes[start...].lastIndex(where: { $0 != 0 }) else { return nil }
    return .tornTail(bytes: start..<last + 1)
  }

  /// Eight hexadecimal digits, a space, a digit: cheap, before a checksum is computed.
  private func looksLikeHead(_ start: Int) -> Bool {
    guard bytes[start + 8] == UInt8(ascii: " "), (0x30...0x39).contains(bytes[start + 9]) else { return false }
    for index in start..<start + 8 {
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): continue
      default: return false
      }
    }
    return true
  }
}

/// The head of a segment: what its first line promises, and whether the promise is kept.
struct SegmentHead {
  /// The place of the last record that the snapshot covers.
  var covered: UInt64
  /// When it was written; nil when a later format wrote it.
  var record: Record
  /// Whether all restated records are there and whole.
  var isComplete: Bool
  /// Whether the segment ends before they are, as when a crash cut the write of them.
  var isTorn = false
  /// Whether bytes among them are no record, and records follow.
  var isDamaged = false
  /// Whether this version may touch the segment.
  var isUnderstood: Bool

  /// Looks at the head of a segment's bytes; nil when it has no valid one.
  init?(_ bytes: [UInt8], isOutOfTime: @escaping () -> Bool = { false }) {
    var scanner = SegmentScanner(bytes, isOutOfTime: isOutOfTime)
    guard case .record(let first, _)? = scanner.next(), case .snapshot(_, let records, let format) = first.record
    else { return nil }
    covered = first.seq
    record = first.record
    isUnderstood = format.isUnderstood
    isComplete = scanner.passes(intactLines: records)
    if isComplete { return }
    for _ in 0..<records {
      switch scanner.next() {
      case .record: continue
      case .damage:
        isDamaged = true
        return
      case .tornTail, nil:
        isTorn = true
        return
      }
    }
    isComplete = true
  }
}
