public import CronSystem
internal import CronTime

/// `heartbeat/error`: the last tick that failed, with its cause; 2,048 preallocated bytes.
public final class TickErrorFile {
  private static let size = 2048
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    file = InPlaceFile(state, .heartbeat, "error", capacity: Self.size, standsIn: true)
  }

  /// Writes the failure, its message cut to fit; the error is returned for the log and never thrown.
  @discardableResult
  public func write(_ failure: TickFailure) -> Errno? {
    let message = HumanText.escaped(failure.message)
    let body = Array("\(failure.at.seconds)\n\(message)".utf8)
    return file.write(SealedText.seal(body, size: Self.size))
  }

  /// The last failure; nil = none, or it can't be read.
  public func read() -> TickFailure? {
    guard let body = file.readSealed(), let newline = body.firstIndex(of: UInt8(ascii: "\n")),
      let seconds = Int64(String(decoding: body[..<newline], as: UTF8.self))
    else { return nil }
    return TickFailure(
      at: Instant(seconds: seconds), message: String(decoding: body[(newline + 1)...], as: UTF8.self))
  }
}
