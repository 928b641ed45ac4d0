import CronSystem
import CronTestSupport
import CronWire
import Glibc
import Testing

@testable import CronDaemon

@Suite(.timeLimit(.minutes(15))) struct WatcherTests {
  @Test func `start hears READY once the ticker is ready, and stop ends both`() throws {
    let watched = try WatchedSandbox()
    #expect(try watched.start() == "READY\n")
    let ticker = try watched.waitForTicker(1)
    #expect(ProcessStatus.read(ticker)?.session == ticker)
    #expect(try watched.ask("stop")["ok"] == true)
    #expect(try watched.end() == .exited(0))
    #expect(ProcessStatus.read(ticker) == nil)
    #expect(try watched.state.root.status("control.sock") == nil)
    #expect(try RoleLock.query(.watcher, in: watched.state) == .free)
  }

  @Test(.acceptance(23), arguments: [SIGKILL, SIGSEGV, SIGTERM])
  func `a ticker that a signal ended is followed by another`(signal: Int32) throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let first = try watched.waitForTicker(1)
    #expect(kill(first, signal) == 0)
    let second = try watched.waitForTicker(2)
    #expect(first != second)
    let death = try #require(try Deaths(watched.state).all().last)
    #expect(death.pid == first)
    #expect(death.isUnwanted)
    #expect(HeartbeatFile(watched.state, .watcher).read().beat?.tick == 1)
  }

  @Test(.acceptance(23, 66)) func `leaving unasked is a death even with exit 0`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let first = try watched.waitForTicker(1)
    try watched.behave("leave")
    _ = try watched.waitForTicker(2)
    let death = try #require(try Deaths(watched.state).all().last)
    #expect(death.pid == first)
    #expect(death.cause == .exited(0))
    #expect(death.reason == "unasked")
    #expect(death.isUnwanted)
  }

  @Test(.acceptance(66)) func `ending by design is no death, and a request wakes another`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    _ = try watched.waitForTicker(1)
    try watched.behave("asleep")
    try waitUntil("the ticker sleeps") { try Deaths(watched.state).all().last?.reason == "asleep" }
    #expect(try Deaths(watched.state).all().allSatisfy { !$0.isUnwanted })
    #expect(watched.tickers.count == 1)
    #expect(try watched.ask("run")["pid"]?.integerValue.map { Int32($0) } != watched.tickers.first)
    #expect(watched.tickers.count == 2)
  }

  @Test func `what a ticker says before it dies is kept with its death, and a flood is cut`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let first = try watched.waitForTicker(1)
    try watched.behave("say", "Fatal error: \u{1B}[2Jfirst\nat line 3\n")
    try watched.behave("exit", "134")
    #expect(kill(first, SIGKILL) == 0)
    try waitUntil("the second death") { try Deaths(watched.state).all().count == 2 }
    let deaths = try Deaths(watched.state).all()
    #expect(deaths.map(\.lastWords) == [nil, "Fatal error: \u{1B}[2Jfirst\nat line 3"])
    #expect(deaths[1].cause == .exited(134))
    #expect(watched.log.contains(#"line="Fatal error: \x1b[2Jfirst""#))
    _ = try watched.waitForTicker(3)

    try watched.behave("say", "begin\n" + String(repeating: "flood\n", count: 200_000))
    try watched.behave("exit", "1")
    #expect(kill(watched.tickers[2], SIGKILL) == 0)
    _ = try watched.waitForTicker(5)
    let flooded = try #require(try Deaths(watched.state).all().last?.lastWords)
    #expect(flooded.hasPrefix("begin\nflood") && flooded.contains("bytes …]") && flooded.utf8.count < 1100)
    #expect(watched.log.split(separator: "\n").count { $0.contains("line=flood") } < 150)
  }

  @Test func `a watcher that was killed is told by the next one, and one that was stopped is not`() throws {
    let watched = try WatchedSandbox()
    func deaths() throws -> [DeathRecord] { try Deaths(watched.state).ends(of: .watcher) }
    try watched.start()
    let first = watched.watcher
    let orphan = try watched.waitForTicker(1)
    kill(first, SIGKILL)
    #expect(try watched.end() == .signaled(SIGKILL, coreDumped: false))
    kill(orphan, SIGKILL)
    #expect(try deaths().isEmpty)
    // Who asks is told before anybody has written it down.
    #expect(try UnseenDeaths.withKept(watched.state).map(\.pid) == [first])
    for _ in 1...2 {
      try watched.start()
      let death = try #require(try deaths().first)
      #expect(try deaths().count == 1)
      #expect(death.pid == first && death.cause == nil && death.reason == "found-dead" && death.isUnwanted)
      #expect(try watched.ask("stop")["ok"] == true)
      #expect(try watched.end() == .exited(0))
    }
  }

  @Test func `a ticker without a usable configuration is no crash, and is written down once`() throws {
    let watched = try WatchedSandbox()
    try watched.start(["--restart-delay-max-ms", "1"])
    let first = try watched.waitForTicker(1)
    for number in 2...3 {
      try watched.behave("exit", "78")
      // The third is started by itself, a second after the second.
      if number == 2 { #expect(kill(first, SIGKILL) == 0) }
      try waitUntil("a ticker ends") { watched.sandbox.read("ticker/exit") == nil && watched.tickers.count >= number }
    }
    _ = try watched.waitForTicker(4)
    let ends = try Deaths(watched.state).ends(of: .ticker)
    #expect(ends.map(\.pid).first == first)
    #expect(ends.map(\.reason) == ["unasked", "configuration"] && ends.map(\.isUnwanted) == [true, false])
  }

  @Test func `a crashing ticker is tried again and again, with pauses`() throws {
    let watched = try WatchedSandbox()
    try watched.start(["--restart-delay-max-ms", "300"])
    for number in 1...4 {
      let ticker = try watched.waitForTicker(number)
      #expect(kill(ticker, SIGKILL) == 0)
    }
    _ = try watched.waitForTicker(5)
    #expect(try Deaths(watched.state).all().filter(\.isUnwanted).count == 4)
  }

  @Test(arguments: [73, 77, 78] as [Int32])
  func `an end that another try would only repeat fails the start with its status`(status: Int32) throws {
    let watched = try WatchedSandbox()
    try watched.behave("exit", "\(status)")
    let line = try watched.start()
    #expect(line.hasPrefix("FAILED \(status) "))
    #expect(try watched.end() == .exited(status))
  }

  @Test(.acceptance(52)) func `a second watcher ends with 69 and names the first`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let before = try #require(HeartbeatFile(watched.state, .watcher).read().beat)
    let (pid, line) = try watched.launch()
    #expect(try Reaper.wait(for: pid).cause == .exited(69))
    #expect(line.hasPrefix("FAILED 69 "))
    #expect(line.contains("pid \(watched.watcher)"))
    #expect(before.pid == watched.watcher)
    #expect(HeartbeatFile(watched.state, .watcher).read().beat?.pid == watched.watcher)
    #expect(try watched.ask("ping")["pid"]?.integerValue == Int64(watched.watcher))
  }

  @Test(.acceptance(53)) func `a lock that can't be taken for another reason is said to be that`() throws {
    let watched = try WatchedSandbox()
    try watched.state.root.makeDirectory("watcher.lock")
    // What stands in its place can't be put aside either.
    rmdir(watched.sandbox.path(of: "state/quarantine"))
    try watched.sandbox.write("state/quarantine", "")
    let line = try watched.start()
    #expect(line.hasPrefix("FAILED 73 "))
    #expect(line.contains("ENOTDIR"))
    #expect(try watched.end() == .exited(73))
  }

  @Test(arguments: [SIGTERM, SIGINT]) func `a signal stops both with exit 0`(signal: Int32) throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let ticker = try watched.waitForTicker(1)
    #expect(kill(watched.watcher, signal) == 0)
    #expect(try watched.end() == .exited(0))
    #expect(ProcessStatus.read(ticker) == nil)
    #expect(try Deaths(watched.state).all().last?.isUnwanted == false)
  }

  @Test(.acceptance(2)) func `a ticker that ignores the request to stop is killed within the limit`() throws {
    let watched = try WatchedSandbox()
    try watched.behave("deaf")
    try watched.start(["--stop-timeout-ms", "200", "--drain-ms", "0"])
    let ticker = try watched.waitForTicker(1)
    let before = SystemClock.monotonic()
    #expect(kill(watched.watcher, SIGTERM) == 0)
    #expect(try watched.end() == .exited(0))
    #expect(SystemClock.monotonic() - before < 5_000_000_000)
    #expect(ProcessStatus.read(ticker) == nil)
    #expect(try Deaths(watched.state).all().last?.cause == .signaled(SIGKILL, coreDumped: false))
  }

  @Test func `the second signal doesn't wait for the limit`() throws {
    let watched = try WatchedSandbox()
    try watched.behave("deaf")
    try watched.start(["--stop-timeout-ms", "600000"])
    _ = try watched.waitForTicker(1)
    #expect(kill(watched.watcher, SIGTERM) == 0)
    try waitUntil("it stops") { watched.sandbox.read("ticker/told") == "stop leave -" + "\n" }
    #expect(kill(watched.watcher, SIGINT) == 0)
    #expect(try watched.end() == .exited(0))
    #expect(watched.sandbox.read("ticker/told") == "stop leave -\nstop leave 0\n")
  }

  @Test func `a stop takes the order of a later one`() throws {
    let watched = try WatchedSandbox()
    try watched.behave("deaf")
    try watched.start(["--stop-timeout-ms", "200", "--drain-ms", "0"])
    _ = try watched.waitForTicker(1)
    let waiting = StopOrder(jobs: .wait)
    #expect(
      try ControlClient.ask(watched.state, .object(JSONObject([("verb", "stop")] + waiting.members)))["ok"] == true)
    try waitUntil("it is told") { watched.sandbox.read("ticker/told") == "stop wait -\n" }
    // It would be waited for for a day.
    #expect(try watched.ask("stop")["ok"] == true)
    #expect(try watched.end() == .exited(0))
    #expect(watched.sandbox.read("ticker/told") == "stop wait -\nstop leave -\n")
  }

  @Test func `SIGQUIT writes down how things are, SIGUSR1 goes on in the log that has the name, others mean nothing`()
    throws
  {
    let watched = try WatchedSandbox(logsToState: true)
    try watched.start()
    _ = try watched.waitForTicker(1)
    let log = { watched.sandbox.read("state/log/cronwatch.log") ?? "" }
    for _ in 0..<20 { for signal in [SIGUSR2, SIGWINCH, SIGURG, SIGPIPE] { kill(watched.watcher, signal) } }
    #expect(kill(watched.watcher, SIGQUIT) == 0)
    try waitUntil("the ticker is told") { watched.sandbox.read("ticker/told") == "dump\n" }
    try waitUntil("a line of the state") { log().contains("phase=running") }
    rename(watched.sandbox.path(of: "state/log/cronwatch.log"), watched.sandbox.path(of: "state/log/moved"))
    #expect(kill(watched.watcher, SIGUSR1) == 0)
    try waitUntil("the new file") { access(watched.sandbox.path(of: "state/log/cronwatch.log"), F_OK) == 0 }
    try waitUntil("the ticker is told that too") { watched.sandbox.read("ticker/told") == "dump\nreopen-log\n" }
    #expect(try watched.ask("ping")["ok"] == true)
  }

  @Test func `SIGHUP is relayed as a reload`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    _ = try watched.waitForTicker(1)
    #expect(kill(watched.watcher, SIGHUP) == 0)
    try waitUntil("the ticker is told") { watched.sandbox.read("ticker/told") == "reload\n" }
  }

  @Test(.acceptance(65)) func `an orphan's end is written down before it is reaped`() throws {
    let watched = try WatchedSandbox()
    try watched.behave("orphan")
    try watched.behave("orphan.hold")
    try watched.start()
    _ = try watched.waitForTicker(1)
    let pid = try waitForValue("the orphan runs") { watched.orphan }
    try waitUntil("it is the watcher's") { ProcessStatus.read(pid)?.parent == watched.watcher }
    let identity = try #require(ProcessIdentity.read(pid))
    watched.behaveNoMore("orphan.hold")
    try waitUntil("it is reaped") { ProcessStatus.read(pid) == nil }
    #expect(try ReapedRing(watched.state).find(identity)?.cause == .exited(42))
  }

  @Test func `a request during a restart waits for the next ticker`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let first = try watched.waitForTicker(1)
    #expect(kill(first, SIGKILL) == 0)
    try waitUntil("the death is known") { try !Deaths(watched.state).all().isEmpty }
    #expect(try watched.ask("run")["ok"] == true)
  }

  @Test func `a ticker that dies with a request leaves no client waiting`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let first = try watched.waitForTicker(1)
    try watched.behave("silent")
    let client = try UnixSocket.connect(in: watched.state.root, name: ControlLimits.socketName, nonBlocking: false)
    #expect(try client.send(Array("{\"verb\":\"run\"}\n".utf8)) > 0)
    // Requests are served in order: once status is answered, the ticker has the other.
    #expect(try watched.ask("status")["ok"] == true)
    #expect(kill(first, SIGKILL) == 0)
    guard case .bytes(let bytes, _) = try client.receive(upTo: 4096) else {
      Issue.record("no answer")
      return
    }
    #expect(String(decoding: bytes, as: UTF8.self).contains("\"exit\":75"))
  }

  @Test func `a deleted control socket comes back with the next beat`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    try watched.state.root.unlink("control.sock")
    try waitUntil("it is back") { (try? watched.ask("ping"))?["ok"] == true }
  }

  @Test func `the watcher answers status from files`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let answer = try StatusQuery.ask(watched.state, color: false)
    #expect(answer.json["watcher"]?["pid"]?.integerValue == Int64(watched.watcher))
    #expect(answer.json["verdict"] == "starting")
    #expect(answer.exitStatus == 1)
    #expect(!answer.text.contains("did not answer"))
    // A stopped watcher doesn't answer: then the command reads the same files itself, and says so.
    #expect(kill(watched.watcher, SIGSTOP) == 0)
    try waitUntil("it is stopped") { ProcessStatus.read(watched.watcher)?.state == "T" }
    #expect(try StatusQuery.ask(watched.state, color: false).text.contains("did not answer"))
  }

  @Test func `a ticker that outlived its watcher is made to end, then replaced`() throws {
    let watched = try WatchedSandbox()
    var pair = try SocketPair()
    let log = try FileDescriptor.open(watched.sandbox.path(of: "old.log"), [.write, .create, .append])
    let old = try Spawn.start(
      try WorkerHarness.program(),
      arguments: ["cronwatch", "role", "ticker", "--state", watched.state.path, "--config", ""],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [
        .init(child: 1, raw: log.raw), .init(child: 2, raw: log.raw), .init(child: 4, raw: pair.secondRaw),
      ])
    let channel = pair.takeFirst()
    try waitUntil("the old one holds the lock") {
      try RoleLock.query(.ticker, in: watched.state).holder?.pid == old
    }
    #expect(try watched.start() == "READY\n")
    #expect(try waitForValue("the old one's end") { try Reaper.peek(child: old) }.cause == .exited(0))
    try Reaper.reap(old)
    _ = try watched.waitForTicker(1)
    #expect(try RoleLock.query(.ticker, in: watched.state) == .free)
    try channel.close()
  }

  @Test func `a watcher that lost its lock starts and ends no ticker any more`() throws {
    let watched = try WatchedSandbox()
    try watched.start(["--restart-delay-max-ms", "100"])
    let ticker = try watched.waitForTicker(1)
    try watched.state.root.unlink("watcher.lock")
    guard case .taken(let lock) = try RoleLock.take(.watcher, in: watched.state) else {
      Issue.record("the lock of the new file is held")
      return
    }
    #expect(kill(ticker, SIGKILL) == 0)
    #expect(try watched.end() == .exited(69))
    #expect(watched.tickers == [ticker])
    #expect(try lock.isCurrent())
  }

  @Test func `a watcher whose lock file was deleted takes it again however often its ticker dies`() throws {
    let watched = try WatchedSandbox()
    try watched.start(["--restart-delay-max-ms", "100"])
    let ticker = try watched.waitForTicker(1)
    try watched.state.root.unlink("watcher.lock")
    #expect(kill(ticker, SIGKILL) == 0)
    _ = try watched.waitForTicker(2)
    #expect(try RoleLock.query(.watcher, in: watched.state).holder?.pid == watched.watcher)
    // It is mended, and said until somebody has read it.
    func isSaid() throws -> Bool {
      try StatusCollector(watched.state).collect().notice?.contains("watcher.lock was removed or replaced") == true
    }
    #expect(try isSaid())
    _ = try watched.ask("reload")
    #expect(try !isSaid())
  }

  @Test func `a ticker that can't be heard is ended, and another is started`() throws {
    let watched = try WatchedSandbox()
    #expect(try watched.start(environment: ["CRONWATCH_FAULT=watcher.channel:error"]) == "READY\n")
    #expect(watched.log.contains("a ticker can't be started"))
    let ready = try #require(watched.tickers.last)
    #expect(try watched.ask("echo")["pid"]?.integerValue == Int64(ready))
    #expect(watched.tickers.dropLast().allSatisfy { ProcessStatus.read($0) == nil })
  }
}
