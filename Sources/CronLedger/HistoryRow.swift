public import CronTime

/// One line of `cronwatch runs`: a run, or a stretch of occurrences that did not run.
public struct HistoryRow: Hashable, Sendable {
  /// The record's place: of the claim, or of the skipped or missed range. Rows are ordered by it.
  public var sequence: UInt64
  /// The run; nil for skipped and missed occurrences.
  public var run: RunIdentifier?
  /// The job's name.
  public var job: String
  /// The occurrence, or the first of a range; nil for a manual run.
  public var occurrence: Instant?
  /// The last occurrence of a range; nil for a run.
  public var occurrenceLast: Instant?
  /// How many occurrences the row stands for; 1 for a run.
  public var count: Int
  /// What made the run be claimed; nil for skipped and missed occurrences.
  public var trigger: FireTrigger?
  /// Which attempt it was; nil for skipped and missed occurrences.
  public var attempt: Int?
  /// Whether no other attempt follows; false while the run lives.
  public var isFinal: Bool
  /// When the run was claimed, or the range decided.
  public var claimedAt: Instant
  /// When its command began; nil if that never happened or isn't known.
  public var startedAt: Instant?
  /// When it ended; nil for a live run and for what never ran.
  public var finishedAt: Instant?
  /// From the instant it was due (with its jitter) to its start, ms; nil for manual runs and what never started.
  public var latenessMilliseconds: Int64?
  /// How it ended; nil for a live run.
  public var outcome: Outcome?
  /// Why, when it did not succeed.
  public var reason: String?
  /// The exit status; nil when a signal ended it.
  public var exitCode: Int?
  /// The signal's name without `SIG`.
  public var signal: String?
  /// Whether a file of its output is kept.
  public var output: Bool
  /// The main process of a live run.
  public var pid: Int32?

  /// The instant that lateness counts from.
  var due: Instant?

  /// Whether the run is claimed and not ended.
  public var isLive: Bool { run != nil && outcome == nil }
}

extension HistoryRow {
  /// A run that is only claimed so far.
  init(claim: Claim, sequence: UInt64) {
    self.init(
      sequence: sequence, run: claim.run, job: claim.job, occurrence: claim.occurrence, count: 1,
      trigger: claim.trigger, attempt: claim.attempt, isFinal: false, claimedAt: claim.at, output: false)
    due = claim.due ?? claim.occurrence
  }

  /// Occurrences that did not run.
  init<Reason: RawRepresentable<String>>(range: NotRun<Reason>, outcome: Outcome, sequence: UInt64) {
    self.init(
      sequence: sequence, run: nil, job: range.job, occurrence: range.first, occurrenceLast: range.last,
      count: range.count, isFinal: true, claimedAt: range.at, outcome: outcome, reason: range.reason.rawValue,
      output: false)
  }

  mutating func start(_ start: RunStart) {
    startedAt = start.at
    pid = start.pid
    setLateness()
  }

  mutating func end(_ end: RunEnd) {
    startedAt = end.startedAt ?? startedAt
    finishedAt = end.endedAt
    outcome = end.outcome
    reason = end.reason
    exitCode = end.exitCode
    signal = end.signal
    output = end.output
    isFinal = end.retryAt == nil
    pid = nil
    setLateness()
  }

  /// What is left of a run that a newer segment doesn't know any more.
  mutating func lose() {
    outcome = .unknown
    reason = "damaged"
    isFinal = true
    pid = nil
  }

  private mutating func setLateness() {
    guard let due, let startedAt else { return }
    latenessMilliseconds = Instant.microseconds(from: due, to: startedAt) / 1000
  }
}
