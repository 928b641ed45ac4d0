public import CronTime

/// What became of one job's occurrences.
public struct JobTally: Hashable, Sendable {
  /// Occurrences by how they ended; an occurrence that was tried several times counts once, by its last attempt.
  public internal(set) var outcomes: [Outcome: Int] = [:]
  /// Manual runs, which are no occurrences.
  public internal(set) var manualRuns = 0
  /// Runs that are going on.
  public internal(set) var open = 0
  /// Occurrences that wait for their turn, and attempts to come.
  public internal(set) var queued = 0
  /// From the instant it was due to its start, of each run of an occurrence.
  public internal(set) var lateness = LatenessHistogram()

  /// Nothing.
  public init() {}

  /// Occurrences with an outcome.
  public var occurrences: Int { outcomes.values.reduce(0, +) }

  /// Adds another job's.
  mutating func add(_ other: JobTally) {
    for (outcome, count) in other.outcomes { outcomes[outcome, default: 0] += count }
    manualRuns += other.manualRuns
    open += other.open
    queued += other.queued
    lateness.add(other.lateness)
  }
}

/// What an audit has read, and what it amounts to.
public struct AuditSummary: Hashable, Sendable {
  /// Every job of the ledger, also those that are gone.
  public internal(set) var jobs: [String: JobTally] = [:]
  /// How many findings there are.
  public internal(set) var findings = 0
  /// Segments that were read.
  public internal(set) var segments = 0
  /// Their bytes.
  public internal(set) var bytes = 0
  /// Records that were read, those of snapshots among them.
  public internal(set) var records = 0
  /// When the account begins: what lies before was removed, or never was.
  public internal(set) var from: Instant?
  /// Up to where every job was judged; nil when the ledger doesn't say.
  public internal(set) var through: Instant?
  /// What re-reading has found, if it was asked for.
  public internal(set) var verified: VerifiedBytes?

  /// Nothing was read.
  public init() {}

  /// All jobs together.
  public var totals: JobTally {
    var totals = JobTally()
    for tally in jobs.values { totals.add(tally) }
    return totals
  }
}

/// Every byte of every segment, by what it is.
public struct VerifiedBytes: Hashable, Sendable {
  /// Segments that were read.
  public internal(set) var segments = 0
  /// All their bytes.
  public internal(set) var bytes = 0
  /// Lines whose checksum is right.
  public internal(set) var records = 0
  /// Bytes of lines whose checksum is wrong, with a right one behind them.
  public internal(set) var damagedBytes = 0
  /// Bytes at the end of segments that are a write cut short.
  public internal(set) var tornBytes = 0
  /// NULs at the end of segments: reserved and not used.
  public internal(set) var reservedBytes = 0
}
