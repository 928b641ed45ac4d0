import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct ClaimTests {
  @Test(.acceptance(57)) func `a claim is appended, then synced, then dispatched`() throws {
    var bench = Bench.loaded(try job())
    bench.syncsAtOnce = false
    let decided = bench.tick(after: 60)
    guard case .append(let records) = decided.first, case .sync(let token) = decided.last else {
      Issue.record("\(decided)")
      return
    }
    #expect(decided.count == 2)
    guard case .claim(let claim) = records.first?.record else {
      Issue.record("\(records)")
      return
    }
    #expect(claim.occurrence == .minute(1))
    #expect(claim.trigger == .schedule)
    #expect(claim.startDeadline == .minute(3))
    #expect(bench.dispatched.isEmpty)
    let durable = bench.send(.synced(token: token, .durable, bench.clock))
    guard case .dispatch(let order) = durable.first else {
      Issue.record("\(durable)")
      return
    }
    #expect(order.run == claim.run)
    #expect(order.claimSequence == records.first?.seq)
    #expect(order.occurrence == .minute(1))
    #expect(durable.count == 1)
  }

  @Test func `all that is due in one tick is one append and one sync`() throws {
    var bench = Bench(at: Bench.noon)
    bench.recover(LedgerState())
    bench.load(try (0..<50).map { try job("j\($0)") })
    bench.syncsAtOnce = false
    let actions = bench.tick(after: 60)
    #expect(actions.count { if case .append = $0 { true } else { false } } == 1)
    #expect(actions.count { if case .sync = $0 { true } else { false } } == 1)
    #expect(bench.claims.count == 50)
    let token = try #require(bench.token)
    bench.send(.synced(token: token, .durable, bench.clock))
    #expect(bench.dispatched.count == 50)
  }

  @Test(.acceptance(57)) func `while a sync is under way the next batch waits behind it`() throws {
    var bench = Bench.loaded(try job(overlap: .allow))
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    let first = try #require(bench.token)
    bench.token = nil
    // The disk takes three minutes; ticks go on.
    for _ in 0..<3 { bench.tick(after: 60) }
    #expect(bench.claims.count == 4)
    #expect(bench.token == nil, "one sync at a time")
    #expect(bench.dispatched.isEmpty)
    bench.send(.synced(token: first, .durable, bench.clock))
    // The first claim's deadline has passed meanwhile: it is missed, not started late.
    #expect(bench.ends.map(\.outcome) == [.missed])
    #expect(bench.ends.first?.reason == "grace")
    let second = try #require(bench.token)
    #expect(second != first)
    bench.token = nil
    bench.send(.synced(token: second, .durable, bench.clock))
    #expect(bench.dispatched.map(\.occurrence) == [.minute(2), .minute(3), .minute(4)])
    #expect(bench.token == nil)
  }

  @Test(.acceptance(57)) func `nothing of a failed sync is dispatched, and the same claims are synced again`() throws {
    var bench = Bench.loaded(try job(grace: 3600))
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    var token = try #require(bench.token)
    bench.token = nil
    let appended = bench.sequenced.count
    // The owner has opened a new segment with the engine's snapshot, which restates the claim.
    let snapshot = bench.engine.ledger.snapshotRecords(at: bench.clock.wall)
    #expect(
      snapshot.contains { if case .claim(let claim) = $0.record { claim.occurrence == .minute(1) } else { false } })
    bench.send(.synced(token: token, .failed, bench.clock))
    #expect(bench.dispatched.isEmpty)
    #expect(bench.notices.contains(.syncFailed(consecutive: 1)))
    token = try #require(bench.token, "the first retry comes at once")
    bench.token = nil
    bench.send(.synced(token: token, .failed, bench.clock))
    #expect(bench.token == nil, "the second one waits")
    let wake = try #require(bench.engine.nextWake)
    #expect(wake > bench.clock.wall)
    #expect(Instant.microseconds(from: bench.clock.wall, to: wake) <= 210_000)
    bench.tick(after: 0.21)
    token = try #require(bench.token)
    bench.send(.synced(token: token, .durable, bench.clock))
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1)])
    #expect(bench.sequenced.count == appended, "nothing is appended twice")
  }

  @Test func `a stale sync answer dispatches nothing`() throws {
    var bench = Bench.loaded(try job())
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    let token = try #require(bench.token)
    bench.send(.synced(token: token + 7, .durable, bench.clock))
    #expect(bench.dispatched.isEmpty)
  }

  @Test(.acceptance(62)) func `a claim whose instant lies ahead again is not dispatched before it comes`() throws {
    var bench = Bench.loaded(try job(grace: 7200))
    bench.syncsAtOnce = false
    bench.tick(after: 60)
    let token = try #require(bench.token)
    bench.token = nil
    bench.setClock(by: -600)
    bench.send(.synced(token: token, .durable, bench.clock))
    #expect(bench.dispatched.isEmpty)
    #expect(bench.engine.nextWake == .minute(1))
    for _ in 0..<9 { bench.tick(after: 60) }
    #expect(bench.dispatched.isEmpty)
    bench.tick(after: 60)
    #expect(bench.clock.wall == .minute(1))
    #expect(bench.dispatched.map(\.occurrence) == [.minute(1)])
    #expect(bench.claims.count == 1)
  }

  @Test(.acceptance(62)) func `nothing fires before its instant`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 59.999999)
    #expect(bench.claims.isEmpty)
    #expect(bench.engine.nextWake == .minute(1))
    bench.tick(after: 0.000001)
    #expect(bench.claims.count == 1)
  }

  @Test(.acceptance(58)) func `an occurrence is decided once, however often the tick comes`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    bench.finishAll()
    for _ in 0..<5 { bench.tick(after: 1) }
    #expect(bench.claims.count == 1)
    #expect(bench.ends.map(\.outcome) == [.succeeded])
    #expect(bench.skips.isEmpty && bench.misses.isEmpty)
  }

  @Test func `a late tick within grace fires normally`() throws {
    var bench = Bench.loaded(try job("h", "0 * * * *"))
    bench.tick(after: 3600 + 1799)
    #expect(bench.claims.map(\.trigger) == [.schedule])
    #expect(bench.claims.map(\.occurrence) == [.minute(60)])
  }

  static let graces: [(String, Int64?, Int64)] = [
    ("* * * * *", nil, 120), ("0 * * * *", nil, 1800), ("0 0 * * *", nil, 7200), ("* * * * *", 5, 5),
    ("*/10 * * * *", nil, 300), ("0 0 1 1 *", 86_400, 86_400),
  ]

  @Test(.acceptance(58), arguments: graces)
  func `grace is half the period within 120 s and 2 h, or the job's own`(_ row: (String, Int64?, Int64)) throws {
    let first = try #require(
      try job("g", row.0).definition.schedules[0].next(after: Bench.noon, in: .utc, origin: Bench.noon))
    let lead = Double(Instant.microseconds(from: Bench.noon, to: first)) / 1e6
    var inTime = Bench.loaded(try job("g", row.0, catchUp: .skip, grace: row.1))
    inTime.tick(after: lead + Double(row.2))
    #expect(inTime.claims.first?.occurrence == first)
    var late = Bench.loaded(try job("g", row.0, catchUp: .skip, grace: row.1))
    late.tick(after: lead + Double(row.2) + 0.001)
    #expect(late.claims.first?.occurrence != first)
    #expect(late.misses.first?.first == first)
    #expect(late.misses.first?.reason == .grace)
  }

  @Test func `jitter is a pure function of job, salt and instant`() throws {
    let spread = try job("spread", "0 * * * *", jitterMinutes: 30)
    var bench = Bench.loaded(spread)
    let due = try #require(bench.engine.nextWake)
    let delay = Instant.microseconds(from: .minute(60), to: due) / 1_000_000
    #expect((0..<1800).contains(delay))
    // A reload and a restart don't roll it again.
    bench.load([spread, try job("other")])
    bench.load([spread])
    #expect(bench.engine.nextWake == due)
    var next = try bench.crashed(after: 10)
    next.load([spread])
    #expect(next.engine.nextWake == due)
    next.tick(after: Double(Instant.microseconds(from: next.clock.wall, to: due)) / 1e6)
    #expect(next.claims.map(\.occurrence) == [.minute(60)])
    #expect(next.claims.first?.due == (delay == 0 ? nil : due))
    #expect(next.claims.first?.startDeadline == due.adding(seconds: 1800))
    var salted = spread
    salted.jitterSeed = 99
    let others = Set(
      (0..<8).map { hour in
        var other = salted
        other.jitterSeed = UInt64(hour)
        return Bench.loaded(other).engine.nextWake
      })
    #expect(others.count > 1)
  }

  @Test func `a job's several schedules are one stream of occurrences`() throws {
    var both = try job("both", "*/2 * * * *", overlap: .allow)
    both.definition.schedules.append(try Schedule.parse("*/3 * * * *", dialect: .any, seed: "both"))
    var bench = Bench.loaded(both)
    for _ in 0..<6 { bench.tick(after: 60) }
    #expect(bench.claims.map(\.occurrence) == [.minute(2), .minute(3), .minute(4), .minute(6)])
  }

  @Test(.acceptance(3)) func `ticks go on while no run ever ends`() throws {
    var bench = Bench.loaded(try job(overlap: .allow))
    for minute in 1...20 {
      bench.tick(after: 60)
      #expect(bench.dispatched.count == minute)
    }
  }

  @Test func `a failed tick is recorded, decides nothing, and what was due is decided by the next one`() throws {
    var bench = Bench(at: Bench.noon)
    bench.recover(LedgerState())
    bench.send(.tickFailed(message: "EIO", bench.clock))
    #expect(bench.records.isEmpty, "its ticker's beginning isn't recorded yet")
    bench.load([try job("a", "* * * * *")])
    bench.pass(seconds: 61)
    bench.send(.tickFailed(message: "EIO", bench.clock))
    #expect(bench.records.last == .tickFailed(at: bench.clock.wall, message: "EIO"))
    #expect(bench.claims.isEmpty)
    bench.tick()
    #expect(bench.claims.map(\.occurrence) == [.minute(1)])
  }
}
