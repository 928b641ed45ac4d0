/// The escaping of values in our text records: `%XX` for control characters, DEL, space, `=` and `%`; the rest passes.
///
/// An encoded value never holds a byte that separates fields or records, and text stays readable in any language:
/// bytes from 0x80 on pass as they are. Upper-case digits only, so that each value has exactly one encoded form.
package enum PercentEncoding {
  /// Whether the byte must be written as `%XX`.
  @inlinable
  package static func mustEncode(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "=")
  }

  /// Appends the encoded form of the text.
  package static func append(_ text: String, to output: inout [UInt8]) {
    let bytes = text.utf8.span
    var plain = 0
    while plain < bytes.count, !mustEncode(bytes[plain]) { plain += 1 }
    // Most values hold nothing to encode: then one copy does.
    if plain == bytes.count { return output.append(contentsOf: text.utf8) }
    append(bytes, to: &output)
  }

  /// Appends the encoded form of the bytes.
  package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices {
      let byte = bytes[index]
      if mustEncode(byte) {
        output.append(UInt8(ascii: "%"))
        output.append(digit(byte >> 4))
        output.append(digit(byte & 0xF))
      } else {
        output.append(byte)
      }
    }
  }

  /// The encoded form of the text.
  package static func encode(_ text: String) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count + 16)
    append(text, to: &output)
    return output.count == text.utf8.count ? text : String(decoding: output, as: UTF8.self)
  }

  /// The bytes that the encoded form stands for; nil when it isn't exactly what `append` writes.
  package static func decodeBytes(_ encoded: ArraySlice<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(encoded.count)
    var index = encoded.startIndex
    while index < encoded.endIndex {
      let byte = encoded[index]
      guard byte == UInt8(ascii: "%") else {
        if mustEncode(byte) { return nil }
        output.append(byte)
        index += 1
        continue
      }
      guard encoded.endIndex - index >= 3, let high = value(encoded[index + 1]), let low = value(encoded[index + 2])
      else { return nil }
      let decoded = high << 4 | low
      guard mustEncode(decoded) else { return nil }
      output.append(decoded)
      index += 3
    }
    return output
  }

  /// The text that the encoded form stands for; nil when it is malformed or not UTF-8.
  package static func decode(_ encoded: ArraySlice<UInt8>) -> String? {
    // Most values hold nothing to decode, and are ASCII, which is always valid: one pass and no copy.
    var isPlain = true
    var isASCII = true
    for byte in encoded {
      if byte >= 0x80 { isASCII = false }
      if mustEncode(byte) { isPlain = false }
    }
    if isPlain {
      return isASCII ? String(decoding: encoded, as: UTF8.self) : String(validating: encoded, as: UTF8.self)
    }
    guard let bytes = decodeBytes(encoded) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The text that the encoded form stands for; nil when it is malformed.
  package static func decode(_ encoded: String) -> String? {
    decode(Array(encoded.utf8)[...])
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
