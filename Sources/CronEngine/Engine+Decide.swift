import CronConfig
import CronLedger
import CronTime

/// What becomes of due occurrences.
extension Engine {
  /// How many instants one pass may compute one by one; more are estimated.
  private static let passBudget = 200_000
  private static let jobBudget = 10_000
  /// At most so many occurrences of a job fire normally in one pass; older ones are misfires.
  private static let inTimeLimit = 1_000

  /// Decides everything that is due by now, in the order of instants, rare jobs before a herd.
  mutating func decideAllDue() {
    guard isLoaded, !isDraining, clockHeldUntil == nil else { return }
    // What waited longer comes first, also what an earlier ticker left waiting.
    pump()
    var names: [(at: Instant, period: Int64, name: String)] = []
    while let entry = due.first, entry.at <= now.wall {
      _ = due.popFirst()
      guard jobs[entry.job]?.generation == entry.generation else { continue }
      say(.deciding, entry.job)
      let period = jobs[entry.job]?.period(near: entry.at) ?? Int64.max
      names.append((entry.at, period, entry.job))
    }
    names.sort { ($0.at, $1.period, $0.name) < ($1.at, $0.period, $1.name) }
    var budget = Self.passBudget
    for (_, _, name) in names {
      say(.deciding, name)
      decide(name, limit: .distantFuture, budget: &budget)
    }
    if !names.isEmpty { say(.deciding) }
    settleBoot()
    // Why it was late is told of all that was: also what a later pass decides.
    if due.first.map({ $0.at > now.wall }) ?? true { lateness = .grace }
    if !output.records.isEmpty { advanceWatermark() }
  }

  /// Decides the job's occurrences up to `limit` that are due by now.
  mutating func decide(_ name: String, limit: Instant, budget: inout Int) {
    if let pause = ledger.jobs[name]?.pause {
      guard let until = pause.until, until <= now.wall else { return }
      endPause(name, at: until)
    }
    guard var state = jobs[name], let first = state.next else { return }
    var plan = MisfirePlan(
      first: first, job: state.job, origin: state.origin, graceSeconds: state.graceSeconds(near: first),
      now: now.wall, limit: limit, cap: max(64, min(Self.jobBudget, budget)))
    budget -= plan.steps
    plan.limitInTime(Self.inTimeLimit)
    jobs[name] = state
    decideMisfires(name, plan: plan)
    var skips = SkipRange()
    for instant in plan.inTime {
      let reason = offer(name, instant: instant, trigger: .schedule, skips: &skips)
      if let reason, let finished = skips.add(instant, reason: reason) { skip(name, finished) }
    }
    if let range = skips.range { skip(name, range) }
    enqueueDue(name, next: plan.next)
  }

  // MARK: - Misfires

  private mutating func decideMisfires(_ name: String, plan: MisfirePlan) {
    guard let job = jobs[name]?.job, plan.misfiredCount > 0 else { return }
    let policy: CatchUpPolicy = settings.safeMode ? .skip : job.definition.catchUp
    let fires: Int
    switch policy {
    case .skip: fires = 0
    case .once: fires = 1
    case .all(let limit): fires = max(0, limit)
    }
    let chosen = Array(plan.misfired.suffix(fires))
    let passed = plan.misfired.dropLast(chosen.count)
    if let oldest = plan.olderFirst ?? passed.first, let newest = passed.last ?? plan.olderLast {
      let count = plan.olderCount + passed.count
      switch policy {
      case .skip: miss(name, first: oldest, last: newest, count: count, reason: lateness)
      case .once: skip(name, first: oldest, last: newest, count: count, reason: .catchUp)
      case .all: miss(name, first: oldest, last: newest, count: count, reason: .catchUpLimit)
      }
    }
    for instant in chosen { offerCatchUp(name, instant: instant, policy: policy) }
  }

  private mutating func offerCatchUp(_ name: String, instant: Instant, policy: CatchUpPolicy) {
    let refused: SkipReason?
    var skips = SkipRange()
    if case .all = policy {
      // One after another, behind whatever of the job lives or waits.
      refused = enqueue(name, instant: instant, trigger: .catchUp)
      promote(name)
      pump()
    } else {
      refused = offer(name, instant: instant, trigger: .catchUp, skips: &skips)
    }
    if let refused { skip(name, first: instant, last: instant, count: 1, reason: refused) }
  }

  // MARK: - One occurrence

  /// Claims the occurrence, lets it wait, or answers why it is skipped; recording the skip is the caller's.
  ///
  /// `skips` are skipped occurrences that aren't recorded yet: they are recorded before anything else of the job.
  mutating func offer(_ name: String, instant: Instant, trigger: FireTrigger, skips: inout SkipRange) -> SkipReason? {
    guard let state = jobs[name] else { return nil }
    let policy = state.job.definition.overlap
    if isLive(instant, of: state) { return .overlap }
    if state.isBusy, policy == .skip, !joinsCatchUp(state) { return .overlap }
    if let range = skips.take() { skip(name, range) }
    let isBusy = state.isBusy && policy != .allow
    if !isBusy, hasRoom(for: trigger) {
      _ = claim(name, occurrence: instant, due: state.job.due(instant), trigger: trigger)
      return nil
    }
    if isBusy, policy == .replace {
      for run in state.live { requestStop(run, reason: .replaced) }
    }
    if isBusy, policy != .skip {
      trimWaiting(name, keeping: (policy == .replace ? 1 : settings.overlapQueueLimit) - 1)
    }
    let refused = enqueue(name, instant: instant, trigger: trigger)
    promote(name)
    return refused
  }

