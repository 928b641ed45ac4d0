import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct RequestTests {
  @Test func `a manual run is answered once its claim is durable`() throws {
    var bench = Bench.loaded(try job())
    bench.syncsAtOnce = false
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    #expect(bench.answers.isEmpty)
    bench.send(.synced(token: try #require(bench.token), .durable, bench.clock))
    #expect(bench.answers == [1: .accepted(bench.dispatched[0].run)])
    #expect(bench.dispatched[0].trigger == .manual)
    #expect(bench.dispatched[0].occurrence == nil)
  }

  static let whileRunning: [(OverlapPolicy, Int)] = [(.skip, 0), (.queue, 0), (.allow, 1), (.replace, 0)]

  @Test(arguments: whileRunning)
  func `a manual run while the job runs follows its overlap policy`(_ row: (OverlapPolicy, Int)) throws {
    var bench = Bench.loaded(try job(overlap: row.0))
    bench.tick(after: 60)
    let live = bench.dispatched[0].run
    bench.start(live)
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    #expect(bench.dispatched.count == 1 + row.1)
    #expect(bench.stopped.isEmpty == (row.0 != .replace))
    bench.end(live)
    if row.0 == .skip {
      #expect(bench.answers == [1: .alreadyRunning(live)])
      #expect(bench.dispatched.count == 1)
    } else {
      #expect(bench.dispatched.map(\.trigger) == [.schedule, .manual])
      #expect(bench.answers == [1: .accepted(bench.dispatched[1].run)])
    }
  }

  @Test func `a manual run goes before occurrences that wait`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    bench.tick(after: 60)
    bench.tick(after: 60)
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    bench.finishAll()
    #expect(bench.dispatched.map(\.trigger) == [.schedule, .manual])
    bench.finishAll()
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1), nil, .minute(2)])
  }

  @Test func `only so many manual runs of a job wait`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    bench.tick(after: 60)
    for request: UInt64 in 1...12 { bench.send(.manualRun(job: "j", request: request, bench.clock)) }
    #expect(bench.answers == [11: .queueFull, 12: .queueFull])
    bench.load([])
    #expect(bench.answers.count == 12)
    #expect(bench.answers[1] == .unknownJob)
  }

  @Test func `a paused job can be run by hand`() throws {
    var bench = Bench.loaded(try job())
    bench.send(.pause(job: "j", until: nil, reason: nil, request: 1, bench.clock))
    bench.send(.manualRun(job: "j", request: 2, bench.clock))
    #expect(bench.dispatched.map(\.trigger) == [.manual])
  }

  static let fires: [(String, Instant, EngineAnswer)] = [
    ("nobody", .minute(10), .unknownJob),
    ("f", .minute(20), .future),
    ("f", .minute(11), .notScheduled),
    ("f", Instant(microseconds: Instant.minute(10).microseconds + 1), .notScheduled),
    ("f", .minute(-10), .notScheduled),
    ("f", .minute(0), .notScheduled),
    ("f", .minute(10), .alreadyClaimed),
  ]

  @Test(.acceptance(21, 22), arguments: fires)
  func `a fire that names no owed occurrence is refused and spawns nothing`(
    _ row: (String, Instant, EngineAnswer)
  ) throws {
    var bench = Bench.loaded(try job("f", "*/10 * * * *"))
    bench.tick(after: 600)
    bench.finishAll()
    bench.pass(seconds: 300)
    bench.send(.fire(job: row.0, at: row.1, request: 1, bench.clock))
    #expect(bench.answers == [1: row.2])
    #expect(bench.dispatched.count == 1)
  }

  @Test(.acceptance(67)) func `a late redelivery never claims the next occurrence`() throws {
    var bench = Bench.loaded(try job("f", "*/10 * * * *"))
    bench.pass(seconds: 600)
    bench.send(.fire(job: "f", at: .minute(10), request: 1, bench.clock))
    bench.finishAll()
    bench.pass(seconds: 600)
    // The next one is due and undecided; the callback names the old one.
    bench.send(.fire(job: "f", at: .minute(10), request: 2, bench.clock))
    #expect(bench.answers[2] == .alreadyClaimed)
    #expect(bench.claims.map(\.occurrence) == [.minute(10)])
    bench.send(.fire(job: "f", at: .minute(20), request: 3, bench.clock))
    #expect(bench.claims.map(\.occurrence) == [.minute(10), .minute(20)])
    #expect(bench.claims.map(\.trigger) == [.fire, .fire])
  }

  @Test(.acceptance(20)) func `a fire is answered once its claim is durable, and runs once`() throws {
    var bench = Bench.loaded(try job("f", "*/10 * * * *"))
    bench.syncsAtOnce = false
    bench.pass(seconds: 600)
    bench.send(.fire(job: "f", at: .minute(10), request: 1, bench.clock))
    bench.send(.fire(job: "f", at: .minute(10), request: 2, bench.clock))
    #expect(bench.answers == [2: .alreadyClaimed])
    bench.send(.synced(token: try #require(bench.token), .durable, bench.clock))
    #expect(bench.answers[1] == .accepted(bench.dispatched[0].run))
    #expect(bench.dispatched.count == 1)
    bench.tick(after: 1)
    #expect(bench.claims.count == 1)
  }

  @Test func `what lies before a fired occurrence is decided by the usual rules`() throws {
    var bench = Bench.loaded(try job("f", "*/10 * * * *", catchUp: .skip))
    bench.pass(seconds: 3600)
    bench.send(.fire(job: "f", at: .minute(40), request: 1, bench.clock))
    #expect(bench.misses.map(\.count) == [3])
    #expect(bench.claims.map(\.occurrence) == [.minute(40)])
    bench.finishAll()
    bench.tick()
    #expect(bench.misses.map(\.count) == [3, 1])
    #expect(bench.claims.map(\.occurrence) == [.minute(40), .minute(60)])
  }

  @Test func `a fire during a run follows the overlap policy`() throws {
    var bench = Bench.loaded(try job("f", "*/10 * * * *"))
    bench.tick(after: 600)
    let live = bench.dispatched[0].run
    bench.pass(seconds: 600)
    bench.send(.fire(job: "f", at: .minute(20), request: 1, bench.clock))
    #expect(bench.answers == [1: .alreadyRunning(live)])
    #expect(bench.skips.map(\.reason) == [.overlap])

    var queueing = Bench.loaded(try job("f", "*/10 * * * *", overlap: .queue))
    queueing.tick(after: 600)
    queueing.pass(seconds: 600)
    queueing.send(.fire(job: "f", at: .minute(20), request: 1, queueing.clock))
    queueing.send(.fire(job: "f", at: .minute(20), request: 2, queueing.clock))
    #expect(queueing.answers == [1: .queued, 2: .queued])
    queueing.finishAll()
    #expect(queueing.claims.map(\.occurrence) == [.minute(10), .minute(20)])
  }

  @Test func `a run that is stopped before its claim is durable never starts`() throws {
    var bench = Bench.loaded(try job())
    bench.syncsAtOnce = false
    bench.send(.manualRun(job: "j", request: 1, bench.clock))
    let run = try #require(bench.engine.summary.running.first?.run)
    bench.send(.stopRun(run, request: 2, bench.clock))
    bench.send(.synced(token: try #require(bench.token), .durable, bench.clock))
    #expect(bench.dispatched.isEmpty)
    #expect(bench.ends.map(\.outcome) == [.stopped])
    #expect(bench.answers == [1: .notStarted(reason: "requested"), 2: .accepted(run)])
  }
}
