public import CronTime

/// Removes segments whose records are all older than `ledger.keep`.
public enum Retention {
  /// So many newest segments stay whatever their age: two generations of snapshots.
  public static let minimumSegments = 2
  /// At most so many go in one call, so that a wrong clock can't take the whole history at once.
  public static let maximumRemovals = 8

  /// Removes what is old enough; call it after a new segment's sync. Returns the names that went.
  ///
  /// A segment goes when the next one began before `now - keepSeconds`, and only oldest first. One that can't be read
  /// or understood ends the search: it and all behind it stay.
  public static func prune(
    storage: inout some LedgerStorage, now: Instant, keepSeconds: Int64
  ) throws(StorageError) -> [String] {
    let numbers = try storage.list().compactMap(SegmentName.number).sorted()
    let oldest = now.adding(seconds: keepSeconds > 0 ? -keepSeconds : 0)
    var removed: [String] = []
    for (index, number) in numbers.enumerated().dropLast(minimumSegments) {
      guard removed.count < maximumRemovals,
        let start = try beginning(of: SegmentName.of(numbers[index + 1]), storage: &storage), start < oldest
      else { break }
      try storage.remove(SegmentName.of(number))
      removed.append(SegmentName.of(number))
    }
    return removed
  }

  /// When the segment began; nil when its first line is no snapshot that this version understands.
  private static func beginning(
    of name: String, storage: inout some LedgerStorage
  ) throws(StorageError) -> Instant? {
    // A snapshot's own line is short; what it restates needn't be read.
    let head = try storage.read(name, from: 0, count: 512)
    guard let newline = head.firstIndex(of: UInt8(ascii: "\n")),
      let line = try? RecordCodec.decode(line: head[...newline]),
      case .snapshot(let at, _, let format) = line.record, format.isUnderstood
    else { return nil }
    return at
  }
}
