internal import CronSystem

/// What a ticker sees of its watcher's end, for nobody else does: that it is gone, and how it went as soon as the
/// kernel says so. The next watcher finds it, and `status --deaths`.
final class WatcherWitness {
  /// For so long the cause is looked for: whoever is the watcher's parent now reaps it soon or never.
  private static let patienceNanoseconds: Int64 = 60_000_000_000
  /// A ticker that ends with its watcher waits for the cause so many times, each as long as this.
  private static let (shortLooks, shortPause) = (40, 5)

  private let pid: Int32
  private var watcher: ProcessDescriptor?
  private let file: WatcherEndFile
  private var seen: SeenEnd?

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
    guard var end = seen, end.cause == nil,
      SystemClock.monotonic() &- end.monotonicNanoseconds < Self.patienceNanoseconds, let cause = watcher?.end
    else { return }
    end.cause = cause
    seen = end
    file.write(end)
  }

  /// The same, for a ticker that is about to end: a parent that is awake has reaped the watcher within milliseconds.
  func waitForCause() {
    guard let poller = try? Poller() else { return }
    for _ in 0..<Self.shortLooks where seen?.cause == nil {
      _ = try? poller.wait(timeoutMilliseconds: Self.shortPause)
      lookAgain()
    }
  }
}
