import CronConfig
import CronLedger
import CronTime

/// Taking over what an earlier ticker left behind (design §6).
extension Engine {
  /// How long after its request a manual run may still begin.
  static let manualGraceSeconds: Int64 = 120
  /// An interrupted occurrence is run again so often: a job that takes the machine down must not do so for ever.
  static let rerunLimit = 5

  mutating func recover(_ state: LedgerState, found: [RecoveredRun], sameBoot: Bool) {
    guard !isRecovered else { return }
    isRecovered = true
    isSameBoot = sameBoot
    ledger = state
    wasLedgerAhead = isLedgerAhead
    identifiers = RunIdentifierSource(nextSequence: state.nextSequence)
    let findings = Dictionary(found.map { ($0.run, $0.finding) }) { first, _ in first }
    for open in state.open.values.sorted(by: { $0.claimSequence < $1.claimSequence }) {
      takeOver(open, finding: findings[open.claim.run])
    }
    if !sameBoot { holdImplausibleClock() }
  }

  private mutating func takeOver(_ open: OpenRun, finding: RecoveredRun.Finding?) {
    let run = open.claim.run
    runs[run] = LiveRun(
      claim: open.claim, claimSequence: open.claimSequence, phase: .recovered, startedAt: open.start?.at)
    if open.claim.trigger == .catchUp { liveCatchUps += 1 }
    switch finding {
    case .notStarted where open.isDoubtful: end(run, outcome: .unknown, reason: "damaged")
    case .notStarted where open.start != nil: end(run, outcome: .unknown, reason: "lost")
    // Whether it may still start is decided when the table of jobs is known.
    case .notStarted: break
    case .accepted: runs[run]?.phase = .dispatched
    case .adopted(let pid, let supervised):
      runs[run]?.phase = .dispatched
      runs[run]?.supervised = supervised
      started(run, pid: pid, at: open.start?.at ?? now.wall)
    case .ended(let exit): ended(run, exit: exit)
    // A later attempt may be in what is lost.
    case .interrupted where open.isDoubtful: end(run, outcome: .unknown, reason: "damaged")
    // Whether it runs again is decided when the table of jobs is known.
    case .interrupted: runs[run]?.isInterrupted = true
    case .unknown: end(run, outcome: .unknown, reason: open.isDoubtful ? "damaged" : "lost")
    case nil where isSameBoot || open.isDoubtful:
      end(run, outcome: .unknown, reason: open.isDoubtful ? "damaged" : "lost")
    case nil: runs[run]?.isInterrupted = true
    }
  }

  /// After the first table: what was claimed and never started starts now, within its grace, or is missed.
  mutating func settleRecoveredRuns() {
    let waiting = runs.values.sorted { $0.claimSequence < $1.claimSequence }
    for live in waiting {
      let run = live.claim.run
      if live.isInterrupted {
        settleInterrupted(live)
        continue
      }
      guard let job = jobs[live.claim.job]?.job else {
        if live.phase == .recovered { end(run, outcome: .missed, reason: MissReason.down.rawValue) }
        continue
      }
      let order = order(for: live.claim, sequence: live.claimSequence, job: job)
      runs[run]?.order = order
      if !live.supervised { armTimeout(run, job: job) }
      guard live.phase == .recovered else { continue }
      let deadline = live.claim.startDeadline ?? live.claim.at.adding(seconds: Self.manualGraceSeconds)
      if now.wall > deadline {
        end(run, outcome: .missed, reason: MissReason.down.rawValue)
      } else {
        // The claim may never have reached the disk: it is durable with the first sync of this ticker.
        runs[run]?.phase = .unsynced
        batch.waiting.append(run)
      }
    }
    // Attempts that were announced, and not claimed before the crash; those of removed jobs are settled with them.
    for pending in ledger.retries.values.sorted(by: { $0.claimSequence < $1.claimSequence }) { claimAgain(pending) }
  }

  /// A run under which the machine went down: its outcome is known, and its job says whether that is all.
  private mutating func settleInterrupted(_ live: LiveRun) {
    let isRerun =
      live.claim.occurrence != nil && live.claim.attempt <= Self.rerunLimit
      && jobs[live.claim.job]?.job.definition.onInterrupt == .rerun
    end(live.claim.run, outcome: .interrupted, reason: "reboot", retryAt: isRerun ? now.wall : nil)
  }

  private mutating func armTimeout(_ run: RunIdentifier, job: EngineJob) {
    guard let limit = job.definition.timeoutSeconds, let startedAt = runs[run]?.startedAt else { return }
    let used = max(0, Instant.microseconds(from: startedAt, to: now.wall))
    let left = max(0, Instant(seconds: limit).microseconds &- used)
    let wait = left.multipliedReportingOverflow(by: 1000)
    guard !wait.overflow else { return }
    timers.push(TimerEntry(at: now.monotonicNanoseconds &+ wait.partialValue, purpose: .timeout(run)))
  }

  /// Occurrences that waited when the last ticker ended wait again; after a reboot their grace decides.
  mutating func restoreWaiting(_ name: String) {
    guard let marks = ledger.jobs[name], !marks.queued.isEmpty, var state = jobs[name] else { return }
    for (instant, mark) in marks.queued.sorted(by: { $0.value.sequence < $1.value.sequence }) {
      let due = state.job.due(instant)
      let lastMoment = due.adding(seconds: state.graceSeconds(near: instant))
      let isTooLate = !isSameBoot && now.wall > lastMoment
      if isTooLate, state.job.definition.catchUp == .skip || settings.safeMode {
        miss(name, first: instant, last: instant, count: 1, reason: .down)
        continue
      }
      lastTicket += 1
      waitingCount += 1
      state.waiting.append(
        Waiting(
          ticket: lastTicket, occurrence: instant, due: due,
          trigger: isTooLate || mark.at > lastMoment ? .catchUp : .schedule))
    }
    jobs[name] = state
    promote(name)
  }
}
