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
    let queued = due.smallest(Self.shownOccurrences) { jobs[$0.job]?.generation == $0.generation }
    let firing = queued.filter { ledger.jobs[$0.job]?.pause == nil }
    summary.next = firing.compactMap { entry in
      jobs[entry.job]?.next.map { EngineSummary.Next(job: entry.job, at: $0) }
    }
    summary.coming = coming(of: firing)
    if let first = queued.first, var state = jobs[first.job], let next = state.next {
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

  private static let shownOccurrences = 10

  /// An occurrence to come of a job, at its instant.
  private struct Coming: Comparable {
    var due: DueEntry
    var at: Instant

    static func < (left: Coming, right: Coming) -> Bool { left.due < right.due }
  }

  /// The next occurrences over all jobs, of one job as many as come before the others'.
  ///
  /// Merged from the first occurrence of as many jobs: no other job can have one among them, so that this costs the
  /// same with 100,000 jobs.
  private func coming(of first: [DueEntry]) -> [EngineSummary.Next] {
    var queue = DueQueue<Coming>()
    for entry in first {
      if let at = jobs[entry.job]?.next { queue.push(Coming(due: entry, at: at)) }
    }
    var found: [EngineSummary.Next] = []
    while found.count < Self.shownOccurrences, let earliest = queue.popFirst() {
      found.append(EngineSummary.Next(job: earliest.due.job, at: earliest.at))
      guard let state = jobs[earliest.due.job],
        let at = state.job.next(after: earliest.at, origin: state.origin)
      else { continue }
      let due = DueEntry(at: state.job.due(at), job: earliest.due.job, generation: earliest.due.generation)
      queue.push(Coming(due: due, at: at))
    }
    return found
  }
}
