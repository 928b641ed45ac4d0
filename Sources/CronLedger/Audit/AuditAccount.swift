import CronTime

/// Follows the records of a ledger and holds each against what the schedules named.
///
/// Each job has one mark, up to which its occurrences are decided: decisions are recorded in the order of instants, so
/// whatever the schedule names between the mark and the next decision has no outcome. Memory: jobs, open runs and
/// queued occurrences, never history.
struct AuditAccount {
  /// What is followed of one job, also after its end.
  struct Job {
    var tally = JobTally()
    /// What `expectation` was made from.
    var definition: Definition?
    var expectation: AuditExpectation?
  }

  /// What replay makes of the records so far.
  var state = LedgerState()
  var jobs: [String: Job] = [:]
  /// What lies at or before isn't in the account: it was decided before the oldest record.
  var floor: Instant?
  /// The place of the last step of the clock to an earlier time.
  var backwardStep: UInt64 = 0
  /// What a step of the clock that isn't known yet would explain.
  private var doubts: [AuditItem] = []
  /// What the first record behind them showed: a ticker that recovers says all of it at one instant, and then only that
  /// it began, under which boot.
  private var doubtsInstant: Instant?
  /// What the clock showed at least when the last record was written.
  private var clock: Instant?
  /// Jobs that were defined, or defined anew, since the last ticker began.
  var fresh: Set<String> = []
  /// Runs that have ended since the last snapshot: what comes after an end is illegal, and nothing else remembers it.
  var ended: Set<RunIdentifier> = []
  private(set) var findings = 0
  private var zones: [ZoneData: Zone?] = [:]
  private let look: (String, UInt64) -> Zone?
  private let report: (AuditItem) -> Void

  private struct ZoneData: Hashable {
    let name: String
    let hash: UInt64
  }

  init(zone: @escaping (String, UInt64) -> Zone?, report: @escaping (AuditItem) -> Void) {
    look = zone
    self.report = report
  }

  mutating func say(_ item: AuditItem) {
    if item.kind.isFinding { findings += 1 }
    report(item)
  }

  // MARK: - Records

  /// Takes one record that restates nothing.
  mutating func take(_ sequenced: SequencedRecord) {
    lookForStep(sequenced)
    switch sequenced.record {
    case .define(let definition):
      define(definition)
      fresh.insert(definition.job)
    case .restart(let at, let boot, _, _):
      checkReboots(of: boot, at: at)
      fresh = []
    case .retire(let job, let at): retire(job, at: at)
    case .resume(let job, let at): settle(job, upTo: at)
    case .claim(let claim): take(claim)
    case .start(let start): take(start)
    case .end(let end): take(end)
    case .queued(let job, let occurrence, _): queue(job, occurrence)
    case .skipped(let range): take(range, as: .skipped)
    case .missed(let range): take(range, as: .missed)
    case .through(let at, nil, _): lowerFloor(to: at)
    case .clockStep(_, let by): if by < 0 { backwardStep = sequenced.seq }
    case .pause, .through, .tickFailed, .unknown: break
    // Only a segment's head may be one.
    case .snapshot: return
    }
    do throws(IllegalTransition) {
      try state.apply(sequenced)
    } catch {
      refuse(sequenced, error)
    }
    if case .define(let definition) = sequenced.record { expect(definition) }
  }

  /// A step to an earlier time that nobody recorded: no ticker lived then, or it died before it could.
  private mutating func lookForStep(_ sequenced: SequencedRecord) {
    switch sequenced.record {
    case .restart(let at, let boot, _, _):
      if let last = state.lastRestart, last.boot != boot { forgetClock(before: sequenced.seq) }
      // What a ticker finds when it begins may lie behind a step that the one before died of writing.
      forgetDoubts()
      see(at, before: sequenced.seq)
    case .claim, .queued, .skipped, .missed: see(sequenced.record.at, before: sequenced.seq)
    case .start(let start): clock = max(clock ?? start.at, start.at)
    // Found in a slot it may be older than its record, but the clock has shown it.
    case .end(let end): clock = max(clock ?? end.endedAt, end.endedAt)
    // What these carry isn't the clock of their writer.
    case .define, .retire, .pause, .resume, .tickFailed, .clockStep, .through, .snapshot, .unknown: break
    }
  }

