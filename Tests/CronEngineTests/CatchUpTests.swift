import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct CatchUpTests {
  /// An hour's job that ran at 13:00 and whose ticker then was down for `hours`.
  private func down(hours: Double, catchUp: CatchUpPolicy, overlap: OverlapPolicy = .skip) throws -> Bench {
    let hourly = try job("h", "0 * * * *", overlap: overlap, catchUp: catchUp)
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    bench.finishAll()
    var next = try bench.crashed(after: hours * 3600)
    next.load([hourly])
    return next
  }

  @Test func `skip: what was too late is missed, with one range`() throws {
    let bench = try down(hours: 5.75, catchUp: .skip)
    #expect(bench.claims.isEmpty)
    #expect(bench.misses.count == 1)
    let range = try #require(bench.misses.first)
    #expect(range.first == .minute(120) && range.last == .minute(360) && range.count == 5)
    #expect(range.reason == .down)
  }

  @Test func `once: the newest runs as catch-up, the older ones are skipped`() throws {
    let bench = try down(hours: 5.75, catchUp: .once)
    #expect(bench.claims.map(\.occurrence) == [.minute(360)])
    #expect(bench.claims.map(\.trigger) == [.catchUp])
    let range = try #require(bench.skips.first)
    #expect(bench.skips.count == 1)
    #expect(range.first == .minute(120) && range.last == .minute(300) && range.count == 4)
    #expect(range.reason == .catchUp)
    #expect(bench.misses.isEmpty)
  }

  @Test(.acceptance(61)) func `all: the newest within the limit run one after another, oldest first`() throws {
    var bench = try down(hours: 6.75, catchUp: .all(limit: 3))
    #expect(bench.misses.map(\.reason) == [.catchUpLimit])
    #expect(bench.misses.first?.first == .minute(120))
    #expect(bench.misses.first?.last == .minute(240))
    #expect(bench.misses.first?.count == 3)
    #expect(bench.dispatched.map(\.occurrence) == [.minute(300)])
    bench.finishAll()
    #expect(bench.dispatched.map(\.occurrence) == [.minute(300), .minute(360)])
    // What comes due meanwhile joins the end instead of being lost.
    bench.tick(after: 900)
    bench.finishAll()
    bench.finishAll()
    #expect(bench.dispatched.map(\.occurrence) == [.minute(300), .minute(360), .minute(420), .minute(480)])
    #expect(bench.claims.map(\.trigger) == [.catchUp, .catchUp, .catchUp, .schedule])
    #expect(bench.skips.isEmpty)
  }

  @Test func `within grace nothing is a misfire`() throws {
    let bench = try down(hours: 1.49, catchUp: .skip)
    #expect(bench.claims.map(\.trigger) == [.schedule])
    #expect(bench.misses.isEmpty)
  }

  @Test(.acceptance(60)) func `a run that outlives the outage is overlap for the misfires too`() throws {
    let hourly = try job("h", "0 * * * *")
    var bench = Bench.loaded(hourly)
    bench.tick(after: 3600)
    let run = bench.dispatched[0].run
    bench.start(run)
    bench.suspend(seconds: 3 * 3600 + 2700)
    bench.tick()
    #expect(bench.dispatched.count == 1)
    #expect(bench.skips.map(\.reason) == [.catchUp, .overlap])
  }

  @Test(.acceptance(61)) func `after an outage at most half of the pool catches up at once`() throws {
    let settings = EngineSettings(workersMax: 8, bootIdentifier: "boot-1")
    let herd = try (0..<40).map { try job("j\($0)", "0 * * * *") }
    var bench = Bench(settings: settings)
    bench.recover(LedgerState())
    bench.load(herd)
    bench.pass(seconds: 8 * 3600 - 900)
    bench.send(.tick(bench.clock))
    #expect(bench.dispatched.count == 4)
    // What is due now gets a worker all the same.
    bench.load(herd + [try job("now", "*/5 * * * *")])
    bench.tick(after: 300)
    #expect(bench.dispatched.last?.job.name == "now")
    var most = 0
    while bench.dispatched.count < 41,
      let live = bench.dispatched.first(where: { bench.engine.ledger.open[$0.run] != nil })
    {
      most = max(most, bench.engine.ledger.open.count)
      bench.end(live.run)
    }
    #expect(most <= 5)
    #expect(bench.claims.count { $0.trigger == .catchUp } == 40)
  }

  @Test(.acceptance(61)) func `a long outage of a fast job is computed in bounded time`() throws {
    let fast = try job("fast", "@every 1s", catchUp: .all(limit: 5))
    var bench = Bench.loaded(fast)
    bench.tick(after: 1)
    bench.finishAll()
    // Thirty years of seconds: about 946 million occurrences.
    var next = try bench.crashed(after: 30 * 365.25 * 86_400)
    let clock = ContinuousClock()
    let spent = clock.measure { next.load([fast]) }
    #expect(spent < .seconds(5))
    let missed = next.misses.reduce(0) { $0 + $1.count }
    #expect(missed > 940_000_000 && missed < 950_000_000)
    #expect(next.claims.count == 1)
    #expect(try next.replayed().illegalTransitions == 0)
  }

  @Test func `a long outage of a minutely job counts what it skipped nearly exactly`() throws {
    let minutely = try job("m", "* * * * *", catchUp: .once)
    var bench = Bench.loaded(minutely)
    bench.tick(after: 60)
    bench.finishAll()
    var next = try bench.crashed(after: 30 * 86_400)
    next.load([minutely])
    let skipped = next.skips.filter { $0.reason == .catchUp }
    #expect(skipped.count == 1)
    #expect(skipped.first?.first == .minute(2))
    // 30 days, less those in grace and the one that fires.
    #expect(abs((skipped.first?.count ?? 0) - 30 * 1440) < 8)
    let caught = try #require(next.claims.first)
    #expect(caught.trigger == .catchUp)
    #expect(Instant.microseconds(from: try #require(caught.occurrence), to: next.clock.wall) < 300_000_000)
  }

  @Test func `in safe mode nothing is caught up`() throws {
    let hourly = try job("h", "0 * * * *", catchUp: .all(limit: 10))
    var settings = EngineSettings(bootIdentifier: "boot-1")
    settings.safeMode = true
    var bench = Bench.loaded(hourly, settings: settings)
    bench.tick(after: 5 * 3600 + 2700)
    #expect(bench.claims.isEmpty)
    #expect(bench.misses.map(\.count) == [5])
  }
}
