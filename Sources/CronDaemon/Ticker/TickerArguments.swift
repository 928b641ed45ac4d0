import CronEngine

/// What a ticker is told when it is spawned; the watcher hands it on unread.
struct TickerArguments: Hashable, Sendable {
  var state = ""
  /// The configuration file; empty = none.
  var configuration = ""
  /// The crontabs of the command line; they replace the configured ones.
  var crontabs: [String] = []
  /// Whether the lines of jobs go to standard output.
  var isForeground = false
  /// Under systemd, or our PID 1 stub: without its watcher the ticker ends, for another one comes.
  var hasInit = false
  var log = Logger.Settings()
  var intervalMilliseconds: Int64 = 5_000
  var drainMilliseconds: Int64 = 4_000
  /// How long a reader may take while no table says so.
  var readTimeoutMilliseconds: Int64?
  /// The soft limit of open files before the daemon raised its own.
  var openFiles: UInt64 = 1024
  /// The watcher's memory for what the disk refuses is inherited as descriptor 5.
  var hasSpill = false
  /// After several crashes in a row: catch nothing up.
  var isSafeMode = false
  /// The watcher's memory for breadcrumbs is inherited as descriptor 7.
  var hasTrail = false
  /// The watcher's queue of changes is inherited as descriptor 8.
  var hasChanges = false
  /// What must not be touched, because tickers died of it.
  var quarantined: [Breadcrumb] = []
  /// All words, for the reader.
  var words: [String] = []

  /// Reads `--key value` pairs; keys for other roles are passed over. nil without a state directory.
  init?(_ words: [String]) {
    self.words = words
    for index in stride(from: 0, to: words.count - 1, by: 2) { take(words[index], words[index + 1]) }
    if state.isEmpty { return nil }
  }

  private mutating func take(_ key: String, _ value: String) {
    switch key {
    case "--state": state = value
    case "--config": configuration = value
    case "--crontab": crontabs.append(value)
    case "--foreground": isForeground = value == "yes"
    case "--init": hasInit = hasInit || value == "yes"
    case "--systemd": hasInit = value == "yes"
    case "--journald": log.journald = value == "yes"
    case "--log-level": log.level = LogLevel(rawValue: value) ?? log.level
    case "--log-format": log.format = LogFormat(rawValue: value) ?? log.format
    case "--log-fd": log.descriptor = Int32(value) ?? log.descriptor
    case "--interval-ms": intervalMilliseconds = Int64(value) ?? intervalMilliseconds
    case "--drain-ms": drainMilliseconds = Int64(value) ?? drainMilliseconds
    case "--spill": hasSpill = value == "yes"
    case "--safe-mode": isSafeMode = value == "yes"
    case "--trail": hasTrail = value == "yes"
    case "--changes": hasChanges = value == "yes"
    case "--quarantine": quarantined += Breadcrumb(value).map { [$0] } ?? []
    case "--read-timeout-ms": readTimeoutMilliseconds = Int64(value).flatMap { $0 > 0 ? $0 : nil }
    case "--nofile": openFiles = UInt64(value) ?? openFiles
    default: break
    }
  }
}
