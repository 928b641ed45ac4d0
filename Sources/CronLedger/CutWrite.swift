/// What a write that was cut short can leave at the end of a segment, and what it can't.
///
/// A process that dies leaves the beginning of what it wrote, a loss of power any sectors of it and NULs for the
/// others. So up to the first NUL there stands the beginning of one line, without its end: a whole line would be a
/// record. Anything else came from elsewhere, over bytes that may have been records: that is damage.
enum CutWrite {
  /// Whether bytes behind the last record of a segment can be what is left of a write; `isHead` when they begin it.
  static func canLeave(_ tail: ArraySlice<UInt8>, isHead: Bool) -> Bool {
    let line = tail.prefix { $0 != 0 }
    // Behind a hole any part of the write may stand; no record holds control characters.
    guard tail[line.endIndex...].allSatisfy({ isText($0) || $0 == 0 }) else { return false }
    if line.isEmpty { return true }
    // A head's first line is shorter than a sector: what there is of its first sector either has all of that line, and
    // then the head is one, or is a part of that line and nothing behind it.
    if isHead, line.count < tail.count { return false }
    // Where only its end was damaged, the line itself is a record.
    return beginsLine(line, isHead: isHead) && !RecordCodec.isIntact(line.dropLast())
  }

  private static func isText(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || (byte >= UInt8(ascii: " ") && byte != 0x7F)
  }

  /// Whether `CRC32C SEQ TYPE key=value …` can begin so; the type of a head is known.
  private static func beginsLine(_ line: ArraySlice<UInt8>, isHead: Bool) -> Bool {
    var words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)[...]
    guard let crc = words.popFirst(), crc.count <= 8, crc.allSatisfy(isHexadecimal) else { return false }
    guard let sequence = words.popFirst() else { return true }
    guard crc.count == 8, sequence.count <= 19, sequence.allSatisfy(isDigit) else { return false }
    guard let type = words.popFirst() else { return true }
    guard !sequence.isEmpty, type.allSatisfy({ isLetter($0) || $0 == UInt8(ascii: "-") }),
      !isHead || "snapshot".utf8.starts(with: type)
    else { return false }
    if words.isEmpty { return true }
    guard !type.isEmpty, !isHead || type.count == "snapshot".utf8.count, let last = words.popLast() else {
      return false
    }
    return words.allSatisfy(isField) && (isField(last) || last.allSatisfy(isKey))
  }

  private static func isField(_ word: ArraySlice<UInt8>) -> Bool {
    guard let equals = word.firstIndex(of: UInt8(ascii: "=")), equals > word.startIndex else { return false }
    return word[..<equals].allSatisfy(isKey)
      && word[(equals + 1)...].allSatisfy { $0 > UInt8(ascii: " ") && $0 != 0x7F && $0 != UInt8(ascii: "=") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }

  private static func isKey(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
