internal import CronSystem

/// `heartbeat/notice`: what somebody did to the state directory and the watcher has mended; 4,096 preallocated bytes.
///
/// It heals by itself, so that nobody would hear of it: status says it for a while, or until a reload acknowledges it.
final class NoticeFile {
  /// How long it is said, in nanoseconds: as long as a death counts as recent.
  static let saidNanoseconds: Int64 = 600_000_000_000
  private static let size = 4_096
  /// So many are said at once, the newest.
  private static let most = 8
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  init(_ state: StateDirectory) { file = InPlaceFile(state, .heartbeat, "notice", capacity: Self.size) }

  /// Says what was mended just now, beside what is being said; the same again is said once.
  func say(_ text: String, nowNanoseconds: Int64) {
    let line = text.split(separator: "\n").joined(separator: " ").prefix(400)
    let others = lines().filter { $0.text != line }.suffix(Self.most - 1).map { "\($0.at) \($0.text)\n" }
    let body = "\(BootIdentifier.current)\n" + others.joined() + "\(nowNanoseconds) \(line)\n"
    // A disk that refuses it costs the word, nothing else; the log has it too.
    _ = file.write(SealedText.seal(Array(body.utf8), size: Self.size))
  }

  /// Somebody has read it.
  func clear() {
    if read() != nil { _ = file.write(SealedText.seal([], size: Self.size)) }
  }

  /// What was mended in the last ten minutes of this boot, one after the other; nil = nothing.
  func read() -> String? {
    let texts = lines().map(\.text)
    return texts.isEmpty ? nil : texts.joined(separator: "; ")
  }

  private func lines() -> [(at: Int64, text: String)] {
    let parts = String(decoding: file.readSealed() ?? [], as: UTF8.self).split(separator: "\n")
    guard let boot = parts.first, boot == BootIdentifier.current else { return [] }
    let now = SystemClock.monotonic()
    return parts.dropFirst().compactMap { part in
      let words = part.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let at = Int64(words[0]), (0...Self.saidNanoseconds).contains(now &- at) else {
        return nil
      }
      return (at, String(words[1]))
    }
  }
}
