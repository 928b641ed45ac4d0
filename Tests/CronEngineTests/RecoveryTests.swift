import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct RecoveryTests {
  /// One claimed occurrence of an hourly job, 13:00, and what the slots say of it.
  private func restarted(
    _ finding: RecoveredRun.Finding?, after seconds: Double = 10, boot: String = "boot-1", started: Bool = false,
    jobs: [EngineJob]? = nil
  ) throws -> Bench {
    let hourly = try job("h", "0 * * * *", timeout: 600)
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    let run = bench.dispatched[0].run
    if started { bench.start(run) }
    var next = Bench(at: bench.clock.wall, settings: EngineSettings(bootIdentifier: boot))
    next.clock = bench.clock
    next.pass(seconds: seconds)
    next.recover(
      try bench.replayed(), runs: finding.map { [RecoveredRun(run: run, finding: $0)] } ?? [],
      sameBoot: boot == "boot-1")
    next.load(jobs ?? [hourly])
    return next
  }

  @Test(.acceptance(57)) func `claimed and not started: fires once, under the same claim, after a sync`() throws {
    var bench = try restarted(.notStarted)
    #expect(bench.claims.isEmpty)
    #expect(bench.dispatched.map(\.occurrence) == [.minute(60)])
    bench.tick()
    #expect(bench.dispatched.count == 1)
    bench.finishAll()
    #expect(bench.ends.map(\.outcome) == [.succeeded])
  }

  @Test(.acceptance(57)) func `a recovered claim waits for this ticker's first sync`() throws {
    let hourly = try job("h", "0 * * * *")
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    var next = Bench(at: bench.clock.wall)
    next.syncsAtOnce = false
    let run = bench.dispatched[0].run
    next.recover(try bench.replayed(), runs: [RecoveredRun(run: run, finding: .notStarted)])
    next.load([hourly])
    #expect(next.dispatched.isEmpty)
    next.send(.synced(token: try #require(next.token), .durable, next.clock))
    #expect(next.dispatched.map(\.run) == [run])
  }

  @Test(.acceptance(57)) func `claimed and not started beyond its grace is missed`() throws {
    let bench = try restarted(.notStarted, after: 1801)
    #expect(bench.dispatched.isEmpty)
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "down")
  }

  @Test func `claimed and not started, and its job is gone: missed`() throws {
    let bench = try restarted(.notStarted, jobs: [])
    #expect(bench.dispatched.isEmpty)
    #expect(bench.ends.map(\.outcome) == [.missed])
  }

  @Test(.acceptance(57)) func `an adopted run is not fired again, holds overlap, and ends as it ends`() throws {
    var bench = try restarted(.adopted(pid: 77, supervised: true), started: true)
    #expect(bench.dispatched.isEmpty)
    #expect(bench.engine.summary.running.map(\.pid) == [77])
    bench.tick(after: 3600)
    #expect(bench.skips.map(\.reason) == [.overlap])
    let run = bench.engine.summary.running[0].run
    bench.end(run, code: 1)
    #expect(bench.ends.map(\.outcome) == [.failed])
    #expect(bench.ends.first?.reason == "exit status 1")
  }

  @Test func `an adopted run without a worker is timed out by the engine`() throws {
    var bench = try restarted(.adopted(pid: 77, supervised: false), after: 100, started: true)
    #expect(bench.engine.summary.running.map(\.supervised) == [false])
    bench.tick(after: 499)
    #expect(bench.stopped.isEmpty)
    bench.tick(after: 1)
    let run = bench.engine.summary.running[0].run
    #expect(bench.stopped == [run: .timeout])
    bench.send(.ended(run, .signaled(name: "TERM", at: bench.clock.wall, startedAt: nil), bench.clock))
    #expect(bench.ends.map(\.outcome) == [.timedOut])
  }

  @Test(.acceptance(57)) func `an accepted order is left to its worker`() throws {
    var bench = try restarted(.accepted)
    #expect(bench.dispatched.isEmpty)
    let run = bench.engine.summary.running[0].run
    bench.send(.ended(run, .declined, bench.clock))
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "grace")
  }

  /// A simulated world never came to rest: nobody had an order to try again.
  @Test(.acceptance(57)) func `an accepted order of a removed job that can't be started ends there`() throws {
    var bench = try restarted(.accepted, jobs: [])
    let run = try #require(bench.engine.summary.running.first?.run)
    bench.send(.couldNotStart(run, StartFailure(message: "fork: EAGAIN", isRetryable: true), bench.clock))
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "could-not-start")
    #expect(bench.engine.isIdle)
  }

  static let settled: [(RecoveredRun.Finding?, String, Outcome, String?)] = [
    (.ended(.exited(code: 0, at: Bench.noon, startedAt: nil)), "boot-1", .succeeded, nil),
    (.ended(.exited(code: 4, at: Bench.noon, startedAt: nil)), "boot-2", .failed, "exit status 4"),
    (.unknown, "boot-1", .unknown, "lost"),
    (.interrupted, "boot-2", .interrupted, "reboot"),
    (nil, "boot-1", .unknown, "lost"),
    (nil, "boot-2", .interrupted, "reboot"),
  ]

  @Test(.acceptance(58), arguments: settled)
  func `what is over is recorded, and never fired again`(
    _ row: (RecoveredRun.Finding?, String, Outcome, String?)
  ) throws {
    var bench = try restarted(row.0, boot: row.1, started: true)
    #expect(bench.ends.map(\.outcome) == [row.2])
    #expect(bench.ends.first?.reason == row.3)
    bench.tick(after: 60)
    #expect(bench.dispatched.isEmpty)
    #expect(bench.engine.ledger.open.isEmpty)
  }

  @Test func `what waited in the queue waits again in the same boot`() throws {
    let hourly = try job("h", "0 * * * *", overlap: .queue)
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    bench.tick(after: 3600)
    let run = bench.dispatched[0].run
    var next = Bench(at: bench.clock.wall)
    next.clock = bench.clock
    next.pass(seconds: 3000)
    next.recover(
      try bench.replayed(), runs: [RecoveredRun(run: run, finding: .adopted(pid: 5, supervised: true))])
    next.load([hourly])
    #expect(next.engine.summary.queued == 1)
    next.end(run)
    #expect(next.claims.map(\.occurrence) == [.minute(120)])
    #expect(next.claims.map(\.trigger) == [.schedule])
    #expect(next.queued.isEmpty, "it is in the ledger already")
  }

  @Test(arguments: [CatchUpPolicy.skip, .once])
  func `after a reboot what waited is subject to its grace`(_ policy: CatchUpPolicy) throws {
    let hourly = try job("h", "0 * * * *", overlap: .queue, catchUp: policy)
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    bench.tick(after: 3600)
    var next = Bench(at: bench.clock.wall, settings: EngineSettings(bootIdentifier: "boot-2"))
    next.clock = bench.clock
    next.pass(seconds: 3000)
    next.recover(try bench.replayed(), sameBoot: false)
    next.load([hourly])
    #expect(next.ends.map(\.outcome) == [.interrupted])
    if policy == .skip {
      #expect(next.misses.map(\.first) == [.minute(120)])
      #expect(next.claims.isEmpty)
    } else {
      #expect(next.claims.map(\.occurrence) == [.minute(120)])
      #expect(next.claims.map(\.trigger) == [.catchUp])
    }
    #expect(next.engine.ledger.queued.isEmpty)
  }

  @Test func `at-reboot jobs fire once per boot`() throws {
    let boot = try job("b", "@reboot")
    var bench = Bench.loaded(boot)
    #expect(bench.claims.map(\.trigger) == [.reboot])
    #expect(bench.claims.map(\.occurrence) == [Bench.noon])
    bench.finishAll()
    bench.load([boot, try job("late", "@reboot")])
    #expect(bench.claims.count == 1, "a job added later waits for the next boot")
    // A new ticker in the same boot.
    var next = try bench.crashed(after: 5)
    next.load([boot, try job("late", "@reboot")])
    #expect(next.claims.isEmpty)
    // The next boot.
    var state = try bench.replayed()
    for record in next.sequenced { try state.apply(record) }
    var later = Bench(at: .minute(9), settings: EngineSettings(bootIdentifier: "boot-2"))
    later.recover(state, sameBoot: false)
    later.load([boot, try job("late", "@reboot")])
    #expect(later.claims.map(\.job) == ["b", "late"])
    #expect(later.claims.allSatisfy { $0.occurrence == .minute(9) && $0.bootIdentifier == "boot-2" })
  }

  @Test func `a baseline doesn't swallow the at-reboot jobs of a boot that had no ticker yet`() throws {
    var state = LedgerState()
    state.setBaseline(Bench.noon.adding(microseconds: 500_000))
    var bench = Bench(at: Bench.noon.adding(microseconds: 500_000))
    bench.recover(state, sameBoot: false)
    bench.load([try job("b", "@reboot")])
    #expect(bench.claims.map(\.occurrence) == [.minute(0, second: 1)])
    #expect(bench.dispatched.map(\.job.name) == ["b"])
  }

  @Test func `a crash anywhere in the first append of a boot loses no at-reboot run and repeats none`() throws {
    let jobs = [try job("b", "@reboot"), try job("c", "@reboot")]
    var bench = Bench(at: Bench.noon)
    bench.recover(LedgerState())
    bench.load(jobs)
    for kept in 0...bench.sequenced.count {
      var state = LedgerState()
      for record in bench.sequenced.prefix(kept) { try state.apply(record) }
      let before = bench.sequenced.prefix(kept).count { if case .claim = $0.record { true } else { false } }
      var next = Bench(at: .minute(1))
      let runs = state.open.keys.map { RecoveredRun(run: $0, finding: .notStarted) }
      next.recover(state, runs: runs)
      next.load(jobs)
      #expect(before + next.claims.count == 2)
      #expect(Set(next.dispatched.map(\.job.name)) == ["b", "c"])
      #expect(next.dispatched.count == 2)
    }
  }

  @Test func `the restart is recorded once, after what the boot owed`() throws {
    var bench = Bench.loaded(try job("b", "@reboot"))
    bench.tick(after: 60)
    let kinds = bench.records.compactMap { record -> String? in
      switch record {
      case .claim: "claim"
      case .restart: "restart"
      default: nil
      }
    }
    #expect(kinds == ["claim", "restart"])
  }

  @Test func `before the table is loaded nothing is decided`() throws {
    var bench = Bench(at: Bench.noon)
    bench.recover(LedgerState())
    bench.tick(after: 3600)
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    #expect(bench.records.isEmpty)
    #expect(bench.answers == [1: .unknownJob])
  }
}
