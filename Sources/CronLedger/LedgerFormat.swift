/// The version of the files: `major.minor`. A higher minor only adds; a higher major must be left untouched.
public struct LedgerFormat: Hashable, Sendable, CustomStringConvertible {
  /// What this version writes.
  public static let current = LedgerFormat(major: 1, minor: 0)

  /// Grows when older versions would misread the files.
  public var major: Int
  /// Grows when something was added that older versions may pass over.
  public var minor: Int

  /// Makes a version number.
  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `major.minor`, with or without a newline at the end; nil for anything else.
  public init?(_ text: String) {
    let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
    let parts = line.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let major = Int(parts[0]), let minor = Int(parts[1]), major >= 1
    else { return nil }
    self.init(major: major, minor: minor)
  }

  /// Whether this version may read and write such files.
  public var isUnderstood: Bool { major <= Self.current.major }

  /// The version that the beginning of a segment names, when it is one that this version may not touch.
  public static func foreign(inHead bytes: [UInt8]) -> LedgerFormat? {
    var scanner = SegmentScanner(bytes)
    guard case .record(let head, _)? = scanner.next(), case .snapshot(_, _, let format) = head.record,
      !format.isUnderstood
    else { return nil }
    return format
  }

  /// `major.minor`.
  public var description: String { "\(major).\(minor)" }
}
