import CronConfig
import CronEngine
import CronLedger
import CronTime
import Testing

/// An engine with a clock in the test's hand, a disk that syncs when told, and workers that do what the test says.
struct Bench {
  static let noon = Instant(seconds: 1_781_784_000)  // 2026-06-18T12:00:00Z

  var engine: Engine
  var clock: Moment
  /// Everything appended so far.
  var records: [Record] = []
  var sequenced: [SequencedRecord] = []
  /// Orders that were dispatched, oldest first.
  var dispatched: [RunOrder] = []
  var stopped: [RunIdentifier: StopReason] = [:]
  var answers: [UInt64: EngineAnswer] = [:]
  var notices: [EngineNotice] = []
  /// The sync under way.
  var token: UInt64?
  /// Whether syncs complete at once.
  var syncsAtOnce = true

  init(at wall: Instant = Bench.noon, settings: EngineSettings = EngineSettings(bootIdentifier: "boot-1")) {
    engine = Engine(settings: settings)
    clock = Moment(wall: wall, monotonicNanoseconds: 1_000_000_000, boottimeNanoseconds: 1_000_000_000)
  }

  /// A bench whose engine has recovered an empty ledger and loaded these jobs.
  static func loaded(
    _ jobs: EngineJob..., at wall: Instant = Bench.noon,
    settings: EngineSettings = EngineSettings(bootIdentifier: "boot-1")
  ) -> Bench {
    var bench = Bench(at: wall, settings: settings)
    bench.recover(LedgerState())
    bench.load(jobs)
    return bench
  }

  @discardableResult
  mutating func send(_ event: Event) -> [Action] {
    let actions = engine.handle(event)
    for action in actions {
      switch action {
      case .append(let new):
        sequenced += new
        records += new.map(\.record)
      case .sync(let token): self.token = token
      case .dispatch(let order): dispatched.append(order)
      case .stop(let run, let reason): stopped[run] = reason
      case .answer(let request, let answer):
        if let earlier = answers[request] { Issue.record("request \(request) answered twice: \(earlier), \(answer)") }
        answers[request] = answer
      case .notice(let notice): notices.append(notice)
      }
    }
    if syncsAtOnce, let token {
      self.token = nil
      return actions + send(.synced(token: token, .durable, clock))
    }
    return actions
  }

  /// Lets time pass on all clocks, without telling the engine.
  mutating func pass(seconds: Double) {
    let nanoseconds = Int64(seconds * 1e9)
    clock.wall = clock.wall.adding(microseconds: nanoseconds / 1000)
    clock.monotonicNanoseconds += nanoseconds
    clock.boottimeNanoseconds += nanoseconds
  }

  mutating func setClock(by seconds: Int64) { clock.wall = clock.wall.adding(seconds: seconds) }

  mutating func suspend(seconds: Int64) {
    clock.wall = clock.wall.adding(seconds: seconds)
    clock.boottimeNanoseconds += seconds * 1_000_000_000
  }

  @discardableResult
  mutating func tick(after seconds: Double = 0) -> [Action] {
    pass(seconds: seconds)
    return send(.tick(clock))
  }

  mutating func recover(_ state: LedgerState, runs: [RecoveredRun] = [], sameBoot: Bool = true) {
    send(.recovered(state, runs: runs, sameBoot: sameBoot, clock))
  }

  mutating func load(_ jobs: [EngineJob], former: [Zone] = []) { send(.loaded(jobs: jobs, former: former, clock)) }

  mutating func start(_ run: RunIdentifier, pid: Int32 = 100) {
    send(.started(run, pid: pid, at: clock.wall, clock))
  }

  mutating func end(_ run: RunIdentifier, code: Int = 0) {
    send(.ended(run, .exited(code: code, at: clock.wall, startedAt: clock.wall), clock))
  }

  /// Everything that was dispatched and isn't over starts and ends well.
  mutating func finishAll() {
    for order in dispatched where engine.ledger.open[order.run] != nil { end(order.run) }
  }

  /// A second engine over the ledger as a replay of what was appended, as after a crash of the ticker.
  func crashed(after wall: Double = 0, boot: String = "boot-1") throws -> Bench {
    var state = LedgerState()
    for record in sequenced { try state.apply(record) }
    var settings = engine.settings
    settings.bootIdentifier = boot
    var next = Bench(settings: settings)
    next.clock = clock
    next.pass(seconds: wall)
    next.recover(state, runs: [], sameBoot: boot == engine.settings.bootIdentifier)
    return next
  }

  /// The state that replay makes of what was appended.
  func replayed() throws -> LedgerState {
    var state = LedgerState()
    for record in sequenced { try state.apply(record) }
    return state
  }

  var claims: [Claim] {
    records.compactMap { if case .claim(let claim) = $0 { claim } else { nil } }
  }
  var ends: [RunEnd] {
    records.compactMap { if case .end(let end) = $0 { end } else { nil } }
  }
  var skips: [NotRun<SkipReason>] {
    records.compactMap { if case .skipped(let range) = $0 { range } else { nil } }
  }
  var misses: [NotRun<MissReason>] {
    records.compactMap { if case .missed(let range) = $0 { range } else { nil } }
  }
  var queued: [Instant] {
    records.compactMap { if case .queued(_, let instant, _) = $0 { instant } else { nil } }
  }
  var definitions: [Definition] {
    records.compactMap { if case .define(let definition) = $0 { definition } else { nil } }
  }
}

/// A job for tests; UTC, `true` as its command.
func job(
  _ name: String = "j", _ schedule: String = "* * * * *", overlap: OverlapPolicy = .skip,
  catchUp: CatchUpPolicy = .once, grace: Int64? = nil, timeout: Int64? = nil, command: String = "true",
  jitterMinutes: Int = 0
) throws -> EngineJob {
  let schedule = try Schedule.parse(schedule, dialect: .any, seed: name)
  let definition = JobDefinition(
    name: name, schedules: [schedule], command: .shellLine(command), timeoutSeconds: timeout, graceSeconds: grace,
    overlap: overlap, catchUp: catchUp, randomDelayMinutes: jitterMinutes)
  return EngineJob(definition: definition, zone: .utc)
}

extension Instant {
  /// So many minutes after noon of the test day.
  static func minute(_ minutes: Int64, second: Int64 = 0) -> Instant {
    Bench.noon.adding(seconds: minutes * 60 + second)
  }
}
