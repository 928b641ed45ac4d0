internal import CronEngine

/// What `start` resolved for the watcher. It parses nothing that users write; what it doesn't know it hands on.
struct WatcherArguments: Hashable, Sendable {
  /// The keys that concern the watcher alone; the ticker gets all others as they are.
  private static let own: Set<String> = [
    "ready-fd", "ticker-program", "metrics-file", "status-gid", "log-max-size", "restart-delay-max-ms",
    "safe-mode-after",
    "execution", "lock-fd", "spill-fd", "seen-end",
  ]
  /// The keys that mean one execution of the program: a later one is told its own.
  static let ofThisExecution: Set<String> = ["ready-fd", "execution", "lock-fd", "spill-fd", "seen-end"]

  /// The state directory.
  var state: String
  /// The configuration's name in its directory, which tells its changes from others; empty = there is none.
  var configurationName: String
  /// Where `start` waits for READY; nil = nobody waits.
  var readyDescriptor: Int32?
  /// How many programs this process has been before, by restarts in place.
  var execution: Int64
  /// The lock that the program before held, and the memory of what the disk refuses; nil = a new process.
  var lockDescriptor: Int32?
  var spillDescriptor: Int32?
  /// How the watcher before this one ended, as our PID 1 saw it; nil = nobody saw it, or there was none.
  var seenEnd: SeenEnd?
  /// How it logs.
  var log: Logger.Settings
  /// Milliseconds between the ticker's beats while idle.
  var intervalMilliseconds: Int64
  /// The longest wait before another ticker is started.
  var restartDelayMaxMilliseconds: Int64
  /// Unwanted ends within ten minutes after which the ticker is started in safe mode; 0 = never.
  var safeModeAfter: Int
  /// How long a stopping ticker may take until it is ended by force, unless its drain is longer.
  var stopTimeoutMilliseconds: Int64
  /// How long a stopping ticker lets runs end.
  var drainMilliseconds: Int64
  /// The size in bytes beyond which the log is rotated.
  var logLimit: Int64
  /// The metrics file; nil = none.
  var metricsFile: String?
  /// The gid that may ask for status; nil = none.
  var statusGroup: UInt32?
  /// The ticker's executable.
  var tickerProgram = "/proc/self/exe"
  /// Its own words after `role watcher`, for beginning anew; nobody waits for READY then.
  var ownWords: [String]
  /// The words for the ticker after `role ticker`.
  var tickerWords: [String]

  /// nil when the state directory is missing or a number is none: only our own processes write the words.
  init?(_ arguments: RoleArguments) {
    func number(_ key: String, or standard: Int64, from least: Int64) -> Int64? {
      guard arguments[key] != nil else { return standard }
      return arguments.number(key, as: Int64.self).flatMap { (least...1_000_000_000_000).contains($0) ? $0 : nil }
    }
    guard let state = arguments["state"], !state.isEmpty,
      let interval = number("interval-ms", or: 5_000, from: 0),
      let restartDelay = number("restart-delay-max-ms", or: 60_000, from: 1),
      let stopTimeout = number("stop-timeout-ms", or: 5_000, from: 0),
      let drain = number("drain-ms", or: 4_000, from: 0),
      let safeMode = number("safe-mode-after", or: 5, from: 0),
      let execution = number("execution", or: 0, from: 0),
      let logLimit = number("log-max-size", or: LogFile.defaultLimit, from: 4_096)
    else { return nil }
    self.state = state
    configurationName = (arguments["config"] ?? "").split(separator: "/").last.map(String.init) ?? ""
    for key in ["ready-fd", "lock-fd", "spill-fd"] where arguments[key] != nil {
      guard (arguments.number(key, as: Int32.self) ?? 0) > 2 else { return nil }
    }
    readyDescriptor = arguments.number("ready-fd")
    lockDescriptor = arguments.number("lock-fd")
    spillDescriptor = arguments.number("spill-fd")
    self.execution = execution
    seenEnd = arguments["seen-end"].flatMap { SeenEnd($0) }
    log = arguments.logging
    intervalMilliseconds = interval
    restartDelayMaxMilliseconds = restartDelay
    stopTimeoutMilliseconds = stopTimeout
    drainMilliseconds = drain
    safeModeAfter = Int(safeMode)
    self.logLimit = logLimit
    metricsFile = arguments["metrics-file"]
    statusGroup = arguments.number("status-gid")
    ownWords = arguments.words(without: Self.ofThisExecution)
    tickerWords = arguments.words(without: Self.own)
    if let program = arguments["ticker-program"] {
      // Only a test build watches anything but its own executable.
      #if CRONWATCH_FAULTS
        tickerProgram = program
      #else
        return nil
      #endif
    }
  }

  /// The numbers of the watcher's policy.
  func supervision(seed: UInt64) -> SupervisionSettings {
    SupervisionSettings(
      beatInterval: intervalMilliseconds * 1_000_000, restartDelayMax: restartDelayMaxMilliseconds * 1_000_000,
      safeModeAfter: safeModeAfter, stopTimeout: stopTimeoutMilliseconds * 1_000_000, seed: seed)
  }
}
