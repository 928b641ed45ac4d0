internal import CronSystem

/// The replacement of a ticker that outlived its watcher: its channel can't be attached again, so it has to end.
final class Takeover {
  /// The time that it has after SIGTERM, in nanoseconds.
  static let patienceNanoseconds: Int64 = 10_000_000_000
  /// How often it is looked at again.
  static let lookNanoseconds: Int64 = 100_000_000

  /// Who it is.
  let holder: ProcessIdentity
  /// When to look next, in CLOCK_MONOTONIC nanoseconds.
  private(set) var nextLookNanoseconds: Int64
  private let process: ProcessDescriptor
  private let killNanoseconds: Int64
  private var isKilled = false

  /// Sends SIGTERM to exactly that process; nil when it has ended by itself.
  init?(_ holder: ProcessIdentity, nowNanoseconds: Int64) throws(Errno) {
    guard let process = try ProcessDescriptor(holder) else { return nil }
    guard try process.signal(Signal.terminate) else { return nil }
    // A stopped process takes no SIGTERM.
    try process.signal(Signal.resume)
    self.holder = holder
    self.process = process
    killNanoseconds = nowNanoseconds + Self.patienceNanoseconds
    nextLookNanoseconds = nowNanoseconds + Self.lookNanoseconds
  }

  /// Whether it has ended; kills it when its time is over.
  func hasEnded(nowNanoseconds: Int64) -> Bool {
    if process.hasEnded { return true }
    nextLookNanoseconds = nowNanoseconds + Self.lookNanoseconds
    if nowNanoseconds >= killNanoseconds, !isKilled {
      isKilled = true
      do { try process.signal(Signal.kill) } catch { isKilled = false }
    }
    return false
  }
}
