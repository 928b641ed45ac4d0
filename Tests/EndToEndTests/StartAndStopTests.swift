import CronSystem
import CronTestSupport
import CronWire
import Testing

/// A crontab is started, fires, and is stopped.
@Suite(.ownThread)
struct StartAndStopTests {
  @Test("start returns once jobs will fire; they do; stop ends everything", .acceptance(1, 2, 4))
  func lifeCycle() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      let started = try cron.start()
      try #require(started.output.contains("jobs will fire automatically"), "\(started.output)")
      let lines = try cron.waitForEvidence(count: 3)
      #expect(lines.allSatisfy { $0.job == "tick" && $0.occurrence.hasSuffix("Z") && !$0.run.isEmpty })
      let status = try cron.run(["status"])
      #expect(status.exit == 0)
      #expect(status.output.contains("jobs will fire automatically"))

      let stopped = try cron.stop()
      #expect(stopped.seconds < 5)
      #expect(Processes.naming(cron.state).isEmpty)
      let down = try cron.run(["status"])
      #expect(down.exit == 3)
      #expect(down.output.contains("not running: jobs will NOT fire"))
      let again = try cron.run(["stop"])
      #expect(again.exit == 3)
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }
}
