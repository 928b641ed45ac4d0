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

  /// As in a simulated world (seed 5860194): a held run was given to a worker, and the ticker died in the step.
  @Test(arguments: [(310, []), (190, ["early-start minute 300"])] as [(Int64, [String])])
  func `a step that only the end of another run tells explains a start before its instant`(
    endedAt: Int64, words: [String]
  ) throws {
    var history = AuditHistory()
    history.define("minute", "*/5 * * * *", at: 0)
    history.add(.restart(at: Samples.at(1), boot: "boot-1", pid: 7, version: "1"))
    history.add(.clockStep(at: Samples.at(65), byMicroseconds: -1_000_000_000))
    let held = history.claim("minute", 300, at: 65)
    let other = history.claim("minute", nil, at: 66)
    history.start(other, at: 66)
    history.end(other, "minute", at: endedAt, startedAt: 66)
    history.add(.restart(at: Samples.at(200), boot: "boot-1", pid: 8, version: "1"))
    history.start(held, at: 205)
    history.end(held, "minute", at: 206, startedAt: 205)
    history.claim("minute", nil, at: 207)
    history.claim("minute", nil, at: 208)
    let found = try Audited(history.files()).words
    #expect(found == words)
  }
}
