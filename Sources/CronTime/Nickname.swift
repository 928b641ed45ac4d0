/// The `@` words of crontab(5).
enum Nickname {
  /// The expression that each stands for; `@reboot` and `@every` aren't calendars.
  static let expressions: [(name: String, expression: String)] = [
    ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
  ]

  /// All of them, for hints.
  static var names: [String] { expressions.map(\.name) + ["@reboot", "@every"] }

  /// The nickname that a wrong one was probably meant to be.
  static func nearest(to wrong: String) -> String? {
    let wanted = Array(wrong.lowercased().utf8.prefix(32))
    let distances = names.map { (EditDistance.between(wanted, Array($0.utf8)), $0) }
    guard let best = distances.min(by: { $0.0 < $1.0 }), best.0 <= 2 else { return nil }
    return best.1
  }
}

/// Lengths of time as people write them: `90s`, `1h30m`, `2d`.
enum DurationText {
  /// The longest interval, a hundred years.
  static let longest: Int64 = 36_525 * 86_400

  private static let units: [(unit: UInt8, seconds: Int64)] = [
    (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3_600), (UInt8(ascii: "m"), 60),
    (UInt8(ascii: "s"), 1),
  ]

  /// Whether a text is digits and units only, such as `30m`.
  static func looksLikeDuration(_ bytes: some Collection<UInt8>) -> Bool {
    guard let first = bytes.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return false }
    return bytes.allSatisfy { byte in
      (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || units.contains { $0.unit == byte }
    } && units.contains { unit in bytes.contains(unit.unit) }
  }

  /// The seconds of the duration in a range of the text, units from large to small, each once.
  static func parse(_ text: ScheduleText, _ range: Range<Int>) throws(ScheduleError) -> Int64 {
    var total: Int64 = 0
    var number: Int64?
    var smallest = Int64.max
    for position in range {
      let byte = text.bytes[position]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        number = min((number ?? 0) * 10 + Int64(byte - UInt8(ascii: "0")), longest + 1)
        continue
      }
      guard let count = number, let unit = units.first(where: { $0.unit == byte }) else {
        throw malformed(text, at: position, byte: byte)
      }
      guard unit.seconds < smallest else {
        throw ScheduleError(
          column: position + 1, message: "'\(text.character(at: position))' comes after a unit that isn't larger",
          hint: "write each unit once, large ones first: 1h30m", code: "malformed-duration")
      }
      (smallest, number) = (unit.seconds, nil)
      total = total.addingSaturating(count.multipliedSaturating(by: unit.seconds))
    }
    if number != nil {
      throw ScheduleError(
        column: range.upperBound, message: "a duration without a unit",
        hint: smallest > 1
          ? "write \(text.slice(range))s; units are w, d, h, m and s" : "seconds come last: write 1h30m or 90s",
        code: "malformed-duration")
    }
    guard total >= 1, total <= longest else {
      throw ScheduleError(
        column: range.lowerBound + 1, message: "an interval must be between 1 second and 100 years",
        hint: "such as 90s or 1h30m", code: "interval-out-of-range")
    }
    return total
  }

  private static func malformed(_ text: ScheduleText, at position: Int, byte: UInt8) -> ScheduleError {
    let isFraction = byte == UInt8(ascii: ".")
    return ScheduleError(
      column: position + 1,
      message: isFraction
        ? "fractions aren't possible in durations" : "'\(text.character(at: position))' has no place in a duration",
      hint: "write whole numbers with w, d, h, m or s, such as 1h30m", code: "malformed-duration")
  }

  /// `1h30m`: the shortest text of a number of seconds.
  static func text(seconds: Int64) -> String {
    var rest = seconds
    var text = ""
    for (unit, size) in units where rest >= size {
      text += "\(rest / size)\(Character(Unicode.Scalar(unit)))"
      rest %= size
    }
    return text.isEmpty ? "0s" : text
  }
}
