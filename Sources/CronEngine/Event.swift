public import CronLedger
public import CronTime

/// Everything that can happen to the engine. The first event of all is `recovered`, the second `loaded`.
public enum Event: Sendable {
  /// What the ledger and the slots say about the past; `sameBoot` is false after power loss or a reboot.
  case recovered(LedgerState, runs: [RecoveredRun], sameBoot: Bool, Moment)
  /// A new table of jobs: the whole of it, so what is absent is retired. With the first one `former` has the zones of
  /// the ledger's definitions, with their data of then: they may still owe something.
  case loaded(jobs: [EngineJob], former: [Zone], Moment)
  /// One pass: everything that is due by now is decided.
  case tick(Moment)
  /// A pass failed before it could decide anything, for this reason: it goes into the ledger.
  case tickFailed(message: String, Moment)
  /// The sync that was asked for ended. If it failed, the owner has opened a new segment with the engine's snapshot.
  case synced(token: UInt64, SyncResult, Moment)
  /// The run's command executes.
  case started(RunIdentifier, pid: Int32, at: Instant, Moment)
  /// The run is over.
  case ended(RunIdentifier, RunExit, Moment)
  /// The system refused to start the run's command; it never executed.
  case couldNotStart(RunIdentifier, StartFailure, Moment)
  /// `cronwatch run JOB`.
  case manualRun(job: String, request: UInt64, Moment)
  /// `cronwatch fire JOB --at INSTANT`, or a provider's callback.
  case fire(job: String, at: Instant, request: UInt64, Moment)
  /// `cronwatch stop-run RUN`.
  case stopRun(RunIdentifier, request: UInt64, Moment)
  /// `cronwatch pause JOB`; `until` nil = until resumed.
  case pause(job: String, until: Instant?, reason: String?, request: UInt64, Moment)
  /// `cronwatch resume JOB`.
  case resume(job: String, request: UInt64, Moment)
  /// The wall clock was set; the engine measures by how much from the moments.
  case clockStepped(byMicroseconds: Int64, Moment)
  /// Fire nothing new from now on, and let runs end.
  case drain(Moment)
}

/// What the slots said about one claim that was open when the last ticker ended.
public struct RecoveredRun: Hashable, Sendable {
  /// What is known of it.
  public enum Finding: Hashable, Sendable {
    /// Nobody will start it any more, and its command never executed.
    case notStarted
    /// It lives; without a living worker nobody enforces its timeout but the engine.
    case adopted(pid: Int32, supervised: Bool)
    /// A worker has the order and hasn't started the command yet.
    case accepted
    /// It is over.
    case ended(RunExit)
    /// It was started and nobody saw it end.
    case unknown
    /// The machine went down under it.
    case interrupted
  }

  /// The run.
  public var run: RunIdentifier
  /// What is known of it.
  public var finding: Finding

  /// What was found about a run.
  public init(run: RunIdentifier, finding: Finding) {
    self.run = run
    self.finding = finding
  }
}

/// How a run ended. `signal` is a name without `SIG`; `at` is the end, `startedAt` the start of the command.
public enum RunExit: Hashable, Sendable {
  /// The main process exited.
  case exited(code: Int, at: Instant, startedAt: Instant?, output: Bool = false)
  /// A signal that nobody of ours sent ended it.
  case signaled(name: String, at: Instant, startedAt: Instant?, output: Bool = false)
  /// Its timeout ended it.
  case timedOut(code: Int?, signal: String?, at: Instant, startedAt: Instant?, output: Bool = false)
  /// We were asked to end it.
  case stopped(code: Int?, signal: String?, at: Instant, startedAt: Instant?, output: Bool = false)
  /// The machine went down under it.
  case interrupted
  /// Nobody knows.
  case unknown(reason: String)
  /// The worker got the order after its start deadline and did not start it.
  case declined
}

/// Why a command could not be started.
public struct StartFailure: Hashable, Sendable {
  /// The step and the errno, for people.
  public var message: String
  /// Whether the same may work a moment later (EAGAIN, ENOMEM, a user lookup that timed out).
  public var isRetryable: Bool

  /// A failure.
  public init(message: String, isRetryable: Bool) {
    self.message = message
    self.isRetryable = isRetryable
  }
}
