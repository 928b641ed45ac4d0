/// The bytes of a schedule's text and its words.
struct ScheduleText {
  /// Longer texts are refused before they are looked at.
  static let maximumLength = 4_096

  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// The text of a range of bytes, for messages.
  func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Whether a range begins with so many letters or marks, which are given in lower case; any case matches.
  func begins(_ range: Range<Int>, with prefix: String) -> Bool {
    let prefix = prefix.utf8
    return range.count >= prefix.count
      && zip(bytes[range], prefix).allSatisfy { byte, wanted in
        byte == wanted || (byte &+ 0x20 == wanted && byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
      }
  }

  /// The whole character that begins at a byte, for messages.
  func character(at position: Int) -> String {
    // A control character would disturb the terminal that shows the message.
    if bytes[position] < 0x20 || bytes[position] == 0x7f { return "\\x" + String(bytes[position], radix: 16) }
    return String(String(decoding: bytes[position..<min(position + 32, bytes.count)], as: UTF8.self).prefix(1))
  }

  /// The next word at or after a position: blanks are skipped first; nil at the end.
  func word(from position: Int) -> Range<Int>? {
    guard let start = bytes[position...].firstIndex(where: { !Self.isBlank($0) }) else { return nil }
    return start..<(bytes[start...].firstIndex(where: Self.isBlank) ?? bytes.count)
  }

  /// At most `limit` words, in order.
  func words(limit: Int) -> [Range<Int>] {
    var words: [Range<Int>] = []
    words.reserveCapacity(min(limit, 8))
    var position = 0
    while words.count < limit, let word = word(from: position) {
      words.append(word)
      position = word.upperBound
    }
    return words
  }
}
