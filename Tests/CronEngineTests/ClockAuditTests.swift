import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

/// What clocks, zones and reloads do to the ledger stands the audit: nothing is silent, nothing is owed twice.
@Suite struct ClockAuditTests {
  struct Story: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// What the land's zone is at the end.
    var zone: @Sendable () throws -> Zone = { .utc }
    var tell: @Sendable () throws -> [SequencedRecord]
  }

  private static let tenYears: Int64 = 10 * 365 * 86_400

  private static func live(_ bench: inout Bench, minutes: Int) {
    for _ in 0..<minutes {
      bench.tick(after: 60)
      bench.finishAll()
    }
  }

  static let stories: [Story] = [
    Story(testDescription: "the clock is set back by five minutes") {
      var bench = Bench.loaded(try job(), try job("grid", "@every 90s"))
      live(&bench, minutes: 10)
      bench.setClock(by: -300)
      live(&bench, minutes: 12)
      return bench.sequenced
    },
    Story(testDescription: "the clock is set forward by an hour") {
      var bench = Bench.loaded(try job(), try job("grid", "@every 90s"))
      live(&bench, minutes: 3)
      bench.setClock(by: 3_600)
      live(&bench, minutes: 5)
      return bench.sequenced
    },
    Story(testDescription: "a wrong clock of ten years ahead is corrected") {
      var bench = Bench.loaded(try job(), try job("grid", "@every 90s"), try job("daily", "0 12 * * *"))
      live(&bench, minutes: 3)
      bench.setClock(by: tenYears)
      live(&bench, minutes: 3)
      bench.setClock(by: -tenYears)
      bench.send(.clockStepped(byMicroseconds: -tenYears * 1_000_000, bench.clock))
      live(&bench, minutes: 5)
      return bench.sequenced
    },
    Story(testDescription: "a wrong clock of ten years ahead is corrected while nothing runs") {
      let jobs = [try job(), try job("grid", "@every 90s")]
      var bench = Bench(at: Bench.noon)
      bench.recover(LedgerState())
      bench.load(jobs)
      live(&bench, minutes: 3)
      bench.setClock(by: tenYears)
      live(&bench, minutes: 3)
      var next = try bench.crashed()
      next = Bench(at: Bench.noon.adding(seconds: 1_200), settings: EngineSettings(bootIdentifier: "boot-2"))
      next.recover(try bench.replayed(), sameBoot: false)
      next.load(jobs)
      live(&next, minutes: 5)
      return bench.sequenced + next.sequenced
    },
    Story(testDescription: "the machine sleeps for two hours") {
      var bench = Bench.loaded(try job(), try job("grid", "@every 90s"))
      live(&bench, minutes: 3)
      bench.suspend(seconds: 7_200)
      live(&bench, minutes: 3)
      return bench.sequenced
    },
    Story(testDescription: "the ticker hangs for two hours") {
      var bench = Bench.loaded(try job(), try job("grid", "@every 90s"))
      live(&bench, minutes: 3)
      live(&bench, minutes: 1)
      bench.pass(seconds: 7_200)
      live(&bench, minutes: 3)
      return bench.sequenced
    },
    Story(
      testDescription: "the land moves west, so that noon comes a second time",
      zone: { try land(hours: 2, then: 1, after: 70) }
    ) {
      try move(from: 2, to: 1)
    },
    Story(
      testDescription: "the land moves east, past an instant that was near",
      zone: { try land(hours: 2, then: 4, after: 70) }
    ) {
      try move(from: 2, to: 4)
    },
    Story(testDescription: "a job is put into another zone") {
      var moved = try job("d", "*/15 14-15 * * *")
      moved.zone = try land(hours: 2)
      var bench = Bench.loaded(moved, try job())
      live(&bench, minutes: 40)
      moved.zone = .utc
      bench.load([moved, try job()])
      live(&bench, minutes: 180)
      return bench.sequenced
    },
    Story(testDescription: "a job is put into another zone while an occurrence waits") {
      var bench = try waiting()
      try #require(bench.engine.ledger.queued.count == 1)
      bench.load([try job("d", "*/15 14-15 * * *", overlap: .queue), try job()])
      live(&bench, minutes: 180)
      return bench.sequenced
    },
    Story(testDescription: "a job is put into another zone while nothing runs and an occurrence waits") {
      let bench = try waiting()
      var next = try bench.crashed(after: 60)
      next.load([try job("d", "*/15 14-15 * * *", overlap: .queue), try job()])
      live(&next, minutes: 180)
      return bench.sequenced + next.sequenced
    },
    Story(testDescription: "jobs change, go and come back, pause and resume") {
      var bench = Bench.loaded(try job(), try job("other", "*/5 * * * *"))
      live(&bench, minutes: 7)
      bench.load([try job("j", "*/2 * * * *")])
      live(&bench, minutes: 7)
      bench.send(.pause(job: "j", until: nil, reason: nil, request: 1, bench.clock))
      live(&bench, minutes: 7)
      bench.load([try job("j", "*/3 * * * *"), try job("other", "*/5 * * * *")])
      live(&bench, minutes: 7)
      bench.send(.resume(job: "j", request: 2, bench.clock))
      live(&bench, minutes: 7)
      return bench.sequenced
    },
  ]

  /// A job in a land two hours to the east whose first run goes on, so that its second occurrence waits.
  private static func waiting() throws -> Bench {
    var moved = try job("d", "*/15 14-15 * * *", overlap: .queue)
    moved.zone = try land(hours: 2)
    var bench = Bench.loaded(moved, try job())
    for _ in 0..<40 {
      bench.tick(after: 60)
      for order in bench.dispatched where order.job.name != "d" && bench.engine.ledger.open[order.run] != nil {
        bench.end(order.run)
      }
    }
    return bench
  }

  private static func move(from: UInt8, to: UInt8) throws -> [SequencedRecord] {
    var local = try job("d", "*/20 13-16 * * *")
    local.zone = try land(hours: from)
    var bench = Bench.loaded(local, try job())
    live(&bench, minutes: 70)
    local.zone = try land(hours: from, then: to, after: 70)
    bench.load([local, try job()])
    live(&bench, minutes: 240)
    return bench.sequenced
  }

  /// A land that goes over to another offset some minutes after noon, and is told of it then.
  private static func land(hours: UInt8, then other: UInt8, after minutes: Int64) throws -> Zone {
    let now = Instant(seconds: Bench.noon.seconds + minutes * 60 + 1)
    let bytes = try #require(Zone.joined(land(hours: hours), until: now, then: land(hours: other)))
    return try Zone(name: "Test/Land", tzif: bytes)
  }

  /// A land of one offset, TZif version 1: governments change it overnight.
  private static func land(hours: UInt8) throws -> Zone {
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count: UInt8 in [0, 0, 0, 0, 1, 4] { bytes += [0, 0, 0, count] }
    let seconds = UInt32(hours) * 3600
    bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: seconds >> UInt32($0 * 8)) }
    bytes += [0, 0] + Array("TST\0".utf8)
    return try Zone(name: "Test/Land", tzif: bytes)
  }

  @Test(arguments: stories, 1...3) func `has no findings, and something to say`(_ story: Story, segments: Int) throws {
    let records = try story.tell()
    let present = try story.zone()
    var ledger = try MemoryLedger(records, segments: segments)
    var items: [AuditItem] = []
    let heard = Heard()
    let summary = try LedgerAudit.run(
      &ledger, zone: { name, _ in name == present.name ? present : nil }, report: { heard.items.append($0) })
    items = heard.items.filter(\.kind.isFinding)
    #expect(items.isEmpty, "\(items.prefix(5))")
    #expect(summary.totals.occurrences > 8)
  }

  private final class Heard {
    var items: [AuditItem] = []
  }
}
