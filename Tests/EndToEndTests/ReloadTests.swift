import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What users write is picked up, and what they break costs nothing but what is broken.
@Suite(.ownThread)
struct ReloadTests {
  @Test("a changed crontab is picked up without being told, however it was written", arguments: ["rename", "in place"])
  func notices(way: String) throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "old"))
      try cron.start()
      try cron.waitForEvidence("old")
      if way == "rename" {
        try cron.crontabBeside(Cronwatch.evidenceLine("@every 1s", name: "new"))
      } else {
        try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "new"))
      }
      try cron.waitForEvidence("new", count: 2)
      let count = cron.evidence("old").count
      try cron.waitForEvidence("new", count: 4)
      #expect(cron.evidence("old").count == count)
      // A second change is noticed as well: the watch follows the name, not the file of then.
      try cron.crontabBeside(Cronwatch.evidenceLine("@every 1s", name: "newest"))
      try cron.waitForEvidence("newest")
      try cron.stop()
      #expect(!(try cron.runs("old")).isEmpty)
    }
  }

  @Test("a ticker notices changes with the watches of a dead one, and nothing of what only that one watched")
  func inheritedWatches() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      let configuration = "[ticker]\ninterval = 1s\n[crontabs]\nfiles = "
      let (first, second) = (cron.sandbox.path(of: "a/tab"), cron.sandbox.path(of: "b/tab"))
      func write(_ path: String, job: String) throws {
        let evidence = "EVIDENCE=\(cron.sandbox.path(of: "evidence"))\n"
        let name = String(path.dropFirst(cron.sandbox.path.count + 1))
        try cron.sandbox.write(name, evidence + Cronwatch.evidenceLine("@every 1s", name: job))
      }
      try write(first, job: "one")
      try write(second, job: "two")
      try cron.configure(configuration + first + "\n")
      try cron.start()
      try cron.waitForEvidence("one")
      try cron.configure(configuration + second + "\n")
      try cron.waitForEvidence("two")
      let dead = try cron.ticker()
      try cron.kill(dead)
      try write(second, job: "three")
      try cron.waitForEvidence("three")
      #expect(try cron.ticker() != dead)
      try write(second, job: "four")
      try cron.waitForEvidence("four")
    }
  }

  @Test("what changed under the watches of a dead ticker while its successor still read isn't lost")
  func changedWhileRead() throws {
    let point = "reader.before-write"
    try Cronwatch.use(faults: "\(point):stop") { cron in
      // Not yet: the point has struck as far as anybody can tell.
      try cron.sandbox.write("faults/\(point)", "")
      let path = cron.sandbox.path(of: "named/tab")
      func write(job: String) throws {
        let evidence = "EVIDENCE=\(cron.sandbox.path(of: "evidence"))\n"
        try cron.sandbox.write("named/tab", evidence + Cronwatch.evidenceLine("@every 1s", name: job))
      }
      try write(job: "before")
      // Only the table tells that this directory is to be watched.
      try cron.configure("[ticker]\ninterval = 1s\n[crontabs]\nfiles = \(path)\n")
      try cron.start()
      try cron.waitForEvidence("before")
      #expect(unlink(cron.sandbox.path(of: "faults/\(point)")) == 0)
      Sandbox.remove(cron.state + "/last-good")
      try cron.kill(try cron.ticker())
      let reader = try waitForValue("a reader that has read all") {
        Processes.naming(cron.state).first {
          ProcessStatus.commandLine(of: $0.pid)?.dropFirst(2).first == "reader"
            && ProcessStatus.read($0.pid)?.state == "T"
        }
      }
      try write(job: "after")
      try cron.signal(reader, Signal.resume)
      try cron.waitForEvidence("after")
    }
  }

  @Test("a reload leaves unchanged jobs, their runs and their grids alone", .acceptance(63))
  func leavesAlone() throws {
    try Cronwatch.use { cron in
      let kept =
        "# cronwatch: name=long\n@every 1s exec sleep 100 >> $EVIDENCE\n"
        + Cronwatch.evidenceLine("@every 1s", name: "kept")
      try cron.crontab(kept + Cronwatch.evidenceLine("@every 1s", name: "removed"))
      try cron.start()
      try cron.waitForEvidence("removed")
      let running = try waitForValue("the long run") { try cron.status()["running"]?[0]?["pid"]?.integerValue }
      let job = try #require(ProcessIdentity.read(Int32(running)))
      for round in 0..<3 {
        try cron.crontabBeside(kept + "# round \(round)\n")
        #expect(try cron.run(["reload"]).exit == 0)
        let count = cron.evidence("kept").count
        try cron.waitForEvidence("kept", count: count + 2)
      }
      #expect(job.isAlive)
      #expect(try cron.status()["jobs"]?["total"]?.integerValue == 2)
      #expect(try cron.runs("long").filter { $0.run != nil }.count == 1)
      #expect(!(try cron.runs("removed")).isEmpty)
      try cron.requireExactAccount(of: "kept", everySeconds: 1)
      try cron.requireExactAccount(of: "removed", everySeconds: 1)
    }
  }

  @Test("an unreadable, blocking or emptied crontab keeps its last good copy, also over a restart", .acceptance(56))
  func lastGoodCopy() throws {
    try Cronwatch.use(configuration: "[crontabs]\nread-timeout = 3s\n") { cron in
      let good = Cronwatch.evidenceLine("@every 1s")
      try cron.crontab(good)
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let breakages: [(String, () throws -> Void)] = [
        ("empty", { try cron.sandbox.write("crontab", "") }),
        (
          "FIFO",
          {
            unlink(cron.crontabPath)
            #expect(mkfifo(cron.crontabPath, 0o600) == 0)
          }
        ),
        ("no such file", { unlink(cron.crontabPath) }),
      ]
      for (reason, breakIt) in breakages {
        try breakIt()
        try cron.wait("a word about '\(reason)'") {
          try cron.status()["message"]?.stringValue?.contains(reason) == true
        }
        let count = cron.evidence().count
        try cron.waitForEvidence(count: count + 2)
      }
      try cron.kill(try cron.ticker())
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      #expect(try cron.verdict() == "degraded")
      try cron.crontab(good)
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test(
    "a source that hangs a reader beyond SIGKILL is passed over and said, the others are read; once it answers, it is")
  func deadMount() throws {
    try Cronwatch.use(configuration: "[crontabs]\nread-timeout = 3s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.stop()
      try cron.inject("reader.before-read:hang,reader.kill:error")
      try cron.start()
      let status = try waitForValue("a word about it") {
        let status = try cron.status()
        return status["message"]?.stringValue?.contains("can't even be killed") == true ? status : nil
      }
      #expect(status["verdict"]?.stringValue == "degraded")
      let readers = Processes.naming(cron.state).filter {
        ProcessStatus.commandLine(of: $0.pid)?.dropFirst(2).first == "reader"
      }
      try cron.crontabBeside(
        Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 1s", name: "later"))
      try cron.waitForEvidence("later")
      for reader in readers { try cron.kill(reader) }
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("a reload that drops most jobs counts, and is said until they are back or a reload accepts it")
  func mostJobsGone() throws {
    try Cronwatch.use { cron in
      func lines(_ count: Int) -> String {
        (0..<count).map { "# cronwatch: name=job-\($0)\n@yearly true\n" }.joined() + Cronwatch.evidenceLine("@every 1s")
      }
      func isSaid() throws -> Bool {
        try cron.status()["message"]?.stringValue?.contains("1 of the 10 jobs") == true
      }
      try cron.crontab(lines(9))
      try cron.start()
      try cron.crontabBeside(lines(0))
      try cron.wait("a word about it") { try isSaid() }
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      // Neither a crash nor a stop and a start accept it.
      try cron.kill(try cron.ticker())
      try cron.waitForVerdict("degraded")
      #expect(try isSaid())
      try cron.stop()
      try cron.start()
      #expect(try isSaid())
      try cron.crontabBeside(lines(9))
      try cron.waitForVerdict("healthy")
      try cron.crontabBeside(lines(0))
      try cron.wait("a word about it") { try isSaid() }
      #expect(try cron.run(["reload"]).exit == 0)
      try cron.waitForVerdict("healthy")
      try cron.stop()
    }
  }

  @Test("a bad configuration doesn't stop a start that has a good copy, and is 78 without one")
  func badConfiguration() throws {
    try Cronwatch.use(configuration: "[jobs]\noverlap = sometimes\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      let refused = try cron.run(["start", cron.crontabPath])
      #expect(refused.exit == 78)
      #expect(refused.error.contains("cronwatch.conf:2:"), "\(refused.error)")
      try cron.configure("[jobs]\noverlap = queue\n")
      try cron.start()
      try cron.configure("[jobs]\noverlap = never\n")
      try cron.waitForVerdict("degraded")
      try cron.stop()
      let started = try cron.run(["start", cron.crontabPath])
      #expect(started.exit == 0, "\(started.error)")
      try cron.waitForEvidence(count: 1)
      try cron.stop()
    }
  }

  @Test(
    "a reader that dies or hangs costs the reload, never the jobs",
    arguments: [
      // The second one is ended before it comes to a source: a starved machine did that, and no change was heard of.
      "reader.started:kill", "reader.started:hang", "reader.before-read:hang", "reader.before-parse:trap",
      "reader.before-write:kill", "reader.written:kill",
    ])
  func readerFaults(fault: String) throws {
    try Cronwatch.use(configuration: "[crontabs]\nread-timeout = 3s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.stop()
      try cron.inject(fault)
      try cron.start()
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 1)
      try cron.crontabBeside(
        Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 1s", name: "later"))
      try cron.waitForEvidence("later")
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }
}

extension Cronwatch {
  /// Writes the crontab as editors do: a new file, renamed over the old one.
  func crontabBeside(_ text: String) throws {
    let old = crontabPath
    let header = "SANDBOX=\(sandbox.path)\nEVIDENCE=\(sandbox.path(of: "evidence"))\n"
    let new = try sandbox.write("crontab.new", header + text)
    #expect(rename(new, old) == 0)
  }
}
