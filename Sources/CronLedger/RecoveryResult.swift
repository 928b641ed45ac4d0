public import CronTime

/// What may be read at a start.
public struct RecoveryLimits: Hashable, Sendable {
  /// A larger segment isn't read, bytes.
  public var maximumSegmentBytes = 256 << 20
  /// So many findings are kept; the rest is counted.
  public var maximumFindings = 100
  /// So much is read before the time is looked at, bytes.
  public var pieceBytes = 4 << 20

  /// The usual limits.
  public init() {}
}

/// What the ledger's files amount to.
public struct RecoveryResult: Sendable {
  /// The replayed state; empty where nothing could be read.
  public var state = LedgerState()
  /// What isn't as it should be, in the order of the files.
  public var findings: [RecoveryFinding] = []
  /// How many findings there are, kept or not.
  public var findingCount = 0
  /// The number of the first segment that may be created.
  public var nextSegment = 1
  /// The newest segments, oldest first: their last lines may not be on the disk yet.
  public var segments: [String] = []
  /// How many records were replayed.
  public var recordCount = 0
  /// The spilled lines that are whole: they belong into the next segment.
  public var spilledLines: [UInt8] = []
  /// Lines of what `setBaseline` has decided: they belong behind the spilled ones.
  public private(set) var settledLines: [UInt8] = []
  /// Records may be lost: call `setBaseline(now)` and catch nothing up.
  public var needsBaseline = false
  /// A later major version wrote the ledger, or its directory can't be read: write nothing there.
  public var mustNotWrite = false

  /// Counts everything up to the instant as decided: what a damaged ledger demands, for nobody knows what ran.
  ///
  /// What waited for its turn, or for another attempt, may have had it in what is lost: it is missed. `boot` names the
  /// present boot if a ticker is known to have lived in it before: then what that boot owed counts as decided as well.
  public mutating func setBaseline(_ now: Instant, boot: String? = nil) {
    state.setBaseline(now)
    if let boot { settle(boot: boot, at: now) }
    var waiting = state.queued
    waiting += state.retries.values.compactMap(\.claim.key).sorted { ($0.instant, $0.job) < ($1.instant, $1.job) }
    for key in waiting {
      let range = NotRun(
        job: key.job, first: key.instant, last: key.instant, count: 1, at: now, reason: MissReason.down)
      let record = SequencedRecord(seq: state.nextSequence, record: .missed(range))
      RecordCodec.append(record.record, seq: record.seq, to: &settledLines)
      // It contradicts nothing, for the occurrence is open by the state itself.
      try? state.apply(record)
    }
  }

  /// Counts what the present boot owed as decided: a ticker is known to have decided it, which no record tells.
  public mutating func settle(boot: String, at now: Instant) {
    if state.lastRestart?.boot != boot {
      state.lastRestart = RestartMark(at: now, boot: boot, pid: 0, version: "")
    }
  }

  /// Takes in that a slot names a place of the ledger, which nothing that was read of it reaches: an order is written
  /// once its claim is kept, so somebody has taken away what stood there. 0 = no slot names any.
  public mutating func noteOrder(sequence: UInt64) {
    guard sequence >= state.nextSequence, sequence < .max else { return }
    let last = state.nextSequence - 1
    let detail = "a worker has an order of record \(sequence), and the last is \(last)"
    add(RecoveryFinding(.gap, segment: "", detail: detail), limits: RecoveryLimits())
    state.doubtOpenRuns()
    state.nextSequence = sequence + 1
  }

  /// Takes in a run that goes on although its claim is lost: it holds its job's turn, and its end is recorded.
  ///
  /// It becomes durable with the next snapshot. One of a wrong clock's future decides nothing: its job's mark would be
  /// set back with that future, to before what is known to have run. `claim.at` is now.
  public mutating func restore(_ run: OpenRun) {
    guard state.open[run.claim.run] == nil else { return }
    let horizon = run.claim.at.adding(seconds: 86_400)
    state.insert(run, decides: run.claim.occurrence ?? .distantPast <= horizon)
    state.nextSequence = max(state.nextSequence, run.claimSequence &+ 1)
  }

  mutating func add(_ finding: RecoveryFinding, limits: RecoveryLimits) {
    findingCount += 1
    if findings.count < limits.maximumFindings { findings.append(finding) }
    if finding.meansLoss { needsBaseline = true }
  }
}
