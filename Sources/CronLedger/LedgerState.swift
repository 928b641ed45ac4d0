public import CronTime

/// What all records so far amount to: the result of replay, and kept live by applying each new record.
///
/// Memory grows with jobs, open runs and queued occurrences, not with history: a job's decided occurrences are one
/// mark. So the decisions of one job must be appended in the order of their instants, and an occurrence that is put
/// off while later ones are decided must be `queued` first.
public struct LedgerState: Hashable, Sendable {
  /// The place of the next record, ≥ 1.
  public internal(set) var nextSequence: UInt64 = 1
  /// Jobs that are defined, paused, or have something open.
  public internal(set) var jobs: [String: JobMarks] = [:]
  /// Runs that are claimed and not ended.
  public internal(set) var open: [RunIdentifier: OpenRun] = [:]
  /// Ended attempts whose next one isn't claimed yet, by the ended run.
  public internal(set) var retries: [RunIdentifier: PendingRetry] = [:]
  /// All occurrences of all jobs at or before are decided, except the queued ones.
  public internal(set) var through: Instant?
  /// The time of the last record.
  public internal(set) var lastRecordAt: Instant?
  /// The last step of more than a day ahead that a ticker saw.
  public internal(set) var leap: ClockLeap?
  /// The last ticker's start.
  public internal(set) var lastRestart: RestartMark?
  /// How many records contradicted others since this value was made.
  public internal(set) var illegalTransitions = 0
  /// The latest such contradiction.
  public internal(set) var lastIllegalTransition: IllegalTransition?
  /// So many records to come restate a snapshot.
  var restatements = 0

  /// An empty ledger's.
  public init() {}

  /// The queued occurrences, in the order of their records.
  public var queued: [OccurrenceKey] {
    var waiting: [(sequence: UInt64, key: OccurrenceKey)] = []
    for (job, marks) in jobs {
      for (instant, mark) in marks.queued {
        waiting.append((mark.sequence, OccurrenceKey(job: job, instant: instant)))
      }
    }
    return waiting.sorted { ($0.sequence, $0.key.instant) < ($1.sequence, $1.key.instant) }.map(\.key)
  }

  /// Whether the occurrence is decided: claimed, skipped or missed. A queued one isn't.
  public func isClaimed(_ key: OccurrenceKey) -> Bool {
    if let marks = jobs[key.job] {
      if marks.queued[key.instant] != nil { return false }
      if let decided = marks.lastDecided, key.instant <= decided { return true }
    }
    guard let through else { return false }
    return key.instant <= through
  }

  /// Marks everything up to the instant as decided: what a damaged ledger demands, for nobody knows what ran.
  ///
  /// It becomes durable with the next snapshot.
  public mutating func setBaseline(_ now: Instant) {
    through = max(through ?? now, now)
    // Of each job by itself too: the common mark follows a clock that is set back.
    for job in jobs.keys { jobs[job]?.decide(upTo: now) }
  }

  /// Makes every open run doubtful.
  mutating func doubtOpenRuns() {
    for run in open.keys { open[run]?.claim.isDoubtful = true }
  }

  /// Takes in one record. One that contradicts the others is counted, kept as far as it blocks a second fire, and
  /// thrown for the log.
  public mutating func apply(_ sequenced: SequencedRecord) throws(IllegalTransition) {
    if restatements > 0 {
      restatements -= 1
      restate(sequenced)
      return
    }
    // The codec keeps sequences below 2^63.
    nextSequence = max(nextSequence, sequenced.seq &+ 1)
    if let at = sequenced.record.at { lastRecordAt = at }
    do throws(IllegalTransition) {
      try applyNew(sequenced)
    } catch {
      var contradiction = error
      contradiction.sequence = sequenced.seq
      illegalTransitions += 1
      lastIllegalTransition = contradiction
      throw contradiction
    }
  }

