public import CronTime

/// The durable decision that a run will start; unique on (occurrence, attempt), or on the run for manual ones.
public struct Claim: Hashable, Sendable {
  /// The run's identifier.
  public var run: RunIdentifier
  /// The job's name.
  public var job: String
  /// The occurrence's nominal instant; nil for a manual run.
  public var occurrence: Instant?
  /// What made the run be claimed.
  public var trigger: FireTrigger
  /// 1 for the first try of an occurrence.
  public var attempt: Int
  /// When it was decided.
  public var at: Instant
  /// The boot in which it was decided.
  public var bootIdentifier: String
  /// A worker that gets the order later than this declines it; nil = no limit.
  public var startDeadline: Instant?
  /// When the run was due, if jitter or a retry delay made that differ from the occurrence; lateness counts from it.
  public var due: Instant?
  /// Restated after damage: its end may be lost, so what no slot proves is `unknown: damaged`.
  public var isDoubtful = false

  /// Makes a claim.
  public init(
    run: RunIdentifier, job: String, occurrence: Instant?, trigger: FireTrigger, attempt: Int, at: Instant,
    bootIdentifier: String, startDeadline: Instant? = nil, due: Instant? = nil
  ) {
    self.run = run
    self.job = job
    self.occurrence = occurrence
    self.trigger = trigger
    self.attempt = attempt
    self.at = at
    self.bootIdentifier = bootIdentifier
    self.startDeadline = startDeadline
    self.due = due
  }

  /// The occurrence that is claimed; nil for a manual run.
  public var key: OccurrenceKey? { occurrence.map { OccurrenceKey(job: job, instant: $0) } }
}

/// The fact that a run's command is executing.
public struct RunStart: Hashable, Sendable {
  /// The run's identifier.
  public var run: RunIdentifier
  /// The main process.
  public var pid: Int32
  /// When its command began.
  public var at: Instant

  /// Makes a start.
  public init(run: RunIdentifier, pid: Int32, at: Instant) {
    self.run = run
    self.pid = pid
    self.at = at
  }
}

/// The end of one attempt.
public struct RunEnd: Hashable, Sendable {
  /// The run's identifier.
  public var run: RunIdentifier
  /// The job's name.
  public var job: String
  /// How it ended.
  public var outcome: Outcome
  /// Why, when it did not succeed.
  public var reason: String?
  /// The main process's exit status; nil when it ended by a signal or the status isn't known.
  public var exitCode: Int?
  /// The signal that ended the main process, by name without `SIG` (`KILL`).
  public var signal: String?
  /// When its command began; nil when it never did.
  public var startedAt: Instant?
  /// When it ended.
  public var endedAt: Instant
  /// Which attempt this was.
  public var attempt: Int
  /// When the next attempt is due; nil when this one is final.
  public var retryAt: Instant?
  /// Whether a file of its output is kept.
  public var output: Bool

  /// Makes an end.
  public init(
    run: RunIdentifier, job: String, outcome: Outcome, reason: String? = nil, exitCode: Int? = nil,
    signal: String? = nil, startedAt: Instant? = nil, endedAt: Instant, attempt: Int = 1, retryAt: Instant? = nil,
    output: Bool = false
  ) {
    self.run = run
    self.job = job
    self.outcome = outcome
    self.reason = reason
    self.exitCode = exitCode
    self.signal = signal
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.attempt = attempt
    self.retryAt = retryAt
    self.output = output
  }
}

/// A stretch of consecutive occurrences of one job that did not run, for one reason.
public struct NotRun<Reason: Hashable & Sendable>: Hashable, Sendable {
  /// The job's name.
  public var job: String
  /// The first occurrence.
  public var first: Instant
  /// The last occurrence; equal to `first` for a single one.
  public var last: Instant
  /// How many there are, ≥ 1.
  public var count: Int
  /// When that was decided.
  public var at: Instant
  /// Why.
  public var reason: Reason

  /// Makes a range.
  public init(job: String, first: Instant, last: Instant, count: Int, at: Instant, reason: Reason) {
    self.job = job
    self.first = first
    self.last = last
    self.count = count
    self.at = at
    self.reason = reason
  }
}

