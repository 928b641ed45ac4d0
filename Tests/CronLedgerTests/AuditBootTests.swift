import CronTime
import Testing

@testable import CronLedger

/// What a ledger says of the runs that a boot owes, and of runs that are over.
@Suite struct AuditBootTests {
  private static func boot(_ history: inout AuditHistory, _ boot: String, at second: Int64, claiming jobs: [String]) {
    for job in jobs {
      let run = Samples.run(900 + history.records.count)
      history.add(
        .claim(
          Claim(
            run: run, job: job, occurrence: Samples.at(second), trigger: .reboot, attempt: 1,
            at: Samples.at(second), bootIdentifier: boot)))
      history.start(run, at: second)
      history.end(run, job, at: second + 1, startedAt: second)
    }
    history.add(.restart(at: Samples.at(second), boot: boot, pid: 7, version: "1"))
  }

  @Test(
    arguments: [
      (["known", "reloaded"], []), (["known"], ["no-outcome reloaded"]),
      ([], ["no-outcome known", "no-outcome reloaded"]),
    ] as [([String], [String])])
  func `a boot without the run that it owes is found, also of a job that a reload had brought`(
    claimed: [String], words: [String]
  ) throws {
    var history = AuditHistory()
    history.define("known", "@reboot", at: 5)
    history.define("other", "0 0 1 1 *", at: 5)
    Self.boot(&history, "boot-1", at: 6, claiming: ["known"])
    history.define("reloaded", "@reboot", at: 50)
    // Defined while the ticker began: perhaps by a reload before it said so.
    history.define("new", "@reboot", at: 999)
    Self.boot(&history, "boot-2", at: 1_000, claiming: claimed)
    // The same boot owes nothing more.
    Self.boot(&history, "boot-2", at: 1_100, claiming: [])
    #expect(try Audited(history.files()).words == words)
    #expect(try Audited(history.files(cuts: [5])).words == words)
  }

  @Test func `a paused job is owed no run by a boot`() throws {
    var history = AuditHistory()
    history.define("known", "@reboot", at: 5)
    Self.boot(&history, "boot-1", at: 6, claiming: ["known"])
    history.add(.pause(job: "known", at: Samples.at(70)))
    Self.boot(&history, "boot-2", at: 1_000, claiming: [])
    #expect(try Audited(history.files()).words == [])
  }

  /// Nothing remembered that it had ended: the same name of a run served twice.
  @Test func `a run that has ended isn't claimed again`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    history.run("minute", 60)
    guard case .claim(var claim) = history.records[1].record else { return #expect(Bool(false), "no claim") }
    claim.occurrence = Samples.at(120)
    claim.at = Samples.at(120)
    history.add(.claim(claim))
    history.start(claim.run, at: 120)
    history.end(claim.run, "minute", at: 121, startedAt: 120)
    #expect(try Audited(history.files()).words == ["illegal-transition minute 120"])
  }
}
