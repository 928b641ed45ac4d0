import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
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

  /// The most that it had open at any look, while something else is waited for.
  private final class Most {
    private let pid: Int32
    private(set) var descriptors = 0
    private(set) var looks = 0

    init(of pid: Int32) { self.pid = pid }

    /// Looks so often that what is open for a millisecond is seen.
    func look() {
      for _ in 0..<100 {
        descriptors = max(descriptors, ProcessUsage.descriptors(of: pid) ?? 0)
        looks += 1
      }
    }
  }

  @Test func `a watcher has 16 descriptors at most at every look, also while it starts tickers and writes metrics`()
    throws
  {
    let group = try #require(getgrgid(getegid()))
    let settings = "[watcher]\nstatus-group = \(String(cString: group.pointee.gr_name))\nrestart-delay-max = 1ms\n"
    try Cronwatch.use { cron in
      let metrics = cron.sandbox.path(of: "metrics.prom")
      try cron.configure(settings + "metrics-file = \(metrics)\n[ticker]\ninterval = 1s\n")
      try cron.crontab("0 0 1 1 * true\n")
      try cron.start()
      try cron.wait("the metrics") { !text(metrics).isEmpty }
      let (watcher, most) = (try cron.watcher(), try Most(of: cron.watcher().pid))
      var (ticker, written) = (try cron.ticker(), 0)
      for number in 1...20 {
        // Whoever says nothing is sent away after a while, or for another: each ticker has clients, of both sockets.
        let state = try Directory.open(cron.state)
        let client = try UnixSocket.connect(in: state, name: "control.sock")
        let second = try UnixSocket.connect(in: state, name: "control.sock")
        let guest = try UnixSocket.connect(in: state, name: "status.sock")
        let before = try FileStatus.of(path: metrics)
        try cron.signal(ticker, Signal.kill)
        ticker = try waitForValue("a ticker after \(number) deaths") {
          most.look()
          let beat = text(cron.state + "/heartbeat/ticker").split(separator: "\n")
          guard beat.contains("phase=ticking"), let pid = beat.first(where: { $0.hasPrefix("pid=") })?.dropFirst(4),
            let found = Int32(pid).flatMap(ProcessIdentity.read), found != ticker
          else { return nil }
          return found
        }
        if try FileStatus.of(path: metrics).isSameFile(as: before) == false { written += 1 }
        #expect(try !cron.run(["status"]).output.contains("did not answer"))
        most.look()
        try client.close()
        try second.close()
        try guest.close()
      }
      #expect(try cron.watcher() == watcher)
      #expect(most.descriptors <= ProcessUsage.watcherDescriptors, "\(most.looks) looks, \(written) metrics files")
      #expect(written > 0)
    }
  }

  @Test func `a thousand clients that say nothing cost a watcher no descriptor, and nobody its answer`() throws {
    let group = try #require(getgrgid(getegid()))
    let settings = "[watcher]\nstatus-group = \(String(cString: group.pointee.gr_name))\n"
    try Cronwatch.use(configuration: settings + "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForVerdict("healthy")
      let (watcher, most) = (try cron.watcher(), try Most(of: cron.watcher().pid))
      let state = try Directory.open(cron.state)
      var clients: [Int32] = []
      defer { for raw in clients { _ = FileDescriptor(owning: raw) } }
      for number in 1...1_000 {
        let name = number % 5 == 0 ? "status.sock" : "control.sock"
        // A full backlog means that it is about to be emptied.
        clients.append(
          try waitForValue("a connection") { try? UnixSocket.connect(in: state, name: name).release() })
        most.look()
        if number % 100 == 0 { #expect(try !cron.run(["status"]).output.contains("did not answer")) }
        if clients.count > 200 { _ = FileDescriptor(owning: clients.removeFirst()) }
      }
      #expect(try cron.watcher() == watcher)
      #expect(most.descriptors <= ProcessUsage.watcherDescriptors, "\(most.looks) looks")
    }
  }

  private static func inotifyInstances(of process: ProcessIdentity) throws -> Int {
    let descriptors = "/proc/\(process.pid)/fd"
    return try Directory.open(descriptors).list().count {
      (try? linkTarget(ofPath: "\(descriptors)/\($0)")) == "anon_inode:inotify"
    }
  }

  /// A thousand fires a second took all of the user's, and a ticker that began just then noticed no change of a file.
  @Test func `many runs at once leave inotify instances to others, and their output is bounded all the same`() throws {
    try Cronwatch.use(configuration: "[jobs]\noutput-limit = 64K\n") { cron in
      let names = (1...24).map { "held-\($0)" }
      let command = "yes | head -c 2000000; while [ ! -e $SANDBOX/go ]; do sleep 0.05; done"
      try cron.crontab(names.map { "# cronwatch: name=\($0)\n@reboot \(command)\n" }.joined())
      try cron.start()
      try cron.wait("24 runs", seconds: 60) { try cron.status()["running"]?.arrayValue?.count == names.count }
      let workers = try waitForValue("24 workers") {
        let workers = cron.workers()
        return workers.count >= names.count ? workers : nil
      }
      #expect(try workers.reduce(0) { try $0 + Self.inotifyInstances(of: $1) } <= 16)
      try cron.wait("every output to be cut", seconds: 60) {
        try (0..<names.count).allSatisfy { slot in
          let output = try FileStatus.of(path: "\(cron.state)/workers/\(slot)/output")
          return output.size == 2_000_000 && output.allocatedSize < 128 << 10
        }
      }
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
