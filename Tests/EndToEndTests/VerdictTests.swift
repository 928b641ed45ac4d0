import CronSystem
import CronTestSupport
import CronTime
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Status tells the truth about a ticker that doesn't do what it should.
@Suite(.ownThread)
struct VerdictTests {
  private static let quick = "[ticker]\ninterval = 1s\n"

  @Test("kill -STOP of the ticker: STALLED, then it is continued or replaced, and healthy again", .acceptance(34, 35))
  func stopped() throws {
    try Cronwatch.use(configuration: Self.quick) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 2)
      let (ticker, watcher) = (try cron.ticker(), try cron.watcher())
      try cron.signal(ticker, Signal.stop)
      let stoppedAt = SystemClock.monotonic()
      // The watcher looks away just when it would act, so that the verdict can be read at leisure.
      try cron.wait("most of the limit") { SystemClock.monotonic() - stoppedAt > 20_000_000_000 }
      try cron.signal(watcher, Signal.stop)
      let status = try cron.waitForVerdict("stalled")
      #expect(status["message"]?.stringValue?.contains("STALLED") == true)
      let shown = try cron.run(["status"])
      #expect(shown.exit == 1)
      #expect(shown.output.contains("STALLED"))
      #expect(!shown.output.contains("will fire automatically"))
      try cron.signal(watcher, Signal.resume)
      try cron.waitForVerdict("healthy", seconds: 60)
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("a ticker that hangs is STALLED, says who acts, is replaced, and healthy again", .acceptance(23, 34, 35))
  func hung() throws {
    try Cronwatch.use(faults: "tick.begin@8:hang", configuration: Self.quick) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let ticker = try cron.ticker()
      try cron.waitForVerdict("stalled", seconds: 90)
      // Who acts is said from the watcher's own look on, which may come a moment after the verdict.
      try waitUntil("a signal is announced") { try cron.status()["message"]?.stringValue?.contains("SIG") == true }
      try cron.waitForVerdict("healthy", seconds: 90)
      #expect(try cron.ticker() != ticker)
      #expect((try cron.status()["ticker"]?["restarts"]?.integerValue ?? 0) >= 1)
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("jobs that can't be started are said, with the cause, as long as they are tried again")
  func unstarted() throws {
    try Cronwatch.use(configuration: Self.quick) { cron in
      let busy = try cron.sandbox.write("busy", "#!/bin/sh\nexit 0\n", permissions: 0o755)
      try cron.configure(Self.quick + "[job busy]\nschedule = 0 0 29 2 *\nexec = \(busy)\n")
      try cron.start()
      let writer = try FileDescriptor.open(busy, .write)
      #expect(try cron.run(["run", "busy"]).exit == 0)
      let message = try cron.waitForVerdict("degraded")["message"]?.stringValue ?? ""
      #expect(message.contains("a run can't be started") && message.contains("ETXTBSY"), "\(message)")
      try writer.close()
      try cron.waitForVerdict("healthy")
      #expect(try cron.runs("busy").map(\.outcome) == ["succeeded"])
    }
  }

  @Test("a ticker that dies again and again is crash-looping, with its count and its last end", .acceptance(23, 71))
  func crashLoop() throws {
    try Cronwatch.use(faults: "tick.begin@6:kill", eachProcess: true, configuration: Self.quick) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let status = try cron.waitForVerdict("crash-looping", seconds: 60)
      let message = status["message"]?.stringValue ?? ""
      #expect(message.contains("died") && message.contains("KILL") && message.contains("next try"), "\(message)")
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 1)
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test(
    "ticks that fail beat, never move the success mark, and are failing", .acceptance(25, 26, 32, 35, 51),
    arguments: ["tick@1+:error", "tick@6+:error"])
  func failingTicks(fault: String) throws {
    try Cronwatch.use(
      faults: fault, eachProcess: true, configuration: "[ticker]\ninterval = 1s\nsuccess-threshold = 2s\n"
    ) { cron in
      try cron.crontab("@hourly true\n")
      try cron.start()
      let status = try cron.waitForVerdict("failing")
      let message = status["message"]?.stringValue ?? ""
      #expect(message.contains("no tick has succeeded") && message.contains("fault point"), "\(message)")
      let shown = try cron.run(["status"])
      #expect(shown.exit == 1)
      #expect(!shown.output.contains("will fire automatically"))
      let mark = text(cron.state + "/heartbeat/success")
      let tick = status["ticker"]?["tick"]?.integerValue ?? 0
      try cron.wait("more beats") { (try cron.status()["ticker"]?["tick"]?.integerValue ?? 0) >= tick + 2 }
      #expect((try cron.status()["ticker"]?["beat_age_s"]?.numberValue ?? 99) < 5)
      #expect(text(cron.state + "/heartbeat/success") == mark)
      #expect(cron.log.contains(" error ") && cron.log.contains("fault point"))
    }
  }

  @Test("a ticker that isn't ready yet is starting")
  func starting() throws {
    try Cronwatch.use(faults: "ticker.recovered:hang") { cron in
      try cron.crontab("@hourly true\n")
      let command = try cron.spawn(["start", cron.crontabPath])
      let status = try cron.waitForVerdict("starting")
      #expect(status["ticker"]?["success_age_s"]?.isNull != false)
      #expect(try cron.run(["status"]).exit == 1)
      _ = consume command
    }
  }

  @Test("an occurrence past its grace that nobody decided is OVERDUE", .acceptance(71))
  func overdue() throws {
    try Cronwatch.use(configuration: Self.quick) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", options: "grace=1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      try cron.stop()
      // A ledger from the future: fires are held for a minute, because the clock may not be set yet.
      let names = try Directory.open(cron.state + "/ledger").list()
      let newest = try #require(names.last { $0.hasSuffix(".log") })
      try WrongClock.stamp(ledger: cron.state + "/ledger/" + newest, secondsAhead: 7_200)
      try cron.start()
      let count = cron.evidence().count
      let status = try cron.waitForVerdict("overdue")
      #expect(status["message"]?.stringValue?.contains("OVERDUE") == true)
      let shown = try cron.run(["status"])
      #expect(shown.exit == 1)
      #expect(!shown.output.contains("will fire automatically"))
      #expect(cron.evidence().count == count)
    }
  }

