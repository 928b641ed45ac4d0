public import CronLedger
public import CronTime

/// What status shows beside verdicts. Small, whatever the number of jobs.
public struct EngineSummary: Hashable, Sendable {
  /// An occurrence to come.
  public struct Next: Hashable, Sendable {
    /// The job.
    public var job: String
    /// Its nominal instant.
    public var at: Instant
  }

  /// A live run.
  public struct Running: Hashable, Sendable {
    /// The run.
    public var run: RunIdentifier
    /// Its job.
    public var job: String
    /// Its main process; nil while it isn't known to execute.
    public var pid: Int32?
    /// When it was started, else claimed.
    public var startedAt: Instant
    /// False while its worker is dead.
    public var supervised: Bool
  }

  /// A run or range that did not succeed.
  public struct Failure: Hashable, Sendable {
    /// The job.
    public var job: String
    /// The run; nil for occurrences that never became one.
    public var run: RunIdentifier?
    /// When that was known.
    public var at: Instant
    /// How it ended.
    public var outcome: Outcome
    /// Why.
    public var reason: String
  }

  /// Jobs in the table.
  public var jobs = 0
  /// Paused jobs among them.
  public var paused = 0
  /// The next occurrence of each job, at most 10, the earliest first.
  public var next: [Next] = []
  /// The next occurrences of all jobs together, at most 10, the earliest first: one job may have several.
  public var coming: [Next] = []
  /// Live runs, the oldest first.
  public var running: [Running] = []
  /// Occurrences and manual runs that wait.
  public var queued = 0
  /// The earliest instant at which something undecided is due; nil = nothing is to come.
  public var earliestDue: Instant?
  /// Until when that one may still fire normally: status says OVERDUE after it.
  public var earliestDeadline: Instant?
  /// All workers are busy.
  public var poolFull = false
  /// Runs that could not be started so far, and are tried again.
  public var unstarted = 0
  /// Why the oldest of them couldn't.
  public var startProblem: String?
  /// We are stopping.
  public var draining = false
  /// Fires are held for the clock.
  public var clockHeld = false
  /// The latest failures, at most 5, the newest first.
  public var recentFailures: [Failure] = []
}
