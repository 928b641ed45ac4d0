import CronConfig
import CronLedger
import CronTime

/// What the engine knows of one job of the table.
struct JobState: Sendable {
  var job: EngineJob
  /// No occurrence lies at or before it.
  var origin: Instant
  /// The first undecided instant; nil = none will come.
  var next: Instant?
  /// Entries of the due queue that carry an older number are stale.
  var generation: UInt64 = 0
  /// Claimed and not ended, in the order of their claims.
  var live: [RunIdentifier] = []
  /// What was noticed and waits for its turn, in that order.
  var waiting: [Waiting] = []
  /// The period, looked up when it is first needed.
  private var knownPeriod: Int64??

  init(job: EngineJob, origin: Instant) {
    self.job = job
    self.origin = origin
  }

  /// The usual spacing of its occurrences in seconds; nil = it fires once at most.
  mutating func period(near instant: Instant) -> Int64? {
    if let knownPeriod { return knownPeriod }
    let period = job.period(near: instant, origin: origin)
    knownPeriod = .some(period)
    return period
  }

  mutating func graceSeconds(near instant: Instant) -> Int64 { job.graceSeconds(period: period(near: instant)) }

  /// The spacing is looked up anew: the schedule changed.
  mutating func forgetPeriod() { knownPeriod = nil }

  // An empty array keeps the room that it had: a hundred thousand jobs that waited once would hold on to theirs.

  mutating func removeWaiting(at index: Int) {
    if waiting.count == 1 { waiting = [] } else { waiting.remove(at: index) }
  }

  mutating func remove(live run: RunIdentifier) {
    guard let index = live.firstIndex(of: run) else { return }
    if live.count == 1 { live = [] } else { live.remove(at: index) }
  }

  /// A run lives or waits: the next occurrence isn't alone.
  var isBusy: Bool { !live.isEmpty || !waiting.isEmpty }
}

/// An occurrence, or a manual run, that waits for its job's turn or for a worker.
struct Waiting: Hashable, Sendable {
  /// Tells entries of the ready queues apart from stale ones.
  var ticket: UInt64
  /// The nominal instant; nil = a manual run.
  var occurrence: Instant?
  var due: Instant
  var trigger: FireTrigger
  /// Who asked for the manual run.
  var request: UInt64?
  /// It waits for a worker only; its job's turn has come.
  var isReady = false
}

/// An entry of the due queue: a job has something to decide at this instant.
struct DueEntry: Comparable, Sendable {
  var at: Instant
  var job: String
  var generation: UInt64

  static func < (left: DueEntry, right: DueEntry) -> Bool {
    left.at == right.at ? left.job < right.job : left.at < right.at
  }
}

/// An entry of a ready queue, in the order in which workers are given out.
struct ReadyEntry: Comparable, Sendable {
  var due: Instant
  /// Jobs that fire rarely come before a herd that is due at the same instant.
  var period: Int64
  var ticket: UInt64
  var job: String

  static func < (left: ReadyEntry, right: ReadyEntry) -> Bool {
    if left.due != right.due { return left.due < right.due }
    if left.period != right.period { return left.period > right.period }
    return left.ticket < right.ticket
  }
}

/// A claimed run that waits for its instant to come again.
struct HeldEntry: Comparable, Sendable {
  var at: Instant
  var run: RunIdentifier

  static func < (left: HeldEntry, right: HeldEntry) -> Bool {
    left.at == right.at ? left.run < right.run : left.at < right.at
  }
}

/// Something to look at after a while; on the monotonic clock, so that setting the wall clock can't delay it.
struct TimerEntry: Comparable, Sendable {
  enum Purpose: Hashable, Sendable {
    /// Try again to start the run.
    case retryStart(RunIdentifier)
    /// The run's timeout, enforced by us because its worker is dead.
    case timeout(RunIdentifier)
    /// Try the failed sync again.
    case sync
    /// Ask the disk again for claims that must be on it.
    case disk
    /// Stop holding fires for the clock.
    case releaseClock
  }

  var at: Int64
  var purpose: Purpose

  static func < (left: TimerEntry, right: TimerEntry) -> Bool { left.at < right.at }
}

/// A claimed run that isn't over.
struct LiveRun: Sendable {
  enum Phase: Hashable, Sendable {
    /// Claimed by an earlier ticker; waits for the job table.
    case recovered
    /// The claim isn't durable yet.
    case unsynced
    /// Its instant lies in the future again: the clock was set back after the claim.
    case held
    /// A worker has it.
    case dispatched
    /// The command executes.
    case running
    /// It could not be started and is tried again.
    case retrying
  }

  var claim: Claim
  var claimSequence: UInt64
  var order: RunOrder?
  var phase: Phase
  var pid: Int32?
  var startedAt: Instant?
  var supervised = true
  /// The machine went down under it.
  var isInterrupted = false
  var stopReason: StopReason?
  /// How often the system refused to start it.
  var startFailures = 0
  /// Why it did the last time; nil once it executes.
  var startProblem: String?
  /// Who is told once the claim is durable.
  var request: UInt64?

  var due: Instant { claim.due ?? claim.occurrence ?? claim.at }
  var isCatchUp: Bool { claim.trigger == .catchUp }
}
