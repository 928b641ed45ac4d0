import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

/// A world with one seed: jobs, a disk that syncs late or fails, workers that run, fail, refuse and get lost, clocks
/// that step and sleep, and a ticker that crashes between any two actions.
struct Simulation {
  /// What the world knows of one run, whatever the ledger says.
  struct Job {
    var order: RunOrder
    var endsAt: Instant
    var started = false
    var exit: RunExit?
  }

  private var chance: SeededGenerator
  private var clock = Moment(wall: Bench.noon, monotonicNanoseconds: 1_000_000_000, boottimeNanoseconds: 1_000_000_000)
  private var table: [EngineJob] = []
  private var engine: Engine
  private var boot = 1
  /// What is on disk: synced records first, then those that power loss may take.
  private(set) var disk: [SequencedRecord] = []
  private var durable = 0
  /// What at least a crash of the ticker can't take.
  private var inMemory = 0
  private var syncing: (token: UInt64, upTo: Int)?
  private var workers: [RunIdentifier: Job] = [:]
  private(set) var starts: [OccurrenceKey: Int] = [:]
  private var attempts: Set<String> = []
  /// What the machine went down under.
  private var interrupted: Set<OccurrenceKey> = []
  private let tellsStory: Bool
  private(set) var story: [String] = []
  private(set) var problems: [String] = []
  private(set) var fires = 0
  private(set) var occurrences = 0
  private var nextRequest: UInt64 = 0

  init(seed: UInt64, tellsStory: Bool = false) {
    self.tellsStory = tellsStory
    chance = SeededGenerator(seed: seed)
    engine = Engine(settings: EngineSettings(bootIdentifier: "boot-1"))
  }

  // MARK: - The world

  mutating func run(steps: Int) throws {
    let count = 2 + Int.random(in: 0..<5, using: &chance)
    table = try (0..<count).map { try randomJob("job\($0)") }
    restart(findings: [:], sameBoot: true, state: LedgerState())
    for _ in 0..<steps where problems.isEmpty { try step() }
    guard problems.isEmpty else { return }
    try settle()
  }

