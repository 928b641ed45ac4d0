import CronTime
import Testing

@testable import CronLedger

/// What a ledger says of a job while it is paused.
@Suite struct AuditPauseTests {
  @Test func `the occurrences of a pause that holds are not owed yet`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    history.run("minute", 60)
    history.add(.pause(job: "minute", at: Samples.at(70)))
    history.define("other", "@every 60s", at: 70)
    for second: Int64 in [130, 190, 250] { history.run("other", second) }
    history.add(.through(at: Samples.at(250)))
    #expect(try Audited(history.files()).words == [])
    history.add(.resume(job: "minute", at: Samples.at(260)))
    #expect(try Audited(history.files()).words == ["no-outcome minute 120"])
  }

  @Test func `a paused job runs for no schedule, and a pause that is over holds nothing back`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    history.add(.queued(job: "minute", occurrence: Samples.at(60), at: Samples.at(61)))
    history.add(.pause(job: "minute", at: Samples.at(70), until: Samples.at(200)))
    // What waited before may come, and whoever asks for a run gets it.
    history.run("minute", 60, at: 75)
    history.claim("minute", nil, at: 80)
    #expect(try Audited(history.files()).words == [])
    var fired = history
    fired.run("minute", 120)
    #expect(try Audited(fired.files()).words.contains("not-expected minute 120"))
    var over = history
    over.add(.through(at: Samples.at(250)))
    #expect(try Audited(over.files()).words.contains("no-outcome minute 120"))
    history.claim("minute", nil, trigger: .schedule, at: 90)
    #expect(try Audited(history.files()).words.contains("not-expected minute"))
  }
}
