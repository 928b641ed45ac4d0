import CronConfig
import CronLedger
import CronTime

/// The table of jobs: what is new, changed or gone; what is unchanged is left alone.
extension Engine {
  mutating func load(_ table: [EngineJob], former: [Zone]) {
    guard isRecovered else { return }
    // What was due before the change is decided under the definitions that held until now.
    decideAllDue()
    let isFirst = !isLoaded
    isLoaded = true
    let orphans = isFirst || runs.count > 0 ? Dictionary(grouping: runs.values, by: \.claim.job) : [:]
    var names: Set<String> = []
    names.reserveCapacity(table.count)
    // Written out once each: they are compared with what the ledger says.
    let texts = isFirst ? texts(of: table) : [:]
    if isFirst {
      _ = lowerCommonMark()
      settleOldDefinitions(table, texts: texts, former: former)
    }
    for job in table {
      let name = job.definition.name
      guard names.insert(name).inserted else {
        notice(.duplicateJob(name))
        continue
      }
      say(.loading, name)
      if jobs[name] != nil {
        update(name, with: job)
      } else {
        add(job, text: texts[name] ?? job.scheduleText, live: orphans[name] ?? [])
      }
    }
    say(.loading)
    for name in jobs.keys.filter({ !names.contains($0) }).sorted() { retire(name) }
    if isFirst {
      for (name, marks) in ledger.jobs.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
        if marks.definition != nil || !marks.queued.isEmpty { retire(name) }
      }
      settleRecoveredRuns()
      if clockHeldUntil == nil { rebaseMarks(isCorrection: wasLedgerAhead) }
      oweReboots()
    }
    pausedCount = jobs.keys.count { ledger.jobs[$0]?.pause != nil }
    largestJitterSeconds = Int64(jobs.values.map(\.job.definition.randomDelayMinutes).max() ?? 0) * 60
  }

  /// What the ledger calls the schedules of each job: many have the same, and to write one out takes a while.
  private func texts(of table: [EngineJob]) -> [String: String] {
    var known: [[Schedule]: String] = [:]
    var texts: [String: String] = [:]
    texts.reserveCapacity(table.count)
    for job in table where texts[job.definition.name] == nil {
      let schedules = job.definition.schedules
      if let text = known[schedules] {
        texts[job.definition.name] = text
        continue
      }
      say(.loading, job.definition.name)
      let text = job.scheduleText
      if known.count < 4096 { known[schedules] = text }
      texts[job.definition.name] = text
    }
    return texts
  }

  /// Definitions that ended while nobody was there still owed occurrences until now: those are missed.
  ///
  /// A zone that can't be had any more can't be looked up; then the audit can't either, and says so.
  private mutating func settleOldDefinitions(_ table: [EngineJob], texts: [String: String], former: [Zone]) {
    if ledger.jobs.isEmpty { return }
    let current = Dictionary(table.map { ($0.definition.name, $0) }) { first, _ in first }
    var zones = Dictionary(table.map { ($0.zone.name, [$0.zone]) }) { first, _ in first }
    for zone in former { zones[zone.name, default: []].insert(zone, at: 0) }
    zones[Zone.utc.name] = [.utc]
    for (name, marks) in ledger.jobs.sorted(by: { $0.key < $1.key }) {
      guard let old = marks.definition, !settings.setAside.contains(name) else { continue }
      if let job = current[name], texts[name] == old.schedule, job.zone.name == old.zone { continue }
      say(.loading, name)
      let data = zones[old.zone] ?? []
      guard let zone = data.first(where: { $0.dataHash == old.zoneHash }) ?? data.first,
        let job = Self.job(of: old, zone: zone)
      else { continue }
      let mark = max(old.origin, marks.lastDecided ?? .distantPast, ledger.through ?? .distantPast)
      guard let first = job.next(after: mark, origin: old.origin) else { continue }
      let plan = MisfirePlan(
        first: first, job: job, origin: old.origin, graceSeconds: 0, now: now.wall, limit: now.wall, cap: 10_000)
      guard let owed = plan.wholeRange else { continue }
      if marks.pause == nil {
        miss(name, first: owed.first, last: owed.last, count: owed.count, reason: .down)
      } else {
        skip(name, first: owed.first, last: owed.last, count: owed.count, reason: .paused)
      }
    }
  }

  /// The schedule of an old definition, as a job that does nothing.
  private static func job(of old: Definition, zone: Zone) -> EngineJob? {
    var schedules: [Schedule] = []
    for text in texts(of: old.schedule) {
      guard let schedule = try? Schedule.parse(text, dialect: .any, seed: old.job) else { return nil }
      schedules.append(schedule)
    }
    let definition = JobDefinition(name: old.job, schedules: schedules, command: .words([old.job]))
    return EngineJob(definition: definition, zone: zone)
  }

  /// Splits at ` ; `, which no schedule contains.
  private static func texts(of joined: String) -> [String] {
    joined.split(separator: ";").map(String.init)
  }

  private mutating func add(_ job: EngineJob, text: String, live: [LiveRun]) {
    let name = job.definition.name
    let known = ledger.jobs[name]?.definition
    var state = JobState(job: job, origin: beginning(of: name))
    state.live = live.sorted { $0.claimSequence < $1.claimSequence }.map(\.claim.run)
    if let known, known.schedule == text, known.zone == job.zone.name {
      state.origin = known.origin
      jobs[name] = state
      if known.commandDigest != job.commandDigest || known.zoneHash != job.zone.dataHash { define(state, text) }
    } else {
      jobs[name] = state
      define(state, text)
    }
    restoreWaiting(name)
    schedule(name, after: mark(of: name))
  }

  private mutating func update(_ name: String, with job: EngineJob) {
    guard var state = jobs[name], state.job != job else { return }
    let old = state.job
    state.job = job
    let sameSchedule = old.definition.schedules == job.definition.schedules && old.zone.name == job.zone.name
    if !sameSchedule {
      settleBeforeChange(name)
      state.origin = beginning(of: name)
      state.forgetPeriod()
    }
    jobs[name] = state
    let sameZoneData = old.zone.dataHash == job.zone.dataHash
    if !sameSchedule || !sameZoneData || old.commandDigest != job.commandDigest { define(state) }
    if !sameSchedule || !sameZoneData || old.definition.randomDelayMinutes != job.definition.randomDelayMinutes {
      schedule(name, after: mark(of: name))
    }
    promote(name)
  }

  /// Records what the job is from now on; `text` is its schedule's, where it is known already.
  mutating func define(_ state: JobState, _ text: String? = nil) {
    let job = state.job
    let definition = Definition(
      job: job.definition.name, schedule: text ?? job.scheduleText, zone: job.zone.name, zoneHash: job.zone.dataHash,
      origin: state.origin, at: now.wall, commandDigest: job.commandDigest)
    _ = record(.define(definition))
  }

  /// Where a new definition begins: now, or where the decided instants end if the clock was set back since.
  private func beginning(of name: String) -> Instant {
    max(now.wall, ledger.jobs[name]?.lastDecided ?? .distantPast)
  }

  /// What came due under a definition that ends, and could not be decided (a pause, a held clock, a random delay).
  private mutating func settleBeforeChange(_ name: String) {
    guard let state = jobs[name], let first = state.next, first <= now.wall else { return }
    let plan = MisfirePlan(
      first: first, job: state.job, origin: state.origin, graceSeconds: 0, now: .distantFuture, limit: now.wall,
      cap: 10_000)
    guard let owed = plan.wholeRange else { return }
    if ledger.jobs[name]?.pause == nil {
      miss(name, first: owed.first, last: owed.last, count: owed.count, reason: lateness)
    } else {
      skip(name, first: owed.first, last: owed.last, count: owed.count, reason: .paused)
    }
  }

  private mutating func retire(_ name: String) {
    settleBeforeChange(name)
    for waiting in jobs[name]?.waiting ?? [] {
      removeWaiting(waiting.ticket, of: name)
      answer(waiting.request, .unknownJob)
    }
    // What waited for its turn has none any more: it waited because of other runs.
    for instant in (ledger.jobs[name]?.queued.keys).map(Array.init)?.sorted() ?? [] {
      skip(name, first: instant, last: instant, count: 1, reason: .overlap)
    }
    // An attempt that was announced never comes.
    for run in (ledger.jobs[name]?.retries ?? []).sorted() {
      guard let instant = ledger.retries[run]?.claim.occurrence else { continue }
      miss(name, first: instant, last: instant, count: 1, reason: .down)
    }
    for run in jobs[name]?.live ?? [] {
      guard let live = runs[run] else { continue }
      // A live run of a removed job ends as it will; one that could not be started yet isn't tried again.
      if live.phase == .retrying { end(run, outcome: .missed, reason: MissReason.couldNotStart.rawValue) }
    }
    jobs[name] = nil
    _ = record(.retire(job: name, at: now.wall))
  }

  // MARK: - @reboot

  /// The first ticker of a boot owes each `@reboot` job of its first table one run.
  ///
  /// The claims are appended before the `restart` record that makes later tickers not the first: a crash between the
  /// two is seen by the mark that the claim left.
  private mutating func oweReboots() {
    guard ledger.lastRestart?.boot != settings.bootIdentifier else { return }
    owedReboots = jobs.values.filter { $0.job.hasRebootSchedule }.map(\.job.definition.name).sorted()
  }

  /// Fires what the boot owes, then records the start; both wait while the clock is held.
  mutating func settleBoot() {
    for name in owedReboots {
      let marks = ledger.jobs[name]
      guard jobs[name] != nil, marks?.rebootClaimed != settings.bootIdentifier, marks?.pause == nil else { continue }
      let floor = Instant(seconds: now.wall.seconds)
      var instant = floor
      let decided = max(marks?.lastDecided ?? .distantPast, ledger.through ?? .distantPast)
      if decided >= floor { instant = Instant(seconds: decided.seconds + 1) }
      // A random delay may have put off an earlier instant: it is overtaken, for decisions keep the order of instants.
      decideOvertaken(name, before: instant)
      if claim(name, occurrence: instant, due: floor, trigger: .reboot) != nil {
        schedule(name, after: mark(of: name))
      }
    }
    owedReboots = []
    guard !isRestartRecorded else { return }
    isRestartRecorded = true
    _ = record(
      .restart(at: now.wall, boot: settings.bootIdentifier, pid: settings.pid, version: settings.version))
  }
}
