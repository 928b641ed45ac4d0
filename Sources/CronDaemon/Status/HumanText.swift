public import CronTime

/// Values in the words that people read in status and log.
public enum HumanText {
  /// A duration of at most two units: "5 s", "2 min 3 s", "3 h 4 min", "2 d 3 h"; negative and odd values read as 0 s.
  public static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds > 0 else { return "0 s" }
    if seconds < 1 { return "\(Int64(seconds * 1000)) ms" }
    let total = Int64(min(seconds, 1e15))
    let units: [(size: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    for (index, unit) in units.enumerated() where total >= unit.size {
      let first = "\(total / unit.size) \(unit.name)"
      guard index + 1 < units.count else { return first }
      let smaller = units[index + 1]
      let rest = total % unit.size / smaller.size
      return rest == 0 ? first : "\(first) \(rest) \(smaller.name)"
    }
    return "0 s"
  }

  /// How long an instant is away: "in 5 s", "now", or "OVERDUE 8 s" once it is more than a second past.
  public static func wait(from now: Instant, to due: Instant) -> String {
    let seconds = Double(Instant.microseconds(from: now, to: due)) / 1e6
    if seconds > 0 { return "in \(duration(seconds: seconds))" }
    return seconds < -1 ? "OVERDUE \(duration(seconds: -seconds))" : "now"
  }

  /// The text with everything that a terminal would act on shown as `\xNN` or `\u{…}`; tabs become spaces.
  public static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHarmful) else { return text }
    var output = ""
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        output += " "
      } else if isHarmful(scalar) {
        let digits = String(scalar.value, radix: 16)
        output += scalar.value < 0x100 ? "\\x" + (digits.count == 1 ? "0" : "") + digits : "\\u{\(digits)}"
      } else {
        output.unicodeScalars.append(scalar)
      }
    }
    return output
  }

  /// The text cut to a number of characters, with an ellipsis when something was cut.
  public static func fitted(_ text: String, width: Int) -> String {
    guard text.count > width else { return text }
    return width > 1 ? String(text.prefix(width - 1)) + "…" : String(text.prefix(max(width, 0)))
  }

  /// The text padded with spaces to a width, or cut to it.
  public static func padded(_ text: String, width: Int) -> String {
    let fit = fitted(text, width: width)
    return fit + String(repeating: " ", count: max(width - fit.count, 0))
  }

  /// Control characters, DEL, C1 controls, and the marks that reorder text.
  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0x2028...0x2029: true
    default: false
    }
  }
}