  /// The clock may have been set back: with the end of a boot goes what wasn't synced, a step among it, while a run of
  /// that boot may still tell in its slot what its clock showed after the step.
  private mutating func forgetClock(before place: UInt64) {
    backwardStep = place
    forgetDoubts()
  }

  private mutating func forgetDoubts() {
    doubts = []
    doubtsInstant = nil
  }

  private mutating func see(_ at: Instant?, before place: UInt64) {
    guard let at else { return }
    if let clock, at < clock { forgetClock(before: place) }
    if !doubts.isEmpty, doubtsInstant != at {
      if doubtsInstant != nil { settleDoubts() } else { doubtsInstant = at }
    }
    clock = at
  }

  /// Says it later, unless the records of the next instant show that the clock was set back, or may have been.
  mutating func doubt(_ item: AuditItem) { doubts.append(item) }

  private mutating func settleDoubts() {
    for item in doubts { say(item) }
    forgetDoubts()
  }

  /// What the ledger's own rules object to.
  private mutating func refuse(_ sequenced: SequencedRecord, _ error: IllegalTransition) {
    var item = AuditItem(.illegalTransition, run: error.run, detail: error.description)
    switch sequenced.record {
    case .claim(let claim): (item.job, item.occurrence) = (claim.job, claim.occurrence)
    case .end(let end): item.job = end.job
    case .queued(let job, let occurrence, _):
      (item.job, item.occurrence) = (job, occurrence)
      // The account has said it.
      if error.problem == .alreadyDecided { return }
    // What is left out has been judged by the account, which knows of clocks that were set back.
    case .skipped, .missed: return
    default: break
    }
    switch error.problem {
    case .step, .alreadyQueued: break
    case .alreadyDecided, .occurrenceIsOpen: item.kind = .decidedTwice
    }
    say(item)
  }

  // MARK: - Definitions

  private mutating func define(_ new: Definition) {
    guard let old = state.jobs[new.job]?.definition else { return }
    if old.schedule != new.schedule || old.zone != new.zone { settle(new.job, upTo: new.at) }
  }

  private mutating func retire(_ name: String, at: Instant) {
    settle(name, upTo: at)
    for instant in (state.jobs[name]?.queued.keys).map(Array.init)?.sorted() ?? [] {
      forgotten(name, instant, "it was queued when its job was removed, and nothing is recorded of it after that")
    }
    for run in (state.jobs[name]?.retries).map(Array.init)?.sorted() ?? [] {
      forgotten(
        name, state.retries[run]?.claim.occurrence,
        "its job was removed before the next attempt, and nothing is recorded of it after that")
    }
  }

  private mutating func forgotten(_ name: String, _ instant: Instant?, _ detail: String) {
    say(AuditItem(.noOutcome, job: name, occurrence: instant, detail: detail))
  }

  /// Makes what is expected of a definition, unless only its command or origin changed.
  private mutating func expect(_ definition: Definition) {
    var job = jobs.removeValue(forKey: definition.job) ?? Job()
    defer { jobs[definition.job] = job }
    if let known = job.definition, known.schedule == definition.schedule, known.zone == definition.zone,
      known.zoneHash == definition.zoneHash, job.expectation != nil
    {
      return
    }
    let data = ZoneData(name: definition.zone, hash: definition.zoneHash)
    if zones[data] == nil { zones[data] = .some(look(data.name, data.hash)) }
    let zone = zones[data] ?? nil
    let expectation = AuditExpectation(definition) { _ in zone }
    job.definition = definition
    job.expectation = expectation
    if let obstacle = expectation.obstacle {
      say(
        AuditItem(
          .notRecomputed, job: definition.job, detail: "\(obstacle): only checked against what was recorded"))
    }
  }

  // MARK: - Marks

  private mutating func lowerFloor(to at: Instant) {
    if let floor, at < floor { self.floor = at }
  }

  /// Up to where the job's occurrences are decided.
  func mark(of name: String) -> Instant {
    let marks = state.jobs[name]
    return max(marks?.origin ?? .distantPast, marks?.lastDecided ?? .distantPast, floor ?? .distantPast)
  }

