import CronLedger
import CronTime

/// Walks a ledger by itself and finds what contradicts the promise: every occurrence in exactly one outcome.
///
/// Knows schedules and records, and nothing of the engine.
struct LedgerChecker {
  /// An object, so that growing it never copies what it holds.
  private final class JobFacts {
    var schedule: Schedule
    var zone: Zone
    var origin: Instant
    var isPaused = false
    /// Up to here everything was looked at.
    var verified: Instant?
    /// How often each instant was decided.
    var decided: [Instant: Int] = [:]
    var queued: Set<Instant> = []
    /// Instants whose last attempt announced another.
    var announced: Set<Instant> = []

    init(schedule: Schedule, zone: Zone, origin: Instant) {
      self.schedule = schedule
      self.zone = zone
      self.origin = origin
    }

    func next(after instant: Instant) -> Instant? { schedule.next(after: instant, in: zone, origin: origin) }
  }

  private let jitterSeconds: Int64
  private let zone: (String, UInt64) -> Zone?
  private var jobs: [String: JobFacts] = [:]
  private var open: [RunIdentifier: Claim] = [:]
  private var through: Instant?
  private(set) var problems: [String] = []
  private(set) var occurrences = 0

  /// `jitterSeconds` is the largest delay that any job has.
  ///
  /// `zone` gives the data of a zone with that hash.
  init(jitterSeconds: Int64, zone: @escaping (String, UInt64) -> Zone?) {
    self.jitterSeconds = jitterSeconds
    self.zone = zone
  }

  mutating func check(_ records: [SequencedRecord]) -> [String] {
    for sequenced in records { take(sequenced) }
    for (run, claim) in open { problems.append("\(run) of \(claim.job) never ended") }
    for (name, facts) in jobs {
      guard let last = facts.decided.keys.max() else { continue }
      requireDecided(name, upTo: last, why: "before the last decision")
    }
    return problems
  }

  private mutating func take(_ sequenced: SequencedRecord) {
    switch sequenced.record {
    case .define(let definition): define(definition)
    case .retire(let job, let at):
      requireDecided(job, upTo: at, why: "when it was removed")
      if let left = jobs[job]?.queued, !left.isEmpty { problems.append("\(job) was removed with \(left) queued") }
      if let left = jobs[job]?.announced, !left.isEmpty { problems.append("\(job) was removed, \(left) are to come") }
      jobs[job] = nil
    case .pause(let job, _, _, _): jobs[job]?.isPaused = true
    case .resume(let job, let at):
      requireDecided(job, upTo: at, why: "at the end of its pause")
      jobs[job]?.verified = nil
      jobs[job]?.isPaused = false
      if let origin = jobs[job]?.origin { jobs[job]?.origin = max(origin, at) }
    case .claim(let claim): take(claim)
    case .end(let end):
      let claim = open.removeValue(forKey: end.run)
      if claim == nil { problems.append("\(end.run) ended twice, or never began") }
      if end.retryAt != nil, let occurrence = claim?.occurrence { jobs[end.job]?.announced.insert(occurrence) }
      if (end.reason == nil) != (end.outcome == .succeeded) { problems.append("\(end.run): outcome and reason differ") }
    case .queued(let job, let instant, _): jobs[job]?.queued.insert(instant)
    case .skipped(let range):
      take(job: range.job, first: range.first, last: range.last, count: range.count, seq: sequenced.seq)
    case .missed(let range):
      take(job: range.job, first: range.first, last: range.last, count: range.count, seq: sequenced.seq)
    case .through(let at, nil, _):
      if at > through ?? .distantPast {
        for name in jobs.keys.sorted() where jobs[name]?.isPaused == false {
          requireDecided(name, upTo: at, why: "below the watermark")
        }
      }
      through = at
    case .through(let at, let job?, nil):
      // The mark of a wrong clock is set back: what that future decided is owed again when it comes, from now on.
      guard let facts = jobs[job] else { return }
      facts.decided = facts.decided.filter { $0.key <= at }
      facts.verified = at
    case .start, .tickFailed, .clockStep, .restart, .through, .snapshot, .unknown: break
    }
  }

  private mutating func define(_ definition: Definition) {
    guard let schedule = try? Schedule.parse(definition.schedule, dialect: .any, seed: definition.job) else {
      problems.append("unreadable schedule \(definition.schedule)")
      return
    }
    guard let zone = zone(definition.zone, definition.zoneHash) else {
      problems.append("\(definition.job) goes by unknown data of \(definition.zone)")
      return
    }
    guard let known = jobs[definition.job] else {
      jobs[definition.job] = JobFacts(schedule: schedule, zone: zone, origin: definition.origin)
      return
    }
    let isSame = known.schedule == schedule && known.origin == definition.origin && known.zone.name == zone.name
    if !isSame {
      requireDecided(definition.job, upTo: definition.at, why: "when its schedule changed")
      known.verified = nil
    }
    // Other data of the same zone says of the past what the former said.
    (known.schedule, known.zone, known.origin) = (schedule, zone, definition.origin)
  }

  private mutating func take(_ claim: Claim) {
    open[claim.run] = claim
    guard let occurrence = claim.occurrence, claim.trigger != .reboot else { return }
    if claim.attempt > 1 {
      if jobs[claim.job]?.announced.remove(occurrence) == nil {
        problems.append("\(claim.job)@\(occurrence): attempt \(claim.attempt) was never announced")
      }
      return
    }
    guard let facts = jobs[claim.job] else {
      problems.append("a claim of \(claim.job), which isn't defined")
      return
    }
    let before = occurrence.adding(microseconds: -1)
    let isNamed = facts.next(after: before) == occurrence
    // What was queued under an earlier definition may run under a later one.
    if !isNamed, !facts.queued.contains(occurrence) {
      problems.append("\(claim.job)@\(occurrence) isn't named by its schedule")
    }
    decide(claim.job, occurrence)
  }

  private mutating func take(job: String, first: Instant, last: Instant, count: Int, seq: UInt64) {
    guard let facts = jobs[job] else { return }
    if first == last {
      decide(job, first)
      if count != 1 { problems.append("record \(seq): one instant, count \(count)") }
      return
    }
    var found = 0
    var cursor = facts.next(after: first.adding(microseconds: -1))
    while let instant = cursor, instant <= last {
      found += 1
      decide(job, instant)
      cursor = facts.next(after: instant)
    }
    if found != count { problems.append("record \(seq) of \(job): count \(count), its schedule says \(found)") }
  }

  private mutating func decide(_ job: String, _ instant: Instant) {
    let facts = jobs[job]
    // An attempt that was announced and never came: the occurrence has its outcome already.
    if facts?.announced.remove(instant) != nil { return }
    occurrences += 1
    facts?.queued.remove(instant)
    facts?.decided[instant, default: 0] += 1
    if let times = facts?.decided[instant], times > 1 {
      problems.append("\(job)@\(instant) decided \(times) times")
    }
  }

  private mutating func requireDecided(_ name: String, upTo end: Instant, why: String) {
    guard let facts = jobs[name] else { return }
    var cursor = facts.next(after: max(facts.verified ?? .distantPast, facts.origin))
    // What a delay puts off may be decided later; what is decided out of turn is looked at again at the end.
    while let instant = cursor, instant.adding(seconds: jitterSeconds) <= end {
      if facts.decided[instant] == nil, !facts.queued.contains(instant) {
        problems.append("\(name)@\(instant) has no outcome \(why) (\(end))")
      }
      facts.verified = instant
      cursor = facts.next(after: instant)
    }
  }
}
