import CronTime

/// Why a line is no record.
public enum RecordError: Error, Hashable, Sendable {
  /// Longer than any record may be, or not of the form `CRC32C SEQ TYPE key=value …`.
  case malformed
  /// The checksum doesn't match.
  case checksum
  /// A field that the type must have is absent.
  case missing(field: String)
  /// A field has a value that its type doesn't allow.
  case invalid(field: String)
}

/// Appends ` key=value` to a line.
struct RecordFieldWriter {
  var line: [UInt8]

  mutating func key(_ key: String) {
    line.append(UInt8(ascii: " "))
    line.append(contentsOf: key.utf8)
    line.append(UInt8(ascii: "="))
  }

  mutating func text(_ key: String, _ value: String) {
    self.key(key)
    PercentEncoding.append(value, to: &line)
  }

  mutating func text(_ key: String, _ value: String?) {
    if let value { text(key, value) }
  }

  mutating func instant(_ key: String, _ value: Instant) {
    self.key(key)
    InstantText.append(value, to: &line)
  }

  mutating func instant(_ key: String, _ value: Instant?) {
    if let value { instant(key, value) }
  }

  mutating func integer(_ key: String, _ value: some BinaryInteger) {
    self.key(key)
    line.append(contentsOf: String(value).utf8)
  }

  mutating func hexadecimal(_ key: String, _ value: UInt64) {
    self.key(key)
    line.append(contentsOf: String(value, radix: 16).utf8)
  }
}

/// The `key=value` fields of one line, looked up by key. Keys are few, so a search is cheaper than a table.
struct RecordFieldReader {
  private struct Span {
    var key: Range<Int>
    var value: Range<Int>
  }

  private let line: ArraySlice<UInt8>
  private var spans: [Span] = []

  /// Splits the fields; each must be `key=value` with a key of `[a-z0-9_-]` that doesn't repeat.
  init(_ fields: ArraySlice<UInt8>) throws(RecordError) {
    line = fields
    guard fields.isEmpty == false else { return }
    spans.reserveCapacity(12)
    var index = fields.startIndex
    while true {
      let keyStart = index
      while index < fields.endIndex, Self.isKey(fields[index]) { index += 1 }
      guard index > keyStart, index < fields.endIndex, fields[index] == UInt8(ascii: "=") else { throw .malformed }
      let key = keyStart..<index
      index += 1
      let valueStart = index
      while index < fields.endIndex, fields[index] != UInt8(ascii: " ") { index += 1 }
      guard spans.allSatisfy({ $0.key.count != key.count || fields[$0.key] != fields[key] }) else { throw .malformed }
      spans.append(Span(key: key, value: valueStart..<index))
      if index == fields.endIndex { return }
      index += 1
    }
  }

  private static func isKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private func value(_ key: String) -> ArraySlice<UInt8>? {
    let count = key.utf8.count
    for span in spans where span.key.count == count && line[span.key].elementsEqual(key.utf8) {
      return line[span.value]
    }
    return nil
  }

  func optionalText(_ key: String) throws(RecordError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = PercentEncoding.decode(value) else { throw .invalid(field: key) }
    return text
  }

  func text(_ key: String) throws(RecordError) -> String {
    guard let text = try optionalText(key) else { throw .missing(field: key) }
    return text
  }

  func optionalInstant(_ key: String) throws(RecordError) -> Instant? {
    guard let value = value(key) else { return nil }
    guard let instant = InstantText.parse(value) else { throw .invalid(field: key) }
    return instant
  }

  func instant(_ key: String) throws(RecordError) -> Instant {
    guard let instant = try optionalInstant(key) else { throw .missing(field: key) }
    return instant
  }

  func optionalInteger<Value: FixedWidthInteger>(_ key: String) throws(RecordError) -> Value? {
    guard let value = value(key) else { return nil }
    guard let number = RecordNumber.decimal(value), let fitting = Value(exactly: number) else {
      throw .invalid(field: key)
    }
    return fitting
  }

  func integer<Value: FixedWidthInteger>(_ key: String) throws(RecordError) -> Value {
    guard let number: Value = try optionalInteger(key) else { throw .missing(field: key) }
    return number
  }

  func hexadecimal(_ key: String) throws(RecordError) -> UInt64 {
    guard let value = value(key) else { throw .missing(field: key) }
    let text = String(decoding: value, as: UTF8.self)
    guard let number = UInt64(text, radix: 16), String(number, radix: 16) == text else { throw .invalid(field: key) }
    return number
  }

  func choice<Choice: RawRepresentable<String>>(_ key: String) throws(RecordError) -> Choice {
    guard let choice = Choice(rawValue: try text(key)) else { throw .invalid(field: key) }
    return choice
  }

  func run() throws(RecordError) -> RunIdentifier {
    guard let run = RunIdentifier(try text("run")) else { throw .invalid(field: "run") }
    return run
  }

  /// Every field in its order, for a type that this version doesn't know.
  func all() throws(RecordError) -> [RecordField] {
    var fields: [RecordField] = []
    for span in spans {
      let key = String(decoding: line[span.key], as: UTF8.self)
      guard let value = PercentEncoding.decode(line[span.value]) else { throw .invalid(field: key) }
      fields.append(RecordField(key: key, value: value))
    }
    return fields
  }
}

/// Decimal numbers in their one form: no plus sign, no leading zero.
enum RecordNumber {
  static func decimal(_ text: ArraySlice<UInt8>) -> Int64? {
    var digits = text
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits = digits.dropFirst() }
    guard let first = digits.first, digits.count <= 19 else { return nil }
    if first == UInt8(ascii: "0") { return digits.count == 1 && !isNegative ? 0 : nil }
    var value: Int64 = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      // Counting downwards reaches Int64.min, which has no positive twin.
      let (scaled, scaleOverflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = scaled.subtractingReportingOverflow(Int64(digit))
      guard !scaleOverflow, !sumOverflow else { return nil }
      value = sum
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }
}
