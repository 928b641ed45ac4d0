/// Builds the text of dates and times; digits only, so it needs no formatter.
struct TimestampText {
  private var bytes: [UInt8] = []

  var string: String { String(decoding: bytes, as: UTF8.self) }

  mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends a number that isn't negative, with leading zeros.
  mutating func append(_ number: Int, digits: Int) {
    var divisor = 1
    for _ in 1..<max(digits, 1) { divisor *= 10 }
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }

  mutating func append(_ civil: CivilDateTime) {
    if civil.year < 0 { append("-") }
    append(abs(civil.year), digits: 4)
    append("-")
    append(civil.month, digits: 2)
    append("-")
    append(civil.day, digits: 2)
    append("T")
    append(civil.hour, digits: 2)
    append(":")
    append(civil.minute, digits: 2)
    append(":")
    append(civil.second, digits: 2)
  }

  /// Appends `+02:00`; seconds of an offset are shown only when there are some, as `-00:44:30`.
  mutating func append(offset: Int) {
    append(offset < 0 ? "-" : "+")
    let size = abs(offset)
    append(size / 3_600, digits: 2)
    append(":")
    append(size / 60 % 60, digits: 2)
    if size % 60 != 0 {
      append(":")
      append(size % 60, digits: 2)
    }
  }
}

/// Reads the parts of an RFC 3339 timestamp.
struct TimestampReader {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  private mutating func take(_ characters: UInt8...) -> Bool {
    guard position < bytes.count, characters.contains(bytes[position]) else { return false }
    position += 1
    return true
  }

  private mutating func number(digits: Int) -> Int? {
    guard position + digits <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + digits] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    position += digits
    return value
  }

  /// `2026-06-18T12:00:00`; a space or `t` may stand for the `T`. A leap second counts as the second before it.
  mutating func dateTime() -> CivilDateTime? {
    guard let year = number(digits: 4), take(UInt8(ascii: "-")), let month = number(digits: 2),
      take(UInt8(ascii: "-")), let day = number(digits: 2),
      take(UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")),
      let hour = number(digits: 2), take(UInt8(ascii: ":")), let minute = number(digits: 2),
      take(UInt8(ascii: ":")), let second = number(digits: 2)
    else { return nil }
    return CivilDateTime(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second == 60 ? 59 : second)
  }

  /// Microseconds of an optional `.123456`; nil when a point isn't followed by a digit.
  mutating func fraction() -> Int64? {
    guard take(UInt8(ascii: ".")) else { return 0 }
    var value: Int64 = 0
    var unit: Int64 = 100_000
    var digits = 0
    while let digit = number(digits: 1) {
      value += Int64(digit) * unit
      unit /= 10
      digits += 1
    }
    return digits > 0 ? value : nil
  }

  /// Seconds east of Greenwich that `Z` or `±hh:mm` names.
  mutating func offset() -> Int? {
    if take(UInt8(ascii: "Z"), UInt8(ascii: "z")) { return 0 }
    let isNegative = take(UInt8(ascii: "-"))
    guard isNegative || take(UInt8(ascii: "+")) else { return nil }
    guard let hours = number(digits: 2), take(UInt8(ascii: ":")), let minutes = number(digits: 2),
      hours <= 23, minutes <= 59
    else { return nil }
    let size = hours * 3_600 + minutes * 60
    return isNegative ? -size : size
  }
}
