import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A disk that takes its time for a sync: what waits for it is late, what doesn't goes on.
@Suite(.ownThread)
struct SlowDiskTests {
  private static let strace = "/usr/bin/strace"
  /// Whether a process that isn't our child may be traced.
  private static let canTrace = access(strace, X_OK) == 0 && CurrentProcess.effectiveUser == 0

  @Test(
    "a disk that takes 14 s for a sync delays the fires, never a beat; after 10 s they go on, and nothing is lost",
    .acceptance(57, 58), .enabled(if: canTrace, "needs strace, and the right to trace any process"))
  func slow() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 2)
      let ticker = try cron.ticker()
      let tracer = try cron.spawn(
        [
          "-f", "-qq", "-o", "/dev/null", "-p", "\(ticker.pid)", "-e", "trace=fdatasync", "-e",
          "inject=fdatasync:delay_enter=14000000:when=1",
        ], executable: Self.strace)
      try waitForBeatsWithoutRuns(cron)
      try waitForRunsInMemory(cron)
      // The sync ends after all: what was decided without it gets one of its own.
      try cron.waitForVerdict("healthy", seconds: 60)
      _ = consume tracer
      try cron.waitForEvidence(count: cron.evidence().count + 2)
      #expect(try cron.ticker() == ticker)
      #expect(!cron.log.contains("stalled"), "\(cron.log)")
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
      let audit = try cron.run(["audit"])
      #expect(audit.exit == 0, "\(audit.output)")
    }
  }

  @Test("a disk that never ends a sync delays the fires, never a beat, and keeps no stop waiting", .acceptance(57))
  func hung() throws {
    try Cronwatch.use(faults: "ledger.hang@4+:error", eachProcess: true, configuration: "[ticker]\ninterval = 1s\n") {
      cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let ticker = try cron.ticker()
      try waitForBeatsWithoutRuns(cron)
      try waitForRunsInMemory(cron)
      #expect(try cron.ticker() == ticker)
      #expect(!cron.log.contains("stalled"), "\(cron.log)")
      // The next one replays what the watcher's memory holds.
      try cron.kill(ticker)
      try cron.waitForEvidence(count: cron.evidence().count + 2)
      try cron.stop()
      let occurrences = cron.evidence().map(\.occurrence)
      #expect(Set(occurrences).count == occurrences.count, "\(occurrences)")
    }
  }

  /// The loop goes round though no claim gets its sync.
  private func waitForBeatsWithoutRuns(_ cron: Cronwatch) throws {
    var (runs, since): (Int, Int64) = (0, 0)
    try cron.wait("five beats without a run") {
      let status = try cron.status()
      #expect(status["verdict"]?.stringValue != "stalled")
      let (tick, count) = (status["ticker"]?["tick"]?.integerValue ?? 0, cron.evidence().count)
      if count != runs { (runs, since) = (count, tick) }
      return tick >= since + 5
    }
  }

  private func waitForRunsInMemory(_ cron: Cronwatch) throws {
    try cron.wait("status says so") {
      try cron.run(["status"]).output.contains("decisions are kept in memory")
    }
    try cron.waitForEvidence(count: cron.evidence().count + 2)
  }
}