  /// The definition's origin and what it names; nil when the job isn't defined or can't be recomputed.
  func expectation(of name: String) -> (names: AuditExpectation, origin: Instant)? {
    guard let origin = state.jobs[name]?.origin, let expectation = jobs[name]?.expectation,
      expectation.obstacle == nil
    else { return nil }
    return (expectation, origin)
  }

  /// Everything up to and including an instant must be decided by now.
  mutating func settle(_ name: String, upTo end: Instant) {
    settle(name, before: end.adding(microseconds: 1))
  }

  /// Everything before an instant must be decided by now.
  mutating func settle(_ name: String, before end: Instant) {
    guard let (expected, origin) = expectation(of: name) else { return }
    guard let stretch = expected.stretch(after: mark(of: name), before: end, origin: origin) else { return }
    say(AuditItem(.noOutcome, job: name, occurrence: stretch.first, detail: stretch.words))
  }

  // MARK: - Snapshots

  /// Begins with what a snapshot says, since nothing before it is there.
  mutating func begin(with snapshot: LedgerState) {
    floor = snapshot.through
    enter(snapshot)
  }

  /// Goes on from a snapshot behind what was read: it knows what a gap has swallowed.
  mutating func adopt(_ snapshot: LedgerState, at: Instant, covered: UInt64) {
    // The clock was set back while no ticker was there to notice.
    see(at, before: covered + 1)
    for run in state.open.values.sorted(by: { $0.claimSequence < $1.claimSequence })
    where snapshot.open[run.claim.run] == nil {
      say(
        AuditItem(
          .noEnd, job: run.claim.job, occurrence: run.claim.occurrence, run: run.claim.run,
          detail: "it was open, and a later snapshot doesn't know it any more"))
    }
    for (name, marks) in state.jobs.sorted(by: { $0.key < $1.key }) {
      let theirs = snapshot.jobs[name]
      for instant in marks.queued.keys.sorted() where theirs?.queued[instant] == nil {
        let key = OccurrenceKey(job: name, instant: instant)
        if theirs?.openRuns.contains(where: { snapshot.open[$0]?.claim.key == key }) == true { continue }
        forgotten(name, instant, "it was queued, and a later snapshot doesn't know it any more")
      }
      if let decided = theirs?.lastDecided, theirs?.definition == marks.definition {
        settle(name, upTo: decided)
      }
    }
    enter(snapshot)
  }

  private mutating func enter(_ snapshot: LedgerState) {
    state = snapshot
    ended = []
    for (_, marks) in snapshot.jobs.sorted(by: { $0.key < $1.key }) {
      if let definition = marks.definition { expect(definition) }
    }
  }

  // MARK: - The end

  /// Judges what is left up to the watermark, and lists what is going on.
  mutating func finish() {
    settleDoubts()
    for name in state.jobs.keys.sorted() {
      guard let through = state.through, let marks = state.jobs[name] else { continue }
      // The occurrences of a pause are accounted for at its end.
      let pause = marks.pause.flatMap { $0.until ?? .distantFuture > through ? $0.at : nil }
      settle(name, upTo: min(through, pause ?? through))
    }
    for run in state.open.values.sorted(by: { $0.claimSequence < $1.claimSequence }) {
      jobs[run.claim.job, default: Job()].tally.open += 1
      say(
        AuditItem(
          .open, job: run.claim.job, occurrence: run.claim.occurrence, run: run.claim.run,
          detail: run.start.map { "running since \($0.at)" } ?? "claimed at \(run.claim.at), not started yet"))
    }
    for key in state.queued {
      jobs[key.job, default: Job()].tally.queued += 1
      say(AuditItem(.queued, job: key.job, occurrence: key.instant, detail: "waits for its turn"))
    }
    for retry in state.retries.values.sorted(by: { $0.claimSequence < $1.claimSequence }) {
      jobs[retry.claim.job, default: Job()].tally.queued += 1
      let due = retry.end.retryAt.map { " due at \($0)" } ?? ""
      say(
        AuditItem(
          .queued, job: retry.claim.job, occurrence: retry.claim.occurrence, run: retry.claim.run,
          detail: "attempt \(retry.claim.attempt + 1) is to come\(due)"))
    }
  }
}
