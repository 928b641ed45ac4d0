import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// A process dies exactly where it hurts: each occurrence runs at most once, and each has one row in the ledger.
@Suite(.ownThread)
struct FaultTests {
  @Test(
    "a ticker that dies at any step is replaced, and each occurrence is accounted for once",
    .acceptance(23, 54, 57, 58, 66),
    arguments: [
      "ticker.locked:kill", "recovery.begin:kill", "ticker.recovered:kill", "tick.begin@3:trap",
      "tick.begin@4:overflow", "tick.begin@5:exit0", "tick.begin@5:memory", "tick.end@3:kill", "ledger.appended@3:kill",
      "claim.appended@2:kill",
      "claim.synced@2:kill", "claim.durable@2:kill", "order.written@2:kill", "order.rung@2:kill",
    ])
  func ticker(fault: String) throws { try survive(fault) }

  @Test(
    "a worker that dies at any step is replaced, and each occurrence is accounted for once", .acceptance(57, 58),
    arguments: [
      "worker.started:kill", "worker.order-read:kill", "worker.before-launch:kill", "worker.exec-written:kill",
      "worker.job-ended:kill", "worker.output-kept:kill", "worker.exit-written:kill", "worker.before-launch@2:abort",
    ])
  func worker(fault: String) throws { try survive(fault) }

  @Test(
    "a ticker and a worker die together, and each occurrence is accounted for once", .acceptance(57, 58),
    arguments: [
      "order.written@2:kill,worker.order-read:kill", "order.rung@2:kill,worker.before-launch:kill",
      "order.rung@2:kill,worker.exec-written:kill", "claim.durable@3:kill,worker.job-ended@2:kill",
      "worker.exec-written@2:kill,recovery.begin@1:kill", "order.rung@2:kill,worker.exit-written:kill",
    ])
  func both(faults: String) throws { try survive(faults) }

  @Test(
    "a process that stops without dying at a step is found out, and each occurrence is accounted for once",
    .acceptance(57, 58),
    arguments: ["worker.order-read@2:stop", "worker.job-ended@2:hang", "worker.before-launch:hang"])
  func standstill(fault: String) throws { try survive(fault) }

  @Test(
    "a ticker that stands still at a step is continued or replaced, and each occurrence is accounted for once",
    .acceptance(57, 58), arguments: ["claim.durable@2:stop", "order.written@2:hang"])
  func tickerStandstill(fault: String) throws { try survive(fault, seconds: 60) }

  private func survive(_ faults: String, seconds: Double = 90) throws {
    try Cronwatch.use(faults: faults, configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 2s", name: "second", then: "; exit 3"))
      try cron.start()
      let points = faults.split(separator: ",").map { $0.prefix { $0 != "@" && $0 != ":" } }
      try cron.wait("the faults strike") {
        (try? Directory.open(cron.sandbox.path(of: "faults")).list().count) == points.count
      }
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 3, seconds: seconds)
      try cron.waitForVerdict("healthy")
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
      try cron.requireExactAccount(of: "second", everySeconds: 2)
      // Never two deaths at once that could have hidden an end.
      let strange = try cron.runs("tick").filter { $0.outcome != "succeeded" && $0.reason != "overlap" }
      #expect(strange.isEmpty, "\(strange.map(\.json))")
      for row in try cron.runs("second") where row.run != nil { #expect(row.exitCode == 3, "\(row.json)") }
    }
  }

  @Test("a reader that is killed is followed by another, and status is healthy again", .acceptance(57))
  func reader() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.stop()
      try cron.inject("reader.before-write:kill")
      try cron.start()
      try cron.wait("the fault strikes") {
        (try? Directory.open(cron.sandbox.path(of: "faults")).list().isEmpty) == false
      }
      try cron.waitForVerdict("healthy")
      try cron.stop()
    }
  }

  @Test("a state directory that is removed is made anew by the same watcher: no second one begins beside it")
  func stateRemoved() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let watcher = try cron.watcher()
      // Renamed rather than removed file by file: that goes at once, and a copy is left to look at.
      try Directory.open(cron.sandbox.path).rename("state", to: "removed")
      try cron.wait("status says what happened") {
        (try? cron.status())?["message"]?.stringValue?.contains("the state directory was removed or replaced") == true
      }
      #expect(try cron.run(["status", "--deaths"]).output.contains("state-removed"))
      #expect(try cron.run(["reload"]).exit == 0)
      try cron.waitForVerdict("healthy")
      #expect(try cron.watcher() == watcher)
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      #expect(try cron.run(["start", cron.crontabPath]).exit == 69)
      let occurrences = cron.evidence().map(\.occurrence)
      #expect(Set(occurrences).count == occurrences.count)
      try cron.stop()
      try cron.wait("the end of all processes") { Processes.naming(cron.sandbox.path).isEmpty }
    }
  }

  @Test("the end of a ticker that missed its lock while the state directory was removed file by file is told")
  func stateRemovedFileByFile() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      // A job of every second makes the ticker look at its lock before the watcher looks at the directory.
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      // rm gives up where a beat comes between its last look and its rmdir.
      var isRemoved = false
      for _ in 0..<20 where !isRemoved {
        var remover = try Program.start(
          ["-rf", cron.state], environment: cron.environment, filePrefix: cron.sandbox.path(of: "rm"),
          executable: "/bin/rm", name: "rm")
        isRemoved = try remover.wait("rm", seconds: 90) == .exited(0)
      }
      try #require(isRemoved)
      let deaths = try waitForValue("the end of the ticker is told") {
        let told = try cron.run(["status", "--deaths", "--json"])
        return told.exit == 0 && !told.output.isEmpty ? try told.jsonLines() : nil
      }
      #expect(deaths.contains { $0["pid"]?.integerValue == Int64(ticker.pid) }, "\(deaths)")
      #expect(deaths.allSatisfy { $0["reason"]?.stringValue == "state-removed" }, "\(deaths)")
      try cron.waitForVerdict("degraded")
      #expect(try cron.watcher() == watcher)
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
    }
  }

  @Test("a worker that stands still without a run doesn't outlive a stop", .acceptance(2))
  func idleStandstill() throws {
    try Cronwatch.use(faults: "worker.started:stop") { cron in
      try cron.crontab("@hourly true\n")
      try cron.start()
      try cron.wait("a worker stands still") {
        cron.workers().contains { ProcessStatus.read($0.pid)?.state == "T" }
      }
      try cron.stop()
      try cron.wait("the end of all processes") { Processes.naming(cron.sandbox.path).isEmpty }
    }
  }

  @Test("a ledger that refuses one append costs nothing that is owed", .acceptance(57, 58))
  func appendFails() throws {
    try Cronwatch.use(faults: "ledger.append@6:error") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.wait("the fault strikes") {
        (try? Directory.open(cron.sandbox.path(of: "faults")).list().isEmpty) == false
      }
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 3)
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }
}