  private mutating func randomJob(_ name: String) throws -> EngineJob {
    let schedules = ["* * * * *", "*/2 * * * *", "*/5 * * * *", "@every 45s", "@every 7m", "3-59/4 * * * *", "@hourly"]
    let schedule = try Schedule.parse(pick(schedules), dialect: .any, seed: name)
    let definition = JobDefinition(
      name: name, schedules: [schedule], command: .shellLine("true"),
      graceSeconds: pick([nil, nil, 30, 600]), overlap: pick(OverlapPolicy.allCases),
      catchUp: pick([.skip, .once, .all(limit: 3)]), onInterrupt: pick(InterruptPolicy.allCases),
      durability: pick(DurabilityPolicy.allCases), randomDelayMinutes: pick([0, 0, 0, 2]))
    return EngineJob(definition: definition, zone: .utc, jitterSeed: 5)
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &chance)]
  }

  private mutating func rolls(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &chance) < percent }

  private mutating func step() throws {
    pass(microseconds: Int64.random(in: 0...70_000_000, using: &chance))
    workersAct()
    switch Int.random(in: 0..<100, using: &chance) {
    case 0..<4: try crash(powerLoss: false)
    case 4..<6: try crash(powerLoss: true)
    case 6..<8: stepClock()
    case 8..<10: suspend()
    case 10..<13: try reload()
    case 13..<16: request(.manualRun(job: pick(table).definition.name, request: takeRequest(), clock))
    case 16..<19: fireOne()
    case 19..<21: pauseOrResume()
    case 21: pass(microseconds: Int64.random(in: 0...20_000_000_000, using: &chance))
    default: break
    }
    if rolls(85) { finishSync(rolls(6) ? .failed : rolls(6) ? .keptInMemory : .durable) }
    send(.tick(clock))
    if mustCrash { try crash(powerLoss: rolls(30)) }
  }

  private mutating func pass(microseconds: Int64) {
    clock.wall = clock.wall.adding(microseconds: microseconds)
    clock.monotonicNanoseconds += microseconds * 1000
    clock.boottimeNanoseconds += microseconds * 1000
  }

  private mutating func stepClock() {
    let by = Int64.random(in: -1200...1200, using: &chance) * 1_000_000
    clock.wall = clock.wall.adding(microseconds: by)
    tell("clock stepped by \(by / 1_000_000) s")
    if rolls(50) { send(.clockStepped(byMicroseconds: by, clock)) }
  }

  private mutating func suspend() {
    let seconds = Int64.random(in: 10...9000, using: &chance)
    clock.wall = clock.wall.adding(seconds: seconds)
    clock.boottimeNanoseconds += seconds * 1_000_000_000
    tell("slept \(seconds) s")
  }

  private mutating func takeRequest() -> UInt64 {
    nextRequest += 1
    return nextRequest
  }

  private mutating func request(_ event: Event) { send(event) }

  private mutating func fireOne() {
    let job = pick(table)
    guard let marks = engine.ledger.jobs[job.definition.name], let origin = marks.origin else { return }
    let from = clock.wall.adding(seconds: -Int64.random(in: 0...900, using: &chance))
    guard let instant = job.definition.schedules.first?.next(after: from, in: .utc, origin: origin) else { return }
    request(.fire(job: job.definition.name, at: instant, request: takeRequest(), clock))
  }

  private mutating func pauseOrResume() {
    let name = pick(table).definition.name
    if engine.ledger.jobs[name]?.pause == nil {
      let until = rolls(50) ? clock.wall.adding(seconds: 300) : nil
      request(.pause(job: name, until: until, reason: nil, request: takeRequest(), clock))
    } else {
      request(.resume(job: name, request: takeRequest(), clock))
    }
  }

  private mutating func reload() throws {
    let index = Int.random(in: 0..<table.count, using: &chance)
    switch Int.random(in: 0..<3, using: &chance) {
    case 0: table[index] = try randomJob(table[index].definition.name)
    case 1 where table.count > 1: table.remove(at: index)
    default: table.append(try randomJob("job\(nextRequest)x\(disk.count)"))
    }
    send(.loaded(jobs: table, clock))
  }

  // MARK: - Disk and workers

  private mutating func send(_ event: Event) {
    guard !mustCrash else { return }
    let actions = engine.handle(event)
    var crashAfter: Int?
    if rolls(1) { crashAfter = Int.random(in: 0...actions.count, using: &chance) }
    for (index, action) in actions.enumerated() {
      if index == crashAfter {
        tell("crash between two actions")
        mustCrash = true
        return
      }
      perform(action)
    }
  }

  private var mustCrash = false
  private var refusals: [RunIdentifier] = []

  private mutating func perform(_ action: Action) {
    switch action {
    case .append(let records):
      disk += records
      for record in records where tellsStory {
        tell(
          String(decoding: RecordCodec.encode(record.record, seq: record.seq).dropFirst(9).dropLast(), as: UTF8.self))
      }
    case .sync(let token):
      if syncing != nil { fail("two syncs are under way") }
      syncing = (token, disk.count)
    case .dispatch(let order): start(order)
    case .stop(let run, _):
      if var job = workers[run], job.exit == nil {
        job.endsAt = clock.wall.adding(seconds: 1)
        workers[run] = job
      }
    case .notice(.illegalTransition(let text)): fail("illegal transition: \(text)")
    case .answer, .notice: break
    }
  }

  private mutating func finishSync(_ result: SyncResult) {
    guard let (token, upTo) = syncing else { return }
    syncing = nil
    switch result {
    case .durable:
      durable = max(durable, upTo)
      inMemory = max(inMemory, upTo)
    // A loss of power would tell the next ticker that something is lost; here only the ticker dies on it.
    case .keptInMemory: inMemory = max(inMemory, upTo)
    // The owner opens a new segment: the snapshot stands for everything before it.
    case .failed: tell("sync failed")
    }
    send(.synced(token: token, result, clock))
  }

  /// A worker gets an order: here, and only here, something outside happens.
  private mutating func start(_ order: RunOrder) {
    fires += 1
    tell("dispatch \(order.run) of \(order.job.name)@\(order.occurrence.map(\.description) ?? "-")")
    let place = disk.firstIndex { $0.seq == order.claimSequence }
    if let place, place < (order.job.durability == .required ? durable : inMemory) {
      guard case .claim(let claim) = disk[place].record, claim.run == order.run else {
        return fail("dispatched without its claim")
      }
    } else {
      fail("dispatched before its claim was durable")
    }
    if let occurrence = order.occurrence, occurrence > clock.wall, order.trigger != .reboot {
      fail("dispatched before its instant")
    }
    if rolls(5) {
      refusals.append(order.run)
      return
    }
    if let occurrence = order.occurrence {
      let key = OccurrenceKey(job: order.job.name, instant: occurrence)
      starts[key, default: 0] += 1
      if !attempts.insert("\(key) \(order.attempt)").inserted { fail("\(key) ran twice") }
      if order.attempt > 1, !interrupted.contains(key) { fail("\(key) ran again, and was never interrupted") }
    }
    let length = pick([0, 5, 30, 100, 400] as [Int64])
    workers[order.run] = Job(order: order, endsAt: clock.wall.adding(seconds: length))
  }

  private mutating func workersAct() {
    let refused = refusals
    refusals = []
    for run in refused {
      send(.couldNotStart(run, StartFailure(message: "EAGAIN", isRetryable: rolls(80)), clock))
    }
    for run in workers.keys.sorted() {
      guard var job = workers[run], job.exit == nil else { continue }
      if !job.started {
        job.started = true
        workers[run] = job
        send(.started(run, pid: 9, at: clock.wall, clock))
      }
      // A clock that stepped must not keep a job for ever: length is real time, which the wall only approximates.
      if job.endsAt <= clock.wall || rolls(3) {
        let exit = RunExit.exited(code: rolls(80) ? 0 : 1, at: clock.wall, startedAt: nil)
        workers[run]?.exit = exit
        send(.ended(run, exit, clock))
        // Its end is in the ledger; only a power loss can take it back, and that takes the workers too.
        if !mustCrash { workers[run] = nil }
      }
      if mustCrash { return }
    }
  }

  // MARK: - Crashes

  private mutating func crash(powerLoss: Bool) throws {
    mustCrash = false
    syncing = nil
    refusals = []
    if powerLoss {
      boot += 1
      // Of what wasn't synced some prefix survives. What was in memory counts as there: that its loss is noticed, and
      // what follows, is the business of the ledger's own tests.
      let kept = Int.random(in: max(durable, inMemory)...disk.count, using: &chance)
      let lost = disk.count - kept
      tell("power loss, \(lost) records are gone")
      disk.removeLast(disk.count - kept)
      durable = disk.count
      inMemory = disk.count
    } else {
      tell("the ticker crashes")
    }
    pass(microseconds: Int64.random(in: 0...600_000_000, using: &chance))
    var state = LedgerState()
    for record in disk { try state.apply(record) }
    var findings: [RunIdentifier: RecoveredRun.Finding] = [:]
    for run in state.open.keys { findings[run] = finding(for: run, powerLoss: powerLoss) }
    if powerLoss {
      for open in state.open.values { if let key = open.claim.key { interrupted.insert(key) } }
      workers = [:]
    }
    restart(findings: findings, sameBoot: !powerLoss, state: state)
  }

  private mutating func finding(for run: RunIdentifier, powerLoss: Bool) -> RecoveredRun.Finding {
    if powerLoss { return .interrupted }
    guard let job = workers[run] else { return .notStarted }
    if let exit = job.exit { return .ended(exit) }
    return job.started ? .adopted(pid: 9, supervised: true) : .accepted
  }

  private mutating func restart(
    findings: [RunIdentifier: RecoveredRun.Finding], sameBoot: Bool, state: LedgerState
  ) {
    engine = Engine(settings: EngineSettings(workersMax: 4, queueLimit: 20, bootIdentifier: "boot-\(boot)"))
    let runs = findings.sorted { $0.key < $1.key }.map { RecoveredRun(run: $0.key, finding: $0.value) }
    for event in [Event.recovered(state, runs: runs, sameBoot: sameBoot, clock), .loaded(jobs: table, clock)] {
      for action in engine.handle(event) { perform(action) }
    }
  }

  /// At the end everything is let finish, so that nothing is open any more.
  private mutating func settle() throws {
    for _ in 0..<20 {
      pass(microseconds: 40_000_000)
      workersAct()
      finishSync(.durable)
      send(.tick(clock))
      if mustCrash { try crash(powerLoss: false) }
    }
    finishSync(.durable)
    if mustCrash { try crash(powerLoss: false) }
    send(.drain(clock))
    for _ in 0..<400 where problems.isEmpty {
      if mustCrash {
        try crash(powerLoss: false)
        send(.drain(clock))
      }
      pass(microseconds: 30_000_000)
      workersAct()
      finishSync(.durable)
      send(.tick(clock))
      if engine.isIdle, !mustCrash { break }
    }
    if problems.isEmpty, !engine.isIdle { fail("never idle: \(engine.summary)") }
    check()
  }

  // MARK: - The checker

  private mutating func tell(_ text: @autoclosure () -> String) {
    guard tellsStory else { return }
    let text = text()
    story.append("\(clock.wall.milliseconds3339) \(text)")
  }

  /// What the world and the ledger said of the job of the first problem.
  var excerpt: String {
    let job = problems.first.flatMap { $0.split { $0 == "@" || $0 == " " }.first { $0.hasPrefix("job") } }
    let worldly = ["crash", "power", "stepped", "slept", "sync"]
    let lines = story.filter { line in
      line.contains(job.map { $0 + " " } ?? "") || line.contains(job.map { $0 + "@" } ?? "")
        || worldly.contains { line.contains($0) }
    }
    return lines.suffix(400).joined(separator: "\n")
  }

  private mutating func fail(_ text: String) { problems.append(text) }

  /// Walks the ledger alone: every occurrence that a definition names up to its last decision has one outcome.
  private mutating func check() {
    var checker = LedgerChecker(jitterSeconds: 120)
    problems += checker.check(disk)
    occurrences = checker.occurrences
  }
}
