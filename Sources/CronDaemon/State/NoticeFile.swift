internal import CronSystem

/// `heartbeat/notice`: what somebody did to the state directory and the watcher has mended; 1,024 preallocated bytes.
///
/// It heals by itself, so that nobody would hear of it: status says it for a while, or until a reload acknowledges it.
final class NoticeFile {
  /// How long it is said, in nanoseconds: as long as a death counts as recent.
  static let saidNanoseconds: Int64 = 600_000_000_000
  private static let size = 1_024
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  init(_ state: StateDirectory) { file = InPlaceFile(state, .heartbeat, "notice", capacity: Self.size) }

  /// Says what was mended just now.
  func say(_ text: String, nowNanoseconds: Int64) {
    let body = Array("\(BootIdentifier.current)\n\(nowNanoseconds)\n\(text)".utf8)
    // A disk that refuses it costs the word, nothing else; the log has it too.
    _ = file.write(SealedText.seal(body, size: Self.size))
  }

  /// Somebody has read it.
  func clear() {
    if read() != nil { _ = file.write(SealedText.seal([], size: Self.size)) }
  }

  /// What was mended in the last ten minutes of this boot; nil = nothing.
  func read() -> String? {
    let parts = file.readSealed()?.split(separator: UInt8(ascii: "\n"), maxSplits: 2) ?? []
    guard parts.count == 3, parts[0].elementsEqual(BootIdentifier.current.utf8),
      let said = Int64(String(decoding: parts[1], as: UTF8.self))
    else { return nil }
    let age = SystemClock.monotonic() &- said
    return (0...Self.saidNanoseconds).contains(age) ? String(decoding: parts[2], as: UTF8.self) : nil
  }
}
