import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime

/// What the ticker says of itself: the summary that status shows beside its verdict, and the log.
extension Ticker {
  /// Rewrites the summary when it has changed.
  func writeSummary() {
    let facts = summary()
    guard facts != lastSummary else { return }
    lastSummary = facts
    if let error = summaryFile.write(facts) { log.warning("the summary can't be written", LogField("cause", error)) }
  }

  private func summary() -> TickerSummary {
    let facts = engine.summary
    var summary = TickerSummary()
    summary.jobsTotal = facts.jobs
    summary.jobsPaused = facts.paused
    summary.linesRejected = table.rejectedLines
    summary.next = facts.next.map { TickerSummary.Next(job: $0.job, at: $0.at) }
    summary.coming = facts.coming.map { TickerSummary.Next(job: $0.job, at: $0.at) }
    summary.running = facts.running.prefix(128).map {
      TickerSummary.Running(run: $0.run.text, job: $0.job, pid: $0.pid, startedAt: $0.startedAt)
    }
    summary.workers = pool.processes.prefix(128).map {
      TickerSummary.Worker(pid: $0.pid, run: $0.claim?.run, job: $0.job)
    }
    summary.queued = facts.queued
    summary.failures = facts.recentFailures.map {
      TickerSummary.Failure(
        run: $0.run?.text, job: $0.job, at: $0.at, outcome: $0.outcome.rawValue, reason: $0.reason)
    }
    summary.earliestDue = facts.earliestDue
    if let due = facts.earliestDue, let deadline = facts.earliestDeadline {
      summary.earliestDueGraceSeconds = Instant.microseconds(from: due, to: deadline) / 1_000_000
    }
    summary.successThresholdSeconds = table.settings.successThresholdMilliseconds.map { $0 / 1_000 }
    summary.degraded = degraded(facts)
    return summary
  }

  /// What is wrong though jobs fire, one sentence each.
  private func degraded(_ facts: EngineSummary) -> [String] {
    var sentences = problems.sorted { $0.key < $1.key }.map(\.value)
    sentences += quarantine.sentences
    if let problem = keeper.problem { sentences.append(problem) }
    if let problem = keeper.reserveProblem { sentences.append(problem) }
    if let problem = pool.problem { sentences.append(problem) }
    // A file that was refused whole is told with its source, below.
    let lines = table.diagnostics.filter { $0.level == .error && $0.position.line > 0 }
    if !lines.isEmpty {
      let first = lines.first?.text
      let count = max(lines.count, table.rejectedLines)
      sentences.append(
        "\(count) \(count == 1 ? "line" : "lines") of configuration rejected" + (first.map { ": \($0)" } ?? ""))
    }
    for source in table.sources {
      switch source.status {
      case .loaded, .absent: break
      case .lastGood(reason: let reason): sentences.append("\(source.path): \(reason); its last good copy is in use")
      case .refused(reason: let reason): sentences.append("\(source.path): \(reason)")
      }
    }
    if facts.poolFull { sentences.append("all workers are busy; \(facts.queued) occurrences wait") }
    if let problem = facts.startProblem {
      let what = facts.unstarted == 1 ? "a run" : "\(facts.unstarted) runs"
      sentences.append("\(what) can't be started: \(problem); tried again within the grace")
    }
    if facts.clockHeld { sentences.append("the clock looks wrong: occurrences wait up to 60 s for it to be set") }
    let alone = facts.running.count { !$0.supervised }
    if alone > 0 { sentences.append("\(alone) \(alone == 1 ? "job runs" : "jobs run") without a worker") }
    return sentences
  }

  /// Writes down the death of a worker.
  func note(_ death: WorkerDeath) {
    if death.mayBeKnown, isKnown(death) { return }
    note(
      DeathRecord(
        .worker, pid: death.pid, cause: death.cause, livedNanoseconds: death.livedNanoseconds, reason: death.reason,
        lastWords: death.lastWords))
  }

  /// Whether a ticker before this one has told it; a pid alone may be another worker's by now.
  private func isKnown(_ death: WorkerDeath) -> Bool {
    let began = (loop.monotonic() &- death.livedNanoseconds) / 1_000_000_000
    do throws(Errno) {
      return try deaths.ends(of: .worker).contains {
        $0.pid == death.pid && $0.boot == BootIdentifier.current
          && abs($0.monotonicNanoseconds / 1_000_000_000 &- $0.uptimeSeconds &- began) <= 2
      }
    } catch {
      return false
    }
  }

  /// Writes down the death of a child: in the log, and where `status --deaths` finds it.
  func note(_ death: DeathRecord) {
    log.warning(
      "a \(death.role.rawValue) died", LogField("pid", death.pid),
      LogField("cause", death.cause?.description ?? "unknown"), LogField("reason", death.reason))
    for line in LastWords.lines(death.lastWords ?? "") {
      log.warning("its standard error", LogField("pid", death.pid), LogField("line", line))
    }
    if isDispossessed { return }
    if let error = deaths.append(death) { log.warning("a death can't be kept", LogField("cause", error)) }
  }

  /// Logs what the engine noticed.
  func note(_ notice: EngineNotice) {
    switch notice {
    case .poolFull(let waiting): log.warning("all workers are busy", LogField("waiting", waiting))
    case .poolHasRoom: log.info("workers are free again")
    case .queueFull(let job): log.error("the queue is full: an occurrence is skipped", LogField("job", job))
    case .illegalTransition(let text): log.error("an illegal transition was refused", LogField("what", text))
    case .couldNotStart(let run, let job, let message, let isFinal):
      log.warning(
        isFinal ? "a run could not be started" : "a run could not be started yet", LogField("job", job),
        LogField("run", run), LogField("cause", message))
    case .missed(let job, let count, let reason):
      log.warning("missed", LogField("job", job), LogField("count", count), LogField("reason", reason.rawValue))
    case .clockStepped(let microseconds):
      log.warning("the wall clock was set", LogField("by_ms", microseconds / 1_000))
    case .suspended(let microseconds): log.info("the machine slept", LogField("for_ms", microseconds / 1_000))
    case .marksRebased(let jobs):
      log.warning("marks of a wrong clock were set back", LogField("jobs", jobs))
      // Zone data that came under that clock would take effect in its future only.
      loop.deadlines.set(.zonesChanged, at: loop.monotonic())
    case .clockHeld: log.warning("fires are held: the clock is older than the ledger")
    case .clockReleased(let plausible): log.info("fires go on", LogField("clock_plausible", plausible))
    case .syncFailed(let consecutive): log.error("a sync failed", LogField("consecutive", consecutive))
    case .duplicateJob(let name): log.warning("two jobs have one name", LogField("job", name))
    case .heldForInstant(let run): log.info("a claim waits for its instant", LogField("run", run))
    }
  }

  /// Keeps as many outputs of the job as it may have; the oldest go. Run identifiers sort by time.
  func pruneOutput(ofRun run: String) {
    guard let job = jobsWithOutput.removeValue(forKey: run) else { return }
    do throws(Errno) {
      let directory = try state.directory(.output).openSubdirectory(OutputFiles.directoryName(of: job))
      let names = try directory.list().sorted()
      for name in names.dropLast(max(1, table.settings.outputKeep)) { try directory.unlink(name) }
    } catch {
      // Nothing to prune, or a disk that refuses: the next end tries again.
    }
  }
}
