public import CronTime
internal import CronWire

/// How much a line of the log matters; the order is that of urgency.
public enum LogLevel: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Something is broken and needs a person.
  case error
  /// Something is wrong, and cronwatch copes.
  case warning
  /// What an operator wants to know.
  case info
  /// What a developer wants to know.
  case debug

  /// syslog(3)'s number, as journald's line prefix carries it.
  public var priority: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .info: 6
    case .debug: 7
    }
  }

  /// Whether the left is less urgent than the right.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.priority > right.priority }
}

/// How lines of the log are written.
public enum LogFormat: String, Hashable, Sendable, CaseIterable {
  /// `TIME level role key=value… message`.
  case text
  /// One JSON object a line.
  case json
}

/// One line of the log, before it is text. Pure.
public struct LogRecord: Hashable, Sendable {
  /// The longest line in bytes; what is longer is cut.
  public static let longestLine = 8192

  /// When.
  public var at: Instant
  /// How urgent.
  public var level: LogLevel
  /// Which role says it.
  public var role: String
  /// What, in words.
  public var message: String
  /// With what values.
  public var fields: [LogField]

  /// The line with its newline; `journald` = with the priority prefix and without the time that the journal adds.
  public func line(format: LogFormat, journald: Bool) -> [UInt8] {
    var bytes: [UInt8] = journald ? Array("<\(level.priority)>".utf8) : []
    bytes += format == .json ? jsonBody() : textBody(withTime: !journald)
    if bytes.count >= LogRecord.longestLine { bytes = Array(bytes.prefix(LogRecord.longestLine - 1)) }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func textBody(withTime: Bool) -> [UInt8] {
    var text = withTime ? "\(at.milliseconds3339) " : ""
    text += "\(level.rawValue) \(role)"
    for field in fields { text += " \(field.key)=\(LogRecord.quoted(field.value))" }
    if !message.isEmpty { text += " " + HumanText.escaped(message) }
    return Array(text.utf8)
  }

  private func jsonBody() -> [UInt8] {
    var object = JSONObject()
    object["time"] = .string(at.milliseconds3339)
    object["level"] = .string(level.rawValue)
    object["role"] = .string(role)
    object["message"] = .string(message)
    for field in fields where object[field.key] == nil { object[field.key] = .string(field.value) }
    return JSONWriter.line(.object(object))
  }

  /// A value without spaces, quotes and controls stands as it is, any other in quotes.
  private static func quoted(_ value: String) -> String {
    let escaped = HumanText.escaped(value)
    guard escaped.isEmpty || escaped.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" || $0 == "\\" }) else {
      return escaped
    }
    let pieces = escaped.split(separator: "\"" as Character, omittingEmptySubsequences: false)
    return "\"" + pieces.joined(separator: "\\\"") + "\""
  }
}

/// A value beside a log message.
public struct LogField: Hashable, Sendable {
  /// Its name, snake_case.
  public var key: String
  /// Its value.
  public var value: String

  /// A value beside a log message.
  public init(_ key: String, _ value: some CustomStringConvertible) {
    self.key = key
    self.value = value.description
  }
}
