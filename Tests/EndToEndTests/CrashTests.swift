import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Any of the processes is killed, and each pair, and all: the job is unharmed, and every occurrence is accounted for.
@Suite(.ownThread)
struct CrashTests {
  /// Who is killed while a job runs.
  struct Victims: OptionSet, CustomTestStringConvertible, Sendable {
    let rawValue: Int
    static let ticker = Victims(rawValue: 1)
    static let watcher = Victims(rawValue: 2)
    static let worker = Victims(rawValue: 4)

    var testDescription: String {
      [(Victims.ticker, "ticker"), (.watcher, "watcher"), (.worker, "worker")].filter { contains($0.0) }.map(\.1)
        .joined(separator: " + ")
    }
  }

  @Test(
    "kill -9 while a job runs: it ends unharmed, its exit is recorded, the next occurrences fire, nothing fires twice",
    .acceptance(23, 54, 57, 58), arguments: (1...7).map(Victims.init(rawValue:)))
  func kill(victims: Victims) throws {
    try Cronwatch.use { cron in
      try cron.crontab(Self.longJob + Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let run = try cron.startLongJob()
      let (job, ticker, watcher) = (try cron.longJob(run), try cron.ticker(), try cron.watcher())
      let worker = try #require(ProcessStatus.read(job.pid).flatMap { ProcessIdentity.read($0.parent) })
      try #require(cron.workers().contains(worker))
      try cron.waitForEvidence("tick", count: 1)

      var killed: [ProcessIdentity] = []
      if victims.contains(.watcher) { killed.append(watcher) }
      if victims.contains(.ticker) { killed.append(ticker) }
      if victims.contains(.worker) { killed.append(worker) }
      for victim in killed { try cron.signal(victim, Signal.kill) }
      try cron.wait("their deaths") { killed.allSatisfy { !$0.isAlive } }
      #expect(job.isAlive)

      if victims.contains(.watcher) {
        if !victims.contains(.ticker) {
          // Nobody restarts it now, and it fires on, saying so.
          let count = cron.evidence("tick").count
          try cron.waitForEvidence("tick", count: count + 1)
          let status = try cron.waitForVerdict("degraded")
          #expect(status["message"]?.stringValue?.contains("unsupervised") == true)
        }
        // The ticker is all that could see the end of this job, and hands over to the next one.
        if victims == [.watcher, .worker] { try cron.endLongJob(run) }
        try cron.start()
      }
      try cron.wait("another ticker") { try cron.ticker() != ticker || victims == .worker }
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 2)
      if victims != [.watcher, .worker] {
        #expect(job.isAlive)
        try cron.wait("the job is seen") {
          try cron.status()["running"]?.arrayValue?.contains {
            $0["run"]?.stringValue == run && $0["pid"]?.integerValue == Int64(job.pid)
          } == true
        }
      }
      let row = try cron.endLongJob(run)
      if victims == [.ticker, .watcher, .worker] {
        #expect(row.outcome == "unknown")
        #expect(row.reason?.isEmpty == false)
      } else {
        #expect(row.outcome == "failed")
        #expect(row.exitCode == 7)
        #expect(row.signal == nil)
      }
      try cron.wait("the job's last line") { cron.evidence("long").count == 2 }
      try cron.waitForVerdict("healthy")
      try cron.stop()
      #expect(try cron.runs("long").count == 1)
      #expect(cron.evidence("long").count == 2)
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
      #expect(try cron.runs("tick").allSatisfy { $0.outcome == "succeeded" || $0.reason == "overlap" })
    }
  }

