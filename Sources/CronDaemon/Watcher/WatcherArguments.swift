internal import CronSystem

/// What `start` resolved for the watcher. It parses nothing that users write; what it doesn't know it hands on.
struct WatcherArguments: Hashable, Sendable {
  /// The state directory.
  var state = ""
  /// Where `start` waits for READY; nil = nobody waits.
  var readyDescriptor: Int32?
  /// How it logs.
  var log = Logger.Settings()
  /// Milliseconds between the ticker's beats while idle.
  var intervalMilliseconds: Int64 = 5_000
  /// The longest wait before another ticker is started.
  var restartDelayMaxMilliseconds: Int64 = 60_000
  /// How long a stopping ticker may take before it is killed.
  var stopTimeoutMilliseconds: Int64 = 10_000
  /// The size beyond which the log is rotated.
  var logLimit = LogFile.defaultLimit
  /// The program and the words before the ticker's own arguments.
  var tickerProgram = "/proc/self/exe"
  /// The words for the ticker: all of ours but those that concern the watcher alone.
  var tickerWords: [String] = []

  /// Reads `--key value` pairs; nil when the state directory is missing or a number is none.
  init?(_ words: [String]) {
    guard words.count % 2 == 0 else { return nil }
    for index in stride(from: 0, to: words.count, by: 2) {
      let (key, value) = (words[index], words[index + 1])
      guard take(key, value) else { return nil }
      if key != "--ready-fd", key != "--ticker-program", key != "--log-max-size" { tickerWords += [key, value] }
    }
    if state.isEmpty { return nil }
  }

  private mutating func take(_ key: String, _ value: String) -> Bool {
    switch key {
    case "--state": state = value
    case "--ready-fd":
      guard let number = Int32(value), number > 2 else { return false }
      readyDescriptor = number
    case "--log-level":
      guard let level = LogLevel(rawValue: value) else { return false }
      log.level = level
    case "--log-format":
      guard let format = LogFormat(rawValue: value) else { return false }
      log.format = format
    case "--interval-ms": return Self.set(&intervalMilliseconds, value, from: 0)
    case "--restart-delay-max-ms": return Self.set(&restartDelayMaxMilliseconds, value, from: 1)
    case "--stop-timeout-ms": return Self.set(&stopTimeoutMilliseconds, value, from: 0)
    case "--log-max-size": return Self.set(&logLimit, value, from: 4096)
    case "--ticker-program":
      // Only a test build watches anything but its own executable.
      #if CRONWATCH_FAULTS
        tickerProgram = value
      #else
        return false
      #endif
    default: break
    }
    return true
  }

  private static func set(_ field: inout Int64, _ value: String, from least: Int64) -> Bool {
    guard let number = Int64(value), number >= least, number <= 1 << 53 else { return false }
    field = number
    return true
  }
}