/// What the daemon believed about a job from `at` on.
public struct Definition: Hashable, Sendable {
  /// The job's name.
  public var job: String
  /// The canonical schedule; several are joined by ` ; `.
  public var schedule: String
  /// The zone's name.
  public var zone: String
  /// Hash of the zone's data.
  public var zoneHash: UInt64
  /// No occurrence lies before it: the latest of created, schedule or zone changed, resumed.
  public var origin: Instant
  /// When this definition took effect.
  public var at: Instant
  /// Tells whether the command, or anything else that is said of the job, changed without keeping it.
  public var commandDigest: UInt64

  /// Makes a definition.
  public init(
    job: String, schedule: String, zone: String, zoneHash: UInt64, origin: Instant, at: Instant, commandDigest: UInt64
  ) {
    self.job = job
    self.schedule = schedule
    self.zone = zone
    self.zoneHash = zoneHash
    self.origin = origin
    self.at = at
    self.commandDigest = commandDigest
  }
}

/// One `key=value` of a record whose type this version doesn't know.
public struct RecordField: Hashable, Sendable {
  /// The key, as written.
  public var key: String
  /// The decoded value.
  public var value: String

  /// Makes a field.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// One fact of the ledger.
public enum Record: Hashable, Sendable {
  /// A job exists, with this schedule.
  case define(Definition)
  /// A job no longer exists.
  case retire(job: String, at: Instant)
  /// A job doesn't fire until the instant, or until it is resumed.
  case pause(job: String, at: Instant, until: Instant? = nil, reason: String? = nil)
  /// A paused job fires again; its origin moves to `at`.
  case resume(job: String, at: Instant)
  /// A run will start.
  case claim(Claim)
  /// A run's command is executing.
  case start(RunStart)
  /// A run ended.
  case end(RunEnd)
  /// An occurrence waits for its turn: noticed, and not decided yet.
  case queued(job: String, occurrence: Instant, at: Instant)
  /// Occurrences that were deliberately not run.
  case skipped(NotRun<SkipReason>)
  /// Occurrences that were owed and not run.
  case missed(NotRun<MissReason>)
  /// A tick ended with an error.
  case tickFailed(at: Instant, message: String)
  /// The wall clock jumped by so many µs; `at` is the time after it.
  case clockStep(at: Instant, byMicroseconds: Int64)
  /// A ticker began.
  case restart(at: Instant, boot: String, pid: Int32, version: String)
  /// All occurrences at or before `at` are decided: of every job, or of the one named.
  ///
  /// It sets the mark, also to an earlier instant (a far-future clock that was corrected). With a job, `boot` names the
  /// boot whose `@reboot` was claimed.
  case through(at: Instant, job: String? = nil, boot: String? = nil)
  /// The head of a segment: so many records follow that restate all that is open and decided.
  case snapshot(at: Instant, records: Int, format: LedgerFormat = .current)
  /// A type of a later minor version, kept as it is.
  case unknown(type: String, fields: [RecordField])
}

/// A record with its place in the ledger.
public struct SequencedRecord: Hashable, Sendable {
  /// Grows by one with each record. In a snapshot: of the claim restated, else of the last record that it covers.
  public var seq: UInt64
  /// The fact.
  public var record: Record

  /// Gives the record its place.
  public init(seq: UInt64, record: Record) {
    self.seq = seq
    self.record = record
  }
}

extension Record {
  /// When the fact was noted; nil for unknown types.
  public var at: Instant? {
    switch self {
    case .define(let definition): definition.at
    case .claim(let claim): claim.at
    case .start(let start): start.at
    case .end(let end): end.endedAt
    case .skipped(let range): range.at
    case .missed(let range): range.at
    case .retire(_, let at), .pause(_, let at, _, _), .resume(_, let at), .queued(_, _, let at),
      .tickFailed(let at, _), .clockStep(let at, _), .restart(let at, _, _, _), .through(let at, _, _),
      .snapshot(let at, _, _):
      at
    case .unknown: nil
    }
  }
}