  private mutating func applyNew(_ sequenced: SequencedRecord) throws(IllegalTransition) {
    switch sequenced.record {
    case .claim(let claim): try applyClaim(claim, sequence: sequenced.seq)
    case .start(let start): try applyStart(start)
    case .end(let end): try applyEnd(end)
    case .define(let definition): define(definition)
    case .retire(let job, let at):
      jobs[job]?.definition = nil
      jobs[job]?.retiredAt = at
      for run in jobs[job]?.retries ?? [] { retries[run] = nil }
      jobs[job]?.retries = []
      dispose(of: job)
    case .pause(let job, let at, let until, let reason):
      jobs[job, default: JobMarks()].pause = JobPause(at: at, until: until, reason: reason)
    case .resume(let job, let at):
      jobs[job]?.pause = nil
      if let origin = jobs[job]?.origin { jobs[job]?.definition?.origin = max(origin, at) }
      dispose(of: job)
    case .queued(let job, let occurrence, let at):
      try queue(OccurrenceKey(job: job, instant: occurrence), QueuedMark(sequence: sequenced.seq, at: at))
    case .skipped(let range): try decide(range)
    case .missed(let range): try decide(range)
    case .through(let at, let job, let boot): setMark(at, job: job, boot: boot)
    case .restart(let at, let boot, let pid, let version):
      lastRestart = RestartMark(at: at, boot: boot, pid: pid, version: version)
    case .snapshot(_, let records, _): restatements = records
    case .clockStep(let at, let byMicroseconds): noteStep(at: at, byMicroseconds: byMicroseconds)
    case .tickFailed, .unknown: break
    }
  }

  mutating func noteStep(at: Instant, byMicroseconds: Int64) {
    guard byMicroseconds > ClockLeap.leastMicroseconds else { return }
    leap = ClockLeap(from: at.adding(microseconds: -byMicroseconds), to: at)
  }

  // MARK: Runs

  private mutating func applyClaim(_ claim: Claim, sequence: UInt64) throws(IllegalTransition) {
    let state = open[claim.run]?.state ?? .unclaimed
    do throws(IllegalTransition) {
      _ = try state.next(after: .claim)
    } catch {
      throw IllegalTransition(problem: error.problem, run: claim.run, key: claim.key)
    }
    var contradiction: IllegalTransition?
    if let key = claim.key {
      let isOpen = { (run: RunIdentifier) in self.open[run]?.claim.key == key }
      if let other = jobs[claim.job]?.openRuns.first(where: isOpen) {
        contradiction = IllegalTransition(problem: .occurrenceIsOpen(other), run: claim.run, key: key)
      } else if claim.attempt <= 1 {
        do throws(IllegalTransition) {
          _ = try occurrenceState(key).next(after: .claim)
        } catch {
          contradiction = IllegalTransition(problem: error.problem, run: claim.run, key: key)
        }
      }
    }
    var claim = claim
    // Whatever became of its occurrence, it is known to have been decided: this run must not begin any more.
    if contradiction != nil { claim.isDoubtful = true }
    insert(OpenRun(claim: claim, claimSequence: sequence))
    dropRetry(before: claim)
    if let contradiction { throw contradiction }
  }

  private mutating func applyStart(_ start: RunStart) throws(IllegalTransition) {
    do throws(IllegalTransition) {
      _ = try (open[start.run]?.state ?? .unclaimed).next(after: .start)
    } catch {
      throw IllegalTransition(problem: error.problem, run: start.run)
    }
    open[start.run]?.start = start
  }

  private mutating func applyEnd(_ end: RunEnd) throws(IllegalTransition) {
    do throws(IllegalTransition) {
      _ = try (open[end.run]?.state ?? .unclaimed).next(after: .end)
    } catch {
      throw IllegalTransition(problem: error.problem, run: end.run)
    }
    guard let run = open.removeValue(forKey: end.run) else { return }
    let job = run.claim.job
    jobs[job]?.openRuns.remove(end.run)
    if end.retryAt != nil {
      retries[end.run] = PendingRetry(claim: run.claim, claimSequence: run.claimSequence, end: end)
      jobs[job, default: JobMarks()].retries.insert(end.run)
    }
    dispose(of: job)
  }

  /// Enters an open run and, if it decides its occurrence, moves its job's marks.
  mutating func insert(_ run: OpenRun, decides: Bool = true) {
    open[run.claim.run] = run
    var marks = jobs.removeValue(forKey: run.claim.job) ?? JobMarks()
    marks.openRuns.insert(run.claim.run)
    if run.claim.trigger == .reboot { marks.rebootClaimed = run.claim.bootIdentifier }
    if let occurrence = run.claim.occurrence {
      marks.queued[occurrence] = nil
      // Another attempt decides nothing: its mark may have been set back behind a wrong clock since.
      if decides, run.claim.attempt <= 1 { marks.decide(upTo: occurrence) }
    }
    jobs[run.claim.job] = marks
  }

  private mutating func dropRetry(before claim: Claim) {
    guard claim.attempt > 1, let waiting = jobs[claim.job]?.retries, !waiting.isEmpty else { return }
    let earlier = waiting.sorted().first { run in
      guard let retry = retries[run] else { return false }
      return retry.claim.occurrence == claim.occurrence && retry.claim.attempt == claim.attempt - 1
    }
    guard let earlier else { return }
    retries[earlier] = nil
    jobs[claim.job]?.retries.remove(earlier)
  }

