import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

@Suite struct ReloadTests {
  @Test func `an unchanged job is left alone`() throws {
    let jobs = [try job("a", "*/10 * * * *"), try job("b", "@every 7m")]
    var bench = Bench(at: Bench.noon)
    bench.recover(LedgerState())
    bench.load(jobs)
    bench.pass(seconds: 200)
    let before = bench.records.count
    let wake = bench.engine.nextWake
    bench.load(jobs)
    #expect(bench.records.count == before)
    #expect(bench.engine.nextWake == wake)
    bench.tick(after: 220)
    #expect(bench.claims.map(\.occurrence) == [.minute(7)], "the interval's grid stays where it was")
  }

  @Test func `a changed schedule begins now and never fires in the past`() throws {
    var bench = Bench.loaded(try job("a", "0 * * * *"))
    bench.pass(seconds: 1800)
    bench.load([try job("a", "*/5 * * * *")])
    #expect(bench.definitions.map(\.origin) == [Bench.noon, .minute(30)])
    bench.tick()
    #expect(bench.claims.isEmpty)
    bench.tick(after: 300)
    #expect(bench.claims.map(\.occurrence) == [.minute(35)])
  }

  @Test func `what was due before the change is decided under the old schedule`() throws {
    var bench = Bench.loaded(try job("a", "* * * * *"))
    bench.pass(seconds: 61)
    bench.load([try job("a", "0 * * * *")])
    #expect(bench.claims.map(\.occurrence) == [.minute(1)])
  }

  /// Who reads the ledger sees when a job was edited, whatever it was.
  @Test func `every edit of a job is recorded, and one that changes nothing isn't`() throws {
    let edits: [(inout JobDefinition) -> Void] = [
      { $0.timeoutSeconds = 5 }, { $0.overlap = .queue }, { $0.graceSeconds = 30 }, { $0.catchUp = .skip },
      { $0.user = "nobody" }, { $0.environment = [EnvironmentVariable(name: "A", value: "b")] },
      { $0.shell = "/bin/bash" },
      { $0.standardInput = "text" }, { $0.onInterrupt = .rerun }, { $0.durability = .required },
    ]
    var edited = try job()
    var bench = Bench.loaded(edited)
    for (index, edit) in edits.enumerated() {
      edit(&edited.definition)
      bench.load([edited])
      #expect(bench.definitions.count == index + 2)
      bench.load([edited])
      #expect(bench.definitions.count == index + 2)
    }
    #expect(Set(bench.definitions.map(\.commandDigest)).count == edits.count + 1)
    #expect(Set(bench.definitions.map(\.origin)) == [Bench.noon])
    var next = try bench.crashed(after: 1)
    next.load([edited])
    #expect(next.definitions.isEmpty)
  }

  @Test func `a changed command keeps the origin, and takes effect`() throws {
    var bench = Bench.loaded(try job("a", "@every 10m", command: "old"))
    bench.pass(seconds: 300)
    bench.load([try job("a", "@every 10m", command: "new")])
    #expect(bench.definitions.map(\.origin) == [Bench.noon, Bench.noon])
    #expect(Set(bench.definitions.map(\.commandDigest)).count == 2)
    bench.tick(after: 300)
    #expect(bench.dispatched.first?.occurrence == .minute(10))
    #expect(bench.dispatched.first?.job.command == .shellLine("new"))
  }

  @Test func `a changed policy takes effect at once`() throws {
    var bench = Bench.loaded(try job(overlap: .skip))
    bench.load([try job(overlap: .allow)])
    bench.tick(after: 60)
    bench.tick(after: 60)
    #expect(bench.dispatched.count == 2)
  }

  @Test(.acceptance(63)) func `a removed job is retired, and its run goes on and is recorded`() throws {
    var bench = Bench.loaded(try job(), try job("other", "0 0 * * *"))
    bench.tick(after: 60)
    let run = bench.dispatched[0].run
    bench.start(run)
    bench.load([try job("other", "0 0 * * *")])
    #expect(bench.records.contains { if case .retire("j", _) = $0 { true } else { false } })
    #expect(bench.stopped.isEmpty)
    bench.tick(after: 60)
    #expect(bench.claims.count == 1)
    bench.end(run, code: 3)
    #expect(bench.ends.map(\.exitCode) == [3])
    #expect(bench.ends.first?.outcome == .failed)
    #expect(bench.engine.isIdle)
    bench.tick(after: 600)
    #expect(bench.claims.count == 1, "nothing of it fires any more")
  }

