internal import CronSystem

/// The watcher's hand on the metrics file: one short-lived child at a time, about every third beat.
final class MetricsWriter {
  /// The least time from one child to the next, and how long one may take until that is said.
  private static let leastNanoseconds: Int64 = 1_000_000_000
  private static let patienceNanoseconds: Int64 = 30_000_000_000

  private let path: String
  private let state: StateDirectory
  private let problem: MetricsProblemFile
  private let everyNanoseconds: Int64
  private var child: (pid: Int32, startedNanoseconds: Int64)?
  private var isWanted = true
  private var nextNanoseconds: Int64 = 0
  private var hasSaidHang = false

  /// For a file of that path; nil = none is wanted, and nothing is wrong with it then.
  init?(_ path: String?, state: StateDirectory, beatMilliseconds: Int64) {
    everyNanoseconds = max(beatMilliseconds * 3_000_000, Self.leastNanoseconds)
    problem = MetricsProblemFile(state)
    guard let path, !path.isEmpty else {
      if problem.read() != nil { problem.set(nil) }
      return nil
    }
    self.path = path
    self.state = state
  }

  /// When `advance` must be called next, in CLOCK_MONOTONIC nanoseconds; nil = while a child is at work.
  var deadlineNanoseconds: Int64? { child == nil ? (isWanted ? 0 : nextNanoseconds) : nil }

  /// The verdict has changed: the file isn't to wait for its turn.
  func hurry() { isWanted = true }

  /// Starts a child when it is time and none is at work; one that hangs is said.
  func advance(_ now: Int64) {
    if let child {
      if !hasSaidHang, now - child.startedNanoseconds > Self.patienceNanoseconds {
        hasSaidHang = true
        problem.set("the metrics file \(path) is not written: its file system does not answer")
      }
      return
    }
    guard isWanted || nextNanoseconds <= now else { return }
    start(now)
  }

  /// The last word of a watcher that ends: nobody waits for it.
  func finish(_ now: Int64) {
    // An older word must not come after it.
    if let child { do { try ProcessDescriptor(child: child.pid).signal(Signal.kill) } catch {} }
    start(now, isFinal: true)
  }

  /// Whether the ended child was this one; then the next may follow.
  func takeEnd(of pid: Int32) -> Bool {
    guard child?.pid == pid else { return false }
    child = nil
    hasSaidHang = false
    return true
  }

  private func start(_ now: Int64, isFinal: Bool = false) {
    isWanted = false
    nextNanoseconds = now + everyNanoseconds
    var words = RoleArguments()
    words.add("state", state.path)
    words.add("metrics-file", path)
    if isFinal { words.add("without", CurrentProcess.identifier) }
    do throws(Errno) {
      let pid = try Spawn.start(
        "/proc/self/exe", arguments: ["cronwatch", "role", "metrics"] + words.words,
        environment: ServiceManager.withoutNotify(Environment.entries()), descriptors: [])
      child = (pid, now)
    } catch {
      problem.set("the metrics file \(path) is not written: \(error)")
    }
  }
}
