import CronEngine
import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon
@testable import CronLedger

@Suite struct TickerTests {
  private let idle = "0 0 1 1 * true\n"

  @Test(.acceptance(24)) func `the first beat comes before the first tick and is liveness only`() throws {
    let ticker = try TickerHarness(crontab: idle, fault: "tick.begin:stop")
    let beats = HeartbeatFile(ticker.state, .ticker)
    try waitUntil("it stands before its first tick; log: \(ticker.log)") {
      ProcessStatus.read(ticker.pid)?.state == "T"
    }
    let first = try #require(beats.read().beat)
    #expect(first.phase == .starting)
    #expect(first.tick == 0)
    #expect(first.pid == ticker.pid)
    #expect(HeartbeatFile(ticker.state, .success).read() == .missing)

    try ticker.signal(Signal.resume)
    try ticker.hear(.ready)
    try waitUntil("the success mark has moved") { HeartbeatFile(ticker.state, .success).read().beat != nil }
    #expect(try ticker.stop() == .exited(0))
  }

  @Test func `a table that tickers died of is kept apart, and another one is compiled`() throws {
    let words = ["--quarantine", Breadcrumb.table.description]
    let ticker = try TickerHarness(crontab: idle, words: words) { _, state in
      try AtomicFile.replace(in: state.directory(.lastGood), name: "table", bytes: Array("poison".utf8))
    }
    try ticker.hear(.ready)
    try ticker.hear(.lifted(Breadcrumb.table.description))
    let (kept, table) = (ticker.sandbox.read("state/quarantine/table"), ticker.sandbox.read("state/last-good/table"))
    #expect(kept == "poison" && table?.hasPrefix("poison") == false)
    #expect(try ticker.stop() == .exited(0))
  }

  @Test(.acceptance(25)) func `a beat follows every tick, and a clean tick moves the success mark`() throws {
    let ticker = try TickerHarness(crontab: idle)
    try ticker.hear(.ready)
    let before = try #require(HeartbeatFile(ticker.state, .success).read().beat)
    try waitUntil("both have moved on") {
      guard let beat = HeartbeatFile(ticker.state, .ticker).read().beat,
        let success = HeartbeatFile(ticker.state, .success).read().beat
      else { return false }
      return beat.tick > before.tick && success.tick > before.tick
        && success.monotonicNanoseconds > before.monotonicNanoseconds
    }
    #expect(try ticker.stop() == .exited(0))
  }

  /// One second's ticks, so that one of them is the first after one that was put off.
  @Test(.acceptance(25, 32), arguments: Int64(20)..<30)
  func `what a herd's ticks put off is no success of the tick that failed after them`(first: Int64) throws {
    let herd = (0..<8).map { "# cronwatch: name=herd\($0)\n@every 1s true\n" }.joined()
    let ticker = try TickerHarness(crontab: herd, fault: "tick@\(first)+:error")
    try ticker.hear(.ready)
    try waitUntil("ticks fail; log: \(ticker.log)") {
      HeartbeatFile(ticker.state, .ticker).read().beat.map { $0.tick >= first + 4 } ?? false
    }
    let success = try #require(HeartbeatFile(ticker.state, .success).read().beat)
    #expect(success.tick < first)
    #expect(ticker.log.contains("a tick failed"))
    #expect(try ticker.stop() == .exited(0))
  }

  @Test(.acceptance(54, 56), arguments: ["garbage", "directory"])
  func `a ledger that can't be read keeps nothing from starting, and is kept`(damage: String) throws {
    let garbage = "this is no ledger\nnor is this\n"
    let ticker = try TickerHarness(crontab: "@every 1s echo fired\n") { (sandbox, state) in
      _ = try state.directory(.ledger)
      if damage == "directory" {
        try sandbox.write("state/ledger/000001.log/inside", garbage)
      } else {
        try sandbox.write("state/ledger/000001.log", garbage)
      }
    }
    try ticker.hear(.ready)
    try waitUntil("a job has fired; log: \(ticker.log)") {
      !(try state(ticker.state, has: "output")).isEmpty
    }
    #expect(ticker.log.contains("the ledger isn't as it should be"))
    let kept =
      damage == "directory"
      ? ticker.sandbox.read("state/ledger/000001.log/inside") : ticker.sandbox.read("state/ledger/000001.log")
    let quarantined = try state(ticker.state, has: "quarantine")
    #expect(kept == garbage || !quarantined.isEmpty)
    #expect(try ticker.stop() == .exited(0))
  }

  @Test(arguments: [false, true])
  func `a ticker removes old segments of the ledger before it is ready, and in safe mode none`(isSafe: Bool) throws {
    let ticker = try TickerHarness(crontab: idle, words: isSafe ? ["--safe-mode", "yes"] : []) { (sandbox, state) in
      _ = try state.directory(.ledger)
      for number in 1...3 {
        let lines = LedgerState().snapshotRecords(at: Instant(seconds: 1_000_000_000 + Int64(number)))
          .flatMap { RecordCodec.encode($0.record, seq: $0.seq) }
        try sandbox.write(
          "state/ledger/" + SegmentName.of(number), String(decoding: lines, as: UTF8.self), permissions: 0o600)
      }
    }
    try ticker.hear(.ready)
    let left = try state(ticker.state, has: "ledger")
    #expect(left.contains(SegmentName.of(1)) == isSafe, "\(left)")
    #expect(left.contains(SegmentName.of(3)))
    #expect(try ticker.stop() == .exited(0))
  }

  @Test func `another one that has the lock is reported, and its beat isn't touched`() throws {
    let first = try TickerHarness(crontab: idle)
    try first.hear(.ready)
    guard case .busy(let holder) = try RoleLock.take(.ticker, in: first.state) else {
      Issue.record("the ticker's lock is free")
      return
    }
    #expect(holder?.pid == first.pid)
    #expect(HeartbeatFile(first.state, .ticker).read().beat?.pid == first.pid)
    #expect(try first.stop() == .exited(0))
  }

  @Test func `a tick that fails is followed by a pause, whatever is due`() throws {
    let now = Instant(seconds: 1_000_000)
    let pause = Instant(seconds: 1_000_001)
    for overdue in [-3_600, -1, 0, 1] as [Int64] {
      #expect(Ticker.wakeAfterFailure(next: Instant(seconds: now.seconds + overdue), now: now) == pause)
    }
    let later = Instant(seconds: 1_000_060)
    #expect(Ticker.wakeAfterFailure(next: later, now: now) == later)
  }

  /// The names in a directory of the state directory that hold something.
  private func state(_ state: StateDirectory, has name: String) throws -> [String] {
    try state.root.openSubdirectory(name).list()
  }
}
