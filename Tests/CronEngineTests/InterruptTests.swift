import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

/// What a loss of power, or a disk that refuses, does to jobs that ask for more than the usual care.
@Suite struct InterruptTests {
  private static func careful(
    _ name: String = "h", onInterrupt: InterruptPolicy = .rerun, durability: DurabilityPolicy = .preferred
  ) throws -> EngineJob {
    var made = try job(name, "0 * * * *")
    made.definition.onInterrupt = onInterrupt
    made.definition.durability = durability
    return made
  }

  /// The next boot's bench: every open run was interrupted.
  private static func rebooted(_ bench: Bench, boot: Int, jobs: [EngineJob]) throws -> Bench {
    var next = Bench(settings: EngineSettings(bootIdentifier: "boot-\(boot)"))
    next.clock = bench.clock
    next.pass(seconds: 7 * 3600)
    let state = try bench.replayed()
    next.recover(
      state, runs: state.open.keys.map { RecoveredRun(run: $0, finding: .interrupted) }, sameBoot: false)
    next.load(jobs)
    // The whole history, so that the bench can be rebooted again.
    next.sequenced = bench.sequenced + next.sequenced
    return next
  }

  @Test(.acceptance(58)) func `an interrupted occurrence is run again where its job says so, and only there`() throws {
    let jobs = [try Self.careful("again"), try Self.careful("once", onInterrupt: .record)]
    var bench = Bench.loaded(jobs[0], jobs[1])
    bench.tick(after: 3600)
    for order in bench.dispatched { bench.start(order.run) }
    var next = try Self.rebooted(bench, boot: 2, jobs: jobs)
    #expect(next.ends.map(\.outcome) == [.interrupted, .interrupted])
    #expect(next.ends.first { $0.job == "again" }?.retryAt != nil)
    #expect(next.ends.first { $0.job == "once" }?.retryAt == nil)
    let rerun = try #require(next.dispatched.first { $0.occurrence == .minute(60) })
    #expect(rerun.job.name == "again" && rerun.attempt == 2 && rerun.trigger == .rerun)
    next.finishAll()
    #expect(next.engine.ledger.open.isEmpty && next.engine.ledger.retries.isEmpty)
    next.tick(after: 60)
    #expect(next.claims.count { $0.occurrence == .minute(60) } == 1)
  }

  @Test func `a job that takes the machine down is not run again for ever`() throws {
    let jobs = [try Self.careful()]
    var bench = Bench.loaded(jobs[0])
    bench.tick(after: 3600)
    for boot in 2...9 {
      for order in bench.dispatched where bench.engine.ledger.open[order.run] != nil { bench.start(order.run) }
      bench = try Self.rebooted(bench, boot: boot, jobs: jobs)
    }
    let attempts = bench.sequenced.compactMap { record -> Int? in
      if case .claim(let claim) = record.record, claim.occurrence == .minute(60) { claim.attempt } else { nil }
    }
    #expect(attempts == [1, 2, 3, 4, 5, 6])
    #expect(bench.engine.ledger.retries.isEmpty)
  }

  @Test(.acceptance(57)) func `a crash between an interrupted end and its next claim loses no attempt`() throws {
    let jobs = [try Self.careful()]
    var bench = Bench.loaded(jobs[0])
    bench.tick(after: 3600)
    bench.start(bench.dispatched[0].run)
    let whole = try Self.rebooted(bench, boot: 2, jobs: jobs)
    let cut = try #require(
      whole.sequenced.firstIndex { if case .end(let end) = $0.record { end.retryAt != nil } else { false } })
    var state = LedgerState()
    for record in whole.sequenced[...cut] { try state.apply(record) }
    #expect(state.retries.count == 1)
    var next = Bench(settings: EngineSettings(bootIdentifier: "boot-2"))
    next.clock = whole.clock
    next.recover(state)
    next.load(jobs)
    #expect(next.claims.filter { $0.occurrence == .minute(60) }.map(\.attempt) == [2])
    #expect(next.engine.ledger.retries.isEmpty)

    var gone = Bench(settings: EngineSettings(bootIdentifier: "boot-2"))
    gone.clock = whole.clock
    gone.recover(state)
    gone.load([])
    #expect(
      gone.misses.count { $0.first == .minute(60) && $0.last == .minute(60) } == 1,
      "its job is gone, and that is written down")
    #expect(gone.engine.ledger.retries.isEmpty)
  }

  @Test(.acceptance(57)) func `a job that wants its claims on disk waits while they are in memory, others fire`() throws
  {
    var bench = Bench.loaded(try Self.careful("safe", durability: .required), try Self.careful("usual"))
    bench.syncsAtOnce = false
    bench.tick(after: 3600)
    func take() throws -> UInt64 {
      defer { bench.token = nil }
      return try #require(bench.token)
    }
    bench.send(.synced(token: try take(), .keptInMemory, bench.clock))
    #expect(bench.dispatched.map(\.job.name) == ["usual"])
    #expect(bench.token == nil)
    bench.tick(after: 5)
    bench.send(.synced(token: try take(), .keptInMemory, bench.clock))
    #expect(bench.dispatched.map(\.job.name) == ["usual"])
    bench.tick(after: 5)
    bench.send(.synced(token: try take(), .durable, bench.clock))
    #expect(bench.dispatched.map(\.job.name) == ["usual", "safe"])
  }

  @Test(.acceptance(58)) func `a claim that never reaches the disk is missed when its grace is over`() throws {
    var bench = Bench.loaded(try Self.careful("safe", durability: .required))
    bench.syncsAtOnce = false
    bench.tick(after: 3600)
    for _ in 0..<1_000 {
      guard let token = bench.token else {
        bench.tick(after: 5)
        continue
      }
      bench.token = nil
      bench.send(.synced(token: token, .keptInMemory, bench.clock))
    }
    #expect(bench.dispatched.isEmpty)
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "could-not-start")
    #expect(bench.engine.nextWake == .minute(120))
  }

  /// A simulated world's disk refused while its job was changed to ask for more: its worker, which had the order from
  /// before, couldn't start it, and the next try began with the claim in memory only.
  @Test(.acceptance(57)) func `a try again asks the disk if the job has come to want its claims there`() throws {
    let jobs = [try Self.careful(durability: .required), try Self.careful("usual")]
    var before = Bench.loaded(try Self.careful(), jobs[1])
    before.tick(after: 3600)
    let runs = before.dispatched.map(\.run)
    var bench = Bench()
    bench.clock = before.clock
    bench.recover(try before.replayed(), runs: runs.map { RecoveredRun(run: $0, finding: .accepted) })
    bench.load(jobs)
    bench.syncsAtOnce = false
    for run in runs {
      bench.send(.couldNotStart(run, StartFailure(message: "fork: EAGAIN", isRetryable: true), bench.clock))
    }
    bench.tick(after: 1)
    #expect(bench.dispatched.map(\.job.name) == ["usual"])
    bench.send(.synced(token: try #require(bench.token), .keptInMemory, bench.clock))
    #expect(bench.dispatched.map(\.job.name) == ["usual"])
    bench.tick(after: 5)
    bench.send(.synced(token: try #require(bench.token), .durable, bench.clock))
    #expect(bench.dispatched.map(\.job.name) == ["usual", "h"])
    #expect(bench.dispatched.map(\.run).sorted { $0.text < $1.text } == runs.sorted { $0.text < $1.text })
  }
}
