import CronLedger
import CronTime

extension Engine {
  /// What status shows; its cost grows with what lives, not with the jobs that exist.
  public var summary: EngineSummary {
    var summary = EngineSummary()
    summary.jobs = jobs.count
    summary.paused = pausedCount
    summary.queued = waitingCount
    summary.poolFull = isPoolFull
    summary.draining = isDraining
    summary.clockHeld = clockHeldUntil != nil
    summary.recentFailures = recentFailures
    let coming = due.smallest(10) { jobs[$0.job]?.generation == $0.generation }
    summary.next = coming.compactMap { entry in
      guard ledger.jobs[entry.job]?.pause == nil, let at = jobs[entry.job]?.next else { return nil }
      return EngineSummary.Next(job: entry.job, at: at)
    }
    if let first = coming.first, var state = jobs[first.job], let next = state.next {
      summary.earliestDue = first.at
      summary.earliestDeadline = first.at.adding(seconds: state.graceSeconds(near: next))
    }
    let live = runs.values.sorted { $0.claimSequence < $1.claimSequence }
    let refused = live.compactMap(\.startProblem)
    (summary.unstarted, summary.startProblem) = (refused.count, refused.first)
    summary.running = live.map { live in
      EngineSummary.Running(
        run: live.claim.run, job: live.claim.job, pid: live.pid, startedAt: live.startedAt ?? live.claim.at,
        supervised: live.supervised)
    }
    return summary
  }
}
