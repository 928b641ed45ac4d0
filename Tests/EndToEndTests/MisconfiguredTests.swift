import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A ticker that found no usable configuration: the next one comes with the change, not with the clock.
@Suite(.ownThread)
struct MisconfiguredTests {
  /// The watcher by itself looks again after an hour.
  private static let good = "[ticker]\ninterval = 1s\n[watcher]\nrestart-delay-max = 1h\n"
  private static let bad = good + "[jobs]\noverlap = sometimes\n"

  @Test(
    "a bad configuration without a good copy is heard of as soon as it is mended", arguments: ["rename", "in place"])
  func mended(way: String) throws {
    try Cronwatch.use(configuration: Self.good) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      try cron.breakConfiguration(Self.bad)
      Sandbox.remove(cron.state + "/last-good")
      try cron.kill(try cron.ticker())
      try cron.waitForVerdict("failing")
      // A change that mends nothing is looked at as well, and waited on.
      let tickers = cron.startedTickers
      try cron.configure(Self.bad + "# still\n")
      try cron.wait("another ticker looks") { cron.startedTickers > tickers }
      try cron.waitForVerdict("failing")
      let count = cron.evidence().count
      if way == "rename" {
        try cron.sandbox.write("mended.conf", Self.good)
        #expect(rename(cron.sandbox.path(of: "mended.conf"), cron.sandbox.path(of: "cronwatch.conf")) == 0)
      } else {
        try cron.configure(Self.good)
      }
      try cron.waitForEvidence(count: count + 2)
      #expect(try cron.watcher().isAlive)
    }
  }

  @Test("a ticker that never had a configuration leaves watches behind: the watcher hears when it is mended")
  func neverLoaded() throws {
    try Cronwatch.use(configuration: Self.good) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      try cron.breakConfiguration(Self.bad)
      // The watcher begins anew, and with it the queue of changes.
      try Directory.open(cron.sandbox.path).rename("state", to: "removed")
      try cron.wait("another ticker fails") { (try? cron.verdict()) == "failing" }
      let count = cron.evidence().count
      try cron.configure(Self.good)
      try cron.waitForEvidence(count: count + 2)
    }
  }

  @Test("a configuration that is mended while the reader has the bad one in its hands is read again")
  func mendedWhileRead() throws {
    let point = "reader.before-parse"
    try Cronwatch.use(faults: "\(point):stop", configuration: Self.good) { cron in
      cron.environment["CRONWATCH_FAULT_INPUT"] = cron.sandbox.path(of: "cronwatch.conf")
      // Not yet: the point has struck as far as anybody can tell.
      try cron.sandbox.write("faults/\(point)", "")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      try cron.breakConfiguration(Self.bad)
      #expect(unlink(cron.sandbox.path(of: "faults/\(point)")) == 0)
      try Directory.open(cron.sandbox.path).rename("state", to: "removed")
      let reader = try waitForValue("a reader with the bad configuration") {
        Processes.naming(cron.state).first {
          ProcessStatus.commandLine(of: $0.pid)?.dropFirst(2).first == "reader"
            && ProcessStatus.read($0.pid)?.state == "T"
        }
      }
      let count = cron.evidence().count
      try cron.configure(Self.good)
      try cron.signal(reader, Signal.resume)
      try cron.waitForEvidence(count: count + 2)
    }
  }
}

extension Cronwatch {
  /// Tickers that were started, by the watcher's log.
  fileprivate var startedTickers: Int { log.split(separator: "\n").count { $0.contains("started a ticker") } }

  /// Breaks the configuration, and waits until the ticker has found out.
  fileprivate func breakConfiguration(_ text: String) throws {
    try configure(text)
    try waitForVerdict("degraded")
  }
}
