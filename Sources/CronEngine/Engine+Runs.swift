import CronConfig
import CronLedger
import CronTime

/// Runs from their dispatch to their end.
extension Engine {
  private static let firstRetryDelay: Int64 = 200_000_000
  private static let longestRetryDelay: Int64 = 10_000_000_000

  mutating func started(_ run: RunIdentifier, pid: Int32, at: Instant) {
    guard var live = runs[run] else { return }
    live.phase = .running
    live.pid = pid
    live.startedAt = at
    live.startProblem = nil
    runs[run] = live
    if ledger.open[run]?.start == nil { _ = record(.start(RunStart(run: run, pid: pid, at: at))) }
  }

  mutating func couldNotStart(_ run: RunIdentifier, failure: StartFailure) {
    // Where it runs outweighs where it couldn't be started.
    guard var live = runs[run], live.phase != .running else { return }
    live.startFailures += 1
    live.startProblem = failure.message
    let delay = min(Self.longestRetryDelay, Self.firstRetryDelay << Int64(min(live.startFailures - 1, 10)))
    guard live.order != nil || isLoaded else {
      // Before the table is known nobody can try again; then it is like one that was never started.
      live.phase = .recovered
      runs[run] = live
      return
    }
    let deadline = live.order?.startDeadline ?? live.claim.startDeadline ?? .distantPast
    // Of a job that was removed there is no order to try again.
    let isFinal =
      !failure.isRetryable || live.order == nil || now.wall.adding(microseconds: delay / 1000) > deadline
    notice(.couldNotStart(run, job: live.claim.job, message: failure.message, isFinal: isFinal))
    if isFinal || live.stopReason != nil {
      end(run, outcome: .missed, reason: MissReason.couldNotStart.rawValue)
      return
    }
    live.phase = .retrying
    runs[run] = live
    timers.push(TimerEntry(at: now.monotonicNanoseconds &+ delay, purpose: .retryStart(run)))
  }

  mutating func retryStart(_ run: RunIdentifier) {
    guard var live = runs[run], live.phase == .retrying else { return }
    guard live.order?.job.durability == .required else { return dispatch(run) }
    // Its job may not have asked for that when it was claimed: what was good enough for the first try isn't any more.
    live.phase = .unsynced
    runs[run] = live
    batch.waiting.append(run)
  }

  mutating func timeOut(_ run: RunIdentifier) {
    guard let live = runs[run], !live.supervised else { return }
    requestStop(run, reason: .timeout)
  }

  /// Ends a run on purpose: at once if no worker has it, else by the worker.
  mutating func requestStop(_ run: RunIdentifier, reason: StopReason) {
    guard var live = runs[run] else { return }
    switch live.phase {
    case .recovered, .unsynced, .held, .retrying:
      end(run, outcome: .stopped, reason: reason.rawValue)
    case .dispatched, .running:
      guard live.stopReason == nil else { return }
      live.stopReason = reason
      runs[run] = live
      output.actions.append(.stop(run, reason: reason))
    }
  }

  // MARK: - Ends

  mutating func ended(_ run: RunIdentifier, exit: RunExit) {
    guard let live = runs[run] else { return }
    let asked = live.stopReason
    switch exit {
    case .exited(let code, let at, let startedAt, let output):
      let outcome: Outcome = code == 0 ? .succeeded : asked.map(Self.outcome) ?? .failed
      let reason = code == 0 ? nil : asked?.rawValue ?? "exit status \(code)"
      end(run, outcome: outcome, reason: reason, code: code, at: at, startedAt: startedAt, output: output)
    case .signaled(let name, let at, let startedAt, let output):
      end(
        run, outcome: asked.map(Self.outcome) ?? .failed, reason: asked?.rawValue ?? "signal \(name)", signal: name,
        at: at, startedAt: startedAt, output: output)
    case .timedOut(let code, let signal, let at, let startedAt, let output):
      end(
        run, outcome: .timedOut, reason: StopReason.timeout.rawValue, code: code, signal: signal, at: at,
        startedAt: startedAt, output: output)
    case .stopped(let code, let signal, let at, let startedAt, let output):
      end(
        run, outcome: .stopped, reason: asked?.rawValue ?? (isDraining ? "drain" : StopReason.requested.rawValue),
        code: code, signal: signal, at: at,
        startedAt: startedAt, output: output)
    case .interrupted: end(run, outcome: .interrupted, reason: "reboot")
    case .unknown(let reason): end(run, outcome: .unknown, reason: reason)
    case .declined: end(run, outcome: .missed, reason: MissReason.grace.rawValue)
    }
  }

  private static func outcome(of reason: StopReason) -> Outcome { reason == .timeout ? .timedOut : .stopped }

  /// Records the run's end, and lets what waited for it have its turn.
  mutating func end(
    _ run: RunIdentifier, outcome: Outcome, reason: String?, code: Int? = nil, signal: String? = nil,
    at: Instant? = nil, startedAt: Instant? = nil, output: Bool = false, retryAt: Instant? = nil
  ) {
    guard let live = runs.removeValue(forKey: run) else { return }
    answer(live.request, .notStarted(reason: reason ?? outcome.rawValue))
    let name = live.claim.job
    _ = record(
      .end(
        RunEnd(
          run: run, job: name, outcome: outcome, reason: reason, exitCode: code, signal: signal,
          startedAt: startedAt ?? live.startedAt, endedAt: at ?? now.wall, attempt: live.claim.attempt,
          retryAt: retryAt, output: output)))
    if live.isCatchUp { liveCatchUps -= 1 }
    jobs[name]?.remove(live: run)
    switch outcome {
    case .succeeded, .stopped, .skipped: break
    case .failed, .timedOut, .interrupted, .unknown, .missed:
      noteFailure(job: name, run: run, outcome: outcome, reason: reason ?? outcome.rawValue)
    }
    promote(name)
  }

  mutating func noteFailure(job: String, run: RunIdentifier?, outcome: Outcome, reason: String) {
    recentFailures.insert(
      EngineSummary.Failure(job: job, run: run, at: now.wall, outcome: outcome, reason: reason), at: 0)
    if recentFailures.count > 5 { recentFailures.removeLast() }
  }
}
