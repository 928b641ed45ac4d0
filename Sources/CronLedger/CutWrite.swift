/// What a write that was cut short can leave at the end of a segment, and what it can't.
///
/// A process that dies leaves the beginning of what it wrote, a loss of power any sectors of it and NULs for the
/// others. Either is text, for no record holds control characters. Anything else came from elsewhere, over bytes that
/// may have been records: that is damage.
enum CutWrite {
  /// Whether bytes behind the last record of a segment can be what is left of a write; `isHead` when they begin it.
  static func canLeave(_ tail: ArraySlice<UInt8>, isHead: Bool) -> Bool {
    guard tail.allSatisfy({ isText($0) || $0 == 0 }) else { return false }
    guard isHead, tail.first != 0 else { return true }
    // A head's first line is shorter than a sector: what there is of its first sector either has all of that line, and
    // then the head is one, or is a part of that line and nothing behind it.
    return !tail.contains { $0 == UInt8(ascii: "\n") || $0 == 0 }
  }

  private static func isText(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || (byte >= UInt8(ascii: " ") && byte != 0x7F)
  }
}
