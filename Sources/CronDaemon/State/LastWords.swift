/// What a process wrote to its standard error before it ended: its beginning and its end, never more than 1 KiB.
///
/// The beginning, because a crash report says first what happened; the end, because who floods says it last.
public struct LastWords: Hashable, Sendable {
  /// Bytes that are kept of the beginning.
  static let headLimit = 256
  /// Bytes that are kept of the end.
  static let tailLimit = 768

  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  private var leftOut = 0

  /// Nothing was written yet.
  public init() {}

  /// Takes more of what was written.
  public mutating func add(_ bytes: [UInt8]) {
    let room = Self.headLimit - head.count
    head += bytes.prefix(room)
    let rest = bytes.dropFirst(room)
    tail += rest.suffix(Self.tailLimit)
    leftOut += max(rest.count - Self.tailLimit, 0)
    let surplus = tail.count - Self.tailLimit
    if surplus > 0 {
      tail.removeFirst(surplus)
      leftOut += surplus
    }
  }

  /// The words as text with its line breaks, unescaped; nil when there is nothing but space.
  public var text: String? {
    var bytes = head
    if leftOut > 0 { bytes += Array("\n[… \(leftOut) bytes …]\n".utf8) }
    bytes += tail
    let isBlank = { (byte: UInt8) in byte <= 0x20 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return nil }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// The lines of such a text that aren't empty.
  public static func lines(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).map(String.init)
  }
}
