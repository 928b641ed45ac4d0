public import CronTime

/// Names one run; sorts by the time of its claim; drawn from the alphabet of job names, so it is a safe file name.
public struct RunIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The identifier as users see it; 1 to 64 of `[A-Za-z0-9._-]`, the first a letter or digit.
  public let text: String

  /// Takes the text if it has the form of a run identifier.
  public init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, Self.isAlphanumeric(first), bytes.count <= 64, bytes.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = text
  }

  fileprivate init(unchecked text: String) {
    self.text = text
  }

  /// The identifier as users see it.
  public var description: String { text }

  /// Orders by text, which is by time for identifiers that a `RunIdentifierSource` made.
  public static func < (left: RunIdentifier, right: RunIdentifier) -> Bool { left.text < right.text }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}

/// Makes run identifiers: 11 base-32 digits of the wall clock's µs, then 4 of a counter.
///
/// The counter begins at the ledger's next sequence number, which only grows: after a restart or a backward clock step
/// that hits the same microsecond again, the counter stands elsewhere. Fifteen bytes stay inside a small `String`.
public struct RunIdentifierSource: Sendable {
  private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
  private var counter: UInt64

  /// Continues from the ledger's next sequence number.
  public init(nextSequence: UInt64) {
    counter = nextSequence
  }

  /// A new identifier for a run that is claimed at the instant; instants outside 1970–3111 count as the nearest end.
  public mutating func next(at instant: Instant) -> RunIdentifier {
    let time = UInt64(min(max(instant.microseconds, 0), (1 << 55) - 1))
    var text: [UInt8] = []
    text.reserveCapacity(15)
    Self.append(time, digits: 11, to: &text)
    Self.append(counter, digits: 4, to: &text)
    counter &+= 1
    return RunIdentifier(unchecked: String(decoding: text, as: UTF8.self))
  }

  private static func append(_ value: UInt64, digits count: Int, to text: inout [UInt8]) {
    for place in (0..<count).reversed() {
      text.append(digits[Int(value >> UInt64(place * 5) & 31)])
    }
  }
}
