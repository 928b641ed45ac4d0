internal import CronSystem

/// When to look at a run's output: at once after a write, then not again for a while; never while the job is silent.
final class OutputWatch {
  /// Nanoseconds between two looks: what a person doesn't notice, and what a flood can't fill a disk in.
  private let pause: Int64
  /// Each of so many lowest slots has an inotify instance while it serves: a user has 128 of them by default, and other
  /// programs need some. The output of the others is looked at after each pause.
  static let notifiedSlots = 16

  /// nil in a higher slot, and where the user's instances are used up: then looks are periodic.
  private let notifications: INotify?
  private let raw: Int32?
  private let token: UInt64
  private var watch: Int32?
  private var isListening = false
  /// CLOCK_MONOTONIC, ns: when the next look or the next listening is due; nil = a write will tell.
  private(set) var dueAt: Int64?

  init(slot: Int, pauseMilliseconds: Int64, token: UInt64) {
    pause = pauseMilliseconds * 1_000_000
    self.token = token
    guard (0..<Self.notifiedSlots).contains(slot) else {
      raw = nil
      notifications = nil
      return
    }
    do {
      let made = try INotify()
      raw = made.raw
      notifications = consume made
    } catch {
      raw = nil
      notifications = nil
    }
  }

  /// Begins with a run's output file.
  func begin(_ file: Int32, now: Int64, poller: borrowing Poller) {
    do {
      watch = try notifications?.watchWrites("/proc/self/fd/\(file)")
    } catch {
      watch = nil
    }
    dueAt = now &+ pause
  }

  /// A write was told of: takes the news and stops listening for the length of the pause.
  func wasRung(now: Int64, poller: borrowing Poller) throws(Errno) {
    _ = try notifications?.read()
    dueAt = now &+ pause
    guard isListening, let raw else { return }
    try poller.remove(raw)
    isListening = false
  }

  /// After a look: listens again when a pause is over, or looks again when that left something.
  func didLook(isDone: Bool, now: Int64, poller: borrowing Poller) throws(Errno) {
    guard let due = dueAt, now >= due else { return }
    guard watch != nil, let raw, isDone else {
      dueAt = now &+ pause
      return
    }
    dueAt = nil
    if !isListening { try poller.add(raw, token: token) }
    isListening = true
  }

  /// The run is over.
  func end(poller: borrowing Poller) throws(Errno) {
    if let watch { try notifications?.unwatch(watch) }
    watch = nil
    dueAt = nil
    _ = try notifications?.read()
    guard isListening, let raw else { return }
    try poller.remove(raw)
    isListening = false
  }
}
