public import CronTime

/// What the ticker says about itself beside the beat: the content of `heartbeat/summary`, which status shows.
public struct TickerSummary: Hashable, Sendable {
  /// A coming occurrence.
  public struct Next: Hashable, Sendable {
    /// The job's name.
    public var job: String
    /// The instant, jitter not counted.
    public var at: Instant

    /// A coming occurrence.
    public init(job: String, at: Instant) {
      self.job = job
      self.at = at
    }
  }

  /// A live run.
  public struct Running: Hashable, Sendable {
    /// The run's identifier.
    public var run: String
    /// The job's name.
    public var job: String
    /// The pid of the job's main process; nil before it started.
    public var pid: Int32?
    /// When it started; nil before.
    public var startedAt: Instant?

    /// A live run.
    public init(run: String, job: String, pid: Int32?, startedAt: Instant?) {
      self.run = run
      self.job = job
      self.pid = pid
      self.startedAt = startedAt
    }
  }

  /// A worker process.
  public struct Worker: Hashable, Sendable {
    /// Its pid.
    public var pid: Int32
    /// The run it supervises; nil while idle.
    public var run: String?
    /// That run's job.
    public var job: String?

    /// A worker process.
    public init(pid: Int32, run: String?, job: String?) {
      self.pid = pid
      self.run = run
      self.job = job
    }
  }

  /// A run that didn't succeed.
  public struct Failure: Hashable, Sendable {
    /// The run's identifier; nil when nothing ran (missed).
    public var run: String?
    /// The job's name.
    public var job: String
    /// When it ended.
    public var at: Instant
    /// The outcome's word.
    public var outcome: String
    /// Why, in words.
    public var reason: String

    /// A run that didn't succeed.
    public init(run: String?, job: String, at: Instant, outcome: String, reason: String) {
      self.run = run
      self.job = job
      self.at = at
      self.outcome = outcome
      self.reason = reason
    }
  }

  /// The trigger in charge.
  public var trigger = "builtin"
  /// Jobs that are defined.
  public var jobsTotal = 0
  /// Jobs that are paused.
  public var jobsPaused = 0
  /// Lines of configuration that were refused.
  public var linesRejected = 0
  /// The next occurrence of each job, soonest first; at most 10 are kept.
  public var next: [Next] = []
  /// The next occurrences of all jobs together, soonest first; at most 10 are kept.
  public var coming: [Next] = []
  /// Live runs; at most 128 are kept.
  public var running: [Running] = []
  /// Worker processes; at most 128 are kept.
  public var workers: [Worker] = []
  /// Claimed occurrences that wait for a worker.
  public var queued = 0
  /// What is wrong though jobs fire, one sentence each; at most 20 are kept.
  public var degraded: [String] = []
  /// The last failures, newest first; at most 5 are kept.
  public var failures: [Failure] = []
  /// The earliest due instant that isn't decided yet, past or coming; nil = none.
  public var earliestDue: Instant?
  /// How late that one may fire, in seconds; nil = 120.
  public var earliestDueGraceSeconds: Int64?
  /// How old the last clean tick may be, in seconds; nil = 3 × interval + 20.
  public var successThresholdSeconds: Int64?

  /// A summary of a ticker without jobs.
  public init() {}
}
