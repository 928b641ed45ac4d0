import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A crontab is started, fires, and is stopped.
@Suite(.ownThread)
struct StartAndStopTests {
  @Test("start returns once jobs will fire; they do; stop ends everything", .acceptance(1, 2, 4, 58))
  func lifeCycle() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      let started = try cron.start()
      try #require(started.output.contains("jobs will fire automatically"), "\(started.output)")
      let lines = try cron.waitForEvidence(count: 3)
      #expect(lines.allSatisfy { $0.job == "tick" && $0.occurrence.hasSuffix("Z") && !$0.run.isEmpty })
      let status = try cron.run(["status"])
      #expect(status.exit == 0)
      #expect(status.output.contains("jobs will fire automatically"))

      try cron.stop()
      // Past its 5 s the watcher would have ended it by SIGKILL.
      #expect(cron.log.contains("end=\"exit 0\" reason=stopped"), "\(cron.log)")
      #expect(Processes.naming(cron.state).isEmpty)
      let down = try cron.run(["status"])
      #expect(down.exit == 3)
      #expect(down.output.contains("not running: jobs will NOT fire"))
      let again = try cron.run(["stop"])
      #expect(again.exit == 3)
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test(
    "in the foreground lines of jobs carry the job's name, and a signal ends it in time", .acceptance(2, 4),
    arguments: [Signal.terminate, Signal.interrupt])
  func foreground(signal: Int32) throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        "# cronwatch: name=speaker\n@every 1s echo one; echo two >&2\n" + Cronwatch.evidenceLine("@every 1s"))
      var foreground = try cron.startForeground()
      let (output, error) = (foreground.outputPath, foreground.errorPath)
      try cron.wait("forwarded lines") {
        text(output).contains("speaker | one\n") && text(output).contains("speaker | two\n")
      }
      try cron.waitForEvidence(count: 2)
      #expect(try cron.status()["watcher"]?["pid"]?.integerValue == Int64(foreground.pid))
      #expect(try cron.run(["status"]).exit == 0)
      #expect(text(error).contains(" info "))
      #expect(!text(output).contains(" info "))

      try ProcessDescriptor(child: foreground.pid).signal(signal)
      #expect(try foreground.wait("the foreground", seconds: 90, sourceLocation: #_sourceLocation) == .exited(0))
      #expect(text(error).contains("end=\"exit 0\" reason=stopped"), "\(text(error))")
      #expect(Processes.naming(cron.state).isEmpty)
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("a long job delays no tick, and is overlap, not downtime", .acceptance(3, 60))
  func longJob() throws {
    try Cronwatch.use(configuration: "[jobs]\ndrain = 0s\n") { cron in
      try cron.crontab(
        "# cronwatch: name=long\n@every 1s exec sleep 100 >> $EVIDENCE\n" + Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.wait("the long job runs") { try cron.status()["running"]?[0]?["job"]?.stringValue == "long" }
      let before = cron.evidence().count
      try cron.waitForEvidence(count: before + 3)
      try cron.wait("skipped occurrences") { try cron.runs("long").contains { $0.reason == "overlap" } }
      let rows = try cron.runs("long")
      #expect(rows.allSatisfy { $0.outcome == nil || $0.outcome == "skipped" })
      #expect(rows.filter { $0.outcome == nil }.count == 1)
      #expect(try cron.verdict() == "healthy")
      // On a starved machine a tick of its own may take longer than a second, and the next one is skipped for that.
      let ticks = try cron.runs("tick")
      #expect(ticks.allSatisfy { $0.outcome != "missed" && ($0.outcome != "skipped" || $0.reason == "overlap") })
    }
  }

  /// The kernel takes a killed process apart by and by, its locks near the end: the start said that it was running.
  @Test func `a start at once after kill -9 of the watcher waits until that one is gone`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      for _ in 1...5 {
        try cron.signal(try cron.watcher(), Signal.kill)
        try cron.start()
      }
      try cron.waitForEvidence("tick", count: 1)
    }
  }

  @Test(
    "stop ends a watcher that answers nothing: a stopped one in order, one that hangs by force", .acceptance(2),
    arguments: [nil, "watcher.turn@20:hang"])
  func stopWithoutAnswer(fault: String?) throws {
    try Cronwatch.use(faults: fault) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let watcher = try cron.watcher()
      if fault == nil {
        try cron.signal(watcher, Signal.stop)
      } else {
        // Each question is a turn of its loop.
        try cron.wait("the watcher hangs") {
          _ = try cron.run(["status"])
          return access(cron.sandbox.path(of: "faults/watcher.turn"), F_OK) == 0
        }
      }
      try cron.stop()
      #expect(Processes.naming(cron.state).isEmpty)
      #expect(try cron.run(["status"]).exit == 3)
      #expect(try cron.run(["stop"]).exit == 3)
    }
  }

  /// A child that its watcher was just making when it was killed: its descriptors are closed a little later.
  @Test("a start waits for a lock that its dead holder's child still has a moment")
  func namelessHolder() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.stop()
      var waiting: Program.Started
      do {
        let file = try FileDescriptor.open(cron.state + "/watcher.lock", [.readWrite])
        try #require(try FileLock.tryLock(file))
        waiting = try cron.spawn(["start"])
        let process = try ProcessDescriptor(child: waiting.pid)
        try cron.wait("it has slept ten times") {
          let lines = text("/proc/\(waiting.pid)/status").split(separator: "\n")
          let sleeps = lines.first { $0.hasPrefix("voluntary_ctxt_switches:") }?.split(separator: "\t").last
          return process.hasEnded || sleeps.flatMap { Int($0) } ?? 0 >= 10
        }
      }
      #expect(try waiting.wait("start", seconds: 90, sourceLocation: #_sourceLocation) == .exited(0))
      try cron.waitForEvidence(count: 1)
      try cron.stop()
    }
  }

  @Test("stop treats runs as it is told: it stops them, or waits for them, or takes a later order", .acceptance(2))
  func stopOrders() throws {
    let held = "# cronwatch: name=held\n@every 1s while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; exit 3\n"
    try Cronwatch.use { cron in
      try cron.crontab(held)
      for words in [["--jobs", "some"], ["--drain-timeout", "2"], ["--jobs", "wait", "--drain-timeout", "25h"]] {
        #expect(try cron.run(["stop"] + words).exit == 64)
      }
      func startHeld() throws {
        try cron.start()
        try cron.wait("a run that is held") { try cron.status()["running"]?[0]?["pid"]?.integerValue != nil }
      }
      func outcomes() throws -> [String] { try cron.runs("held").compactMap(\.outcome).filter { $0 != "skipped" } }
      try startHeld()
      #expect(try cron.run(["stop", "--drain-timeout", "0", "--jobs", "stop"]).exit == 0)
      #expect(try outcomes() == ["stopped"])

      try startHeld()
      var waiting = try cron.spawn(["stop", "--jobs", "wait"])
      try cron.waitForVerdict("stopping")
      try cron.sandbox.write("go", "")
      #expect(try waiting.wait("stop", seconds: 90, sourceLocation: #_sourceLocation) == .exited(0))
      #expect(try outcomes() == ["stopped", "failed"])

      unlink(cron.sandbox.path(of: "go"))
      try startHeld()
      waiting = try cron.spawn(["stop", "--jobs", "wait"])
      try cron.waitForVerdict("stopping")
      #expect(try cron.run(["stop", "--drain-timeout", "0"]).exit == 0)
      #expect(try waiting.wait("stop", seconds: 90, sourceLocation: #_sourceLocation) == .exited(0))
      #expect(try outcomes() == ["stopped", "failed"])
      try cron.sandbox.write("go", "")
    }
  }

  @Test("stop with --jobs wait and a limit refused the limit: it waits so long, and names what goes on")
  func waitsNoLongerThanToldTo() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        "# cronwatch: name=held\n@every 1s while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; exit 3\n")
      try cron.start()
      let run = try waitForValue("a run that is held") {
        let running = try cron.status()["running"]?[0]
        return running?["pid"]?.integerValue == nil ? nil : running?["run"]?.stringValue
      }
      let stop = try cron.run(["stop", "--jobs", "wait", "--drain-timeout", "1s"])
      #expect(stop.exit == 0 && stop.output.contains("1 run goes on with"), "\(stop.output)\(stop.error)")
      #expect(stop.output.contains("held \(run)"))
      #expect(try cron.runs("held").last(where: { $0.run != nil })?.outcome == nil, "it lives")

      try cron.sandbox.write("go", "")
      try cron.start()
      try cron.wait("its exit is recorded") {
        try cron.runs("held").contains { $0.run == run && $0.outcome == "failed" }
      }
      let quick = try cron.run(["stop", "--jobs", "wait", "--drain-timeout", "1h"])
      #expect(quick.exit == 0 && !quick.output.contains("goes on"))
    }
  }

  @Test("a second instance is refused with the pid of the first, and beats nothing", .acceptance(52))
  func secondInstance() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      for arguments in [["start"], ["start", "--foreground"]] {
        let second = try cron.run(arguments + [cron.crontabPath])
        #expect(second.exit == 69)
        #expect(second.error.contains("pid \(watcher.pid)"))
      }
      // Past the command's own question: the roles themselves don't get the locks.
      for role in ["watcher", "ticker"] {
        let words = try #require(ProcessStatus.commandLine(of: role == "watcher" ? watcher.pid : ticker.pid))
        let kept = words.dropFirst().filter { $0 != "--ready-fd" && $0 != "3" }
        #expect(try cron.run(Array(kept)).exit == 69, "\(role)")
      }
      #expect(watcher.isAlive && ticker.isAlive)
      #expect(text(cron.state + "/heartbeat/ticker").split(separator: "\n")[1].hasPrefix("pid=\(ticker.pid)"))
      #expect(try cron.verdict() == "healthy")
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("a state directory whose path is longer than a socket's address serves like any other")
  func longPath() throws {
    let long = (0..<4).map { _ in String(repeating: "long-", count: 12) }.joined(separator: "/") + "/state"
    try Cronwatch.use(state: long) { cron in
      _ = try Directory.create(String(cron.state.dropLast("/state".utf8.count)))
      // A run by hand of the job that fires would be refused while one of it is under way.
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@yearly", name: "manual"))
      #expect(cron.state.utf8.count > 200)
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let manual = try cron.run(["run", "manual", "--wait"])
      #expect(manual.exit == 0, "\(manual.output)\(manual.error)")
      #expect(try cron.run(["status"]).exit == 0)
      try cron.stop()
    }
  }

  @Test("no jobs at all is no reason not to run, and is said")
  func noJobs() throws {
    try Cronwatch.use { cron in
      try cron.crontab("# nothing yet\n")
      #expect(unwrapped(try cron.start().output).contains("no jobs are defined"))
      #expect(try cron.status()["jobs"]?["total"]?.integerValue == 0)
      try cron.stop()
    }
  }

  @Test("the crontabs of a start are remembered, until others are named or they are to be forgotten")
  func remembered() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1h"))
      try cron.start()
      try cron.stop()
      #expect(try cron.run(["start"]).exit == 0)
      #expect(try cron.status()["jobs"]?["total"]?.integerValue == 1)
      try cron.stop()
      #expect(try cron.run(["start", "--forget-crontabs"]).exit == 0)
      #expect(try cron.status()["jobs"]?["total"]?.integerValue == 0)
      try cron.stop()
    }
  }
}
