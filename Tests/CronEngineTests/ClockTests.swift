import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct ClockTests {
  private func steps(_ bench: Bench) -> [Int64] {
    bench.records.compactMap { if case .clockStep(_, let by) = $0 { by } else { nil } }
  }

  @Test(.acceptance(58)) func `a backward step repeats nothing`() throws {
    var bench = Bench.loaded(try job())
    for _ in 0..<10 {
      bench.tick(after: 60)
      bench.finishAll()
    }
    bench.setClock(by: -300)
    bench.send(.clockStepped(byMicroseconds: -300_000_000, bench.clock))
    #expect(steps(bench) == [-300_000_000])
    for _ in 0..<5 {
      bench.tick(after: 60)
      bench.finishAll()
    }
    #expect(bench.claims.map(\.occurrence) == (1...10).map { .minute($0) })
    bench.tick(after: 60)
    #expect(bench.claims.last?.occurrence == .minute(11))
    #expect(Set(bench.claims.map(\.occurrence)).count == bench.claims.count)
  }

  @Test func `a tick notices a step by itself, and the event after it counts it no second time`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 30)
    bench.setClock(by: -3600)
    bench.tick(after: 1)
    #expect(steps(bench) == [-3_600_000_000])
    bench.send(.clockStepped(byMicroseconds: -3_600_000_000, bench.clock))
    #expect(steps(bench).count == 1)
  }

  @Test func `slewing is no step`() throws {
    var bench = Bench.loaded(try job())
    for _ in 0..<100 {
      bench.clock.wall = bench.clock.wall.adding(microseconds: 1_900_000)
      bench.tick(after: 1)
    }
    #expect(steps(bench).isEmpty)
  }

  @Test func `a forward step misses for the clock's sake, and what is within grace fires`() throws {
    var bench = Bench.loaded(try job(catchUp: .skip))
    bench.tick(after: 30)
    bench.setClock(by: 3600)
    bench.tick(after: 0)
    #expect(bench.misses.map(\.reason) == [.clockStep])
    #expect(bench.misses.first?.first == .minute(1))
    #expect(bench.misses.first?.last == .minute(58))
    #expect(bench.claims.map(\.occurrence) == [.minute(59)])
    #expect(bench.skips.map(\.first) == [.minute(60)])
  }

  @Test func `sleep misses for suspend`() throws {
    var bench = Bench.loaded(try job(catchUp: .skip))
    bench.tick(after: 30)
    bench.suspend(seconds: 7200)
    bench.tick()
    #expect(steps(bench).isEmpty)
    #expect(bench.misses.map(\.reason) == [.suspend])
    #expect(bench.notices.contains(.suspended(microseconds: 7_200_000_000)))
  }

  /// The end of another job's run was heard first, and took the reason with it.
  @Test func `sleep misses for suspend, whatever is heard before the tick`() throws {
    var bench = Bench.loaded(try job(catchUp: .skip), try job("other", "@every 60s"))
    bench.tick(after: 60)
    for order in bench.dispatched where order.job.name == "j" { bench.end(order.run) }
    let other = try #require(bench.dispatched.first { $0.job.name == "other" })
    bench.suspend(seconds: 7200)
    bench.end(other.run)
    bench.tick()
    #expect(bench.misses.filter { $0.job == "j" }.map(\.reason) == [.suspend])
  }

  @Test func `a hung ticker misses for grace`() throws {
    var bench = Bench.loaded(try job(catchUp: .skip))
    bench.tick(after: 30)
    bench.tick(after: 7200)
    #expect(bench.misses.map(\.reason) == [.grace])
  }

  @Test func `a far-future clock that is corrected doesn't silence the jobs`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    bench.finishAll()
    bench.setClock(by: 10 * 365 * 86_400)
    bench.tick()
    bench.finishAll()
    #expect(bench.claims.count == 2, "once, as catch-up")
    let wrong = try #require(bench.claims.last?.occurrence)
    bench.setClock(by: -10 * 365 * 86_400)
    bench.send(.clockStepped(byMicroseconds: -10 * 365 * 86_400_000_000, bench.clock))
    #expect(bench.notices.contains(.marksRebased(jobs: 1)))
    #expect(steps(bench).count == 2)
    bench.tick(after: 60)
    bench.finishAll()
    bench.tick(after: 60)
    #expect(bench.claims.suffix(2).map(\.occurrence) == [.minute(2), .minute(3)])
    #expect(wrong > .minute(1_000_000))
    let state = try bench.replayed()
    #expect(state.illegalTransitions == 0)
    #expect(state.jobs["j"]?.lastDecided == .minute(3))
  }

  @Test func `a far-future clock that was corrected while we were down doesn't either`() throws {
    let minutely = try job()
    var bench = Bench.loaded(minutely, at: Bench.noon.adding(seconds: 10 * 365 * 86_400))
    bench.tick(after: 60)
    bench.finishAll()
    var next = try bench.crashed()
    next = Bench(at: Bench.noon)
    next.recover(try bench.replayed())
    next.load([minutely])
    next.tick(after: 60)
    #expect(next.claims.map(\.occurrence) == [.minute(1)])
    #expect(next.definitions.last?.origin == Bench.noon)
  }

  /// A minutely job that has run ten times, then saw the clock two days ahead.
  private func leapt() throws -> Bench {
    var bench = Bench.loaded(try job())
    for _ in 0..<10 {
      bench.tick(after: 60)
      bench.finishAll()
    }
    bench.tick(after: 30)
    bench.setClock(by: 2 * 86_400)
    bench.tick()
    bench.finishAll()
    return bench
  }

  @Test(.acceptance(58)) func `a correction that overshoots repeats nothing that ran before the leap`() throws {
    var bench = try leapt()
    bench.setClock(by: -2 * 86_400 - 300)
    bench.tick()
    let before = bench.claims.count
    for _ in 0..<5 { bench.tick(after: 60) }
    #expect(bench.claims.count == before)
    bench.tick(after: 60)
    #expect(bench.claims.last?.occurrence == .minute(11))
  }

  @Test(.acceptance(58), arguments: [false, true])
  func `nor does one that no ticker lived to record`(isSnapshotBetween: Bool) throws {
    let bench = try leapt()
    var state = try bench.replayed()
    if isSnapshotBetween {
      var restated = LedgerState()
      for record in state.snapshotRecords(at: bench.clock.wall) { try restated.apply(record) }
      #expect(restated.leap == state.leap)
      state = restated
    }
    var next = Bench(at: .minute(5, second: 30))
    next.recover(state)
    next.load([try job()])
    for _ in 0..<5 { next.tick(after: 60) }
    #expect(next.claims.isEmpty)
    next.tick(after: 60)
    #expect(next.claims.map(\.occurrence) == [.minute(11)])
  }

  @Test func `a leap that began under a clock that was wrong already vouches for nothing`() throws {
    var bench = Bench.loaded(try job(), at: Bench.noon.adding(seconds: 400 * 86_400))
    bench.tick(after: 60)
    bench.finishAll()
    bench.setClock(by: 2 * 86_400)
    bench.tick()
    bench.finishAll()
    bench.setClock(by: -402 * 86_400)
    bench.tick()
    bench.tick(after: 60)
    #expect(bench.claims.last?.occurrence == .minute(2))
  }

  @Test func `within a day a mark in the future stays`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *"))
    bench.setClock(by: 20 * 3600)
    bench.tick()
    bench.finishAll()
    let decided = try #require(bench.engine.ledger.jobs["h"]?.lastDecided)
    bench.setClock(by: -20 * 3600)
    bench.tick()
    let before = bench.claims.count
    for _ in 0..<20 { bench.tick(after: 3600) }
    #expect(bench.claims.count == before)
    #expect(bench.engine.ledger.jobs["h"]?.lastDecided == decided)
    bench.tick(after: 3600)
    #expect(bench.claims.count == before + 1)
  }

  @Test func `at a boot a clock older than the ledger holds fires, until it is set`() throws {
    let minutely = try job()
    var bench = Bench.loaded(minutely)
    bench.tick(after: 60)
    bench.finishAll()
    let state = try bench.replayed()
    var next = Bench(at: Bench.noon.adding(seconds: -86_400), settings: EngineSettings(bootIdentifier: "boot-2"))
    next.recover(state, sameBoot: false)
    next.load([minutely])
    next.tick(after: 30)
    #expect(next.claims.isEmpty)
    #expect(next.engine.summary.clockHeld)
    next.setClock(by: 86_400 + 120)
    next.tick()
    #expect(!next.engine.summary.clockHeld)
    #expect(next.claims.map(\.occurrence) == [.minute(2)])
  }

  @Test func `a clock that nobody sets is believed after a minute`() throws {
    let settings = EngineSettings(bootIdentifier: "boot-2", earliestPlausible: Bench.noon)
    var bench = Bench(at: Bench.noon.adding(seconds: -40 * 86_400), settings: settings)
    bench.recover(LedgerState(), sameBoot: false)
    bench.load([try job()])
    let wake = try #require(bench.engine.nextWake)
    #expect(Instant.microseconds(from: bench.clock.wall, to: wake) == 60_000_001)
    bench.tick(after: 59)
    #expect(bench.claims.isEmpty)
    bench.tick(after: 1)
    #expect(!bench.engine.summary.clockHeld)
    #expect(bench.claims.count == 1)
    #expect(bench.notices.contains(.clockReleased(plausible: false)))
  }

  @Test(.acceptance(58)) func `a job that comes while the clock is held is not silenced by the mark of another clock`()
    throws
  {
    var bench = Bench.loaded(try job())
    for _ in 0..<6 {
      bench.tick(after: 60)
      bench.finishAll()
    }
    var next = Bench(at: .minute(3, second: 10), settings: EngineSettings(bootIdentifier: "boot-2"))
    next.recover(try bench.replayed(), sameBoot: false)
    next.load([try job(), try job("new")])
    next.tick(after: 30)
    #expect(next.engine.summary.clockHeld && next.claims.isEmpty)
    next.tick(after: 31)
    #expect(!next.engine.summary.clockHeld)
    #expect(next.claims.map(\.occurrence) == [.minute(4)] && next.claims.map(\.job) == ["new"])
  }

  @Test(.acceptance(58)) func `what waited under a wrong clock doesn't outlive the mark that is set back`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *", overlap: .queue, catchUp: .all(limit: 4)))
    let wrong: Int64 = 90_971
    bench.setClock(by: wrong)
    bench.tick(after: 1)
    // The oldest of the four runs, the others wait; they lie within a day of the true time, the last one doesn't.
    let running = try #require(bench.dispatched.first)
    let waiting = bench.engine.ledger.jobs["h"]?.queued.count ?? 0
    #expect(waiting > 2)
    bench.setClock(by: -wrong)
    bench.send(.clockStepped(byMicroseconds: -wrong * 1_000_000, bench.clock))
    #expect(bench.engine.ledger.jobs["h"]?.queued.isEmpty == true)
    #expect(bench.misses.suffix(waiting).allSatisfy { $0.reason == .clockStep })
    bench.end(running.run)
    // The next true hour fires, and nothing of tomorrow before it.
    bench.tick(after: 3600)
    #expect(bench.claims.last?.occurrence == .minute(60))
    #expect(try bench.replayed().illegalTransitions == 0)
  }

  @Test(.acceptance(58)) func `a small step behind the correction of a wrong clock repeats nothing`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *"), at: .minute(-10))
    bench.tick(after: 600 + 60)
    #expect(bench.claims.map(\.occurrence) == [.minute(0)])
    bench.finishAll()
    // A day and a bit ahead: what is decided there lies within a day of the true time, when that comes back.
    let wrong: Int64 = 88_151
    bench.setClock(by: wrong)
    bench.tick(after: 60)
    bench.finishAll()
    bench.setClock(by: -wrong)
    bench.tick(after: 60)
    #expect(bench.engine.ledger.jobs["h"]?.lastDecided == .minute(3))
    bench.setClock(by: -1160)
    for _ in 0..<30 {
      bench.tick(after: 60)
      bench.finishAll()
    }
    #expect(bench.claims.count { $0.occurrence == .minute(0) } == 1)
    bench.tick(after: 3600)
    #expect(bench.claims.last?.occurrence == .minute(60))
  }

  @Test(.acceptance(58)) func `an instant whose run of another future still lives is not claimed again`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *", overlap: .allow))
    let wrong: Int64 = 90_971
    bench.setClock(by: wrong)
    bench.tick(after: 1)
    let run = try #require(bench.dispatched.last)
    let instant = try #require(run.occurrence)
    bench.setClock(by: -wrong)
    bench.tick(after: 1)
    // The clock goes wrong a second time, and the instant comes again while its run lives.
    bench.setClock(by: wrong)
    bench.tick(after: 1)
    #expect(bench.claims.count { $0.occurrence == instant } == 1)
    #expect(bench.skips.contains { $0.first <= instant && instant <= $0.last && $0.reason == .overlap })
    bench.end(run.run)
    #expect(try bench.replayed().illegalTransitions == 0)
  }
}
