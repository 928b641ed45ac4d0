internal import CronSystem

/// PID 1 of a container: reaps, forwards signals, and keeps a watcher as its child (design §2).
///
/// Nothing else runs in this process, because nobody could restart it.
public final class InitStub {
  /// Ends that another try would only repeat: usage, a held lock, can't create, permission, configuration.
  private static let finalStatuses: Set<Int32> = [0, 64, 69, 73, 77, 78]
  /// From one start of a watcher to the next.
  private static let respawnNanoseconds: Int64 = 1_000_000_000
  /// What is reaped in one turn: no storm of zombies keeps a signal waiting.
  private static let reapLimit = 256
  /// How long processes that are left may take after SIGTERM before the kernel kills them with us.
  ///
  /// Container engines kill all of us 10 s after the request to stop: the ticker's drain and this fit into that.
  static let partingNanoseconds: Int64 = 4_000_000_000
  /// The same when the request came twice.
  private static let hurriedNanoseconds: Int64 = 1_000_000_000

  private let executable: String
  private let arguments: [String]
  private let signals: SignalDescriptor
  private let poller: Poller
  private var child: Int32?
  /// How the last watcher ended.
  private var seenEnd: SeenEnd?
  /// SIGTERM and SIGINT that came; a second one hurries.
  private var stopRequests = 0
  private var nextStartNanoseconds: Int64 = 0
  private var hasMoreToReap = false

  private init(executable: String, arguments: [String]) throws(Errno) {
    self.executable = executable
    self.arguments = arguments
    signals = try SignalDescriptor()
    // As PID 1 orphans come by themselves; elsewhere (tests) they come because of this.
    try CurrentProcess.setChildSubreaper()
    poller = try Poller()
    try poller.add(signals.raw, token: 0)
  }

  /// The role `init`: runs until the watcher ends by design; returns what the container ends with.
  ///
  /// The arguments are the watcher's. `--init yes` is added: a ticker that loses its watcher ends, another one comes.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    var words = ["cronwatch", "role", "watcher"] + arguments.words
    if !arguments.flag("init") { words += ["--init", "yes"] }
    do throws(Errno) {
      return try InitStub(executable: "/proc/self/exe", arguments: words).loop()
    } catch {
      do { try StandardError.write("cronwatch: PID 1 can't go on: \(error)\n") } catch {}
      return 70
    }
  }

  private func loop() throws(Errno) -> Int32 {
    while true {
      if child == nil, stopRequests == 0, nextStartNanoseconds <= SystemClock.monotonic() { spawn() }
      let wanted = hasMoreToReap ? 0 : child == nil ? Self.milliseconds(until: nextStartNanoseconds) : nil
      _ = try poller.wait(timeoutMilliseconds: wanted)
      forwardSignals()
      if let status = reap() ?? (child == nil && stopRequests > 0 ? 0 : nil) {
        try partFromTheRest()
        return status
      }
    }
  }

  private static func milliseconds(until deadline: Int64) -> Int {
    Int(max((deadline - SystemClock.monotonic() + 999_999) / 1_000_000, 0))
  }

  private func spawn() {
    nextStartNanoseconds = SystemClock.monotonic() + Self.respawnNanoseconds
    // The next one writes it down: this process touches no files.
    let words = arguments + (seenEnd.map { ["--seen-end", $0.word] } ?? [])
    do throws(Errno) {
      child = try Spawn.start(
        executable, arguments: words, environment: Environment.entries(),
        descriptors: [Spawn.Inheritance(child: 1, raw: 1), Spawn.Inheritance(child: 2, raw: 2)])
    } catch {
      do { try StandardError.write("cronwatch: PID 1 can't start the watcher: \(error)\n") } catch {}
    }
  }

  private func forwardSignals() {
    let numbers: [Int32]
    do { numbers = try signals.read() } catch { return }
    for number in numbers where number != Signal.child {
      if number == Signal.terminate || number == Signal.interrupt { stopRequests += 1 }
      send(number, to: child)
    }
  }

  /// Reaps what has ended; the status to end with when the watcher's end was meant to last.
  private func reap() -> Int32? {
    var final: Int32?
    hasMoreToReap = false
    do throws(Errno) {
      for _ in 0..<Self.reapLimit {
        guard let ended = try Reaper.peek() else { return final }
        if ended.pid == child {
          child = nil
          seenEnd = SeenEnd(pid: ended.pid, cause: ended.cause)
          if case .exited(let status) = ended.cause, Self.finalStatuses.contains(status) || stopRequests > 0 {
            final = status
          }
        }
        try Reaper.reap(ended.pid)
      }
      // More wait, and no further SIGCHLD may say so.
      hasMoreToReap = true
    } catch {
      return final
    }
    return final
  }

  /// SIGTERM for what is left (workers with their jobs), and time to end; the kernel kills the rest after us.
  private func partFromTheRest() throws(Errno) {
    let began = SystemClock.monotonic()
    var told: Set<Int32> = []
    while true {
      let rest = ProcessStatus.children(of: CurrentProcess.identifier)
      if rest.isEmpty { return }
      // Whoever loses its parent meanwhile becomes ours, and hears of the end too.
      for pid in rest where told.insert(pid).inserted { send(Signal.terminate, to: pid) }
      let left = Self.milliseconds(
        until: began + (stopRequests > 1 ? Self.hurriedNanoseconds : Self.partingNanoseconds))
      if left == 0 { return }
      _ = try poller.wait(timeoutMilliseconds: hasMoreToReap ? 0 : left)
      forwardSignals()
      _ = reap()
    }
  }

  private func send(_ number: Int32, to pid: Int32?) {
    guard let pid else { return }
    do { try ProcessDescriptor(child: pid).signal(number) } catch {}
  }
}