  @Test func `a job that comes back begins anew, and its old run still counts for overlap`() throws {
    var bench = Bench.loaded(try job())
    bench.tick(after: 60)
    bench.load([])
    bench.pass(seconds: 600)
    bench.load([try job()])
    #expect(bench.definitions.last?.origin == .minute(11))
    bench.tick(after: 60)
    #expect(bench.skips.map(\.first) == [.minute(12)])
    bench.finishAll()
    bench.tick(after: 60)
    #expect(bench.claims.map(\.occurrence) == [.minute(1), .minute(13)])
  }

  @Test(.acceptance(58)) func `what waited for a removed job's turn gets an outcome`() throws {
    var bench = Bench.loaded(try job(overlap: .queue))
    bench.tick(after: 60)
    bench.tick(after: 60)
    #expect(bench.queued == [.minute(2)])
    bench.load([])
    #expect(bench.skips.map(\.first) == [.minute(2)])
    #expect(try bench.replayed().queued.isEmpty)
  }

  @Test func `two jobs of one name: the first is used, and it is said`() throws {
    let bench = Bench.loaded(try job("a", "0 * * * *"), try job("a", "* * * * *"))
    #expect(bench.notices == [.duplicateJob("a")])
    #expect(bench.engine.nextWake == .minute(60))
  }

  @Test func `a restart keeps origins and grids`() throws {
    let grid = try job("g", "@every 10m")
    var bench = Bench.loaded(grid)
    bench.tick(after: 600)
    bench.finishAll()
    var next = try bench.crashed(after: 130)
    next.load([grid])
    #expect(next.definitions.isEmpty)
    #expect(next.engine.nextWake == .minute(20))
  }

  @Test(.acceptance(58)) func `a schedule that changed while we were down leaves no occurrence without an outcome`()
    throws
  {
    var bench = Bench.loaded(try job("a", "0 * * * *"), try job("gone", "30 * * * *"))
    bench.tick(after: 3600)
    bench.finishAll()
    var next = try bench.crashed(after: 3 * 3600)
    next.load([try job("a", "15 * * * *")])
    #expect(next.misses.first { $0.job == "a" }?.first == .minute(120))
    #expect(next.misses.first { $0.job == "a" }?.count == 3)
    #expect(next.misses.first { $0.job == "gone" }?.first == .minute(90))
    #expect(next.misses.first { $0.job == "gone" }?.count == 3)
    #expect(next.misses.allSatisfy { $0.reason == .down })
    next.tick(after: 900)
    #expect(next.claims.map(\.occurrence) == [.minute(255)])
  }

  @Test func `pause skips what lies in it, and resume begins anew`() throws {
    var bench = Bench.loaded(try job())
    bench.pass(seconds: 90)
    bench.send(.pause(job: "j", until: nil, reason: "deploy", request: 1, bench.clock))
    bench.finishAll()
    #expect(bench.claims.map(\.occurrence) == [.minute(1)], "what was due before is decided before")
    #expect(bench.engine.nextWake == nil)
    bench.tick(after: 600)
    #expect(bench.engine.summary.paused == 1)
    bench.send(.resume(job: "j", request: 2, bench.clock))
    #expect(bench.skips.map(\.reason) == [.paused])
    #expect(bench.skips.first?.first == .minute(2))
    #expect(bench.skips.first?.last == .minute(11))
    #expect(bench.skips.first?.count == 10)
    bench.tick(after: 30)
    #expect(bench.claims.last?.occurrence == .minute(12))
    #expect(bench.answers == [1: .done, 2: .done])
  }

  @Test func `a pause with an end ends by itself, also across a restart`() throws {
    var bench = Bench.loaded(try job())
    bench.send(.pause(job: "j", until: .minute(10), reason: nil, request: 1, bench.clock))
    var next = try bench.crashed(after: 60)
    next.load([try job()])
    #expect(next.engine.nextWake == .minute(10))
    next.tick(after: 9 * 60)
    #expect(next.skips.map(\.count) == [10])
    next.tick(after: 60)
    #expect(next.claims.map(\.occurrence) == [.minute(11)])
    #expect(try next.replayed().jobs["j"]?.pausedUntil == nil)
  }

