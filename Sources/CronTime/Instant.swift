/// A point in wall-clock time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Microseconds since the epoch; negative before 1970.
  public var microseconds: Int64

  /// The instant that lies this many microseconds after the epoch.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// The instant that lies this many seconds after the epoch, held at the ends of the range.
  public init(seconds: Int64) {
    microseconds = seconds.multipliedSaturating(by: 1_000_000)
  }

  /// 0001-01-01T00:00:00Z.
  public static let distantPast = Instant(seconds: -62_135_596_800)
  /// 9999-12-31T23:59:59Z.
  public static let distantFuture = Instant(seconds: 253_402_300_799)

  /// Whole seconds since the epoch, rounded down.
  public var seconds: Int64 { floorDivide(microseconds, by: 1_000_000) }

  /// The instant this many seconds later, held at the ends of the range.
  public func adding(seconds: Int64) -> Instant {
    adding(microseconds: seconds.multipliedSaturating(by: 1_000_000))
  }

  /// The instant this many microseconds later, held at the ends of the range.
  public func adding(microseconds: Int64) -> Instant {
    Instant(microseconds: self.microseconds.addingSaturating(microseconds))
  }

  /// Microseconds from one instant to another, negative when `end` is earlier; held at the ends of the range.
  public static func microseconds(from start: Instant, to end: Instant) -> Int64 {
    end.microseconds.subtractingSaturating(start.microseconds)
  }

  /// Earlier instants come first.
  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

  /// `2026-06-18T12:00:00Z`, fractions cut: the form of occurrence keys (RFC 3339).
  public var description: String {
    var text = TimestampText()
    text.append(CivilDateTime(secondsSinceEpoch: seconds))
    text.append("Z")
    return text.string
  }

  /// `2026-06-18T12:00:00.000Z`, the form of JSON and the log (RFC 3339); finer fractions are cut.
  public var milliseconds3339: String {
    let milliseconds = floorDivide(microseconds, by: 1_000)
    let whole = floorDivide(milliseconds, by: 1_000)
    var text = TimestampText()
    text.append(CivilDateTime(secondsSinceEpoch: whole))
    text.append(".")
    text.append(Int(milliseconds - whole * 1_000), digits: 3)
    text.append("Z")
    return text.string
  }

  /// Reads an RFC 3339 instant with `Z` or `±hh:mm` and an optional fraction (cut to µs); nil when malformed.
  public init?(rfc3339 text: String) {
    var reader = TimestampReader(Array(text.utf8))
    guard let civil = reader.dateTime(), let fraction = reader.fraction(), let offset = reader.offset(),
      reader.isAtEnd
    else { return nil }
    self = Instant(seconds: civil.secondsSinceEpoch - Int64(offset)).adding(microseconds: fraction)
  }
}
