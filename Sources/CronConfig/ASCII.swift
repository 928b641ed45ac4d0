/// The byte classes that the parsers share: all of them decide on bytes, never on characters.
enum ASCII {
  static let tab: UInt8 = 0x09
  static let newline: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let doubleQuote = UInt8(ascii: "\"")
  static let singleQuote = UInt8(ascii: "'")
  static let hash = UInt8(ascii: "#")
  static let percent = UInt8(ascii: "%")
  static let equals = UInt8(ascii: "=")
  static let backslash = UInt8(ascii: "\\")

  static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

  /// Whether the byte continues a UTF-8 sequence: such bytes don't advance the column.
  static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  /// The bytes without blanks and carriage returns at both ends.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = bytes
    while let first = slice.first, isBlank(first) || first == carriageReturn { slice.removeFirst() }
    while let last = slice.last, isBlank(last) || last == carriageReturn { slice.removeLast() }
    return slice
  }

  /// The first index at or after `start` that holds no blank; `end` if there is none.
  static func skipBlanks(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, isBlank(bytes[index]) { index += 1 }
    return index
  }

  /// The first index at or after `start` that holds a blank; `end` if there is none.
  static func skipWord(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, !isBlank(bytes[index]) { index += 1 }
    return index
  }

  /// The 1-based column, in characters, of the byte at `index` in the line that begins at `start`.
  static func column(_ bytes: [UInt8], lineStart start: Int, at index: Int) -> Int {
    guard start < index else { return 1 }
    var column = 1
    for byte in bytes[start..<min(index, bytes.count)] where !isContinuation(byte) { column += 1 }
    return column
  }
}
