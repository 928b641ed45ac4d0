/// Which segments are replayed, how they are read, and when reading ends.
extension Replay {
  /// The segments to replay, oldest first: from the newest whole snapshot on.
  ///
  /// Only the newest segment's bytes are kept meanwhile; the others, rarely needed, are read again.
  mutating func chain(storage: inout some LedgerStorage) -> [Segment] {
    var chain: [Segment] = []
    for number in numbers.reversed() {
      var segment = Segment(number: number, bytes: nil, isBase: false)
      if givesUp(at: number) { break }
      guard let bytes = load(number, storage: &storage) else { continue }
      let head = SegmentHead(bytes, isOutOfTime: isOutOfTime)
      if givesUp(at: number) { break }
      if let head, !head.isUnderstood {
        leaveAlone(segment.name)
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
    if abandoned != nil { return [] }
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

  /// A later version wrote there: nothing is written beside it.
  private mutating func leaveAlone(_ name: String) {
    add(RecoveryFinding(.newerFormat, segment: name, offset: 0, detail: "written by a later version"))
    result.mustNotWrite = true
  }

  /// Whether no sync had covered the offset before the power failed.
  mutating func isUnsynced(
    from offset: Int, _ bytes: [UInt8], storage: inout some LedgerStorage
  ) -> Bool {
    guard let boot, let last = findLastBoot(storage: &storage), last != boot else { return false }
    return offset >= SyncedMark.end(in: bytes, isOutOfTime: isOutOfTime)
  }

  /// The boot of the last ticker that said so; nil when no segment tells.
  private mutating func findLastBoot(storage: inout some LedgerStorage) -> String? {
    if let lastBoot { return lastBoot }
    var found: String?
    for number in numbers.reversed() where found == nil && !isOutOfTime() {
      let name = SegmentName.of(number)
      guard let bytes = try? storage.readAll(name, limit: limits.maximumSegmentBytes) else { continue }
      var scanner = SegmentScanner(bytes, isOutOfTime: isOutOfTime)
      while !isOutOfTime(), let item = scanner.next() {
        if case .record(let record, _) = item, case .restart(_, let boot, _, _) = record.record { found = boot }
      }
    }
    lastBoot = .some(found)
    return found
  }

  mutating func load(_ number: Int, storage: inout some LedgerStorage) -> [UInt8]? {
    let name = SegmentName.of(number)
    do throws(StorageError) {
      let size = try Patience.reading { () throws(StorageError) in try storage.size(name) }
      guard size <= limits.maximumSegmentBytes else { throw StorageError(.tooLarge, "\(name) has \(size) bytes") }
      var bytes: [UInt8] = []
      while bytes.count < size {
        if givesUp(at: number) { return nil }
        let (offset, count) = (bytes.count, min(limits.pieceBytes, size - bytes.count))
        let piece = try Patience.reading { () throws(StorageError) in
          try storage.read(name, from: offset, count: count)
        }
        if piece.isEmpty { break }
        if bytes.isEmpty, count < size { bytes.reserveCapacity(size) }
        if bytes.isEmpty, count == size { bytes = piece } else { bytes += piece }
      }
      return bytes
    } catch {
      add(RecoveryFinding(.unreadable, segment: name, detail: error.description))
      countUnread(name, storage: &storage)
      return nil
    }
  }

  /// Gives no place a second time that a record in an unread segment may have: whoever can read it some day, an audit
  /// for one, would take what follows for repetitions of it.
  mutating func passOverUnread() { result.state.nextSequence &+= unreadRecords }

  // MARK: Giving up

  /// Whether no more is read: asked before each piece of work, and for good once it is so.
  mutating func givesUp(at number: Int) -> Bool {
    if abandoned != nil { return true }
    guard isOutOfTime() else { return false }
    abandoned = number
    add(
      RecoveryFinding(
        .unreadable, segment: SegmentName.of(number), detail: "reading it back takes too long and is given up"))
    return true
  }

  /// Gives no place a second time that a record may have which wasn't read for want of time.
  mutating func passOverAbandoned(storage: inout some LedgerStorage) {
    guard let abandoned else { return }
    // Amid a snapshot what comes next is no restatement of it.
    result.state.restatements = 0
    for number in numbers where number >= abandoned {
      let name = SegmentName.of(number)
      // A head's first line is short, and tells what came before it.
      if let bytes = try? storage.read(name, from: 0, count: 512), let head = SegmentHead(bytes) {
        if !head.isUnderstood { leaveAlone(name) }
        result.state.nextSequence = max(result.state.nextSequence, head.covered &+ 1)
      }
      countUnread(name, storage: &storage)
    }
  }

  private mutating func countUnread(_ name: String, storage: inout some LedgerStorage) {
    let bytes = (try? storage.size(name)) ?? limits.maximumSegmentBytes
    unreadRecords &+= UInt64(clamping: bytes / Self.shortestRecord) &+ 1
  }
}
