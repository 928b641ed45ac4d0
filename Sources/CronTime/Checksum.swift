/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of bytes, as every line and record of the state directory carries it.
package enum Checksum {
  /// The CRC-32C of the bytes; `seed` is the CRC of what came before them, so that pieces can be chained.
  package static func crc32c(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    crc32c(bytes.span, seed: seed)
  }

  /// The CRC-32C of the bytes; `seed` is the CRC of what came before them, so that pieces can be chained.
  package static func crc32c(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
    crc32c(bytes.span, seed: seed)
  }

  /// The CRC-32C of any sequence of bytes; `seed` is the CRC of what came before them.
  package static func crc32c(_ bytes: some Sequence<UInt8>, seed: UInt32 = 0) -> UInt32 {
    crc32c(Array(bytes).span, seed: seed)
  }

  /// The CRC-32C of the bytes; `seed` is the CRC of what came before them, so that pieces can be chained.
  package static func crc32c(_ bytes: Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
    let table = tables.span
    var crc = ~seed
    var index = 0
    let end = bytes.count
    // Eight bytes a step: eight tables replace eight dependent look-ups in one.
    while end - index >= 8 {
      let low =
        crc
        ^ (UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
          | UInt32(bytes[index + 3]) << 24)
      let first = table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)]
      let second = table[1280 + Int(low >> 16 & 0xFF)] ^ table[1024 + Int(low >> 24)]
      let third = table[768 + Int(bytes[index + 4])] ^ table[512 + Int(bytes[index + 5])]
      let fourth = table[256 + Int(bytes[index + 6])] ^ table[Int(bytes[index + 7])]
      crc = first ^ second ^ third ^ fourth
      index += 8
    }
    while index < end {
      crc = (crc >> 8) ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    return ~crc
  }

  /// The CRC in the form that files carry: eight lower-case hexadecimal digits.
  package static func hexadecimal(_ crc: UInt32) -> String {
    let digits = String(crc, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// Reads exactly eight lower-case hexadecimal digits; nil for anything else.
  package static func parseHexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard digits.count == 8 else { return nil }
    var value: UInt32 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }

  /// Eight tables of 256 entries: `tables[256 * k + b]` is the CRC of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 2048)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
      table[byte] = crc
    }
    for index in 256..<2048 {
      let before = table[index - 256]
      table[index] = (before >> 8) ^ table[Int(before & 0xFF)]
    }
    return table
  }()
}
