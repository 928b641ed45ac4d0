internal import CronSystem

/// The end of a watcher as somebody saw it: our PID 1, its parent, with its cause; or its ticker, whose channel to it
/// came to its end (EOF), and which may learn the cause from the kernel.
struct SeenEnd: Hashable {
  let pid: Int32
  /// nil = that it ended is all that was seen.
  var cause: ExitCause?
  let atMicroseconds: Int64
  let monotonicNanoseconds: Int64

  /// An end just now.
  init(pid: Int32, cause: ExitCause?) {
    (self.pid, self.cause) = (pid, cause)
    (atMicroseconds, monotonicNanoseconds) = (SystemClock.wall(), SystemClock.monotonic())
  }

  /// Reads what `word` wrote; nil for anything else.
  init?(_ word: String) {
    guard let fields = TextFields(Array(word.utf8)[...]), let pid = fields.number("pid", as: Int32.self),
      let at = fields.number("at_us", as: Int64.self),
      let monotonic = fields.number("monotonic_ns", as: Int64.self)
    else { return nil }
    (self.pid, cause, atMicroseconds, monotonicNanoseconds) = (pid, fields.cause, at, monotonic)
  }

  /// The end as one word, for an argument or a file.
  var word: String {
    var fields = TextFields()
    fields.set("pid", pid)
    if let cause { fields.set(cause: cause) }
    fields.set("at_us", atMicroseconds)
    fields.set("monotonic_ns", monotonicNanoseconds)
    return String(decoding: fields.encoded(), as: UTF8.self)
  }

  /// Whether this is the end of which the last beat tells.
  func isOf(_ death: DeathRecord) -> Bool {
    pid == death.pid && monotonicNanoseconds >= death.monotonicNanoseconds
  }

  /// The same death with what is known of it besides its last beat.
  func completed(_ death: DeathRecord) -> DeathRecord {
    var death = death
    death.uptimeSeconds += max(monotonicNanoseconds - death.monotonicNanoseconds, 0) / 1_000_000_000
    (death.cause, death.reason) = (cause, cause == nil ? "eof" : "unasked")
    (death.atMicroseconds, death.monotonicNanoseconds) = (atMicroseconds, monotonicNanoseconds)
    return death
  }
}

/// `heartbeat/watcher-end`: how the watcher of the last ticker ended, as that one saw it; 256 preallocated bytes.
final class WatcherEndFile {
  private static let size = 256
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  init(_ state: StateDirectory) {
    file = InPlaceFile(state, .heartbeat, "watcher-end", capacity: Self.size, standsIn: true, keepsOpen: false)
  }

  /// Writes it down; a disk that refuses costs the word, nothing else.
  func write(_ end: SeenEnd) {
    _ = file.write(SealedText.seal(Array("\(BootIdentifier.current)\n\(end.word)".utf8), size: Self.size))
  }

  /// What was seen in this boot; nil = nothing.
  func read() -> SeenEnd? {
    let parts = String(decoding: file.readSealed() ?? [], as: UTF8.self).split(separator: "\n")
    return parts.count == 2 && parts[0] == BootIdentifier.current ? SeenEnd(String(parts[1])) : nil
  }
}
