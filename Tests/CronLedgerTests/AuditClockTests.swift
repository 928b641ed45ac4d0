import CronTime
import Testing

@testable import CronLedger

/// A clock that was set back, where nothing recorded it.
@Suite struct AuditClockTests {
  @Test(arguments: [false, true])
  func `a step of the clock that went with the power is no finding: what a slot tells came after it`(
    endsFirst: Bool
  ) throws {
    func words(afterBoot boot: String) throws -> [String] {
      var history = AuditHistory()
      history.define("minute", "* * * * *", at: 0)
      history.add(.restart(at: Samples.at(1), boot: "boot-1", pid: 7, version: "1"))
      let run = history.claim("minute", 60, at: 65)
      history.start(run, at: 70)
      // Set back, the run ended at 30, and nothing of it was synced when the power failed.
      if endsFirst {
        history.end(run, "minute", at: 30, startedAt: 70)
        history.claim("minute", 120, at: 130)
        history.claim("minute", nil, at: 130)
      }
      history.add(.restart(at: Samples.at(130, microseconds: 1_500), boot: boot, pid: 8, version: "1"))
      if !endsFirst { history.end(run, "minute", at: 30, startedAt: 70) }
      return try Audited(history.files()).words
    }
    #expect(try words(afterBoot: "boot-2") == [])
    // A ticker that begins says first what it has found: the one before may have died in the write of the step, as in a
    // simulated world (seed 5652624). What comes behind its beginning is judged by what it has seen itself.
    #expect(try words(afterBoot: "boot-1") == (endsFirst ? [] : ["end-before-start minute 60"]))
  }
}
