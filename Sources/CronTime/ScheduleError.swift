/// Why a schedule was refused: where, what and what to write instead.
public struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the text that was given, in UTF-8 bytes from 1; for a caret below it.
  public let column: Int
  /// What is wrong, one sentence without a full stop.
  public let message: String
  /// What to write instead; nil when there is nothing to add.
  public let hint: String?
  /// The kind of error in kebab-case, such as `value-out-of-range`; stable.
  public let code: String

  /// An error at a column (from 1).
  package init(column: Int, message: String, hint: String? = nil, code: String) {
    self.column = column
    self.message = message
    self.hint = hint
    self.code = code
  }

  /// `column: message; hint`.
  public var description: String {
    "\(column): \(message)" + (hint.map { "; \($0)" } ?? "")
  }

  /// The same error for a text that has this many bytes before the one that was parsed.
  package func shifted(by bytes: Int) -> ScheduleError {
    ScheduleError(column: column + bytes, message: message, hint: hint, code: code)
  }
}

/// Something in an accepted schedule that is probably not meant.
public struct ScheduleWarning: Hashable, Sendable {
  /// Where in the canonical text, in UTF-8 bytes from 1.
  public let column: Int
  /// What is odd, one sentence without a full stop.
  public let message: String
  /// What to write instead, if anything.
  public let hint: String?
  /// The kind in kebab-case, such as `never-fires`; stable.
  public let code: String
}

/// Which notations are understood.
public enum Dialect: Hashable, Sendable {
  /// What a crontab line takes: five fields, nicknames, `@every`.
  case crontabLine
  /// Those and all others: six fields (seconds first), seven (year last), phrases, instants, `calendar:`.
  case any
}
