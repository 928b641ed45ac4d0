import CronConfig
import CronTime

/// What a job owes at one moment: instants that may fire normally, and those that are too late for it.
///
/// Computed in bounded time whatever the outage: up to `cap` instants one by one, beyond that the newest ones and how
/// many lie before them. The number is exact, except for very many of several schedules that share instants.
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
      let tail = search.tail(after: newest)
      olderFirst = oldest
      olderLast = tail.skippedLast
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

  /// What lies beyond the instants that are walked through.
  struct Tail {
    /// The newest ones, at most half the cap.
    var instants: [Instant]
    var following: Instant?
    /// How many lie before those, and the last of them.
    var skippedCount: Int
    var skippedLast: Instant
    var steps: Int
  }

  /// The newest instants up to the end, without walking through all that lie between `after` and them.
  func tail(after: Instant) -> Tail {
    let start = latest(after: after, before: end) { job.count(after: $0, through: end, origin: origin) > cap / 2 }
    let (instants, following) = enumerate(from: job.next(after: start, origin: origin))
    // The last one before them: the latest second behind which one is left.
    let near = latest(after: after, before: start) { job.count(after: $0, through: start, origin: origin) > 0 }
    let last = job.next(after: near.adding(seconds: -1), origin: origin).flatMap { $0 <= start ? $0 : nil }
    return Tail(
      instants: instants, following: following, skippedCount: countSkipped(after: after, through: start),
      skippedLast: max(after, last ?? after), steps: instants.count + 128)
  }

  /// The first second at which something that holds up to a certain second holds no more.
  private func latest(after: Instant, before end: Instant, holds: (Instant) -> Bool) -> Instant {
    var (low, high) = (after.seconds, max(after.seconds, end.seconds))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if holds(Instant(seconds: middle)) { low = middle } else { high = middle }
    }
    return holds(Instant(seconds: low)) ? Instant(seconds: high) : Instant(seconds: low)
  }

  /// Exact for one schedule; several that share instants are walked through as far as that is cheap, else summed up.
  private func countSkipped(after: Instant, through start: Instant) -> Int {
    let sum = job.count(after: after, through: start, origin: origin)
    guard job.definition.schedules.count > 1, sum <= cap * 8 else { return sum }
    var found = 0
    var cursor = job.next(after: after, origin: origin)
    while let instant = cursor, instant <= start {
      found += 1
      cursor = job.next(after: instant, origin: origin)
    }
    return found
  }
}