  /// Whether a run of this very instant lives: a wrong clock had claimed it, and its time comes only now.
  private func isLive(_ instant: Instant, of state: JobState) -> Bool {
    state.live.contains { runs[$0]?.claim.occurrence == instant }
  }

  /// While a job with `catch-up = all` works off its backlog, what comes due joins the end of it.
  private func joinsCatchUp(_ state: JobState) -> Bool {
    guard case .all(let limit) = state.job.definition.catchUp, state.waiting.count < limit else { return false }
    return state.waiting.contains { $0.trigger == .catchUp }
  }

  /// Puts the occurrence among what waits; answers why if it can't.
  private mutating func enqueue(_ name: String, instant: Instant, trigger: FireTrigger) -> SkipReason? {
    guard let state = jobs[name] else { return nil }
    if isLive(instant, of: state) { return .overlap }
    guard waitingCount < settings.queueLimit else {
      notice(.queueFull(job: name))
      return .queueFull
    }
    guard record(.queued(job: name, occurrence: instant, at: now.wall)) != nil else { return nil }
    addWaiting(
      Waiting(ticket: 0, occurrence: instant, due: state.job.due(instant), trigger: trigger, request: nil), to: name)
    return nil
  }

  /// The oldest of a job's waiting occurrences make room: the newest is the one worth running.
  private mutating func trimWaiting(_ name: String, keeping limit: Int) {
    let waiting = jobs[name]?.waiting.filter { $0.occurrence != nil && $0.trigger != .catchUp } ?? []
    for old in waiting.dropLast(max(0, limit)) {
      guard let instant = old.occurrence else { continue }
      removeWaiting(old.ticket, of: name)
      skip(name, first: instant, last: instant, count: 1, reason: .overlap)
    }
  }

  // MARK: - Not run

  mutating func skip(_ name: String, first: Instant, last: Instant, count: Int, reason: SkipReason) {
    _ = record(
      .skipped(NotRun(job: name, first: first, last: last, count: count, at: now.wall, reason: reason)))
  }

  private mutating func skip(_ name: String, _ range: SkipRange.Range) {
    skip(name, first: range.first, last: range.last, count: range.count, reason: range.reason)
  }

  mutating func miss(_ name: String, first: Instant, last: Instant, count: Int, reason: MissReason) {
    _ = record(.missed(NotRun(job: name, first: first, last: last, count: count, at: now.wall, reason: reason)))
    notice(.missed(job: name, count: count, reason: reason))
    noteFailure(job: name, run: nil, outcome: .missed, reason: reason.rawValue)
  }

  // MARK: - The next one

  /// Up to where the job's occurrences are decided.
  func mark(of name: String) -> Instant {
    let origin = jobs[name]?.origin ?? .distantPast
    return max(origin, ledger.jobs[name]?.lastDecided ?? .distantPast, ledger.through ?? .distantPast)
  }

  /// Looks up the job's first occurrence after `instant` and queues the job for it.
  mutating func schedule(_ name: String, after instant: Instant) {
    guard let state = jobs[name] else { return }
    enqueueDue(name, next: state.job.next(after: instant, origin: state.origin))
  }

  private mutating func enqueueDue(_ name: String, next: Instant?) {
    guard let place = jobs.index(forKey: name) else { return }
    lastGeneration += 1
    jobs.values[place].next = next
    jobs.values[place].generation = lastGeneration
    if let pause = ledger.jobs[name]?.pause {
      if let until = pause.until { due.push(DueEntry(at: until, job: name, generation: lastGeneration)) }
      return
    }
    guard let next else { return }
    due.push(DueEntry(at: jobs.values[place].job.due(next), job: name, generation: lastGeneration))
  }

  /// Says now and then that nothing at or before an instant is undecided, for the audit.
  private mutating func advanceWatermark() {
    let mark = Instant(seconds: now.wall.seconds - largestJitterSeconds - 1)
    // Occurrences of a pause are decided at its end.
    guard pausedCount == 0, mark > ledger.through?.adding(seconds: 60) ?? .distantPast else { return }
    _ = record(.through(at: mark))
  }
}

/// Consecutive skipped occurrences of one job, collapsed into one record.
struct SkipRange: Hashable, Sendable {
  struct Range: Hashable, Sendable {
    var first: Instant
    var last: Instant
    var count: Int
    var reason: SkipReason
  }

  private(set) var range: Range?

  /// Hands over what was collected.
  mutating func take() -> Range? {
    defer { range = nil }
    return range
  }

  /// Adds one; answers the range before it if its reason was another one.
  mutating func add(_ instant: Instant, reason: SkipReason) -> Range? {
    guard var current = range, current.reason == reason else {
      defer { range = Range(first: instant, last: instant, count: 1, reason: reason) }
      return range
    }
    current.last = instant
    current.count += 1
    range = current
    return nil
  }
}
