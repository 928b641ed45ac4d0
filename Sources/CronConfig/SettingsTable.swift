/// One setting: its place in the file, its type, what it is for, and the field that it fills.
public struct Setting: Sendable {
  /// The section's name, without brackets.
  public let section: String
  /// The key inside the section.
  public let key: String
  /// What it is for, in one line.
  public let summary: String
  let kind: SettingKind

  /// `section.key`, as prose and diagnostics name it.
  public var name: String { section + "." + key }
}

/// What a setting's value may be, and the field that it fills.
enum SettingKind: Sendable {
  case flag(any WritableKeyPath<DaemonSettings, Bool> & Sendable)
  case count(any WritableKeyPath<DaemonSettings, Int> & Sendable, ClosedRange<Int>)
  /// Milliseconds.
  case duration(any WritableKeyPath<DaemonSettings, Int64> & Sendable, ClosedRange<Int64>)
  /// Milliseconds, or the word for nil.
  case optionalDuration(any WritableKeyPath<DaemonSettings, Int64?> & Sendable, ClosedRange<Int64>, none: String)
  case seconds(any WritableKeyPath<DaemonSettings, Int64> & Sendable, ClosedRange<Int64>)
  case optionalSeconds(any WritableKeyPath<DaemonSettings, Int64?> & Sendable, ClosedRange<Int64>, none: String)
  case size(any WritableKeyPath<DaemonSettings, Int64> & Sendable, ClosedRange<Int64>)
  case choice(any WritableKeyPath<DaemonSettings, String> & Sendable, [String])
  case text(any WritableKeyPath<DaemonSettings, String> & Sendable)
  case absolutePath(any WritableKeyPath<DaemonSettings, String> & Sendable)
  /// Empty where there is none.
  case optionalPath(any WritableKeyPath<DaemonSettings, String> & Sendable)
  case zone(any WritableKeyPath<DaemonSettings, String> & Sendable)
  case overlap(any WritableKeyPath<DaemonSettings, OverlapPolicy> & Sendable)
  case catchUp(any WritableKeyPath<DaemonSettings, CatchUpPolicy> & Sendable)
  /// One value a line, the key repeats.
  case paths(any WritableKeyPath<DaemonSettings, [String]> & Sendable)
  /// Several words a line, the key repeats.
  case names(any WritableKeyPath<DaemonSettings, [String]> & Sendable)
}

/// The one table of settings: parser, config/cronwatch.conf, docs/configuration.md and diagnostics all come from it.
public enum SettingsTable {
  /// Every setting, in the order of the file.
  public static let all: [Setting] = crontabs + ticker + watcher + workers + ledger + jobs + log + trigger

  /// The sections with settings, in the order of the file.
  public static let sections = ["crontabs", "ticker", "watcher", "workers", "ledger", "jobs", "log", "trigger"]

  /// Sections of the design that this version doesn't have.
  public static let laterSections = ["http", "chronos", "watchdog", "group"]

  /// The setting of that name, if there is one.
  public static func setting(section: String, key: String) -> Setting? { byName[section + "." + key] }

  /// The setting that prose calls `section.key`, if there is one.
  public static func setting(named name: String) -> Setting? { byName[name] }

  private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

  private static let day: Int64 = 86_400

  private static let crontabs = [
    Setting(
      section: "crontabs", key: "files",
      summary: "A crontab in user format; repeat the key for more. CRONTAB arguments of `start` replace the list.",
      kind: .paths(\.crontabFiles)),
    Setting(
      section: "crontabs", key: "system",
      summary: "Read /etc/crontab, /etc/cron.d and the users' crontabs; `start` then refuses beside a live crond.",
      kind: .flag(\.systemCrontabs)),
    Setting(
      section: "crontabs", key: "spool",
      summary: "The directory of users' crontabs in system mode.", kind: .absolutePath(\.crontabSpool)),
    Setting(
      section: "crontabs", key: "read-timeout",
      summary: "How long one reading of all files may take; then the last good copies stay in use.",
      kind: .duration(\.crontabReadTimeoutMilliseconds, 100...600_000)),
  ]

  private static let ticker = [
    Setting(
      section: "ticker", key: "interval",
      summary: "The beat while nothing is due; 0 ticks without waiting and is meant for tests.",
      kind: .duration(\.tickerIntervalMilliseconds, 0...60_000)),
    Setting(
      section: "ticker", key: "success-threshold",
      summary: "How long without a clean tick until status says failing; auto is 3 intervals and 20 s.",
      kind: .optionalDuration(\.successThresholdMilliseconds, 1...86_400_000, none: "auto")),
  ]

