import CronConfig
import CronLedger
import CronTime
import Testing

@testable import CronEngine

/// A random delay puts an occurrence off; whatever happens meanwhile, it is accounted for.
@Suite struct DelayTests {
  /// A job whose first occurrence after noon is delayed by more than so many seconds.
  private func delayed(_ schedules: String..., by seconds: Int64) throws -> EngineJob {
    for number in 0..<1000 {
      var candidate = try job("delayed\(number)", schedules[0], jitterMinutes: 3)
      for more in schedules.dropFirst() {
        candidate.definition.schedules += try job("x", more).definition.schedules
      }
      if candidate.jitterSeconds(at: .minute(1)) > seconds { return candidate }
    }
    struct NoneFound: Error {}
    throw NoneFound()
  }

  @Test func `what a pause delays beyond its end is skipped at its end`() throws {
    let delayed = try delayed("*/1 * * * *", by: 100)
    let name = delayed.definition.name
    var bench = Bench.loaded(delayed)
    bench.tick(after: 30)
    bench.send(.pause(job: name, until: nil, reason: nil, request: 1, bench.clock))
    bench.pass(seconds: 60)
    // 12:01:30; the occurrence of 12:01 would be due at 12:02:40 or later.
    bench.send(.resume(job: name, request: 2, bench.clock))
    #expect(bench.skips.map(\.first) == [.minute(1)])
    #expect(bench.skips.map(\.reason) == [.paused])
  }

  @Test func `a reboot's run doesn't swallow an occurrence that is put off`() throws {
    let delayed = try delayed("*/1 * * * *", "@reboot", by: 100)
    var bench = Bench(at: .minute(0, second: 30))
    bench.recover(LedgerState())
    bench.load([delayed])
    bench.finishAll()
    // The machine goes down after 12:00:30 and comes back at 12:01:30, before the delayed 12:01 is due.
    var next = try bench.crashed(after: 60, boot: "boot-2")
    next.load([delayed])
    let decided = next.claims.compactMap(\.occurrence) + next.queued + next.skips.map(\.first)
    #expect(decided.contains(.minute(1)))
    #expect(next.claims.contains { $0.trigger == .reboot })
  }
}
