/// One JSON value (RFC 8259). Integers that fit 64 bits stay exact; every other number is a `Double`.
public enum JSONValue: Hashable, Sendable {
  /// The literal `null`, which also stands for "absent" in every cronwatch output.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number written without fraction and exponent that fits `Int64`.
  case integer(Int64)
  /// Any other number; never infinite or NaN when it comes from `JSONReader`.
  case number(Double)
  /// A string of Unicode scalars.
  case string(String)
  /// An array, in order.
  case array([JSONValue])
  /// An object, its members in the order of the text.
  case object(JSONObject)
}

extension JSONValue {
  /// A string, or `null` when there is none.
  public init(_ text: String?) {
    self = text.map(JSONValue.string) ?? .null
  }

  /// A boolean, or `null` when there is none.
  public init(_ flag: Bool?) {
    self = flag.map(JSONValue.bool) ?? .null
  }

  /// An integer, clamped to 64 bits, or `null` when there is none.
  public init(_ integer: (some BinaryInteger)?) {
    self = integer.map { .integer(Int64(clamping: $0)) } ?? .null
  }

  /// A number, or `null` when there is none or when it is infinite or NaN.
  public init(_ number: Double?) {
    guard let number, number.isFinite else {
      self = .null
      return
    }
    self = .number(number)
  }

  /// The member of that name; nil when this is no object or has none.
  public subscript(key: String) -> JSONValue? {
    objectValue?[key]
  }

  /// The element at that place; nil when this is no array or has none.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// The boolean; nil for any other kind of value.
  public var boolValue: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  /// The exact integer; nil for any other kind of value, `1.0` and integers beyond 64 bits among them.
  public var integerValue: Int64? {
    guard case .integer(let integer) = self else { return nil }
    return integer
  }

  /// The number as a `Double`, integers too (rounded past 2^53); nil for any other kind of value.
  public var numberValue: Double? {
    switch self {
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    default: return nil
    }
  }

  /// The string; nil for any other kind of value.
  public var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The elements; nil for any other kind of value.
  public var arrayValue: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The object; nil for any other kind of value.
  public var objectValue: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; of two members with one name the later value counts, at the earlier place.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
