import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What a job gets, how it is bounded, and what is kept of it.
@Suite(.ownThread)
struct JobTests {
  @Test("a job's environment is built as documented, and nothing of the daemon's is in it")
  func environment() throws {
    try Cronwatch.use { cron in
      try cron.crontab("COLOUR=\"light blue\"\n# cronwatch: name=env\n@every 1h env > $SANDBOX/env\n")
      cron.environment["SECRET"] = "of the daemon"
      try cron.start()
      #expect(try cron.run(["run", "env", "--wait"]).exit == 0)
      let account = try #require(try Account.of(userIdentifier: CurrentProcess.effectiveUser))
      var expected: Set = [
        "HOME=\(account.home)", "LOGNAME=\(account.name)", "USER=\(account.name)", "SHELL=/bin/sh",
        "PATH=/usr/bin:/bin", "SANDBOX=\(cron.sandbox.path)", "EVIDENCE=\(cron.sandbox.path(of: "evidence"))",
        "COLOUR=light blue", "CRONWATCH_JOB=env", "CRONWATCH_OCCURRENCE=", "CRONWATCH_ATTEMPT=1",
      ]
      expected.insert("CRONWATCH_RUN=\(try cron.runs("env").last(where: { $0.run != nil })?.run ?? "")")
      let entries = Set(text(cron.sandbox.path(of: "env")).split(separator: "\n").map(String.init))
      let ofShell: Set = ["PWD=\(account.home)", "OLDPWD=", "SHLVL=1", "SHLVL=0", "_=/usr/bin/env"]
      #expect(entries.subtracting(ofShell) == expected)
    }
  }

  @Test("what follows a per cent sign is standard input, with newlines for per cents")
  func standardInput() throws {
    try Cronwatch.use { cron in
      try cron.crontab("# cronwatch: name=in\n@every 1h cat > $SANDBOX/in%one%two \\% half%\n")
      try cron.start()
      #expect(try cron.run(["run", "in", "--wait"]).exit == 0)
      #expect(cron.sandbox.read("in") == "one\ntwo % half\n")
    }
  }

