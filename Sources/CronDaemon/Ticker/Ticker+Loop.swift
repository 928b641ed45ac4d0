import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime

/// What a trigger drives: ticks, beats and waits.
extension Ticker: TickLoop {
  var stopRequested: Bool { mustEnd || (isDraining && engine.isIdle) }

  /// Says that the loop lives. Liveness only: success moves after a clean tick.
  func beat() {
    let due = engine.earliestDue?.seconds
    let phase: BeatPhase =
      if isDraining { .draining } else if !isReady { .starting } else if isAlone { .unsupervised } else { .ticking }
    let beat = Beat.now(
      tick: tickCount, phase: phase, intervalSeconds: arguments.intervalMilliseconds / 1_000, nextDue: due)
    if let error = beats.write(beat) {
      problems["beat"] = "the heartbeat can't be written: \(error)"
    } else {
      problems["beat"] = nil
    }
    if beats.isElsewhere {
      problems["state"] = "the state directory can't be written: beats and workers have their place in memory"
    } else if problems.removeValue(forKey: "state") != nil {
      pool.leaveMemory()
    }
    witness.lookAgain()
    loop.deadlines.clear(.beat)
  }

  /// The last beat: whoever comes next sees that this was no death; and what is left running, which `stop` tells.
  ///
  /// Without the lock the files are another's.
  func sayFarewell() {
    if isDispossessed { return }
    witness.lookAgain()
    beats.write(
      .now(tick: tickCount, phase: .draining, intervalSeconds: arguments.intervalMilliseconds / 1_000, nextDue: nil))
    writeSummary()
  }

  /// One pass: decides everything that is due. A failure is recorded, beats, and is followed by further ticks.
  func tick() -> Bool {
    Fault.point("tick.begin")
    tickCount += 1
    let failure = pass()
    // Without the lock the files are another's.
    if isDispossessed { return false }
    let isNews = failure != nil || lastTickFailed != nil || !isReady
    if isNews || !pace.putsOff(at: loop.monotonic()) { report(failure) }
    Fault.point("tick.end")
    return failure == nil
  }

  /// Tells how it stands with the ticker: by beats, by its summary, and by what is done once in a while.
  func report(_ failure: String?) {
    beat()
    if let failure {
      if failure != lastTickFailed { log.error("a tick failed", LogField("cause", failure)) }
      failures.write(TickFailure(at: Instant(microseconds: SystemClock.wall()), message: failure))
      record(failure)
    } else if isReady {
      let due = engine.earliestDue?.seconds
      successes.write(
        Beat.now(
          tick: tickCount, phase: isDraining ? .draining : .ticking,
          intervalSeconds: arguments.intervalMilliseconds / 1_000, nextDue: due))
    }
    lastTickFailed = failure
    writeSummary()
    let untilNextFire = engine.earliestDue.map { Instant.microseconds(from: moment().wall, to: $0) }
    if freeMemory.givesBack(untilNextFire: untilNextFire, at: loop.monotonic()) { CurrentProcess.returnFreeMemory() }
    metrics.write(isWanted: !table.settings.metricsFile.isEmpty, nowNanoseconds: loop.monotonic())
    pace.told(at: loop.monotonic())
    // That it is ready is said at once.
    if !isReady { pace.hurry() }
  }

  /// What the tick decides; the cause when it failed.
  private func pass() -> String? {
    if Fault.fails("tick") { return "fault point" }
    do throws(Errno) {
      guard try lock.isCurrent() else { return sayLostLock() }
    } catch {
      return "ticker.lock can't be checked: \(error)"
    }
    if isReady {
      trail.drop(.deciding)
      deliver(.tick(moment()))
      trail.clear()
    }
    return nil
  }

  /// For who asks later why nothing was decided. A ledger in trouble is spared: what it still takes is for claims.
  private func record(_ failure: String) {
    guard isReady, !mustEnd, !isDispossessed, keeper.problem == nil, keeper.reserveProblem == nil,
      recordedFailures.take(failure, nowNanoseconds: loop.monotonic())
    else { return }
    deliver(.tickFailed(message: failure, moment()))
  }

  func wait() {
    do throws(Errno) {
      try waitOnce()
    } catch {
      // The next tick says so; a loop that can't wait must not spin.
      log.error("waiting failed", LogField("cause", error))
      mustEnd = true
    }
  }

  func fire(_ key: OccurrenceKey) -> FireAnswer { fireNow(key) }
}
