public import CronTime

/// The state as records, and back.
extension LedgerState {
  /// What a new segment begins with: a `snapshot` record, then all that is open and decided.
  ///
  /// It takes no sequence numbers of its own: a restated claim, queued or pending one keeps its place, so that slots
  /// still match; the rest carries the place of the last record that the snapshot covers.
  public func snapshotRecords(at now: Instant) -> [SequencedRecord] {
    let covered = nextSequence - 1
    var restated: [SequencedRecord] = []
    func add(_ record: Record, _ seq: UInt64) { restated.append(SequencedRecord(seq: seq, record: record)) }
    if let through { add(.through(at: through), covered) }
    if let lastRestart {
      add(
        .restart(at: lastRestart.at, boot: lastRestart.boot, pid: lastRestart.pid, version: lastRestart.version),
        covered)
    }
    if let leap {
      let length = Instant.microseconds(from: leap.from, to: leap.to)
      add(.clockStep(at: leap.to, byMicroseconds: length), covered)
    }
    for (job, marks) in jobs.sorted(by: { $0.key < $1.key }) {
      if let definition = marks.definition { add(.define(definition), covered) }
      if let retiredAt = marks.retiredAt { add(.retire(job: job, at: retiredAt), covered) }
      if let pause = marks.pause {
        add(.pause(job: job, at: pause.at, until: pause.until, reason: pause.reason), covered)
      }
      for (instant, mark) in marks.queued.sorted(by: { $0.value.sequence < $1.value.sequence }) {
        add(.queued(job: job, occurrence: instant, at: mark.at), mark.sequence)
      }
    }
    for retry in retries.values.sorted(by: { $0.claimSequence < $1.claimSequence }) {
      add(.claim(retry.claim), retry.claimSequence)
      add(.end(retry.end), retry.claimSequence)
    }
    for run in open.values.sorted(by: { $0.claimSequence < $1.claimSequence }) {
      add(.claim(run.claim), run.claimSequence)
      if let start = run.start { add(.start(start), run.claimSequence) }
    }
    // Last, because claims and queued occurrences above move the marks of their jobs.
    for (job, marks) in jobs.sorted(by: { $0.key < $1.key }) where marks.hasMark {
      add(.through(at: marks.lastDecided ?? .distantPast, job: job, boot: marks.rebootClaimed), covered)
    }
    let head = Record.snapshot(at: now, records: restated.count)
    return [SequencedRecord(seq: covered, record: head)] + restated
  }

  /// Takes in one restated record: idempotent, and never a contradiction.
  mutating func restate(_ sequenced: SequencedRecord) {
    // A claim lost from a damaged log may be younger than all that was read of it.
    nextSequence = max(nextSequence, sequenced.seq &+ 1)
    switch sequenced.record {
    case .claim(let claim):
      if open[claim.run] == nil, retries[claim.run] == nil {
        insert(OpenRun(claim: claim, claimSequence: sequenced.seq))
      } else if claim.isDoubtful {
        open[claim.run]?.claim.isDoubtful = true
      }
    case .start(let start):
      if open[start.run]?.start == nil { open[start.run]?.start = start }
    case .end(let end):
      guard let run = open.removeValue(forKey: end.run) else { return }
      jobs[run.claim.job]?.openRuns.remove(end.run)
      guard end.retryAt != nil else { return }
      jobs[run.claim.job]?.retries.insert(end.run)
      retries[end.run] = PendingRetry(claim: run.claim, claimSequence: run.claimSequence, end: end)
    case .define(let definition): define(definition)
    case .retire(let job, let at):
      var marks = jobs.removeValue(forKey: job) ?? JobMarks()
      marks.retiredAt = at
      jobs[job] = marks
    case .pause(let job, let at, let until, let reason):
      jobs[job, default: JobMarks()].pause = JobPause(at: at, until: until, reason: reason)
    case .queued(let job, let occurrence, let at):
      jobs[job, default: JobMarks()].queued[occurrence] = QueuedMark(sequence: sequenced.seq, at: at)
    case .through(let at, let job, let boot): setMark(at, job: job, boot: boot)
    case .restart(let at, let boot, let pid, let version):
      lastRestart = RestartMark(at: at, boot: boot, pid: pid, version: version)
    case .clockStep(let at, let byMicroseconds): noteStep(at: at, byMicroseconds: byMicroseconds)
    case .resume, .skipped, .missed, .tickFailed, .snapshot, .unknown: break
    }
  }

  /// Moves the marks for a claim whose run isn't followed: its occurrence must not fire again.
  mutating func block(_ claim: Claim) {
    guard let occurrence = claim.occurrence else { return }
    jobs[claim.job, default: JobMarks()].decide(upTo: occurrence)
    jobs[claim.job]?.queued[occurrence] = nil
  }
}
