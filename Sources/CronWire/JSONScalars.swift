/// The reader's strings and numbers.
extension JSONReader {
  /// A string, the opening quote at the offset.
  mutating func string() throws(JSONError) -> String {
    offset += 1
    let start = offset
    var decoded: [UInt8] = []
    var copied = offset
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        decoded += bytes[copied..<offset]
        guard let text = String(validating: decoded, as: UTF8.self) else {
          throw JSONError(reason: .invalidUTF8, offset: start)
        }
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        decoded += bytes[copied..<offset]
        decoded += try escape()
        copied = offset
      case 0..<0x20:
        throw error(.controlCharacter)
      default:
        offset += 1
      }
    }
    throw error(.unexpectedEnd)
  }

  /// The UTF-8 of one escape, the backslash at the offset.
  private mutating func escape() throws(JSONError) -> [UInt8] {
    let start = offset
    offset += 1
    guard let letter = current else { throw error(.unexpectedEnd) }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(Character(try escapedScalar(start))).utf8)
    default: throw JSONError(reason: .malformedEscape, offset: start)
    }
  }

  /// The scalar of `\uXXXX` or of two such that make a pair, the digits at the offset.
  private mutating func escapedScalar(_ start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = JSONError(reason: .loneSurrogate, offset: start)
    guard first < 0xDC00, current == UInt8(ascii: "\\") else { throw lone }
    offset += 1
    guard current == UInt8(ascii: "u") else { throw lone }
    offset += 1
    let second = try hexadecimalUnit()
    guard 0xDC00...0xDFFF ~= second else { throw lone }
    let value = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw lone }
    return scalar
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current else { throw error(.unexpectedEnd) }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error(.malformedEscape)
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }

  /// A number, its first character at the offset.
  mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let firstDigit = current
    let digits = skipDigits()
    if digits == 0 { throw current == nil ? error(.unexpectedEnd) : error(.malformedNumber) }
    if firstDigit == UInt8(ascii: "0"), digits > 1 { throw JSONError(reason: .malformedNumber, offset: start) }
    var isWhole = true
    if current == UInt8(ascii: ".") {
      isWhole = false
      offset += 1
      try requireDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isWhole = false
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      try requireDigits()
    }
    let outOfRange = JSONError(reason: .numberOutOfRange, offset: start)
    guard offset - start <= Self.longestNumber else { throw outOfRange }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    // Minus zero is a number of its own that no integer can hold.
    if isWhole, let integer = Int64(text), !(isNegative && integer == 0) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw outOfRange }
    return .number(number)
  }

  private mutating func requireDigits() throws(JSONError) {
    guard skipDigits() > 0 else { throw current == nil ? error(.unexpectedEnd) : error(.malformedNumber) }
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte = current, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { offset += 1 }
    return offset - start
  }
}
