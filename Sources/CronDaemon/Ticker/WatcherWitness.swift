internal import CronSystem

/// What a ticker sees of its watcher's end, for nobody else does: that it is gone, and how it went as soon as the
/// kernel says so. The next watcher finds it, and `status --deaths`.
final class WatcherWitness {
  /// Looks for the cause after the end; whoever is the watcher's parent now reaps it soon or never.
  private static let mostLooks = 20

  private let pid: Int32
  private var watcher: ProcessDescriptor?
  private let file: WatcherEndFile
  private var seen: SeenEnd?
  private var looks = 0

  /// Holds the process that started us.
  init(_ state: StateDirectory) {
    file = WatcherEndFile(state)
    pid = CurrentProcess.parentIdentifier
    do throws(Errno) {
      if let identity = ProcessIdentity.read(pid) { watcher = try ProcessDescriptor(identity) } else { watcher = nil }
    } catch {
      // Then its end is told without its cause.
      watcher = nil
    }
  }

  /// It is gone.
  func watcherIsGone() {
    let end = SeenEnd(pid: pid, cause: watcher?.end)
    seen = end
    file.write(end)
  }

  /// The kernel may know by now how it ended.
  func lookAgain() {
    guard var end = seen, end.cause == nil, looks < Self.mostLooks else { return }
    looks += 1
    guard let cause = watcher?.end else { return }
    end.cause = cause
    seen = end
    file.write(end)
  }
}
