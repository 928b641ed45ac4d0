/// The version of the state directory's layout, `major.minor` in its file `format`.
public struct StateFormat: Hashable, Sendable, CustomStringConvertible {
  /// Changes that an older cronwatch can't live with.
  public let major: Int
  /// Changes that it can.
  public let minor: Int

  /// What this cronwatch writes.
  public static let current = StateFormat(major: 1, minor: 0)

  /// A version.
  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `major.minor`; nil when it isn't that.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
      return nil
    }
    self.init(major: major, minor: minor)
  }

  /// Whether this cronwatch must leave the directory alone.
  public var isForeign: Bool { major > StateFormat.current.major }

  /// `major.minor`.
  public var description: String { "\(major).\(minor)" }
}
