internal import CronTime

/// The `key=value` fields of a text record, values percent-encoded, separated by spaces or newlines.
struct TextFields {
  private(set) var pairs: [(key: String, value: String)] = []

  /// No fields yet; for building a record.
  init() {}

  /// Reads the fields; nil when a piece has no `=` or a value isn't validly encoded.
  init?(_ bytes: ArraySlice<UInt8>) {
    for piece in bytes.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }) {
      guard let equals = piece.firstIndex(of: UInt8(ascii: "=")),
        let key = String(validating: piece[..<equals], as: UTF8.self),
        let value = PercentEncoding.decode(piece[(equals + 1)...])
      else { return nil }
      pairs.append((key, value))
    }
  }

  /// Appends a field.
  mutating func set(_ key: String, _ value: some CustomStringConvertible) {
    pairs.append((key, value.description))
  }

  /// Appends a field when there is a value.
  mutating func set(_ key: String, optional value: (some CustomStringConvertible)?) {
    if let value { set(key, value) }
  }

  /// The value of the first field of that name.
  subscript(key: String) -> String? { pairs.first { $0.key == key }?.value }

  /// The value as a number; nil when absent or not a number of that width.
  func number<Number: FixedWidthInteger>(_ key: String, as _: Number.Type = Number.self) -> Number? {
    self[key].flatMap { Number($0) }
  }

  /// The fields as text, joined by `separator`.
  func encoded(separator: String = " ") -> [UInt8] {
    Array(pairs.map { "\($0.key)=\(PercentEncoding.encode($0.value))" }.joined(separator: separator).utf8)
  }
}