  // MARK: Jobs

  mutating func define(_ definition: Definition) {
    let known = jobs.removeValue(forKey: definition.job)
    var marks = known ?? JobMarks()
    marks.definition = definition
    marks.retiredAt = nil
    jobs[definition.job] = marks
    // Each time that they have doubled, so that names that never come back don't fill the memory.
    if known == nil, jobs.count >= 4096, jobs.count & (jobs.count - 1) == 0 { disposeOfRetired() }
  }

  private mutating func decide<Reason>(_ range: NotRun<Reason>) throws(IllegalTransition) {
    var contradiction: IllegalTransition?
    let key = OccurrenceKey(job: range.job, instant: range.last)
    do throws(IllegalTransition) {
      _ = try occurrenceState(key, first: range.first).next(after: .leaveOut)
    } catch {
      contradiction = IllegalTransition(problem: error.problem, key: key)
    }
    leaveOut(range)
    if let contradiction { throw contradiction }
  }

  /// What is decided stays so: taken for queued it would run once more.
  private mutating func queue(_ key: OccurrenceKey, _ mark: QueuedMark) throws(IllegalTransition) {
    do throws(IllegalTransition) {
      _ = try occurrenceState(key).next(after: .queue)
    } catch {
      throw IllegalTransition(problem: error.problem, key: key)
    }
    jobs[key.job, default: JobMarks()].queued[key.instant] = mark
    jobs[key.job]?.decide(upTo: key.instant)
  }

  /// Where an occurrence stands, or the last of several.
  private func occurrenceState(_ key: OccurrenceKey, first: Instant? = nil) -> OccurrenceState {
    let range = min(first ?? key.instant, key.instant)...key.instant
    if let marks = jobs[key.job] {
      if marks.queued.keys.contains(where: range.contains) { return .queued }
      let isNext = { (run: RunIdentifier) in self.retries[run]?.claim.occurrence.map(range.contains) ?? false }
      if marks.retries.contains(where: isNext) { return .retrying }
    }
    return isClaimed(key) ? .decided : .undecided
  }

  private mutating func leaveOut<Reason>(_ range: NotRun<Reason>) {
    guard var marks = jobs.removeValue(forKey: range.job) else { return }
    marks.decide(upTo: range.last)
    let isCovered = { (instant: Instant) in instant >= range.first && instant <= range.last }
    if !marks.queued.isEmpty { marks.queued = marks.queued.filter { !isCovered($0.key) } }
    for run in marks.retries {
      guard let occurrence = retries[run]?.claim.occurrence, isCovered(occurrence) else { continue }
      retries[run] = nil
      marks.retries.remove(run)
    }
    jobs[range.job] = marks
    dispose(of: range.job)
  }

  mutating func setMark(_ at: Instant, job: String?, boot: String?) {
    guard let job else {
      through = at
      return
    }
    var marks = jobs.removeValue(forKey: job) ?? JobMarks()
    // A snapshot says so of a job that has nothing decided but must be mentioned for its boot.
    marks.lastDecided = at <= .distantPast ? nil : at
    if let boot { marks.rebootClaimed = boot }
    jobs[job] = marks
    if restatements == 0 { dispose(of: job) }
  }

  /// A removed job may come back while the clock stands before what it has decided, so its mark stays.
  private mutating func dispose(of job: String) {
    guard let marks = jobs[job], marks.isDisposable, marks.lastDecided == nil else { return }
    jobs[job] = nil
  }

  /// So many marks of removed jobs stay, however old they look: what calls them old may be a wrong clock.
  static let mostRetired = 512

  /// Forgets removed jobs that have no mark, and beyond the limit those whose marks are the oldest and of no day past.
  mutating func disposeOfRetired() {
    var retired: [(decided: Instant, job: String)] = []
    for (job, marks) in jobs where marks.isDisposable {
      retired.append((marks.lastDecided ?? .distantPast, job))
    }
    retired.sort { ($1.decided, $1.job) < ($0.decided, $0.job) }
    let yesterday = (lastRecordAt ?? .distantPast).adding(seconds: -86_400)
    for (place, entry) in retired.enumerated() {
      let isKept = place < Self.mostRetired || entry.decided > yesterday
      if !isKept || entry.decided == .distantPast { jobs[entry.job] = nil }
    }
  }
}