  @Test func `new zone data keeps the origin and owes no wall time twice`() throws {
    // Two fixed zones under one name, an hour apart: what a government does overnight.
    let before = try Zone(name: "Test/Land", tzif: fixedZone(hours: 2))
    let after = try Zone(name: "Test/Land", tzif: fixedZone(hours: 1))
    var daily = try job("d", "0 15 * * *")
    daily.zone = before
    var bench = Bench.loaded(daily)
    bench.tick(after: 3600)
    bench.finishAll()
    #expect(bench.claims.map(\.occurrence) == [.minute(60)], "15:00 at +02:00")
    daily.zone = try Zone(
      name: "Test/Land", tzif: #require(Zone.joined(before, until: Bench.noon.adding(seconds: 3601), then: after)))
    bench.load([daily])
    #expect(bench.definitions.map(\.origin) == [Bench.noon, Bench.noon])
    #expect(bench.engine.nextWake == .minute(120 + 1440), "15:00 of the next day at +01:00")
  }

  /// A mark set forward to the same local time once silenced all its schedules for an hour.
  @Test func `new zone data doesn't silence what follows elapsed time`() throws {
    let (before, after) = (
      try Zone(name: "Test/Land", tzif: fixedZone(hours: 2)), try Zone(name: "Test/Land", tzif: fixedZone(hours: 1))
    )
    var often = [
      try job("stars", "* * * * *"), try job("interval", "@every 60s"), try job("both"),
    ]
    often[2].definition.schedules.append(try Schedule.parse("30 14 * * *"))
    for index in often.indices { often[index].zone = before }
    var bench = Bench.loaded(often[0], often[1], often[2])
    bench.tick(after: 60)
    bench.finishAll()
    let joined = try Zone(
      name: "Test/Land", tzif: #require(Zone.joined(before, until: Bench.noon.adding(seconds: 61), then: after)))
    for index in often.indices { often[index].zone = joined }
    bench.load(often)
    bench.tick(after: 60)
    #expect(bench.claims.filter { $0.occurrence == .minute(2) }.map(\.job).sorted() == ["both", "interval", "stars"])
  }

  /// It once began now, and named instants before the mark that nobody decided any more (simulated seed 302).
  @Test func `new zone data behind a clock that was set back begins where what is decided ends`() throws {
    var local = try job()
    local.zone = try Zone(name: "Test/Land", tzif: fixedZone(hours: 2))
    var bench = Bench.loaded(local, try job("u", "@every 1h"))
    for _ in 0..<10 { bench.tick(after: 60) }
    bench.setClock(by: -300)
    bench.tick()
    let ledger = bench.engine.ledger
    #expect(ledger.decidedThrough(zone: "Test/Land", now: bench.clock.wall) == .minute(10))
    #expect(ledger.decidedThrough(zone: "UTC", now: bench.clock.wall) == .minute(5), "no job of it is ahead")
    let yesterday = Instant.minute(-24 * 60)
    #expect(ledger.decidedThrough(zone: "Test/Land", now: yesterday) == yesterday, "the mark of a wrong clock")
  }

  @Test func `a definition that ended while nothing ran owed its occurrences in a zone that no job has any more`()
    throws
  {
    let land = try Zone(name: "Test/Land", tzif: fixedZone(hours: 2))
    var local = try job("d", "*/20 14-15 * * *")
    local.zone = land
    let bench = Bench.loaded(local, try job())
    var next = try bench.crashed(after: 3600)
    next.load([try job()], former: [land])
    #expect(next.misses.filter { $0.job == "d" }.map(\.count) == [3])
    #expect(next.misses.filter { $0.job == "d" }.map(\.reason) == [.down])
  }

  /// A TZif file (version 1) of a zone with one offset.
  private func fixedZone(hours: UInt8) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count: UInt8 in [0, 0, 0, 0, 1, 4] { bytes += [0, 0, 0, count] }
    let seconds = UInt32(hours) * 3600
    bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: seconds >> UInt32($0 * 8)) }
    bytes += [0, 0] + Array("TST\0".utf8)
    return bytes
  }
}
