import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct OverlapTests {
  @Test(.acceptance(60)) func `skip: occurrences during a long run are skipped for overlap, not missed`() throws {
    var bench = Bench.loaded(try job(overlap: .skip))
    bench.tick(after: 60)
    for _ in 0..<5 { bench.tick(after: 60) }
    #expect(bench.dispatched.count == 1)
    #expect(bench.skips.map(\.reason) == Array(repeating: .overlap, count: 5))
    #expect(bench.misses.isEmpty)
    bench.finishAll()
    bench.tick(after: 60)
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(7)])
  }

  @Test(.acceptance(60)) func `skip: what came due during a long run and one slow tick is one range of overlap`() throws
  {
    var bench = Bench.loaded(try job(overlap: .skip, grace: 3600))
    bench.tick(after: 60)
    bench.tick(after: 600)
    #expect(bench.skips.count == 1)
    #expect(bench.skips.first?.first == .minute(2))
    #expect(bench.skips.first?.last == .minute(11))
    #expect(bench.skips.first?.count == 10)
  }

  @Test(.acceptance(60)) func `queue: the newest occurrence waits for the run's end`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    for _ in 0..<4 { bench.tick(after: 60) }
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1)])
    #expect(bench.queued == [.minute(2), .minute(3), .minute(4)])
    #expect(bench.skips.map(\.first) == [.minute(2), .minute(3)])
    #expect(bench.skips.allSatisfy { $0.reason == .overlap })
    #expect(!bench.engine.isIdle)
    bench.finishAll()
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(4)])
    #expect(bench.claims.last?.trigger == .schedule)
  }

  @Test func `queue: what waited long beyond its grace still runs`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *", overlap: .queue))
    bench.tick(after: 3600)
    bench.tick(after: 3600)
    bench.pass(seconds: 3500)
    bench.finishAll()
    #expect(bench.dispatched.map(\.occurrence) == [.minute(60), .minute(120)])
    #expect(bench.claims.last?.trigger == .schedule)
    #expect(try #require(bench.claims.last?.startDeadline) > bench.clock.wall)
  }

  @Test func `queue: a longer queue keeps that many`() throws {
    var settings = EngineSettings(bootIdentifier: "boot-1")
    settings.overlapQueueLimit = 3
    var bench = Bench.loaded(try job(overlap: .queue), settings: settings)
    for _ in 0..<6 { bench.tick(after: 60) }
    #expect(bench.skips.map(\.first) == [.minute(2), .minute(3)])
    for _ in 0..<4 { bench.finishAll() }
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(4), .minute(5), .minute(6)])
  }

  @Test func `allow: runs live beside each other`() throws {
    var bench = Bench.loaded(try job(overlap: .allow))
    for _ in 0..<4 { bench.tick(after: 60) }
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(2), .minute(3), .minute(4)])
    #expect(bench.skips.isEmpty)
  }

  @Test(.acceptance(60)) func `replace: the run is stopped, then the new one starts`() throws {
    var bench = Bench.loaded(try job(overlap: .replace))
    bench.tick(after: 60)
    let first = bench.dispatched[0].run
    bench.start(first)
    bench.tick(after: 60)
    #expect(bench.stopped == [first: .replaced])
    #expect(bench.dispatched.count == 1, "not before the old one is over")
    // It takes its time; a third occurrence takes the second's place.
    bench.tick(after: 60)
    #expect(bench.skips.map(\.first) == [.minute(2)])
    bench.send(
      .ended(first, .stopped(code: nil, signal: "TERM", at: bench.clock.wall, startedAt: nil), bench.clock))
    #expect(bench.ends.map(\.outcome) == [.stopped])
    #expect(bench.ends.first?.reason == "replaced")
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(3)])
  }

  @Test func `replace: a claim that was never dispatched gives way at once`() throws {
    var bench = Bench.loaded(try job(overlap: .replace))
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    let token = try #require(bench.token)
    bench.token = nil
    bench.tick(after: 60)
    #expect(bench.ends.map(\.outcome) == [.stopped])
    #expect(bench.stopped.isEmpty, "no worker has it")
    bench.syncsAtOnce = true
    bench.send(.synced(token: token, .durable, bench.clock))
    #expect(bench.dispatched.map(\.occurrence) == [.minute(2)])
  }

  @Test func `a policy that changes while an occurrence waits takes hold`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    for _ in 0..<2 { bench.tick(after: 60) }
    bench.load([try job(overlap: .allow)])
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), .minute(2)])
  }

  @Test(.acceptance(59)) func `a manual run counts for overlap and consumes no occurrence`() throws {
    var bench = Bench.loaded(try job(overlap: .skip))
    bench.pass(seconds: 30)
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    #expect(bench.claims.map(\.occurrence) == [nil])
    #expect(bench.claims.map(\.trigger) == [.manual])
    #expect(bench.answers[1] == .accepted(bench.dispatched[0].run))
    bench.tick(after: 30)
    #expect(bench.skips.map(\.first) == [.minute(1)])
    bench.finishAll()
    bench.tick(after: 60)
    #expect(bench.claims.map(\.occurrence) == [nil, .minute(2)])
  }

  @Test(.acceptance(59)) func `a manual run between occurrences leaves the next one due`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *"))
    bench.pass(seconds: 1800)
    bench.send(.manualRun(job: "h", request: 1, bench.clock))
    bench.finishAll()
    #expect(bench.engine.nextWake == .minute(60))
    bench.tick(after: 1800)
    #expect(bench.claims.map(\.occurrence) == [nil, .minute(60)])
    #expect(bench.skips.isEmpty && bench.misses.isEmpty)
  }
}
