import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Files that never answer: no command waits for them without end.
@Suite(.ownThread)
struct DeadConfigurationTests {
  private static let settings = "[ticker]\ninterval = 1s\n[crontabs]\nread-timeout = 3s\n"

  /// Runs a command beside a mount that takes its questions, which keeps who asks from being killed.
  private static func run(_ words: [String], _ cron: Cronwatch, beside mount: DeadMount) throws -> Int32? {
    var command = try cron.spawn(words)
    let process = try ProcessDescriptor(child: command.pid)
    do {
      try waitUntil("the end of \(words)", seconds: 60) {
        mount.swallow()
        return process.hasEnded
      }
    } catch {
      // Else nothing could end who waits for it.
      mount.end()
      throw error
    }
    guard case .exited(let status) = try command.wait("\(words)", seconds: 5) else { return nil }
    return status
  }

  @Test(
    "start and restart go on with the last good copy of a configuration that lies on a dead mount, and say so",
    .enabled(if: DeadMount.canBeMade, "needs /dev/fuse and the right to mount"), arguments: ["start", "restart"])
  func deadMount(verb: String) throws {
    try Cronwatch.use(configuration: Self.settings) { cron in
      let mount = try DeadMount(cron.sandbox.path(of: "mount"))
      defer { mount.end() }
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let watcher = try cron.watcher()
      if verb == "start" { try cron.stop() }
      let configuration = cron.sandbox.path(of: "cronwatch.conf")
      unlink(configuration)
      #expect(symlink("\(mount.path)/cronwatch.conf", configuration) == 0)
      #expect(try Self.run([verb, cron.crontabPath], cron, beside: mount) == 0)
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      try cron.wait("status says it") {
        mount.swallow()
        return try cron.status()["message"]?.stringValue?.contains("cronwatch.conf") == true
      }
      #expect(try cron.watcher() == watcher || verb == "start")
      try cron.stop()
    }
  }

  @Test(
    "a crontab in a directory of a dead mount costs itself alone, also when a ticker that dies is replaced",
    .enabled(if: DeadMount.canBeMade, "needs /dev/fuse and the right to mount"))
  func deadDirectory() throws {
    try Cronwatch.use { cron in
      let mount = try DeadMount(cron.sandbox.path(of: "mount"))
      defer { mount.end() }
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.configure(Self.settings + "files = \(mount.path)/host/crontab\nfiles = \(cron.crontabPath)\n")
      #expect(try Self.run(["start"], cron, beside: mount) == 0)
      try cron.waitForEvidence(count: 2)
      let ticker = try cron.ticker()
      try cron.kill(ticker)
      let count = cron.evidence().count
      try cron.wait("another ticker fires") {
        mount.swallow()
        return cron.evidence().count >= count + 2
      }
      // What lies elsewhere is heard of.
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "changed"))
      try cron.wait("the change counts") {
        mount.swallow()
        return cron.evidence("changed").count >= 2
      }
    }
  }

  @Test("start --foreground goes on with the last good copy of a configuration that hangs")
  func foreground() throws {
    try Cronwatch.use(configuration: Self.settings) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.stop()
      try cron.inject("fetch.begin@1+:hang", eachProcess: true)
      cron.environment["CRONWATCH_FAULT_INPUT"] = cron.sandbox.path(of: "cronwatch.conf")
      let started = try cron.startForeground()
      #expect(text(started.errorPath).contains("did not answer within 10 s"), "\(text(started.errorPath))")
      #expect(text(started.errorPath).contains("the last good copy is used"))
    }
  }

  @Test("what hangs and has no good copy fails the start with 75; a crontab that has one is taken by it")
  func hangs() throws {
    try Cronwatch.use(configuration: Self.settings) { cron in
      cron.environment["CRONWATCH_FAULT"] = "fetch.begin@1+:hang"
      cron.environment["CRONWATCH_FAULT_INPUT"] = cron.sandbox.path(of: "cronwatch.conf")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      for input in ["cronwatch.conf", "crontab"] {
        cron.environment["CRONWATCH_FAULT_INPUT"] = cron.sandbox.path(of: input)
        let refused = try cron.run(["start", cron.crontabPath])
        #expect(refused.exit == 75, "\(refused.error)")
        #expect(refused.error.contains("\(input): it did not answer within 10 s"), "\(refused.error)")
        #expect(refused.error.contains("there is no last good copy"))
      }
      cron.environment["CRONWATCH_FAULT_INPUT"] = "nothing"
      try cron.start()
      try cron.waitForEvidence(count: 1)
      try cron.stop()
      cron.environment["CRONWATCH_FAULT_INPUT"] = cron.crontabPath
      let started = try cron.start()
      #expect(started.error.contains("crontab: it did not answer within 10 s"), "\(started.error)")
      let checked = try cron.run(["check", cron.crontabPath])
      #expect(checked.exit == 65 && checked.output.contains("did not answer"), "\(checked.output)\(checked.error)")
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
    }
  }

  @Test("check reads its standard input when that is named")
  func standardInput() throws {
    try Cronwatch.use { cron in
      let path = try cron.sandbox.write("lines", "* * * * *\n")
      let shell = try Program.start(
        ["-c", "\(Program.path) check /dev/stdin < \(path)"], environment: cron.environment,
        filePrefix: cron.sandbox.path(of: "shell"), executable: "/bin/sh", name: "sh")
      let output = shell.errorPath
      try cron.wait("what check says") { text(output).contains("1 file") }
      #expect(text(shell.outputPath).contains("/dev/stdin:1:"), "\(text(shell.outputPath))")
    }
  }
}
