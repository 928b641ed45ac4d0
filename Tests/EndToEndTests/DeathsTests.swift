import CronDaemon
import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// `status --deaths`: what ended, how, and whether it should have.
@Suite(.ownThread)
struct DeathsTests {
  private static func deaths(_ cron: Cronwatch) throws -> [JSONValue] {
    let result = try cron.run(["status", "--deaths", "--json"])
    #expect(result.exit == 0)
    return try result.output.split(separator: "\n").map { try JSONReader.parse(Array($0.utf8)) }
  }

  @Test(.acceptance(23)) func `a ticker that was killed and one that was stopped are told apart`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      #expect(try Self.deaths(cron).isEmpty)
      let first = try cron.ticker()
      try cron.signal(first, Signal.kill)
      try cron.wait("another ticker") { try cron.ticker() != first }
      let second = try cron.ticker()
      let killed = try #require(try Self.deaths(cron).first)
      #expect(killed["pid"]?.integerValue == Int64(first.pid))
      #expect(killed["signal"]?.stringValue == "KILL" && killed["exit_code"]?.isNull == true)
      #expect(killed["reason"]?.stringValue == "unasked" && killed["unwanted"]?.boolValue == true)

      try cron.stop()
      let all = try Self.deaths(cron)
      #expect(all.map { $0["pid"]?.integerValue } == [second, first].map { Int64($0.pid) })
      #expect(all[0]["exit_code"]?.integerValue == 0 && all[0]["unwanted"]?.boolValue == false)
      let table = try cron.run(["status", "--deaths"])
      #expect(table.exit == 0)
      let lines = table.output.split(separator: "\n")
      #expect(lines.count == 3 && lines[1].contains("(as it should)") && lines[2].contains("signal KILL"))
    }
  }

  @Test func `a crash tells what the runtime said, escaped for people and whole for programs`() throws {
    try Cronwatch.use(faults: "tick.begin@4:trap") { cron in
      // The message is the runtime's own; a backtrace would only take time.
      cron.environment["SWIFT_BACKTRACE"] = "enable=no"
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.wait("the death") { try !Self.deaths(cron).isEmpty }
      let told = try #require(try Self.deaths(cron).last?["stderr"]?.stringValue)
      #expect(told.contains("Fatal error: fault point tick.begin"))
      #expect(cron.log.contains("Fatal error: fault point tick.begin"))
      try cron.stop()

      let state = try StateDirectory.open(cron.state, create: false)
      var death = try #require(try Deaths(state).all().first)
      death.atMicroseconds = SystemClock.wall()
      death.uptimeSeconds = 3_599
      death.lastWords = "\u{1B}]0;title\u{7}first\r\nsecond\u{9B}2J"
      #expect(Deaths(state).append(death) == nil)
      let table = try cron.run(["status", "--deaths"]).output
      #expect(table.contains(" 59 min 59 s  "), "not 59 min … of it")
      #expect(table.contains("\n    | \\x1b]0;title\\x07first\n    | second\\x9b2J\n"))
      #expect(try Self.deaths(cron).first?["stderr"]?.stringValue == death.lastWords)
    }
  }

  @Test func `readers and workers that die are told, those that end as they should are not`() throws {
    try Cronwatch.use(faults: "reader.before-parse:abort,worker.before-launch:trap") { cron in
      cron.environment["SWIFT_BACKTRACE"] = "enable=no"
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s") + "# cronwatch: name=long\n@yearly sleep 60\n")
      try cron.start()
      try cron.waitForEvidence("tick", count: 2)
      func deaths(_ role: String) throws -> [JSONValue] {
        try Self.deaths(cron).filter { $0["role"]?.stringValue == role }
      }
      #expect(try deaths("reader").map { $0["signal"]?.stringValue } == ["ABRT"])
      let worker = try #require(try deaths("worker").first)
      #expect(try deaths("worker").count == 1)
      #expect(worker["stderr"]?.stringValue?.contains("Fatal error: fault point worker.before-launch") == true)
      #expect(worker["unwanted"]?.boolValue == true && worker["signal"]?.stringValue != nil)

      // One that another ticker adopted: somebody else reaps it.
      #expect(try cron.run(["run", "long"]).exit == 0)
      try cron.wait("the job runs") { try cron.runs("long").first?.outcome == nil && cron.runs("long").count == 1 }
      func longWorker() throws -> JSONValue? {
        try cron.status()["workers"]?.arrayValue?.first { $0["job"]?.stringValue == "long" }
      }
      let adopted = Int32(try waitForValue("its worker") { try longWorker()?["pid"]?.integerValue })
      let first = try cron.ticker()
      try cron.kill(first)
      try cron.wait("another ticker") {
        let status = try cron.status()
        return status["verdict"]?.stringValue == "healthy"
          && status["ticker"]?["pid"]?.integerValue != Int64(first.pid)
      }
      try cron.kill(try #require(ProcessIdentity.read(adopted)))
      try cron.wait("its death is told") { try deaths("worker").count == 2 }
      let last = try #require(try deaths("worker").first)
      #expect(last["pid"]?.integerValue == Int64(adopted) && last["signal"]?.stringValue == "KILL")
      #expect(try deaths("watcher").isEmpty)
    }
  }

  /// Whoever asks is told what the ticker saw; how it ended as well, where the kernel tells more than its parent.
  @Test func `a watcher that dies is told with the moment that its ticker saw, also while none runs`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence()
      let watcher = try cron.watcher()
      try cron.kill(watcher)
      func death() throws -> JSONValue? {
        try Self.deaths(cron).first {
          $0["role"]?.stringValue == "watcher" && $0["reason"]?.stringValue != "found-dead"
        }
      }
      for isKept in [false, true] {
        let told = try waitForValue("the death that the ticker saw") { try death() }
        #expect(told["pid"]?.integerValue == Int64(watcher.pid) && told["unwanted"]?.boolValue == true)
        let signal = told["signal"]?.stringValue
        #expect(told["reason"]?.stringValue == (signal == nil ? "eof" : "unasked") && signal ?? "KILL" == "KILL")
        let table = try cron.run(["status", "--deaths"]).output
        // Until it is written down, the ticker may learn more at any moment.
        #expect(table.contains("signal KILL") || table.contains("EOF of its channel") && (!isKept || signal == nil))
        if !isKept { try cron.start() }
      }
      #expect(try Self.deaths(cron).count { $0["role"]?.stringValue == "watcher" } == 1)
    }
  }

  @Test func `a watcher that crashes is told with what it said, although nobody watched it`() throws {
    try Cronwatch.use(faults: "watcher.turn@40:trap") { cron in
      cron.environment["SWIFT_BACKTRACE"] = "enable=no"
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let watcher = try cron.watcher()
      // Each answer is a turn of its loop.
      try cron.wait("its crash") {
        if watcher.isAlive { _ = try cron.run(["status"]) }
        return !watcher.isAlive
      }
      try cron.waitForEvidence(count: cron.evidence().count + 1)
      func stderr() throws -> String? {
        try Self.deaths(cron).first { $0["role"]?.stringValue == "watcher" }?["stderr"]?.stringValue
      }
      #expect(try stderr()?.contains("Fatal error: fault point watcher.turn") == true)
      try cron.start()
      #expect(try stderr()?.contains("Fatal error: fault point watcher.turn") == true, "and once it is written down")
    }
  }
}
