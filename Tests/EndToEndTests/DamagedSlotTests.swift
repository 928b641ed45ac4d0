import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Bytes of a slot's record change under a run: it stays one run, holds its job's turn, and its end is recorded.
@Suite(.ownThread)
struct DamagedSlotTests {
  /// What is damaged while the job runs.
  enum Damage: String, CaseIterable, Sendable {
    /// One byte of the order, in its run's id; what was written of the job's beginning is whole.
    case order
    /// The order, and who runs: only the worker knows whose run it is.
    case orderAndExec = "order and exec"
  }

  @Test(
    "kill -9 of the ticker over a damaged order: the run is taken over, none starts beside it, its exit is recorded",
    .acceptance(57, 58), arguments: Damage.allCases)
  func damagedUnderARun(_ damage: Damage) throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Self.heldJob + Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence("held")
      let run = try #require(cron.evidence("held").first?.run)
      try cron.wait("the run is seen") { try cron.status()["running"]?[0]?["pid"]?.integerValue != nil }
      let record = try cron.record(of: run)
      try record.write([UInt8(ascii: "X")], at: 4_120)
      if damage == .orderAndExec { try record.write([UInt8](repeating: UInt8(ascii: "X"), count: 200), at: 512) }
      try cron.kill(cron.ticker())
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 4)

      #expect(cron.evidence("held").count == 1)
      #expect(try cron.status()["running"]?.arrayValue?.contains { $0["run"]?.stringValue == run } == true)
      if damage == .orderAndExec { try cron.waitForVerdict("degraded") }
      try cron.sandbox.write("go", "")
      let row = try waitForValue("its end") { try cron.runs("held").first { $0.run == run && $0.outcome != nil } }
      #expect(row.outcome == "failed", "\(row.json)")
      #expect(row.exitCode == 7)
      try cron.wait("the next run") { cron.evidence("held").count > 1 }
      try cron.waitForVerdict("healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "held", everySeconds: 1)
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test(
    "a worker that stood still before it could tell of its job, over a damaged order: the job isn't run a second time",
    .acceptance(57))
  func untoldUnderADamagedOrder() throws {
    let faults = "worker.exec-written:stop"
    try Cronwatch.use(faults: faults, configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Self.heldJob)
      try cron.start()
      try cron.waitForEvidence("held")
      let run = try #require(cron.evidence("held").first?.run)
      try cron.record(of: run).write([UInt8(ascii: "X")], at: 4_120)
      let old = try cron.ticker()
      try cron.kill(old)
      try cron.wait("another ticker that has seen the run") {
        try cron.ticker() != old && cron.status()["running"]?[0]?["pid"]?.integerValue != nil
      }
      try cron.wait("the next occurrences") {
        try cron.runs("held").count { $0.outcome == "skipped" && $0.reason == "overlap" } > 1
      }
      try cron.sandbox.write("go", "")
      let row = try waitForValue("its end") { try cron.runs("held").first { $0.run == run && $0.outcome != nil } }
      #expect(row.outcome == "failed", "\(row.json)")
      #expect(row.exitCode == 7)
      try cron.stop()
      try cron.requireExactAccount(of: "held", everySeconds: 1)
      let audit = try cron.run(["audit"])
      #expect(audit.exit == 0, "\(audit.output)")
    }
  }

  /// Runs from each second on, one at a time; the first one until the file `go` is there.
  private static let heldJob = Cronwatch.evidenceLine(
    "@every 1s", name: "held", then: "; while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; exit 7")
}

extension Cronwatch {
  /// The record of the slot that holds a run, which stands there in plain text.
  fileprivate func record(of run: String) throws -> FileDescriptor {
    let workers = try Directory.open(state + "/workers")
    for name in try workers.list() {
      let record = try workers.openSubdirectory(name).openFile("record", .readWrite)
      let text = String(decoding: try record.read(upTo: 8_192, at: 0), as: UTF8.self)
      if text.contains("ORDER run=\(run) ") { return record }
    }
    throw Errno.noEntry
  }
}
