/// Reads one JSON text strictly by RFC 8259, and stricter where that leaves a choice: names are unique, strings are
/// valid UTF-8 without lone surrogates, numbers are finite, no byte order mark.
public struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var offset = 0
  var depth = 0

  /// The longest number that is looked at, in bytes; a `Double` needs no more than about 770 to be exact.
  static let longestNumber = 1024

  private init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// The value of the whole text, white space around it allowed. Throws the first thing that is wrong with it.
  public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.bytes else { throw JSONError(reason: .tooLarge, offset: limits.bytes) }
    var reader = JSONReader(bytes: bytes, limits: limits)
    reader.skipWhitespace()
    let value = try reader.value()
    reader.skipWhitespace()
    guard reader.offset == bytes.count else { throw reader.error(.trailingBytes) }
    return value
  }

  func error(_ reason: JSONError.Reason) -> JSONError {
    JSONError(reason: reason, offset: offset)
  }

  /// The byte at the offset, or nil at the end.
  var current: UInt8? {
    offset < bytes.count ? bytes[offset] : nil
  }

  /// The refusal of what stands at the offset.
  var unexpected: JSONError {
    error(current == nil ? .unexpectedEnd : .unexpectedByte)
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { offset += 1 }
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    guard let first = current else { throw unexpected }
    switch first {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for expected in word.description.utf8 {
      guard current == expected else { throw unexpected }
      offset += 1
    }
    return value
  }

  /// Enters a nesting: the opening bracket, then white space. True when the closing one follows at once.
  private mutating func open(_ closing: UInt8) throws(JSONError) -> Bool {
    guard depth < limits.depth else { throw error(.tooDeep) }
    depth += 1
    offset += 1
    skipWhitespace()
    return close(closing)
  }

  private mutating func close(_ closing: UInt8) -> Bool {
    guard current == closing else { return false }
    offset += 1
    depth -= 1
    return true
  }

  /// After an element: true when the nesting ends here, false after a comma.
  private mutating func ends(_ closing: UInt8) throws(JSONError) -> Bool {
    skipWhitespace()
    if close(closing) { return true }
    guard current == UInt8(ascii: ",") else { throw unexpected }
    offset += 1
    skipWhitespace()
    return false
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    if try open(UInt8(ascii: "]")) { return elements }
    repeat {
      elements.append(try value())
    } while try !ends(UInt8(ascii: "]"))
    return elements
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    var members: [JSONObject.Member] = []
    var names: Set<[UInt8]> = []
    if try open(UInt8(ascii: "}")) { return JSONObject() }
    repeat {
      let start = offset
      guard current == UInt8(ascii: "\"") else { throw unexpected }
      let key = try string()
      guard names.insert(Array(key.utf8)).inserted else { throw JSONError(reason: .duplicateKey, offset: start) }
      skipWhitespace()
      guard current == UInt8(ascii: ":") else { throw unexpected }
      offset += 1
      skipWhitespace()
      members.append(JSONObject.Member(key: key, value: try value()))
    } while try !ends(UInt8(ascii: "}"))
    return JSONObject(distinct: members)
  }
}
