/// Writes JSON on one line, without spaces: what `JSONReader` reads back to the same value.
public struct JSONWriter {
  private var output: [UInt8] = []

  private init() {}

  /// The value as one line of UTF-8 without its newline. Infinite numbers and NaN, which JSON lacks, become `null`.
  public static func line(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(value)
    return writer.output
  }

  /// The same line as a string.
  public static func text(_ value: JSONValue) -> String {
    String(decoding: line(value), as: UTF8.self)
  }

  private mutating func write(_ value: JSONValue) {
    switch value {
    case .null: output += "null".utf8
    case .bool(let flag): output += (flag ? "true" : "false").utf8
    case .integer(let integer): output += String(integer).utf8
    case .number(let number): output += (number.isFinite ? number.description : "null").utf8
    case .string(let text): write(text)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        if place > 0 { output.append(UInt8(ascii: ",")) }
        write(element)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      output.append(UInt8(ascii: "{"))
      for (place, member) in object.members.enumerated() {
        if place > 0 { output.append(UInt8(ascii: ",")) }
        write(member.key)
        output.append(UInt8(ascii: ":"))
        write(member.value)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// Beyond what JSON demands, DEL and the C1 controls are escaped: a line may end on somebody's terminal.
  private mutating func write(_ text: String) {
    output.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\"".utf8
      case "\\": output += "\\\\".utf8
      case "\n": output += "\\n".utf8
      case "\r": output += "\\r".utf8
      case "\t": output += "\\t".utf8
      case "\u{08}": output += "\\b".utf8
      case "\u{0C}": output += "\\f".utf8
      case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}": writeEscape(UInt8(scalar.value))
      case "\u{20}"..."\u{7E}": output.append(UInt8(scalar.value))
      default:
        if let encoded = UTF8.encode(scalar) { output += encoded }
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func writeEscape(_ unit: UInt8) {
    output += "\\u00".utf8
    for digit in [unit >> 4, unit & 15] {
      output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
