public import CronTime

/// What the engine is told once, at its start.
public struct EngineSettings: Hashable, Sendable {
  /// How many runs may live at once (`workers.max`), ≥ 1.
  public var workersMax: Int
  /// How many occurrences may wait (`workers.queue`); beyond it they are `skipped: queue-full`.
  public var queueLimit: Int
  /// How many occurrences of one job with `overlap = queue` wait, ≥ 1; the newest stay, older ones are skipped.
  public var overlapQueueLimit: Int
  /// Seconds between TERM and KILL when a run must end (`jobs.kill-grace`).
  public var killGraceSeconds: Int64
  /// Names this boot in claims and for `@reboot`; with PID 1's start time, since containers restart on one boot.
  public var bootIdentifier: String
  /// The ticker's process, for the `restart` record.
  public var pid: Int32
  /// The program's version, for the `restart` record.
  public var version: String
  /// A clock that is older than this at boot is wrong (our build's time); nil = only the ledger tells.
  public var earliestPlausible: Instant?
  /// In safe mode misfires are recorded as missed, whatever the job's catch-up policy.
  public var safeMode: Bool
  /// Jobs that are left out of the table because tickers died of them: nothing is computed with what they were either.
  public var setAside: Set<String> = []

  /// Settings with the defaults of the design.
  public init(
    workersMax: Int = 128, queueLimit: Int = 100_000, overlapQueueLimit: Int = 1, killGraceSeconds: Int64 = 10,
    bootIdentifier: String, pid: Int32 = 0, version: String = "", earliestPlausible: Instant? = nil,
    safeMode: Bool = false
  ) {
    self.workersMax = max(1, workersMax)
    self.queueLimit = max(0, queueLimit)
    self.overlapQueueLimit = max(1, overlapQueueLimit)
    self.killGraceSeconds = killGraceSeconds
    self.bootIdentifier = bootIdentifier
    self.pid = pid
    self.version = version
    self.earliestPlausible = earliestPlausible
    self.safeMode = safeMode
  }

  /// Catch-up takes at most half of the pool, so that what is due now still gets a worker.
  var catchUpMax: Int { max(1, workersMax / 2) }
}