  private static let watcher = [
    Setting(
      section: "watcher", key: "restart-delay-max",
      summary: "The longest wait before a crashed ticker is restarted; after a healthy life it comes at once.",
      kind: .duration(\.restartDelayMaxMilliseconds, 1...3_600_000)),
    Setting(
      section: "watcher", key: "safe-mode-after",
      summary:
        "After how many deaths within ten minutes the ticker starts in safe mode: no catch-up, nothing is removed.",
      kind: .count(\.safeModeAfter, 1...1000)),
    Setting(
      section: "watcher", key: "stop-timeout",
      summary: "Within what time a stop ends a ticker, by force if need be; at the latest 1s after a longer drain.",
      kind: .duration(\.stopTimeoutMilliseconds, 1...3_600_000)),
    Setting(
      section: "watcher", key: "metrics-file",
      summary: "A file for node-exporter's textfile collector, written anew every 15s; read at `start`.",
      kind: .optionalPath(\.metricsFile)),
    Setting(
      section: "watcher", key: "status-group",
      summary: "The group whose members may ask for `status`, and for nothing else; read at `start`.",
      kind: .text(\.statusGroup)),
  ]

  private static let workers = [
    Setting(
      section: "workers", key: "idle", summary: "How many idle workers are kept warm; others end after 10 seconds.",
      kind: .count(\.workersIdle, 0...1024)),
    Setting(
      section: "workers", key: "max", summary: "How many jobs may run at once; more wait in a queue.",
      kind: .count(\.workersMax, 1...10_000)),
    Setting(
      section: "workers", key: "queue",
      summary: "How many occurrences may wait; beyond it they are skipped with the reason queue-full.",
      kind: .count(\.workersQueue, 1...1_000_000)),
    Setting(
      section: "workers", key: "recycle-after", summary: "After how many runs a worker is replaced by a new one.",
      kind: .count(\.workersRecycleAfter, 1...1_000_000)),
  ]

  private static let ledger = [
    Setting(
      section: "ledger", key: "keep", summary: "How long the history of runs is kept.",
      kind: .seconds(\.ledgerKeepSeconds, 3600...3650 * day)),
    Setting(
      section: "ledger", key: "segment-size", summary: "The size of one preallocated segment of the ledger.",
      kind: .size(\.ledgerSegmentSize, 64 << 10...4 << 20)),
  ]

  private static let jobs = [
    Setting(
      section: "jobs", key: "zone",
      summary: "The zone of schedules that name none; empty is $TZ, then /etc/localtime.", kind: .zone(\.defaultZone)),
    Setting(
      section: "jobs", key: "shell", summary: "The shell of shell lines where the file sets no SHELL.",
      kind: .absolutePath(\.jobDefaults.shell)),
    Setting(
      section: "jobs", key: "inherit-environment",
      summary: "Variables that jobs get from the daemon's environment, or * for all; for containers.",
      kind: .names(\.inheritEnvironment)),
    Setting(
      section: "jobs", key: "timeout", summary: "How long a run may take; none is for ever.",
      kind: .optionalSeconds(\.jobDefaults.timeoutSeconds, 1...365 * day, none: "none")),
    Setting(
      section: "jobs", key: "overlap",
      summary: "While the previous run lives: skip, queue, allow or replace.", kind: .overlap(\.jobDefaults.overlap)),
    Setting(
      section: "jobs", key: "grace",
      summary: "How late an occurrence may still fire normally; auto is half the period, 2 m to 2 h.",
      kind: .optionalSeconds(\.jobDefaults.graceSeconds, 1...365 * day, none: "auto")),
    Setting(
      section: "jobs", key: "catch-up",
      summary: "For occurrences past their grace: skip, once (the latest), all or all(N).",
      kind: .catchUp(\.jobDefaults.catchUp)),
    Setting(
      section: "jobs", key: "kill-grace", summary: "How long a stopped job has between SIGTERM and SIGKILL.",
      kind: .duration(\.killGraceMilliseconds, 0...3_600_000)),
    Setting(
      section: "jobs", key: "output-limit",
      summary: "How much output of one run is kept: its beginning and its end.",
      kind: .size(\.outputLimit, 4 << 10...1 << 40)),
    Setting(
      section: "jobs", key: "output-keep", summary: "Of how many runs of each job the output is kept.",
      kind: .count(\.outputKeep, 0...100_000)),
    Setting(
      section: "jobs", key: "drain",
      summary: "How long a stopping daemon waits for running jobs; then their workers see them to the end.",
      kind: .duration(\.drainMilliseconds, 0...86_400_000)),
  ]

  private static let log = [
    Setting(
      section: "log", key: "level", summary: "The least level that is logged: error, warning, info or debug.",
      kind: .choice(\.logLevel, ["error", "warning", "info", "debug"])),
    Setting(
      section: "log", key: "format", summary: "Log lines as text or as json.",
      kind: .choice(\.logFormat, ["text", "json"])),
    Setting(
      section: "log", key: "max-size", summary: "At which size the log file is turned over; one older is kept.",
      kind: .size(\.logMaxSize, 64 << 10...1 << 40)),
  ]

  private static let trigger = [
    Setting(
      section: "trigger", key: "provider",
      summary: "The external trigger that wakes cronwatch; empty is the built-in one.", kind: .text(\.triggerProvider))
  ]
}
