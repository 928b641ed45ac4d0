import CronSystem
import CronTestSupport
import CronTime
import EndToEndSupport
import Testing

/// The machine went down under a run: what its job says about that decides.
@Suite(.ownThread)
struct InterruptTests {
  @Test("a run that the power ended is recorded as interrupted, and repeated only where that is asked for")
  func powerLoss() throws {
    try Cronwatch.use { cron in
      let done = cron.sandbox.path(of: "done")
      let command = """
        echo "$CRONWATCH_JOB $CRONWATCH_OCCURRENCE $CRONWATCH_RUN" >> \(cron.sandbox.path(of: "evidence")); \
        [ -e \(done) ] || sleep 1000
        """
      try cron.configure(
        """
        [ticker]
        interval = 1s
        [job again]
        schedule = @every 2s
        on-interrupt = rerun
        command = \(command)
        [job once]
        schedule = @every 2s
        command = \(command)

        """)
      try cron.start()
      let jobs = ["again", "once"]
      let first = try jobs.map { try cron.waitForEvidence($0)[0] }
      Processes.killAll(naming: cron.sandbox.path)
      try Self.pretendReboot(cron)
      try cron.sandbox.write("done", "")
      try cron.start()
      try cron.wait("another run of the occurrence") {
        cron.evidence("again").count { $0.occurrence == first[0].occurrence } == 2
      }
      for job in jobs { try cron.waitForEvidence(job, count: cron.evidence(job).count + 1) }
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      for (job, first) in zip(jobs, first) {
        let rows = try cron.runs(job).filter { $0.occurrence == first.occurrence }
        #expect(rows.first?.run == first.run && rows.first?.outcome == "interrupted")
        #expect(rows.dropFirst().map(\.trigger) == (job == "again" ? ["rerun"] : []))
        #expect(rows.dropFirst().allSatisfy { $0.outcome == "succeeded" && $0.run != first.run })
        #expect(cron.evidence(job).count { $0.occurrence == first.occurrence } == rows.count)
      }
      let audit = try cron.run(["audit"])
      #expect(audit.exit == 0, "\(audit.output)")
    }
  }

  /// Makes the ledger one of an earlier boot, line for line as long as it was.
  private static func pretendReboot(_ cron: Cronwatch) throws {
    let boot = BootIdentifier.current
    let earlier = String(boot.dropLast()) + (boot.last == "0" ? "1" : "0")
    let ledger = try Directory.open(cron.state + "/ledger")
    for name in try ledger.list() where name.hasSuffix(".log") {
      let file = try ledger.openFile(name, [.readWrite])
      let content = try file.read(upTo: Int(try file.size()), at: 0)
      let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
        line -> [UInt8] in
        let text = String(decoding: line, as: UTF8.self)
        guard let place = text.firstRange(of: boot) else { return Array(line) }
        let body = text.dropFirst(9).prefix(upTo: place.lowerBound) + earlier + text[place.upperBound...]
        return Array("\(Checksum.hexadecimal(Checksum.crc32c(body.utf8))) \(body)".utf8)
      }
      try file.write(Array(lines.joined(separator: [UInt8(ascii: "\n")])), at: 0)
    }
  }
}
