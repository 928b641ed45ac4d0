import CronTime

/// Decisions and runs against what was expected.
extension AuditAccount {
  // MARK: - Claims

  mutating func take(_ claim: Claim) {
    // A contradiction in the run itself says enough; its occurrence is looked at no more.
    guard state.open[claim.run] == nil else { return }
    if ended.contains(claim.run) {
      say(
        AuditItem(
          .illegalTransition, job: claim.job, occurrence: claim.occurrence, run: claim.run,
          detail: "claim of a run that is ended"))
    }
    guard state.jobs[claim.job]?.definition != nil else {
      say(
        AuditItem(
          .notExpected, job: claim.job, occurrence: claim.occurrence, run: claim.run,
          detail: "the job isn't defined at that time"))
      return
    }
    checkWhy(claim)
    if claim.attempt > 1 {
      takeAgain(claim)
    } else if let occurrence = claim.occurrence, state.jobs[claim.job]?.queued[occurrence] == nil {
      if claim.trigger == .reboot {
        takeReboot(claim, occurrence)
      } else {
        advance(claim.job, to: occurrence, run: claim.run)
      }
    }
  }

  /// What a schedule asks for has an instant, which isn't in a pause; what waited before the pause began may come.
  private mutating func checkWhy(_ claim: Claim) {
    guard claim.trigger == .schedule || claim.trigger == .catchUp else { return }
    guard let occurrence = claim.occurrence else {
      say(
        AuditItem(
          .notExpected, job: claim.job, run: claim.run, detail: "\(claim.trigger.rawValue), and of no occurrence"))
      return
    }
    guard claim.attempt <= 1, let marks = state.jobs[claim.job], let pause = marks.pause, occurrence > pause.at,
      occurrence <= pause.until ?? .distantFuture, marks.queued[occurrence] == nil
    else { return }
    say(
      AuditItem(
        .notExpected, job: claim.job, occurrence: occurrence, run: claim.run,
        detail: "the job is paused since \(pause.at.milliseconds3339)"))
  }

  /// Another attempt must have been announced by the end of the one before.
  private mutating func takeAgain(_ claim: Claim) {
    let isAnnounced = state.jobs[claim.job]?.retries.contains { run in
      guard let earlier = state.retries[run]?.claim else { return false }
      return earlier.occurrence == claim.occurrence && earlier.attempt == claim.attempt - 1
    }
    if isAnnounced == true { return }
    say(
      AuditItem(
        .decidedTwice, job: claim.job, occurrence: claim.occurrence, run: claim.run,
        detail: "attempt \(claim.attempt), though no earlier one said that it would follow"))
  }

  /// An `@reboot` has no instant of its own: it takes the next free one.
  private mutating func takeReboot(_ claim: Claim, _ occurrence: Instant) {
    settle(claim.job, before: occurrence)
    if jobs[claim.job]?.expectation?.includesReboot != true {
      say(
        AuditItem(
          .notExpected, job: claim.job, occurrence: occurrence, run: claim.run,
          detail: "the job has no @reboot"))
    } else if state.jobs[claim.job]?.rebootClaimed == claim.bootIdentifier {
      say(
        AuditItem(
          .decidedTwice, job: claim.job, occurrence: occurrence, run: claim.run,
          detail: "the @reboot of this boot was claimed before"))
    }
  }

  /// The first ticker of a boot owes each job that has an `@reboot` one run, claimed before it says that it began.
  ///
  /// What was defined while it began, or while it waited for a clock, may not have been in its first table.
  mutating func checkReboots(of boot: String, at: Instant) {
    guard let last = state.lastRestart, last.boot != boot else { return }
    for (name, marks) in state.jobs.sorted(by: { $0.key < $1.key }) where marks.rebootClaimed != boot {
      guard let definition = marks.definition, marks.pause == nil, let expected = jobs[name]?.expectation,
        expected.obstacle == nil, expected.includesReboot
      else { continue }
      let isLate = definition.at <= last.at || definition.at > at.adding(seconds: -Self.longestBeginning)
      if isLate, fresh.contains(name) { continue }
      say(AuditItem(.noOutcome, job: name, detail: "its @reboot, when a boot began at \(at.milliseconds3339)"))
    }
  }

  /// Seconds that a first ticker may take until it says that it began: it may wait 60 for its clock.
  private static let longestBeginning: Int64 = 120

  /// The next decision of a job: nothing may lie between it and the mark, and the schedule must name it.
  ///
  /// What was decided before is left to the rules of the ledger's state.
  private mutating func advance(_ name: String, to instant: Instant, run: RunIdentifier? = nil) {
    if state.isClaimed(OccurrenceKey(job: name, instant: instant)) { return }
    if let origin = state.jobs[name]?.origin, instant <= origin {
      say(
        AuditItem(
          .notExpected, job: name, occurrence: instant, run: run,
          detail: "its definition begins later, at \(origin.milliseconds3339)"))
      return
    }
    guard let (expected, origin) = expectation(of: name) else { return }
    settle(name, before: instant)
    if expected.names(instant, origin: origin) { return }
    say(
      AuditItem(
        .notExpected, job: name, occurrence: instant, run: run, detail: "its schedule doesn't name that instant"))
  }

  mutating func queue(_ name: String, _ occurrence: Instant) {
    guard let marks = state.jobs[name], marks.definition != nil else {
      say(AuditItem(.notExpected, job: name, occurrence: occurrence, detail: "queued while the job isn't defined"))
      return
    }
    if state.isClaimed(OccurrenceKey(job: name, instant: occurrence)) || marks.queued[occurrence] != nil {
      say(AuditItem(.decidedTwice, job: name, occurrence: occurrence, detail: "queued, and decided before"))
      return
    }
    advance(name, to: occurrence)
  }

