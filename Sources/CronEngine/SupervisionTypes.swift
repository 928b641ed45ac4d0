/// The numbers of the watcher's policy; all in nanoseconds of the monotonic clock.
public struct SupervisionSettings: Hashable, Sendable {
  /// The ticker's beat interval (`ticker.interval`); 0 is permitted in tests.
  public var beatInterval: Int64
  /// The longest wait between restarts (`watcher.restart-delay-max`).
  public var restartDelayMax: Int64
  /// Deaths within ten minutes after which the ticker is started in safe mode (`watcher.safe-mode-after`); 0 = never.
  public var safeModeAfter: Int
  /// A ticker without a single beat after this long is hung; 60 s.
  public var startLimit: Int64
  /// A stop request ends the ticker within this time (`watcher.stop-timeout`, 5 s), or a second after a longer drain.
  public var stopTimeout: Int64
  /// Seeds the jitter of the back-off.
  public var seed: UInt64

  /// The defaults of design.md.
  public init(
    beatInterval: Int64 = 5_000_000_000, restartDelayMax: Int64 = 60_000_000_000, safeModeAfter: Int = 5,
    startLimit: Int64 = 60_000_000_000, stopTimeout: Int64 = 5_000_000_000, seed: UInt64 = 0
  ) {
    self.beatInterval = max(0, beatInterval)
    self.restartDelayMax = max(0, restartDelayMax)
    self.safeModeAfter = max(0, safeModeAfter)
    self.startLimit = max(0, startLimit)
    self.stopTimeout = max(0, stopTimeout)
    self.seed = seed
  }

  /// A beat strictly older than this is stale: 3 × interval + 20 s.
  public var staleThreshold: Int64 { Self.staleThreshold(beatInterval: beatInterval) }

  /// The one place of the stale rule; status uses it too. The interval is capped at a day.
  public static func staleThreshold(beatInterval: Int64) -> Int64 {
    3 * min(max(0, beatInterval), 86_400_000_000_000) + 20_000_000_000
  }
}

/// How a ticker's process ended, as the watcher classifies it.
public enum TickerEnd: Hashable, Sendable {
  /// It armed an external trigger and returned: no death, nothing to restart until something changes.
  case asleep
  /// It ended because it was asked to.
  case stopped
  /// Exit status 78: bad configuration and no last good copy. Waits for a change instead of spinning.
  case misconfigured
  /// Everything else: a crash, a kill, an exit nobody asked for.
  case died(String)

  /// Tells "returned by design" from "died"; an exit 0 that nobody asked for and no trigger covers is a death.
  public static func classify(
    exitCode: Int?, signal: String?, phaseAsleep: Bool, stopRequested: Bool
  ) -> TickerEnd {
    if let signal { return stopRequested ? .stopped : .died("signal \(signal)") }
    switch exitCode {
    case 0 where stopRequested: return .stopped
    case 0 where phaseAsleep: return .asleep
    case 78: return .misconfigured
    case .some(let code): return stopRequested ? .stopped : .died("exit status \(code)")
    case .none: return .died("unknown end")
    }
  }
}

/// What the watcher can learn about its ticker; every event carries the monotonic clock in nanoseconds.
public enum SupervisionEvent: Hashable, Sendable {
  /// The watcher begins.
  case start(now: Int64)
  /// The spawn that was asked for succeeded.
  case spawned(now: Int64)
  /// The spawn failed (EAGAIN, ENOMEM …): no crash; it is tried again a second later.
  case spawnFailed(String, now: Int64)
  /// The ticker says that it has recovered and armed its first timer.
  case ready(now: Int64)
  /// The armed timer fired. `beatAge` is the age of this ticker's newest beat, read just now; nil = unknown.
  case timer(now: Int64, beatAge: Int64?)
  /// The watcher's loop has stood still for longer than it ever sleeps.
  case paused(now: Int64)
  /// The answer to `.inspect`: whether the process is stopped (state `T` in /proc).
  case childState(stopped: Bool, now: Int64)
  /// The ticker's process ended and was reaped.
  case exited(TickerEnd, now: Int64)
  /// Something changed (configuration, a fire, a manual run): a sleeping or misconfigured ticker is needed again.
  case wake(now: Int64)
  /// The watcher is asked to stop, or again in another way; the ticker may take `drain` nanoseconds for its runs before
  /// it must end.
  case stop(drain: Int64, now: Int64)
  /// The watcher is asked to stop without waiting for anything: the ticker has a moment for its last words.
  case stopAtOnce(now: Int64)
}

/// The signals that the watcher sends to its ticker.
public enum SupervisionSignal: String, Hashable, Sendable {
  case `continue` = "CONT", abort = "ABRT", terminate = "TERM", kill = "KILL"
}

/// What the watcher must do now.
public enum SupervisionAction: Hashable, Sendable {
  /// Start a ticker; in safe mode it does no catch-up and no compaction.
  case spawn(safeMode: Bool)
  /// Read the ticker's process state and answer with `.childState`.
  case inspect
  /// Send a signal by pidfd, after checking the identity.
  case signal(SupervisionSignal)
  /// (Re)arm the one timer; nanoseconds of the monotonic clock. A later one replaces an earlier one.
  case armTimer(Int64)
  /// No timer is needed.
  case disarmTimer
  /// The phase changed: what status and the log should say.
  case declare(SupervisionPhase)
}

/// What the watcher is doing about its ticker, as status tells it.
public enum SupervisionPhase: Hashable, Sendable {
  case idle
  case starting
  case running
  /// Between a death and the restart.
  case restarting(lastEnd: String, at: Int64)
  /// At least three deaths in ten minutes and waiting.
  case crashLooping(deaths: Int, lastEnd: String, at: Int64)
  /// No progress; what is being done about it.
  case stalled(StallRemedy)
  /// SIGKILL had no effect for 60 s (D state); no second ticker is started, its lock is still held.
  case unkillable
  case asleep
  case misconfigured
  case stopping
  case stopped
}

/// The steps against a ticker that makes no progress.
public enum StallRemedy: String, Hashable, Sendable { case inspecting, continued, aborted, killed }
