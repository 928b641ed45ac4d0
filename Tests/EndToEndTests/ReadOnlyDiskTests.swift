import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A state directory that can be read and not written: jobs fire, from memory.
@Suite(.ownThread)
struct ReadOnlyDiskTests {
  @Test(
    "on a read-only disk jobs fire from memory, and no crash repeats one",
    .enabled(if: SmallDisk.canBeMade, "needs the right to mount a tmpfs"))
  func readOnly() throws {
    try Cronwatch.use(state: "disk/state", configuration: "[ticker]\ninterval = 1s\n") { cron in
      let disk = try SmallDisk(cron.sandbox.path(of: "disk"), kilobytes: 8_192)
      defer { disk.unmount() }
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 2)
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      defer { removeStandIn(of: cron.state) }
      try cron.wait("nobody has a file there open for writing") { (try? disk.setReadOnly(true)) != nil }

      try cron.start()
      try waitForRuns(cron)
      #expect(try cron.verdict() == "degraded")
      try cron.kill(cron.ticker())
      try waitForRuns(cron)
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      try cron.kill(watcher)
      try cron.kill(ticker)
      try cron.start()
      try waitForRuns(cron)
      try cron.stop()

      // The first start on a disk that can be written again knows that decisions were lost with the watcher.
      try disk.setReadOnly(false)
      try cron.start()
      try waitForRuns(cron)
      #expect(cron.log.contains("spill-lost"), "\(cron.log)")
      try cron.stop()
      try cron.start()
      try cron.waitForVerdict("healthy")
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      try cron.wait("nobody has a file there open for writing") { (try? disk.setReadOnly(true)) != nil }

      // A disk that can be written again under a ticker: its workers don't stay where there is little room.
      try cron.start()
      try waitForRuns(cron)
      try cron.wait("workers in memory") { slots(cron).contains { $0.count == 7 } }
      try disk.setReadOnly(false)
      try cron.wait("workers on the disk") { !slots(cron).isEmpty && slots(cron).allSatisfy { $0.count < 7 } }
      try waitForRuns(cron)
      try cron.stop()
      let occurrences = cron.evidence("tick").map(\.occurrence).filter { !$0.isEmpty }
      #expect(Set(occurrences).count == occurrences.count, "\(occurrences)")
    }
  }

  /// The numbers of the workers' slots.
  private func slots(_ cron: Cronwatch) -> [String] {
    cron.workers().compactMap { worker in
      let words = ProcessStatus.commandLine(of: worker.pid) ?? []
      return zip(words, words.dropFirst()).first { $0.0 == "--slot" }?.1
    }
  }

  private func waitForRuns(_ cron: Cronwatch) throws {
    try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
  }

  private func removeStandIn(of state: String) {
    guard let status = try? FileStatus.of(path: state) else { return }
    let start = "cronwatch-\(status.userIdentifier)-\(status.device)-\(status.inode)-"
    guard let names = try? Directory.open("/dev/shm").list() else { return }
    for name in names where name.hasPrefix(start) { Sandbox.remove("/dev/shm/" + name) }
  }
}
