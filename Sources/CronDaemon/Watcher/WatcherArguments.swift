internal import CronEngine

/// What `start` resolved for the watcher. It parses nothing that users write; what it doesn't know it hands on.
struct WatcherArguments: Hashable, Sendable {
  /// The keys that concern the watcher alone; the ticker gets all others as they are.
  private static let own: Set<String> = [
    "ready-fd", "ticker-program", "log-max-size", "restart-delay-max-ms", "safe-mode-after",
  ]

  /// The state directory.
  var state: String
  /// Where `start` waits for READY; nil = nobody waits.
  var readyDescriptor: Int32?
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
      let logLimit = number("log-max-size", or: LogFile.defaultLimit, from: 4_096)
    else { return nil }
    self.state = state
    if arguments["ready-fd"] != nil {
      guard let raw = arguments.number("ready-fd", as: Int32.self), raw > 2 else { return nil }
      readyDescriptor = raw
    }
    log = arguments.logging
    intervalMilliseconds = interval
    restartDelayMaxMilliseconds = restartDelay
    stopTimeoutMilliseconds = stopTimeout
    drainMilliseconds = drain
    safeModeAfter = Int(safeMode)
    self.logLimit = logLimit
    ownWords = arguments.words(without: ["ready-fd"])
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
