internal import CronSystem

/// PID 1 of a container: reaps, forwards signals, and keeps a watcher as its child (design §2).
///
/// Nothing else runs in this process, because nobody could restart it.
public final class InitStub {
  /// Ends that another try would only repeat: usage, a held lock, can't create, permission, configuration.
  private static let finalStatuses: Set<Int32> = [0, 64, 69, 73, 77, 78]
  private static let respawnMilliseconds = 1_000
  /// How long processes that are left may take after SIGTERM before the kernel kills them with us.
  ///
  /// Container engines kill all of us 10 s after the request to stop: the ticker's drain and this fit into that.
  static let partingNanoseconds: Int64 = 4_000_000_000

  private let executable: String
  private let arguments: [String]
  private let signals: SignalDescriptor
  private let poller: Poller
  private var child: Int32?
  private var isStopping = false

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
      if child == nil { spawn() }
      // Without a child the wait is the pause before the next try.
      _ = try poller.wait(timeoutMilliseconds: child == nil ? Self.respawnMilliseconds : nil)
      forwardSignals()
      let status = reapAll() ?? (child == nil && isStopping ? 0 : nil)
      if let status {
        try partFromTheRest()
        return status
      }
      if child == nil { _ = try poller.wait(timeoutMilliseconds: Self.respawnMilliseconds) }
    }
  }

  private func spawn() {
    do throws(Errno) {
      child = try Spawn.start(
        executable, arguments: arguments, environment: Environment.entries(),
        descriptors: [Spawn.Inheritance(child: 1, raw: 1), Spawn.Inheritance(child: 2, raw: 2)])
    } catch {
      do { try StandardError.write("cronwatch: PID 1 can't start the watcher: \(error)\n") } catch {}
    }
  }

  private func forwardSignals() {
    let numbers: [Int32]
    do { numbers = try signals.read() } catch { return }
    for number in numbers where number != Signal.child {
      if number == Signal.terminate || number == Signal.interrupt { isStopping = true }
      send(number, to: child)
    }
  }

  /// Reaps all that has ended; the status to end with when the watcher's end was meant to last.
  private func reapAll() -> Int32? {
    var final: Int32?
    do throws(Errno) {
      while let ended = try Reaper.peek() {
        if ended.pid == child {
          child = nil
          if case .exited(let status) = ended.cause, Self.finalStatuses.contains(status) || isStopping {
            final = status
          }
        }
        try Reaper.reap(ended.pid)
      }
    } catch {
      return final
    }
    return final
  }

  /// SIGTERM for what is left (workers with their jobs), and time to end; the kernel kills the rest after us.
  private func partFromTheRest() throws(Errno) {
    let deadline = SystemClock.monotonic() + Self.partingNanoseconds
    var told: Set<Int32> = []
    while true {
      let rest = ProcessStatus.children(of: CurrentProcess.identifier)
      if rest.isEmpty { return }
      // Whoever loses its parent meanwhile becomes ours, and hears of the end too.
      for pid in rest where told.insert(pid).inserted { send(Signal.terminate, to: pid) }
      let left = (deadline - SystemClock.monotonic()) / 1_000_000
      if left <= 0 { return }
      _ = try poller.wait(timeoutMilliseconds: Int(left))
      forwardSignals()
      _ = reapAll()
    }
  }

  private func send(_ number: Int32, to pid: Int32?) {
    guard let pid else { return }
    do { try ProcessDescriptor(child: pid).signal(number) } catch {}
  }
}
