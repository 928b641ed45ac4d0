public import CronConfig
public import CronLedger
public import CronTime

/// What the owner must do, in order.
public enum Action: Hashable, Sendable {
  /// Append these to the ledger at once; the engine's own `ledger` has taken them in already.
  case append([SequencedRecord])
  /// Make all that was appended so far durable; answered by `.synced`. At most one is under way.
  case sync(token: UInt64)
  /// Give the order to a worker; its claim is durable.
  case dispatch(RunOrder)
  /// End a run that was dispatched or adopted.
  case stop(RunIdentifier, reason: StopReason)
  /// Answer a request; each request is answered exactly once, unless the engine ends before.
  case answer(request: UInt64, EngineAnswer)
  /// A fact for the log and for `degraded`.
  case notice(EngineNotice)
}

/// One run, as a worker is told to make it.
public struct RunOrder: Hashable, Sendable {
  /// The run.
  public var run: RunIdentifier
  /// Its claim's place in the ledger; every field of a slot carries both.
  public var claimSequence: UInt64
  /// What to run.
  public var job: JobDefinition
  /// The nominal instant; nil for a manual run.
  public var occurrence: Instant?
  /// What made it run.
  public var trigger: FireTrigger
  /// 1 for the first try.
  public var attempt: Int
  /// A worker that gets to it later declines.
  public var startDeadline: Instant?
  /// How long it may take; nil = for ever.
  public var timeoutSeconds: Int64?
  /// Seconds between TERM and KILL.
  public var killGraceSeconds: Int64
  /// When it was decided.
  public var claimedAt: Instant
}

/// Why a run is ended by us.
public enum StopReason: String, Hashable, Sendable, CaseIterable {
  /// It took longer than its timeout.
  case timeout
  /// A later occurrence takes its place.
  case replaced
  /// Somebody asked.
  case requested
}

/// The answer to a request.
public enum EngineAnswer: Hashable, Sendable {
  /// Claimed, and the claim is durable; or the run is being stopped.
  case accepted(RunIdentifier)
  /// Done; there is no run to name.
  case done
  /// No such job.
  case unknownJob
  /// No such live run.
  case unknownRun
  /// The job runs, and its overlap policy allows no second run.
  case alreadyRunning(RunIdentifier)
  /// The occurrence is decided already: a late or repeated callback.
  case alreadyClaimed
  /// The schedule doesn't name that instant, or it lies at or before the job's origin.
  case notScheduled
  /// The instant hasn't come.
  case future
  /// The occurrence waits for its turn and will run without more ado.
  case queued
  /// Too much waits already.
  case queueFull
  /// We are stopping.
  case draining
  /// The run was claimed and ended before it could start, for this reason.
  case notStarted(reason: String)
}

/// A fact worth a log line; some are also `degraded`.
public enum EngineNotice: Hashable, Sendable {
  /// All workers are busy, and so many occurrences wait.
  case poolFull(waiting: Int)
  /// The pool has room again.
  case poolHasRoom
  /// The queue is full: this job's occurrences are skipped.
  case queueFull(job: String)
  /// The ledger's own rules refused a record of ours: our bug, kept from doing harm.
  case illegalTransition(String)
  /// A command could not be started; it is tried again, or given up.
  case couldNotStart(RunIdentifier, job: String, message: String, isFinal: Bool)
  /// Occurrences were missed.
  case missed(job: String, count: Int, reason: MissReason)
  /// The wall clock was set.
  case clockStepped(byMicroseconds: Int64)
  /// The machine slept.
  case suspended(microseconds: Int64)
  /// Marks of a wrong far-future clock were set back, for so many jobs.
  case marksRebased(jobs: Int)
  /// Fires are held: the clock at boot is older than what the ledger has seen.
  case clockHeld(untilMonotonicNanoseconds: Int64)
  /// Fires are no longer held; the clock is plausible, or the wait was long enough.
  case clockReleased(plausible: Bool)
  /// A sync failed; nothing of it was dispatched.
  case syncFailed(consecutive: Int)
  /// Two jobs have one name; the first is used.
  case duplicateJob(String)
  /// A claim waits for its instant, which a backward step has moved into the future again.
  case heldForInstant(RunIdentifier)
}