  @Test("a beat dated in the future is not fresh", .acceptance(50))
  func futureBeat() throws {
    try Cronwatch.use { cron in
      try cron.crontab("@hourly true\n")
      try cron.start()
      let (ticker, watcher) = (try cron.ticker(), try cron.watcher())
      for process in [ticker, watcher] {
        try cron.signal(process, Signal.stop)
        try cron.wait("it stops") { ProcessStatus.read(process.pid)?.state == "T" }
      }
      #expect(try cron.verdict() == "healthy")
      let path = cron.state + "/heartbeat/ticker"
      try WrongClock.shift(beat: path, seconds: 3_600)
      let status = try cron.status()
      #expect(status["verdict"]?.stringValue != "healthy")
      #expect(status["ticker"]?["beat_age_s"]?.isNull == true)
      try WrongClock.shift(beat: path, seconds: -3_600 - 10_000)
      let old = try cron.status()
      #expect(old["verdict"]?.stringValue == "stalled")
      #expect((old["ticker"]?["beat_age_s"]?.numberValue ?? 0) > 9_000)
    }
  }

  @Test("a heartbeat that can't be written fails no tick, and leaves no temporary file", .acceptance(27, 31))
  func unwritableBeat() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      // A directory there would be put aside; a FIFO takes no beat, and stays.
      for name in ["ticker", "success"] {
        _ = try Directory.create(cron.state + "/heartbeat")
        #expect(mkfifo(cron.state + "/heartbeat/" + name, 0o600) == 0)
      }
      let command = try cron.spawn(["start", cron.crontabPath])
      try cron.waitForEvidence(count: 3)
      let status = try cron.status()
      #expect(status["ticker"]?["beat_age_s"]?.isNull == true)
      #expect(status["ticker"]?["success_age_s"]?.isNull == true)
      #expect(status["verdict"]?.stringValue != "healthy" && status["verdict"]?.stringValue != "down")
      let names = try Directory.open(cron.state + "/heartbeat").list()
      #expect(names.allSatisfy { ["ticker", "success", "error", "watcher", "summary"].contains($0) }, "\(names)")
      #expect(try Directory.open(cron.state + "/heartbeat").status("ticker")?.kind == .fifo)
      _ = consume command
    }
  }

  /// Between its look at the tick's beginning and the one before a dispatch it ended without a word.
  @Test("a ticker whose lock file is deleted between a claim and its dispatch says so too", .acceptance(52))
  func lockDeletedBeforeDispatch() throws {
    try Cronwatch.use(faults: "claim.synced@3:stop") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let ticker = try cron.ticker()
      try cron.wait("it stands still") { ProcessStatus.read(ticker.pid)?.state == "T" }
      #expect(unlink(cron.state + "/ticker.lock") == 0)
      try cron.signal(ticker, Signal.resume)
      try cron.wait("its end") { !ticker.isAlive }
      try cron.wait("status says what happened") {
        try cron.status()["message"]?.stringValue?.contains("ticker.lock was removed or replaced") == true
      }
      #expect(cron.log.contains("nothing more is started"), "\(cron.log)")
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  @Test("a ticker whose lock file is deleted fires no more, says so, and is replaced", .acceptance(52))
  func lockDeleted() throws {
    try Cronwatch.use(configuration: Self.quick) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence(count: 1)
      let ticker = try cron.ticker()
      #expect(unlink(cron.state + "/ticker.lock") == 0)
      try cron.wait("its end") { !ticker.isAlive }
      try cron.wait("status says what happened") {
        try cron.status()["message"]?.stringValue?.contains("ticker.lock was removed or replaced") == true
      }
      #expect(try cron.run(["reload"]).exit == 0)
      try cron.waitForVerdict("healthy")
      let count = cron.evidence().count
      try cron.waitForEvidence(count: count + 2)
      #expect(try cron.ticker() != ticker)
      #expect(cron.log.contains("ticker.lock was removed or replaced"))
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }
}

