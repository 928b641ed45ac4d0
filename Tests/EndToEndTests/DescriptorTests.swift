import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// What our processes have open is bounded, whatever goes on at once.
@Suite(.ownThread)
struct DescriptorTests {
  @Test func `watcher and ticker have few descriptors open while jobs run, a reader reads and a client is connected`()
    throws
  {
    try Cronwatch.use(
      faults: "reader.before-read:hang", configuration: "[crontabs]\nread-timeout = 1m\n"
    ) { cron in
      let names = (1...8).map { "held-\($0)" }
      try cron.crontab(
        names.map { "# cronwatch: name=\($0)\n@reboot while [ ! -e $SANDBOX/go ]; do sleep 0.05; done\n" }.joined())
      // The readers of the start pass; the fault waits for its marker to be gone.
      let marker = try cron.sandbox.write("faults/reader.before-read", "")
      try cron.start()
      try cron.wait("eight runs") { try cron.status()["running"]?.arrayValue?.count == names.count }
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      try Directory.open(cron.sandbox.path(of: "faults")).unlink("reader.before-read")
      try cron.signal(watcher, Signal.hangUp)
      try cron.wait("a reader that reads") { (try? FileStatus.of(path: marker)) != nil }

      let workers = try waitForValue("eight workers") {
        let count = cron.workers().count
        return count >= names.count ? count : nil
      }
      // Whatever is opened for a moment is closed the next.
      try cron.wait("a ticker with at most 48 descriptors and 4 more a worker") {
        ProcessUsage.descriptors(of: ticker.pid) ?? .max <= ProcessUsage.tickerDescriptors(workers: workers)
      }
      #expect(
        Processes.descendants(of: ticker.pid).contains { pid in
          (ProcessStatus.commandLine(of: pid) ?? []).prefix(3) == ["cronwatch", "role", "reader"]
        })
      let client = try UnixSocket.connect(in: Directory.open(cron.state), name: "control.sock")
      try cron.wait("a watcher with at most 16 descriptors, a client among them") {
        ProcessUsage.descriptors(of: watcher.pid) ?? .max <= ProcessUsage.watcherDescriptors
      }
      try client.close()
      try cron.sandbox.write("go", "")
    }
  }

  @Test func `workers that a burst needed end after a while, all but those that are kept warm`() throws {
    try Cronwatch.use(configuration: "[workers]\nidle = 1\n") { cron in
      let names = (1...6).map { "held-\($0)" }
      try cron.crontab(
        names.map { "# cronwatch: name=\($0)\n@reboot while [ ! -e $SANDBOX/go ]; do sleep 0.05; done\n" }.joined())
      try cron.start()
      try cron.wait("six runs") { try cron.status()["running"]?.arrayValue?.count == names.count }
      // A run that is dispatched may still wait for its worker.
      try cron.wait("six workers") { cron.workers().count >= names.count }
      try cron.sandbox.write("go", "")
      try cron.wait("one worker is left", seconds: 60) { cron.workers().count == 1 }
    }
  }
}
