import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// cronwatch under a service manager: the protocol of sd_notify(3), and the unit.
@Suite(.ownThread)
struct ServiceManagerTests {
  @Test(
    "a service manager hears READY once jobs fire, then each reload and the stop, and proofs of the watcher's life",
    arguments: [false, true])
  func notifies(isAbstract: Bool) throws {
    try Cronwatch.use(faults: "ticker.recovered:stop") { cron in
      let ear = try NotifyEar((isAbstract ? "@" : "") + cron.sandbox.path(of: "notify"))
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      // For another process when the name is abstract.
      let words = isAbstract ? ["WATCHDOG_PID": "1"] : [:]
      var foreground = try cron.spawn(
        ["start", "--foreground", cron.crontabPath],
        environment: words.merging(["NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "100000"]) { $1 })
      let ticker = try waitForValue("a ticker that stands still before it is ready") {
        Processes.naming(cron.state).first { identity in
          ProcessStatus.commandLine(of: identity.pid)?.contains("ticker") == true
            && ProcessStatus.read(identity.pid)?.state == "T"
        }
      }
      #expect(ear.steps.isEmpty)
      #expect(ear.statuses.first?.hasPrefix("starting: ") == true)
      #expect(ear.messages.contains("EXTEND_TIMEOUT_USEC=30000000"))
      try cron.signal(ticker, Signal.resume)
      try cron.wait("READY") { ear.steps == ["READY=1"] }
      try cron.wait("a line that jobs fire") {
        ear.statuses.contains { $0.hasPrefix("healthy: jobs will fire automatically (ticker \(ticker.pid), ") }
      }
      try cron.waitForEvidence(count: 1)

      let before = SystemClock.monotonic() / 1_000
      #expect(try cron.run(["reload"]).exit == 0)
      try cron.wait("the end of the reload") { ear.steps.count == 3 && ear.steps[2] == "READY=1" }
      let told = ear.steps[1].split(separator: "=").last.flatMap { Int64($0) } ?? 0
      #expect(ear.steps[1] == "RELOADING=1\nMONOTONIC_USEC=\(told)")
      #expect(before <= told && told <= SystemClock.monotonic() / 1_000)

      if !isAbstract {
        try cron.signal(ticker, Signal.stop)
        let heard = ear.messages.count { $0 == "WATCHDOG=1" }
        try cron.wait("the watcher's own proofs of life") {
          ear.messages.count { $0 == "WATCHDOG=1" } >= heard + 3
        }
        try cron.signal(ticker, Signal.resume)
      }
      try ProcessDescriptor(child: foreground.pid).signal(Signal.terminate)
      #expect(try foreground.wait("the foreground", seconds: 90, sourceLocation: #_sourceLocation) == .exited(0))
      #expect(ear.steps.dropFirst(3) == ["STOPPING=1"])
      #expect(ear.messages.contains("WATCHDOG=1") == !isAbstract)
    }
  }

  @Test("systemd finds nothing wrong with the unit")
  func unit() throws {
    let analyze = "/usr/bin/systemd-analyze"
    if access(analyze, X_OK) != 0 { try Test.cancel("\(analyze) isn't installed") }
    let sandbox = try Sandbox()
    let root = String(describing: #filePath).split(separator: "/").dropLast(3).joined(separator: "/")
    let unit = text("/\(root)/config/cronwatch.service")
    let installed = unit.split(separator: "/usr/local/bin/cronwatch", omittingEmptySubsequences: false)
    #expect(installed.count > 2)
    let path = try sandbox.write("cronwatch.service", installed.joined(separator: Program.path))
    var check = try Program.start(
      ["verify", path], environment: ["PATH": "/usr/bin:/bin"], filePrefix: sandbox.path(of: "verify"),
      executable: analyze, name: "systemd-analyze")
    #expect(try check.wait("systemd-analyze", seconds: 90) == .exited(0))
    #expect(text(sandbox.path(of: "verify.err")) == "")
  }
}
