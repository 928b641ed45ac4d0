/// Why a text was refused, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of refusal; the raw value is the sentence for people.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// The text ended inside a value, or holds none.
    case unexpectedEnd = "the text ends too early"
    /// A byte that can't stand here: trailing commas, single quotes, comments, a byte order mark and the like.
    case unexpectedByte = "unexpected character"
    /// Something other than white space after the value.
    case trailingBytes = "more text after the value"
    /// A number against RFC 8259 §6: leading zero, leading plus, bare point.
    case malformedNumber = "malformed number"
    /// A number beyond the range of a 64-bit floating point number, or longer than the limit.
    case numberOutOfRange = "number out of range"
    /// A control character in a string that isn't escaped.
    case controlCharacter = "unescaped control character in a string"
    /// A backslash followed by something that RFC 8259 §7 doesn't list.
    case malformedEscape = "malformed escape"
    /// Half of a surrogate pair.
    case loneSurrogate = "lone surrogate"
    /// Bytes of a string that are no UTF-8.
    case invalidUTF8 = "invalid UTF-8"
    /// A name that its object has already.
    case duplicateKey = "duplicate key"
    /// Arrays and objects nested deeper than the limit.
    case tooDeep = "nested too deeply"
    /// More bytes than the limit.
    case tooLarge = "text too large"
  }

  /// What is wrong.
  public let reason: Reason
  /// The byte at which it was seen, counted from 0.
  public let offset: Int

  /// A refusal of the byte at that offset, for readers of what JSON carries.
  public init(reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// "byte 17: duplicate key".
  public var description: String { "byte \(offset): \(reason.rawValue)" }
}

/// The bounds within which a text is read.
public struct JSONLimits: Hashable, Sendable {
  /// Most bytes of one text.
  public let bytes: Int
  /// Most arrays and objects around a value; at most 512, for the reader keeps one stack frame for each.
  public let depth: Int

  /// Bounds; the defaults suit a control message: 1 MiB, 64 levels.
  public init(bytes: Int = 1 << 20, depth: Int = 64) {
    self.bytes = max(0, bytes)
    self.depth = min(max(0, depth), 512)
  }
}
