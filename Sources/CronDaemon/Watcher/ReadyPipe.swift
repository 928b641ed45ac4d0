internal import CronSystem

/// Tells `start`, which waits at a pipe, how the start went; once.
final class ReadyPipe {
  private var pipe: FileDescriptor?

  /// Takes over the descriptor; nil = nobody waits.
  init(_ raw: Int32?) {
    pipe = raw.map { FileDescriptor(owning: $0) }
  }

  /// Whether `start` still waits.
  var isWaiting: Bool { pipe != nil }

  /// `READY`.
  func ready() { say("READY\n") }

  /// `FAILED STATUS MESSAGE`.
  func failed(_ status: Int32, _ message: String) { say("FAILED \(status) \(HumanText.escaped(message))\n") }

  private func say(_ line: String) {
    // Whoever waited may be gone: then nobody needs to know.
    do { try pipe?.write(Array(line.utf8)) } catch {}
    pipe = nil
  }
}

/// Why the watcher ends before it watches anything.
struct WatcherFailure: Error, Hashable {
  /// The exit status (design §8).
  let status: Int32
  /// One sentence.
  let message: String
}
