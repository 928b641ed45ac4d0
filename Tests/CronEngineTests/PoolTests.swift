import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct PoolTests {
  private func settings(max: Int, queue: Int = 100_000) -> EngineSettings {
    EngineSettings(workersMax: max, queueLimit: queue, bootIdentifier: "boot-1")
  }

  @Test func `beyond the pool occurrences wait, in order of instant, rare jobs before a herd`() throws {
    var bench = Bench(settings: settings(max: 2))
    bench.recover(LedgerState())
    bench.load(
      [try job("z-daily", "2 12 * * *")] + (try (0..<5).map { try job("herd\($0)", "* * * * *") }))
    bench.tick(after: 60)
    #expect(bench.dispatched.map(\.job.name) == ["herd0", "herd1"])
    #expect(bench.queued == Array(repeating: .minute(1), count: 3))
    #expect(bench.notices.contains(.poolFull(waiting: 3)))
    #expect(bench.engine.summary.poolFull)
    bench.pass(seconds: 60)
    bench.send(.tick(bench.clock))
    // herd0 … herd4 are busy at 12:02 and skip it; the daily job waits behind the earlier instants.
    #expect(bench.skips.count == 5)
    for _ in 0..<2 { bench.finishAll() }
    #expect(bench.dispatched.map(\.job.name) == ["herd0", "herd1", "herd2", "herd3", "herd4", "z-daily"])
    #expect(bench.notices.contains(.poolHasRoom))
  }

  @Test func `among equal instants the rare job gets the worker`() throws {
    var bench = Bench(settings: settings(max: 1))
    bench.recover(LedgerState())
    bench.load([try job("a", "* * * * *"), try job("b", "*/5 * * * *"), try job("z", "5 12 * * *")])
    bench.tick(after: 60)
    bench.tick(after: 240)
    bench.finishAll()
    #expect(bench.dispatched.map(\.job.name) == ["a", "z"])
    bench.finishAll()
    #expect(bench.dispatched.map(\.job.name) == ["a", "z", "b"])
  }

  @Test func `a full queue skips, and says so`() throws {
    var bench = Bench(settings: settings(max: 1, queue: 3))
    bench.recover(LedgerState())
    bench.load(try (0..<6).map { try job("j\($0)") })
    bench.tick(after: 60)
    #expect(bench.queued.count == 3)
    #expect(bench.skips.map(\.reason) == [.queueFull, .queueFull])
    #expect(bench.notices.contains(.queueFull(job: "j5")))
    #expect(bench.engine.summary.queued == 3)
  }

  @Test func `a claim is never beyond the pool, whatever ends`() throws {
    var bench = Bench(settings: settings(max: 3))
    bench.recover(LedgerState())
    bench.load(try (0..<20).map { try job("j\($0)", overlap: .allow) })
    for minute in 0..<10 {
      bench.tick(after: 60)
      #expect(bench.engine.ledger.open.count <= 3)
      if minute.isMultiple(of: 2), let live = bench.engine.summary.running.first { bench.end(live.run) }
      #expect(bench.engine.ledger.open.count == 3)
    }
  }

  @Test(.acceptance(58)) func `what could not be started is tried again, ever later, within its grace`() throws {
    var bench = Bench.loaded(try job(grace: 30))
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    let failure = StartFailure(message: "fork: EAGAIN", isRetryable: true)
    var delays: [Int64] = []
    for attempt in 1...7 {
      bench.send(.couldNotStart(run, failure, bench.clock))
      guard bench.engine.ledger.open[run] != nil else { break }
      #expect(bench.dispatched.count == attempt)
      let wake = try #require(bench.engine.nextWake)
      delays.append(Instant.microseconds(from: bench.clock.wall, to: wake) - 1)
      bench.tick(after: Double(delays[attempt - 1] + 1) / 1e6)
      #expect(bench.dispatched.count == attempt + 1)
    }
    #expect(delays == [200_000, 400_000, 800_000, 1_600_000, 3_200_000, 6_400_000, 10_000_000])
    bench.send(.couldNotStart(run, failure, bench.clock))
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "could-not-start")
    #expect(bench.claims.filter { $0.occurrence == .minute(1) }.count == 1, "all tries are one claim")
  }

  @Test func `the summary tells what can't be started, and why, until it is`() throws {
    var bench = Bench.loaded(try job(grace: 30))
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    #expect(bench.engine.summary.unstarted == 0 && bench.engine.summary.startProblem == nil)
    bench.send(.couldNotStart(run, StartFailure(message: "fork: EAGAIN", isRetryable: true), bench.clock))
    for _ in 0..<2 {
      #expect(bench.engine.summary.unstarted == 1 && bench.engine.summary.startProblem == "fork: EAGAIN")
      // A worker that tries it again hasn't started it yet.
      bench.tick(after: 1)
    }
    bench.send(.started(run, pid: 7, at: bench.clock.wall, bench.clock))
    #expect(bench.engine.summary.unstarted == 0 && bench.engine.summary.startProblem == nil)
  }

  @Test func `what can't be started at all isn't tried again`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    bench.send(.couldNotStart(run, StartFailure(message: "no such user", isRetryable: false), bench.clock))
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.engine.summary.recentFailures.first?.reason == "could-not-start")
  }

  static let exits: [(RunExit, Outcome, String?, Int?, String?)] = [
    (.exited(code: 0, at: Bench.noon, startedAt: nil), .succeeded, nil, 0, nil),
    (.exited(code: 2, at: Bench.noon, startedAt: nil), .failed, "exit status 2", 2, nil),
    (.signaled(name: "SEGV", at: Bench.noon, startedAt: nil), .failed, "signal SEGV", nil, "SEGV"),
    (.timedOut(code: nil, signal: "KILL", at: Bench.noon, startedAt: nil), .timedOut, "timeout", nil, "KILL"),
    (.timedOut(code: 0, signal: nil, at: Bench.noon, startedAt: nil), .timedOut, "timeout", 0, nil),
    (.stopped(code: nil, signal: "TERM", at: Bench.noon, startedAt: nil), .stopped, "requested", nil, "TERM"),
    (.interrupted, .interrupted, "reboot", nil, nil),
    (.unknown(reason: "lost"), .unknown, "lost", nil, nil),
    (.declined, .missed, "grace", nil, nil),
  ]

  @Test(.acceptance(58), arguments: exits)
  func `every exit is one outcome, with a reason unless it succeeded`(
    _ row: (RunExit, Outcome, String?, Int?, String?)
  ) throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    bench.start(run)
    bench.send(.ended(run, row.0, bench.clock))
    bench.send(.ended(run, row.0, bench.clock))
    #expect(bench.ends.count == 1, "an end that is told twice is one end")
    let end = try #require(bench.ends.first)
    #expect(end.outcome == row.1)
    #expect(end.reason == row.2)
    #expect(end.exitCode == row.3)
    #expect(end.signal == row.4)
    #expect((end.reason == nil) == (end.outcome == .succeeded))
  }

  @Test func `a run that is stopped on request ends as stopped`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    bench.start(run)
    bench.send(.stopRun(run, request: 1, bench.clock))
    bench.send(.stopRun(run, request: 2, bench.clock))
    #expect(bench.stopped == [run: .requested])
    bench.send(.ended(run, .signaled(name: "TERM", at: bench.clock.wall, startedAt: nil), bench.clock))
    #expect(bench.ends.map(\.outcome) == [.stopped])
    bench.send(.stopRun(run, request: 3, bench.clock))
    #expect(bench.answers == [1: .accepted(run), 2: .accepted(run), 3: .unknownRun])
  }

  @Test func `drain claims nothing new, refuses manual runs, and is idle when all ended`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    bench.tick(after: 60)
    bench.tick(after: 60)
    bench.send(.drain(bench.clock))
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    bench.send(.fire(job: "j", at: .minute(2), request: 2, bench.clock))
    bench.tick(after: 60)
    #expect(bench.claims.count == 1)
    #expect(bench.answers == [1: .draining, 2: .draining])
    #expect(!bench.engine.isIdle)
    bench.finishAll()
    #expect(bench.engine.isIdle)
    #expect(bench.claims.count == 1, "what waits is the next ticker's")
    #expect(bench.engine.nextWake == nil)
    var next = try bench.crashed(after: 1)
    next.load([try job(overlap: .queue)])
    #expect(next.claims.map(\.occurrence) == [.minute(2)])
    #expect(next.queued == [.minute(3)])
  }

  @Test func `a claim made before the drain is still dispatched`() throws {
    var bench = Bench.loaded(try job())
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    bench.send(.drain(bench.clock))
    #expect(!bench.engine.isIdle)
    bench.send(.synced(token: try #require(bench.token), .durable, bench.clock))
    #expect(bench.dispatched.count == 1)
  }

  @Test func `the summary tells what is next, running, waiting and failed`() throws {
    var bench = Bench(settings: settings(max: 1))
    bench.recover(LedgerState())
    bench.load(try (0..<30).map { try job("j\($0)", "\($0) * * * *") })
    bench.tick(after: 60)
    bench.start(bench.dispatched[0].run, pid: 42)
    bench.tick(after: 60)
    let summary = bench.engine.summary
    #expect(summary.jobs == 30)
    #expect(summary.next.count == 10)
    #expect(summary.next.map(\.at) == (3...12).map { .minute($0) })
    #expect(summary.running.map(\.pid) == [42])
    #expect(summary.running.map(\.job) == ["j1"])
    #expect(summary.queued == 1)
    #expect(summary.earliestDue == .minute(3))
    #expect(summary.earliestDeadline == .minute(33))
    for _ in 0..<7 {
      guard let live = bench.engine.summary.running.first else { break }
      bench.end(live.run, code: 9)
      bench.tick(after: 60)
    }
    #expect(bench.engine.summary.recentFailures.count == 5)
    #expect(bench.engine.summary.recentFailures.first?.job == "j7")
  }

  @Test func `the next ten occurrences are of all jobs together, and a paused job has none`() throws {
    var bench = Bench()
    bench.recover(LedgerState())
    let rare = try (0..<1_000).map { try job("rare\($0)", "30 12 1 \($0 % 12 + 1) *") }
    bench.load(try rare + [job("often", "* * * * *"), job("seldom", "*/4 * * * *"), job("paused", "*/2 * * * *")])
    bench.send(.pause(job: "paused", until: nil, reason: nil, request: 1, bench.clock))
    let summary = bench.engine.summary
    let minutes: [Int64] = [1, 2, 3, 4, 4, 5, 6, 7, 8, 8]
    #expect(summary.coming.map(\.at) == minutes.map { .minute($0) })
    #expect(summary.coming.count { $0.job == "seldom" } == 2 && summary.coming.count { $0.job == "often" } == 8)
    #expect(summary.next.prefix(2).map(\.job) == ["often", "seldom"], "one of each job")
    #expect(!(summary.next + summary.coming).contains { $0.job == "paused" })
  }
}
