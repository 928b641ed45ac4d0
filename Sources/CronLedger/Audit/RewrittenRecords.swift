/// Looks for records of a segment that was given up in those behind it.
///
/// What a failed write or sync left unsure is written once more behind the head of the next segment. A loss of power
/// may then leave any part of the segment that was given up, and no start repairs it: replay begins behind it.
enum RewrittenRecords {
  /// So many segments may have been given up one after another.
  private static let maximumSegments = 8

  /// Whether every record from a place on, up to what the next whole head covers, stands behind one of the heads that
  /// follow a segment.
  static func cover<Reader: LedgerReading>(
    from place: UInt64, behind number: Int, of numbers: [Int], limit: Int, _ reader: inout Reader
  ) -> Bool {
    var expected = place
    var needed: UInt64?
    for later in numbers.filter({ $0 > number }).prefix(maximumSegments) {
      let bytes: [UInt8]
      do throws(StorageError) { bytes = try reader.readAll(SegmentName.of(later), limit: limit) } catch { return false }
      guard let head = SegmentHead(bytes), head.isComplete, head.isUnderstood else { continue }
      let last = needed ?? head.covered
      // Where nothing new is missing, the last record tells whether the segment had ever been synced.
      if needed == nil { expected = min(expected, last) }
      needed = last
      expected = end(of: expected, head, bytes)
      if expected > last { return true }
    }
    return false
  }

  /// Whether a segment whose end is no record has lost nothing: the head that follows goes on where the last record
  /// ended, or what lies between stands behind it once more. It is so where no whole head follows.
  static func loseNothing<Reader: LedgerReading>(
    from place: UInt64, behind number: Int, of numbers: [Int], limit: Int, _ reader: inout Reader
  ) -> Bool {
    for later in numbers.filter({ $0 > number }) {
      let bytes: [UInt8]
      do throws(StorageError) { bytes = try reader.readAll(SegmentName.of(later), limit: limit) } catch { return false }
      guard let head = SegmentHead(bytes), head.isComplete, head.isUnderstood else { continue }
      return head.covered < place || cover(from: place, behind: number, of: numbers, limit: limit, &reader)
    }
    return true
  }

  /// The first place from the expected one on that isn't repeated behind the head.
  private static func end(of place: UInt64, _ head: SegmentHead, _ bytes: [UInt8]) -> UInt64 {
    guard case .snapshot(_, let restated, _) = head.record else { return place }
    var scanner = SegmentScanner(bytes)
    var passed = 0
    var expected = place
    while case .record(let record, _)? = scanner.next() {
      passed += 1
      if passed <= restated + 1 { continue }
      if record.seq > head.covered || record.seq > expected { break }
      if record.seq == expected { expected += 1 }
    }
    return expected
  }
}
