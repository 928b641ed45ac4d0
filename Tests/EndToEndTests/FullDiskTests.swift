import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A ledger that can't be written: jobs fire on, and neither a crash of the ticker nor of the watcher repeats a run.
@Suite(.ownThread)
struct FullDiskTests {
  /// Each refusal begins another segment, and a program that isn't optimized takes a second to read 4 MiB of zeros.
  private static let configuration = "[ticker]\ninterval = 1s\n[ledger]\nsegment-size = 64K\n"

  @Test(
    "a ticker that dies while the ledger refuses everything repeats nothing", .acceptance(57, 58),
    arguments: ["ledger.append@6+:error", "ledger.sync@3+:error"])
  func refusal(fault: String) throws {
    try Cronwatch.use(faults: fault, eachProcess: true, configuration: Self.configuration) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 2s", name: "second"))
      try cron.start()
      for round in 0..<3 {
        try waitUntilKeptInMemory(cron)
        try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
        // A watcher that becomes another program still has the memory.
        if round == 1 { #expect(try cron.run(["restart"]).exit == 0) } else { try cron.kill(cron.ticker()) }
      }
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
      try requireNothingTwice(cron)

      // The watcher had the memory: what it knew is lost, which the next one is told, and catches nothing up.
      let ticker = try cron.ticker()
      try cron.kill(cron.watcher())
      try cron.kill(ticker)
      cron.environment["CRONWATCH_FAULT"] = nil
      let count = cron.evidence("tick").count
      try cron.start()
      try cron.waitForEvidence("tick", count: count + 3)
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      try requireNothingTwice(cron)
      #expect(cron.log.contains("spill-lost"), "\(cron.log)")
    }
  }

  @Test(
    "a full disk takes a segment that was set aside, then memory; a crash repeats nothing; with room all is written",
    .acceptance(57, 58), .enabled(if: SmallDisk.canBeMade, "needs the right to mount a tmpfs"))
  func fullDisk() throws {
    try Cronwatch.use(state: "disk/state") { cron in
      try cron.configure(
        """
        [ticker]
        interval = 1s
        [ledger]
        segment-size = 64K
        [job needy]
        schedule = @every 1s
        durable = required
        command = echo "needy $CRONWATCH_OCCURRENCE $CRONWATCH_RUN" >> \(cron.sandbox.path(of: "evidence"))

        """)
      let disk = try SmallDisk(cron.sandbox.path(of: "disk"), kilobytes: 8_192)
      defer { disk.unmount() }
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 2s", name: "second"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 2)
      try disk.fill()
      // The segment has its space; a ticker that begins now finds no room for the next one, but the reserve.
      let reserve = cron.state + "/ledger/reserve"
      #expect(access(reserve, F_OK) == 0)
      try cron.kill(cron.ticker())
      try cron.wait("status says that the reserve is in use") {
        try cron.run(["status"]).output.contains("reserve")
      }
      #expect(access(reserve, F_OK) != 0)
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
      #expect(try cron.verdict() == "degraded")
      #expect(!cron.log.contains("decisions are kept in memory"), "\(cron.log)")
      // The second one finds nothing at all.
      try cron.kill(cron.ticker())
      for _ in 0..<2 {
        try waitUntilKeptInMemory(cron)
        try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
        try cron.kill(cron.ticker())
      }
      try waitUntilKeptInMemory(cron)
      // What must be durable waits for the disk, through each crash, while the others fire; then it fires.
      let durable = cron.evidence("needy").count
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 2)
      #expect(durable > 0 && cron.evidence("needy").count == durable)
      try disk.makeRoom()
      try cron.waitForEvidence("needy", count: durable + 2)
      try cron.waitForVerdict("healthy")
      #expect(access(reserve, F_OK) == 0)
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 2)
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
      try cron.requireExactAccount(of: "second", everySeconds: 2)
      try cron.requireExactAccount(of: "needy", everySeconds: 1)
    }
  }

  private func waitUntilKeptInMemory(_ cron: Cronwatch) throws {
    try cron.wait("status says that decisions are kept in memory") {
      try cron.run(["status"]).output.contains("decisions are kept in memory")
    }
  }

  private func requireNothingTwice(_ cron: Cronwatch) throws {
    for job in ["tick", "second"] {
      let occurrences = cron.evidence(job).map(\.occurrence).filter { !$0.isEmpty }
      try #require(Set(occurrences).count == occurrences.count, "\(job) fired twice: \(occurrences)")
    }
  }
}