  @Test("a manual run consumes no occurrence, and ends with the job's answer", .acceptance(59))
  func manualRun() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("@every 2s", options: "overlap=allow")
          + Cronwatch.evidenceLine("@every 1h", name: "bad", then: "; exit 5"))
      try cron.start()
      for _ in 0..<3 {
        try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 1)
        #expect(try cron.run(["run", "tick", "--wait"]).exit == 0)
      }
      let failed = try cron.run(["run", "bad", "--wait"])
      #expect(failed.exit == 1)
      #expect(failed.error.contains("exit 5"))
      let unknown = try cron.run(["run", "nobody"])
      #expect(unknown.exit == 1)
      let manual = try cron.runs("tick").filter { $0.trigger == "manual" }
      #expect(manual.count == 3)
      #expect(manual.allSatisfy { $0.occurrence == nil && $0.outcome == "succeeded" })
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 2)
    }
  }

  @Test("the output of a run is kept and shown; a silent run has none")
  func logs() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        "# cronwatch: name=talker\n@every 1h echo to stdout; echo to stderr >&2\n"
          + "# cronwatch: name=mute\n@every 1h true\n"
      )
      try cron.start()
      #expect(try cron.run(["run", "talker", "--wait"]).exit == 0)
      #expect(try cron.run(["run", "mute", "--wait"]).exit == 0)
      let run = try #require(try cron.runs("talker").last(where: { $0.run != nil })?.run)
      for word in ["talker", run] {
        let shown = try cron.run(["logs", word])
        #expect(shown.exit == 0)
        #expect(shown.output == "to stdout\nto stderr\n")
      }
      let mute = try cron.run(["logs", "mute"])
      #expect(mute.exit == 0)
      #expect(mute.output.isEmpty)
      #expect(try cron.run(["logs", "nobody"]).exit == 1)
      try cron.stop()
      #expect(try cron.run(["logs", "talker"]).output == "to stdout\nto stderr\n")
    }
  }

  @Test("a flood of output is capped on the disk: its beginning and its end are kept")
  func flood() throws {
    try Cronwatch.use(configuration: "[jobs]\noutput-limit = 64K\n") { cron in
      try cron.crontab(
        "# cronwatch: name=flood\n@every 1h echo first; yes | head -c 50000000; echo last\n")
      try cron.start()
      #expect(try cron.run(["run", "flood", "--wait"]).exit == 0)
      let directory = try Directory.open(cron.state + "/output/flood")
      let name = try #require(try directory.list().first)
      var status = stat()
      #expect(stat(cron.state + "/output/flood/" + name, &status) == 0)
      #expect(Int(status.st_blocks) * 512 <= 128 << 10)
      let shown = try cron.run(["logs", "flood"]).output
      #expect(shown.hasPrefix("first\n"))
      #expect(shown.hasSuffix("last\n"))
    }
  }

  @Test("a timeout ends the whole tree, those that left its session and those that ignore TERM too", .acceptance(64))
  func timeout() throws {
    try Cronwatch.use(configuration: "[jobs]\nkill-grace = 1s\n") { cron in
      let line = "setsid sleep 1000 & (trap '' TERM; sleep 1001) & trap '' TERM; echo $$ >> $SANDBOX/pid; wait; wait"
      try cron.crontab("# cronwatch: name=endless timeout=1s\n@every 1h \(line); sleep 1002\n")
      try cron.start()
      let result = try cron.run(["run", "endless", "--wait"], seconds: 90)
      #expect(result.exit == 1)
      let row = try #require(try cron.runs("endless").last(where: { $0.run != nil }))
      #expect(row.outcome == "timed-out")
      try cron.wait("the end of the tree") {
        Processes.naming(cron.sandbox.path).allSatisfy {
          !(ProcessStatus.commandLine(of: $0.pid) ?? []).contains("sleep")
        }
      }
      try cron.waitForVerdict("healthy")
    }
  }

  @Test("a grandchild that keeps the output open doesn't delay the run's end, and is left alone", .acceptance(64))
  func grandchild() throws {
    try Cronwatch.use { cron in
      try cron.crontab("# cronwatch: name=parent\n@every 1h sleep 1000 & echo $! > $SANDBOX/pid; echo done\n")
      try cron.start()
      let result = try cron.run(["run", "parent", "--wait"])
      #expect(result.exit == 0)
      let pid = try #require(Int32(cron.sandbox.read("pid")?.dropLast() ?? ""))
      #expect(ProcessIdentity.read(pid)?.isAlive == true)
      #expect(try cron.run(["logs", "parent"]).output == "done\n")
      #expect(try cron.run(["run", "parent", "--wait"]).exit == 0)
    }
  }

  @Test("nothing that ends stays a zombie, orphans of jobs neither", .acceptance(65))
  func zombies() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s", then: "; (setsid sh -c 'sleep 0.2; exit 4' &) ; sleep 0.1 &")
          + Cronwatch.evidenceLine("@every 1s", name: "second", then: "; kill -9 $$"))
      try cron.start()
      let watcher = try cron.watcher()
      try cron.waitForEvidence("tick", count: 4)
      try cron.kill(try cron.ticker())
      try cron.waitForEvidence("tick", count: 8)
      var seen: Set<ProcessIdentity> = []
      for pid in [watcher.pid] + Processes.descendants(of: watcher.pid) {
        if ProcessStatus.read(pid)?.state == "Z", let zombie = ProcessIdentity.read(pid) { seen.insert(zombie) }
      }
      try cron.wait("every zombie is reaped", seconds: 90) {
        seen.allSatisfy { zombie in ProcessIdentity.read(zombie.pid) != zombie }
      }
      #expect(try cron.runs("second").filter { $0.outcome == "failed" }.allSatisfy { $0.signal == "KILL" })
    }
  }

  @Test("a run that could not be executed fails as in a shell: 127 and 126")
  func notExecutable() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        "# cronwatch: name=missing\n@every 1h no-such-command here\n"
          + "# cronwatch: name=plain\n@every 1h \(cron.sandbox.path)/crontab\n"
      )
      try cron.start()
      #expect(try cron.run(["run", "missing", "--wait"]).exit == 1)
      #expect(try cron.run(["run", "plain", "--wait"]).exit == 1)
      #expect(try cron.runs("missing").last(where: { $0.run != nil })?.exitCode == 127)
      #expect(try cron.runs("plain").last(where: { $0.run != nil })?.exitCode == 126)
      #expect(try cron.run(["logs", "missing"]).output.contains("not found"))
    }
  }
}
