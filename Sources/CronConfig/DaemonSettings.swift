/// Every setting of `cronwatch.conf` outside `[job …]`, with its default.
///
/// `SettingsTable` names each field once; parser, template and documentation come from there.
public struct DaemonSettings: Hashable, Sendable {
  // MARK: [crontabs]
  /// Crontabs in user format, read when the command line names none.
  public var crontabFiles: [String] = []
  /// Whether /etc/crontab, /etc/cron.d and the spool are read.
  public var systemCrontabs = false
  /// The directory of users' crontabs in system mode.
  public var crontabSpool = "/var/spool/cron/crontabs"
  /// How long one reading of all sources may take, in milliseconds.
  public var crontabReadTimeoutMilliseconds: Int64 = 30_000

  // MARK: [ticker]
  /// Beat while idle, in milliseconds; 0 = a tick after each pass without waiting (tests).
  public var tickerIntervalMilliseconds: Int64 = 5000
  /// How long without a clean tick before `failing`, in milliseconds; nil = 3 × interval + 20 s.
  public var successThresholdMilliseconds: Int64?

  // MARK: [watcher]
  /// The longest wait before a restart of the ticker, in milliseconds.
  public var restartDelayMaxMilliseconds: Int64 = 60_000
  /// After how many deaths in a row the ticker starts without its last good table.
  public var safeModeAfter = 5
  /// How long `stop` waits for the ticker to end, in milliseconds.
  public var stopTimeoutMilliseconds: Int64 = 5_000
  /// The metrics file; empty = none.
  public var metricsFile = ""
  /// The group that may ask for status; empty = none.
  public var statusGroup = ""

  // MARK: [workers]
  /// Workers that are kept warm while idle.
  public var workersIdle = 2
  /// The most workers, so the most jobs that run at once.
  public var workersMax = 128
  /// The most occurrences that wait for a worker.
  public var workersQueue = 100_000
  /// After how many runs a worker is replaced.
  public var workersRecycleAfter = 1000

  // MARK: [ledger]
  /// How long history is kept, in seconds.
  public var ledgerKeepSeconds: Int64 = 90 * 86_400
  /// The size of one preallocated segment, in bytes.
  public var ledgerSegmentSize: Int64 = 4 << 20

  // MARK: [jobs]
  /// The zone of schedules that name none; empty = `$TZ`, then /etc/localtime.
  public var defaultZone = ""
  /// What jobs get where their file says nothing.
  public var jobDefaults = JobDefaults()
  /// The variables that jobs get from the daemon's environment; `*` = all.
  public var inheritEnvironment: [String] = []
  /// How long a stopped job has between TERM and KILL, in milliseconds.
  public var killGraceMilliseconds: Int64 = 10_000
  /// The most output that is kept of one run, in bytes.
  public var outputLimit: Int64 = 10 << 20
  /// Of how many runs of a job the output is kept.
  public var outputKeep = 50
  /// How long a stopping daemon waits for running jobs, in milliseconds; then their workers go on alone.
  public var drainMilliseconds: Int64 = 4000

  // MARK: [log]
  /// The least level that is logged.
  public var logLevel = "info"
  /// `text` or `json`.
  public var logFormat = "text"
  /// At which size the log file is turned over, in bytes.
  public var logMaxSize: Int64 = 10 << 20

  // MARK: [trigger]
  /// The external trigger's provider; empty = the built-in.
  public var triggerProvider = ""

  /// All defaults.
  public init() {}

  /// How old the last clean tick may be, in milliseconds, before the verdict is `failing`.
  public var effectiveSuccessThresholdMilliseconds: Int64 {
    successThresholdMilliseconds ?? (3 &* tickerIntervalMilliseconds &+ 20_000)
  }
}
