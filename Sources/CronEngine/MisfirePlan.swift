import CronTime

/// What a job owes at one moment: instants that may fire normally, and those that are too late for it.
///
/// Computed in bounded time whatever the outage: up to `cap` instants one by one, beyond that the newest ones and an
/// estimate of how many lie before them.
struct MisfirePlan: Hashable, Sendable {
  /// Too late, but known one by one: the newest ones, ascending.
  var misfired: [Instant] = []
  /// How many more lie before those, from `first` on; 0 = none.
  var olderCount = 0
  /// The first and the last of the older ones.
  var olderFirst: Instant?
  var olderLast: Instant?
  /// Within grace, ascending.
  var inTime: [Instant] = []
  /// The first instant that isn't due yet.
  var next: Instant?
  /// How many instants were computed, for the budget of a tick.
  var steps = 0

  /// `first` is the job's first undecided instant; instants after `limit` are left alone.
  init(
    first: Instant, job: EngineJob, origin: Instant, graceSeconds: Int64, now: Instant, limit: Instant, cap: Int
  ) {
    let search = Search(job: job, origin: origin, end: min(now, limit), cap: max(2, cap))
    var (instants, following) = search.enumerate(from: first)
    steps = instants.count
    if let resume = following, resume <= search.end, let oldest = instants.first, let newest = instants.last {
      let spacing = max(1, (newest.seconds - oldest.seconds) / Int64(max(1, instants.count - 1)))
      let tail = search.tail(after: newest, spacing: spacing)
      olderFirst = oldest
      olderLast = tail.skippedLast ?? newest
      olderCount = instants.count + tail.skippedCount
      steps += tail.steps
      instants = tail.instants
      following = tail.following
    }
    next = following
    for (index, instant) in instants.enumerated() {
      let due = job.due(instant)
      if due > now {
        // Jitter puts it off; what follows it waits too, so that decisions keep their order.
        next = instant
        break
      }
      if due.adding(seconds: graceSeconds) < now, inTime.isEmpty {
        misfired.append(instants[index])
      } else {
        inTime.append(instants[index])
      }
    }
  }

  /// Moves the oldest in-time instants to the misfired ones, so that at most `count` fire normally in one tick.
  mutating func limitInTime(_ count: Int) {
    guard inTime.count > count else { return }
    misfired += inTime.prefix(inTime.count - count)
    inTime.removeFirst(inTime.count - count)
  }

  /// All instants up to the end as one range; nil = there is none.
  var wholeRange: (first: Instant, last: Instant, count: Int)? {
    let known = misfired + inTime
    guard let first = olderFirst ?? known.first, let last = known.last ?? olderLast else { return nil }
    return (first, last, olderCount + known.count)
  }

  /// How many are too late.
  var misfiredCount: Int { olderCount + misfired.count }
}

/// Finds instants of one job up to an end.
private struct Search {
  let job: EngineJob
  let origin: Instant
  let end: Instant
  let cap: Int

  /// At most `cap` instants from `first` to the end, and the one after them.
  func enumerate(from first: Instant?) -> (instants: [Instant], following: Instant?) {
    var instants: [Instant] = []
    var cursor = first
    while let instant = cursor, instant <= end, instants.count < cap {
      instants.append(instant)
      cursor = job.next(after: instant, origin: origin)
    }
    return (instants, cursor)
  }

  /// The newest instants before the end, without walking through all that lie between `after` and them.
  func tail(
    after: Instant, spacing: Int64
  ) -> (instants: [Instant], following: Instant?, skippedCount: Int, skippedLast: Instant?, steps: Int) {
    var window = spacing.multipliedReportingOverflow(by: Int64(cap / 2)).partialValue
    var steps = 0
    for _ in 0..<16 {
      let start = max(after, end.adding(seconds: -max(1, window)))
      let (instants, following) = enumerate(from: job.next(after: start, origin: origin))
      steps += instants.count + 1
      let overran = following.map { $0 <= end } ?? false
      if overran {
        // Denser than it looked: come nearer to the end.
        window /= 2
        continue
      }
      if instants.isEmpty, start > after {
        window = window.multipliedReportingOverflow(by: 4).partialValue
        continue
      }
      let skipped = (start.seconds - after.seconds) / spacing
      let last = skipped > 0 ? lastBefore(start, after: after, spacing: spacing) : after
      return (instants, following, Int(clamping: skipped), last, steps)
    }
    // Hopelessly irregular: what lies between counts as skipped, and nothing of it fires.
    return ([], job.next(after: end, origin: origin), cap, end, steps)
  }

  /// An instant of the skipped stretch close to its end, so that the recorded range covers it.
  private func lastBefore(_ start: Instant, after: Instant, spacing: Int64) -> Instant {
    var last = after
    let near = max(after, start.adding(seconds: -spacing * 4))
    var cursor = job.next(after: near, origin: origin)
    var steps = 0
    while let instant = cursor, instant <= start, steps < cap {
      last = instant
      cursor = job.next(after: instant, origin: origin)
      steps += 1
    }
    return last
  }
}