  @Test("a ticker that learns late of its watcher's death leaves the socket to the next one, which blames nobody")
  func lateTickerLeavesTheSocket() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 1)
      let (old, watcher) = (try cron.ticker(), try cron.watcher())
      try cron.signal(old, Signal.stop)
      try cron.wait("the ticker's stop") { ProcessStatus.read(old.pid)?.state == "T" }
      try cron.signal(watcher, Signal.kill)
      try cron.wait("the watcher's death") { !watcher.isAlive }
      try cron.start()
      try cron.wait("another ticker") { try cron.ticker() != old && !old.isAlive }
      let count = cron.evidence("tick").count
      // Two beats of the watcher, each of which looks at the socket.
      try cron.waitForEvidence("tick", count: count + 11)
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("jobs outlive a stop, and the next start records how they ended", .acceptance(63))
  func outlivesStop() throws {
    try Cronwatch.use(configuration: "[jobs]\ndrain = 0s\n") { cron in
      try cron.crontab(Self.longJob)
      try cron.start()
      let run = try cron.startLongJob()
      let job = try cron.longJob(run)
      try cron.stop()
      #expect(job.isAlive)
      #expect(try cron.runs("long").first?.outcome == nil)
      try cron.sandbox.write("go", "")
      try cron.wait("its end, and its worker's") { Processes.naming(cron.sandbox.path).isEmpty }
      try cron.start()
      let row = try waitForValue("the end") { try cron.runs("long").first { $0.outcome != nil } }
      #expect(row.exitCode == 7)
      #expect(row.run == run)
      try cron.stop()
    }
  }

  @Test("jobs that outlive a stop are adopted by the next start")
  func adoptedByStart() throws {
    try Cronwatch.use(configuration: "[jobs]\ndrain = 0s\n") { cron in
      try cron.crontab(Self.longJob)
      try cron.start()
      let run = try cron.startLongJob()
      let job = try cron.longJob(run)
      try cron.stop()
      try cron.start()
      #expect(try cron.longJob(run) == job)
      // The overlap policy knows it too.
      #expect(try cron.run(["run", "long"]).exit == 1)
      try cron.sandbox.write("go", "")
      let row = try waitForValue("the end") { try cron.runs("long").first { $0.outcome != nil } }
      #expect(row.exitCode == 7)
      try cron.stop()
    }
  }

  @Test("a ticker without a free descriptor doesn't take the job of a dead worker for ended", .acceptance(57, 58))
  func noDescriptorWhileJudging() throws {
    try Cronwatch.use(faults: "job.open:error") { cron in
      // Longer than a ticker looks for the status of a job that has ended.
      try cron.crontab(Cronwatch.evidenceLine("0 0 29 2 *", name: "long", then: "; sleep 4; exit 7"))
      try cron.start()
      let run = try cron.startLongJob()
      let job = try cron.longJob(run)
      try cron.kill(try #require(ProcessStatus.read(job.pid).flatMap { ProcessIdentity.read($0.parent) }))
      try cron.wait("the fault strikes") {
        (try? Directory.open(cron.sandbox.path(of: "faults")).list().isEmpty) == false
      }
      let row = try cron.endLongJob(run)
      #expect(row.outcome == "failed")
      #expect(row.exitCode == 7)
      try cron.stop()
    }
  }

  /// Writes a line at its begin and at its end, which comes when the file `go` is there.
  private static let longJob = """
    # cronwatch: name=long
    0 0 29 2 * echo "long x $CRONWATCH_RUN" >> $EVIDENCE; while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; \
    echo "long x $CRONWATCH_RUN" >> $EVIDENCE; exit 7

    """
}

extension Cronwatch {
  /// Starts the job `long` by hand; its run.
  fileprivate func startLongJob() throws -> String {
    let result = try run(["run", "long"])
    try #require(result.exit == 0, "\(result.error)")
    try waitForEvidence("long")
    return String(result.output.prefix { $0 != "\n" })
  }

  /// Lets it end; its row in the ledger.
  @discardableResult
  fileprivate func endLongJob(_ run: String) throws -> RunRow {
    try sandbox.write("go", "")
    return try waitForValue("the end of the job in the ledger") {
      try runs("long").first { $0.run == run && $0.outcome != nil }
    }
  }

  /// Its process, as status tells.
  fileprivate func longJob(_ run: String) throws -> ProcessIdentity {
    let pid = try waitForValue("the job's pid") {
      try status()["running"]?.arrayValue?.first { $0["run"]?.stringValue == run }?["pid"]?.integerValue
    }
    return try #require(ProcessIdentity.read(Int32(pid)))
  }
}
