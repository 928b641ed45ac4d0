import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A running cronwatch becomes another program: an upgrade.
@Suite(.ownThread)
struct RestartTests {
  private static let held = """
    # cronwatch: name=held
    @reboot while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; exit 3

    """

  @Test("restart goes on as another program with the same pid; a run of before is recorded by the new ticker")
  func upgrade() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Self.held)
      try cron.start()
      try cron.waitForEvidence(count: 2)
      try cron.wait("a run that is held") { try cron.runs("held").count == 1 }
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      let program = cron.sandbox.path(of: "upgraded")
      try copyProgram(to: program)

      var restart = try cron.spawn(["restart"], executable: program)
      let said = restart.outputPath
      #expect(try restart.wait("restart", seconds: 60, sourceLocation: #_sourceLocation) == .exited(0))
      #expect(text(said).contains("jobs will fire automatically"))
      #expect(try cron.watcher() == watcher)
      #expect(try Directory.open("/proc/\(watcher.pid)").linkTarget("exe") == program)
      let second = try cron.ticker()
      #expect(second != ticker && !ticker.isAlive)
      #expect(try Directory.open("/proc/\(second.pid)").linkTarget("exe") == program)
      try cron.waitForEvidence(count: cron.evidence("tick").count + 2)
      #expect(try cron.runs("held").map(\.outcome) == [nil])

      try cron.sandbox.write("go", "")
      try cron.wait("the end of the held run") { try cron.runs("held").first?.outcome == "failed" }
      try cron.stop()
      // A worker that an earlier ticker had started is nobody's child here: it ends when it notices.
      try cron.wait("the end of all processes") { Processes.naming(cron.state).isEmpty }
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("restart with another crontab fires none of the old one's jobs again, without one it is a start")
  func otherCrontab() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "old"))
      try cron.sandbox.write(
        "other", "EVIDENCE=\(cron.sandbox.path(of: "evidence"))\n" + Cronwatch.evidenceLine("@every 1s", name: "new"))
      #expect(try cron.run(["restart", cron.crontabPath]).exit == 0)
      try cron.waitForEvidence("old", count: 1)
      let watcher = try cron.watcher()
      let restarted = try cron.run(["restart", cron.sandbox.path(of: "other")])
      #expect(restarted.exit == 0, "\(restarted.error)")
      #expect(try cron.watcher() == watcher)
      let old = cron.evidence("old").count
      try cron.waitForEvidence("new", count: 2)
      // What was claimed before may have begun a moment after.
      #expect(cron.evidence("old").count <= old + 1)
      #expect(try cron.status()["jobs"]?["total"] == 1)
    }
  }

  @Test("version --self-test passes here, and refuses the files of a later version")
  func selfTest() throws {
    try Cronwatch.use { cron in
      #expect(try cron.run(["version", "--self-test"]).exit == 0)
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      #expect(try cron.run(["version", "--self-test"]).exit == 0)
      try cron.stop()
      try cron.sandbox.write("state/format", "2.0\n")
      let refused = try cron.run(["version", "--self-test"])
      #expect(refused.exit != 0 && refused.error.contains("2.0"), "\(refused.error)")
    }
  }

  /// As an upgrade that was installed beside. By a process of its own: a descriptor of ours that is open for writing
  /// would be in every child that another test forks at that moment, and then nobody could execute the copy.
  private func copyProgram(to copy: String) throws {
    let pid = try Spawn.start(
      "/bin/cp", arguments: ["cp", Program.path, copy], environment: [], descriptors: [.init(child: 2, raw: 2)])
    try #require(try Reaper.wait(for: pid).cause == .exited(0))
  }
}