  // MARK: - Ranges

  mutating func take<Reason>(_ range: NotRun<Reason>, as outcome: Outcome) {
    // A number that nobody can have written mustn't end the audit.
    jobs[range.job, default: Job()].tally.outcomes[outcome, default: 0] += min(range.count, 1 << 40)
    guard let marks = state.jobs[range.job], marks.definition != nil || !marks.queued.isEmpty else {
      say(
        AuditItem(
          .notExpected, job: range.job, occurrence: range.first,
          detail: "\(outcome.rawValue), and the job isn't defined"
        ))
      return
    }
    // What waited, and what was to be tried again, is decided behind the mark.
    let covers = { (instant: Instant) in instant >= range.first && instant <= range.last }
    let waiting =
      marks.queued.keys.count(where: covers)
      + marks.retries.count { state.retries[$0]?.claim.occurrence.map(covers) ?? false }
    let mark = mark(of: range.job)
    if range.first <= mark {
      takeBehindMark(range, waiting: waiting, mark: mark, outcome)
      return
    }
    advance(range.job, to: range.first)
    guard let (expected, origin) = expectation(of: range.job) else { return }
    if range.last > range.first, !expected.names(range.last, origin: origin) {
      say(
        AuditItem(
          .notExpected, job: range.job, occurrence: range.last,
          detail: "the last of \(range.count) \(outcome.rawValue): its schedule doesn't name that instant"))
    }
    guard let more = expected.count(after: range.first, through: range.last, origin: origin) else { return }
    // Of very many occurrences of schedules that share instants only the sum was recorded.
    if expected.mayBeSummedUp(range.count, exact: more + 1, from: range.first, through: range.last, origin: origin) {
      return
    }
    checkCount(range, more + 1, outcome)
  }

  /// A range that begins at or before the mark decides what waited; it may go on behind the mark.
  private mutating func takeBehindMark<Reason>(
    _ range: NotRun<Reason>, waiting: Int, mark: Instant, _ outcome: Outcome
  ) {
    if waiting == 0 {
      guard state.isClaimed(OccurrenceKey(job: range.job, instant: range.first)) else {
        return advance(range.job, to: range.first)
      }
      say(
        AuditItem(
          .decidedTwice, job: range.job, occurrence: range.first,
          detail: "\(outcome.rawValue), and decided before"))
      return
    }
    guard range.last > mark else { return checkCount(range, waiting, outcome) }
    guard let (expected, origin) = expectation(of: range.job),
      let more = expected.count(after: mark, through: range.last, origin: origin)
    else { return }
    checkCount(range, waiting + more, outcome)
  }

  private mutating func checkCount<Reason>(_ range: NotRun<Reason>, _ found: Int, _ outcome: Outcome) {
    if found == range.count { return }
    say(
      AuditItem(
        .wrongCount, job: range.job, occurrence: range.first,
        detail: "\(outcome.rawValue) \(range.count) up to \(range.last): the schedule names \(found)"))
  }

  // MARK: - Starts and ends

  mutating func take(_ start: RunStart) {
    guard let run = state.open[start.run], run.start == nil else { return }
    checkStart(of: run, at: start.at)
  }

  mutating func take(_ end: RunEnd) {
    guard let run = state.open[end.run] else { return }
    ended.insert(end.run)
    if end.job != run.claim.job || end.attempt != run.claim.attempt {
      say(
        AuditItem(
          .illegalTransition, job: end.job, occurrence: run.claim.occurrence, run: end.run,
          detail: "its end speaks of attempt \(end.attempt) of \(end.job), its claim of attempt "
            + "\(run.claim.attempt) of \(run.claim.job)"))
    }
    let startedAt = end.startedAt ?? run.start?.at
    if let startedAt {
      if startedAt != run.start?.at { checkStart(of: run, at: startedAt) }
      if end.endedAt < startedAt, backwardStep <= run.claimSequence {
        doubt(
          AuditItem(
            .endBeforeStart, job: run.claim.job, occurrence: run.claim.occurrence, run: end.run,
            detail: "it began at \(startedAt.milliseconds3339) and ended at \(end.endedAt.milliseconds3339)"))
      }
    }
    count(end, of: run, startedAt: startedAt)
  }

  /// A start before the instant, unless the clock was set back after the claim.
  private mutating func checkStart(of run: OpenRun, at: Instant) {
    // The start of a process that lost its worker is known from /proc, in hundredths of a second.
    guard let due = run.claim.due ?? run.claim.occurrence, at.adding(microseconds: 20_000) < due,
      backwardStep <= run.claimSequence
    else { return }
    doubt(
      AuditItem(
        .earlyStart, job: run.claim.job, occurrence: run.claim.occurrence, run: run.claim.run,
        detail: "due at \(due.milliseconds3339), started at \(at.milliseconds3339)"))
  }

  private mutating func count(_ end: RunEnd, of run: OpenRun, startedAt: Instant?) {
    var job = jobs.removeValue(forKey: run.claim.job) ?? Job()
    if run.claim.occurrence == nil {
      job.tally.manualRuns += 1
    } else {
      if end.retryAt == nil { job.tally.outcomes[end.outcome, default: 0] += 1 }
      if let startedAt, let due = run.claim.due ?? run.claim.occurrence {
        job.tally.lateness.add(Instant.microseconds(from: due, to: startedAt) / 1000)
      }
    }
    jobs[run.claim.job] = job
  }
}
