import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// cronwatch as PID 1 of a container.
@Suite(.ownThread)
struct ContainerTests {
  private static let crontab =
    "# cronwatch: name=boot\n@reboot echo boot >> $SANDBOX/boots\n"
    + "# cronwatch: name=who\n@every 1s echo \"$(id -u) $HOME $(touch /tried 2>/dev/null && echo rw || echo ro)\" "
    + "> $SANDBOX/who\n"
    + "# cronwatch: name=long\n@every 1s trap 'echo TERM >> $SANDBOX/told; exit 9' TERM; echo > $SANDBOX/long; "
    + "while :; do sleep 0.05; done\n"

  @Test("PID 1 of a read-only container without a named user reaps strangers, stands signals, and stops in time")
  func container() throws {
    try Container.requireThatItCanBeMade()
    try Cronwatch.use(configuration: "[jobs]\ndrain = 0s\n") { cron in
      try cron.crontab(Self.crontab + Cronwatch.evidenceLine("@every 1s"))
      var first = try Container(cron)
      try cron.waitForEvidence(count: 2)
      try cron.wait("the other jobs") {
        text(cron.sandbox.path(of: "who")) != "" && access(cron.sandbox.path(of: "long"), F_OK) == 0
      }
      #expect(text(cron.sandbox.path(of: "who")).hasPrefix("54321 "))
      #expect(text(cron.sandbox.path(of: "who")).hasSuffix(" ro\n"))
      let status = try first.run(["status"])
      #expect(status.exit == 0)
      #expect(unwrapped(status.output).contains("jobs will fire automatically"))

      // What somebody ran here by `exec` and left behind is PID 1's.
      let pid = try #require(Int32(try first.shell("sleep 1000 > /dev/null 2>&1 & echo $!").output.dropLast()))
      let (stub, watcher) = (first.initPid, try #require(Self.child(of: first.initPid, "watcher")))
      let orphan = try waitForValue("the stranger below PID 1") {
        ProcessStatus.children(of: stub).first { ProcessStatus.commandLine(of: $0)?.last == "1000" }
      }
      #expect(try first.shell("kill -9 \(pid)").exit == 0)
      try cron.wait("its reaping") { ProcessStatus.read(orphan) == nil }

      for number in [SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTSTP, SIGTTIN, SIGCONT, SIGWINCH, 37, 64] {
        try first.signal(number)
      }
      try cron.wait("the reload and the state in the log") {
        first.log.contains("asked to reload") && first.log.contains("phase=")
      }
      try cron.waitForEvidence(count: cron.evidence().count + 1)
      #expect(Self.child(of: stub, "watcher") == watcher)

      #expect(try first.stop() == .exited(0))
      #expect(text(cron.sandbox.path(of: "told")) == "TERM\n")
      #expect(text(cron.sandbox.path(of: "boots")) == "boot\n")

      // The same boot of the machine, but another of the container.
      var second = try Container(cron)
      try cron.wait("another @reboot") { text(cron.sandbox.path(of: "boots")) == "boot\nboot\n" }
      let runs = try second.run(["runs", "long", "--json", "--limit", "0"]).runs()
      #expect(runs.contains { $0.outcome == "stopped" && $0.exitCode == 9 }, "\(runs)")
      #expect(try second.run(["audit"]).exit == 0)
      #expect(try second.stop() == .exited(0))
      #expect(Processes.naming(cron.state).isEmpty)
    }
  }

  private static func child(of parent: Int32, _ role: String) -> Int32? {
    ProcessStatus.children(of: parent).first { ProcessStatus.commandLine(of: $0)?.contains(role) == true }
  }
}
