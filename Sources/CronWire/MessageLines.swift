/// Bytes of a stream on their way to lines: what has arrived of the next one, bounded.
///
/// Each byte is looked at once, however slowly and in however many pieces they come.
public struct MessageLines: Sendable {
  /// What `next` found.
  public enum Next: Hashable, Sendable {
    /// The line isn't whole yet.
    case incomplete
    /// A line, without its newline.
    case line([UInt8])
    /// More bytes than a line may have, and no newline among them: nothing after it can be told apart any more.
    case tooLong
  }

  private let limit: Int
  private var bytes: [UInt8] = []
  /// How many of them are known to be no newline.
  private var searched = 0

  /// Lines of at most `limit` bytes.
  public init(limit: Int) { self.limit = max(0, limit) }

  /// How many bytes may be appended now, at least 1.
  public var room: Int { max(limit + 1 - bytes.count, 1) }

  /// Whether bytes are here that `next` hasn't looked at: behind a line that it took, perhaps another one.
  public var hasMore: Bool { searched < bytes.count }

  /// Takes what has arrived; what is beyond `room` is no line's any more and is dropped.
  public mutating func append(_ more: [UInt8]) { bytes += more.prefix(room) }

  /// Takes out the next line.
  public mutating func next() -> Next {
    guard let newline = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      return bytes.count > limit ? .tooLong : .incomplete
    }
    let line = Array(bytes[..<newline])
    bytes.removeSubrange(...newline)
    searched = 0
    return .line(line)
  }
}