/// Leaves what a wrong clock would leave.
enum WrongClock {
  /// Appends a start of another boot, in the future, to a ledger that nobody has open.
  static func stamp(ledger path: String, secondsAhead: Int64) throws {
    let file = try FileDescriptor.open(path, .readWrite)
    let bytes = try file.readToEnd(limit: 64 << 20).prefix { $0 != 0 }
    let last = try #require(String(decoding: bytes, as: UTF8.self).split(separator: "\n").last)
    let sequence = try #require(Int(last.split(separator: " ")[1])) + 1
    let instant = Instant(microseconds: SystemClock.wall()).adding(seconds: secondsAhead)
    let body = "\(sequence) restart at=\(instant.description) boot=another.1 pid=2 version=0.1.0"
    let line = "\(hexadecimal(CRC32C.checksum(Array(body.utf8)))) \(body)\n"
    try file.write(Array(line.utf8), at: Int64(bytes.count))
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// Moves the clocks of a beat, wall and monotonic, and seals it anew.
  static func shift(beat path: String, seconds: Int64) throws {
    let file = try FileDescriptor.open(path, .readWrite)
    let bytes = try file.read(upTo: 512, at: 0)
    try #require(bytes.count == 512)
    var lines = String(decoding: bytes.dropLast(16), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    lines[0] = String(try #require(Int64(lines[0])) + seconds)
    let place = try #require(lines.firstIndex { $0.hasPrefix("monotonic_ns=") })
    let then = try #require(Int64(lines[place].dropFirst(13)))
    lines[place] = "monotonic_ns=\(then + seconds * 1_000_000_000)"
    var body = Array(lines.joined(separator: "\n").utf8)
    while body.last == UInt8(ascii: " ") || body.last == UInt8(ascii: "\n") { body.removeLast() }
    while body.count < 512 - 17 { body.append(UInt8(ascii: " ")) }
    body.append(UInt8(ascii: "\n"))
    let seal = "crc32c=\(hexadecimal(CRC32C.checksum(body)))\n"
    try file.write(body + Array(seal.utf8), at: 0)
  }
}
