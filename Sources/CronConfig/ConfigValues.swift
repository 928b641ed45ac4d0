/// Durations as people write them: `90s`, `1h30m`, `7d`, `500ms`; a bare `0` is allowed.
public enum DurationText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// The duration in milliseconds; nil when it is malformed or beyond 100 years.
  ///
  /// Units must fall (`1h30m`, not `30m1h`) and may not repeat.
  public static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    if bytes == [0x30] { return 0 }
    var total: Int64 = 0
    var index = 0
    var largest = units.count
    guard !bytes.isEmpty else { return nil }
    while index < bytes.count {
      let digits = index
      while index < bytes.count, ASCII.isDigit(bytes[index]) { index += 1 }
      let letters = index
      while index < bytes.count, ASCII.isLetter(bytes[index]) { index += 1 }
      guard letters > digits, letters - digits <= 12,
        let count = Int64(String(decoding: bytes[digits..<letters], as: UTF8.self)),
        let unit = units.firstIndex(where: { $0.name.utf8.elementsEqual(bytes[letters..<index]) }),
        largest == units.count || unit > largest
      else { return nil }
      largest = unit
      let (product, overflow) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
      guard !overflow, product <= longest, total + product <= longest else { return nil }
      total += product
    }
    return total
  }

  /// The duration in whole seconds; nil when it is malformed or has a part of a second.
  public static func seconds(_ text: String) -> Int64? {
    guard let value = milliseconds(text), value % 1000 == 0 else { return nil }
    return value / 1000
  }

  /// The duration as it is written in a file: `1h30m`, `0`.
  public static func text(milliseconds: Int64) -> String {
    guard milliseconds > 0 else { return "0" }
    var rest = milliseconds
    var text = ""
    for unit in units where rest >= unit.milliseconds {
      // Weeks are read, and never written: 90d is more usual than 12w6d.
      if unit.name == "w" { continue }
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text
  }

  /// The duration as it is written in a file.
  public static func text(seconds: Int64) -> String {
    text(milliseconds: min(max(seconds, 0), longest / 1000) * 1000)
  }

  private static let longest: Int64 = 100 * 366 * 86_400_000
}

/// Sizes as people write them: `512`, `64K`, `10M`, `2G` (powers of 1024).
public enum SizeText {
  private static let units: [(letter: UInt8, bytes: Int64)] = [
    (UInt8(ascii: "T"), 1 << 40), (UInt8(ascii: "G"), 1 << 30), (UInt8(ascii: "M"), 1 << 20),
    (UInt8(ascii: "K"), 1 << 10),
  ]

  /// The size in bytes; nil when it is malformed or above 1,024 TiB.
  public static func bytes(_ text: String) -> Int64? {
    var digits = text.utf8[...]
    var factor: Int64 = 1
    if let last = digits.last, let unit = units.first(where: { $0.letter == last & 0xDF && ASCII.isLetter(last) }) {
      factor = unit.bytes
      digits.removeLast()
    }
    guard !digits.isEmpty, digits.count <= 16, digits.allSatisfy(ASCII.isDigit), let count = Int64(Substring(digits))
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow || product > 1 << 50 ? nil : product
  }

  /// The size as it is written in a file, in the largest unit that divides it.
  public static func text(_ bytes: Int64) -> String {
    for unit in units where bytes > 0 && bytes % unit.bytes == 0 {
      return "\(bytes / unit.bytes)" + String(decoding: [unit.letter], as: UTF8.self)
    }
    return "\(bytes)"
  }
}

/// Words for yes and no.
enum FlagText {
  static func value(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "true", "on", "1": true
    case "no", "false", "off", "0": false
    default: nil
    }
  }
}
