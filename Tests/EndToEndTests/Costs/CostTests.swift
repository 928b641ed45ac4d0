import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// What the daemon's work costs in system calls, held against the table of docs/benchmarks.md: a count is the same on
/// any machine, and on a busy one nearly so.
@Suite(.ownThread)
struct CostTests {
  private static let band = 0.6...1.5
  /// Where processors are short, a ticker wakes for each of a herd by itself.
  private static let fireBand = 0.5...3.0

  /// Waits for so many more beats of the watcher.
  private static func beats(_ count: Int, of cron: Cronwatch) throws {
    for _ in 0..<count {
      let before = text(cron.state + "/heartbeat/watcher")
      try cron.wait("the watcher's next beat") { text(cron.state + "/heartbeat/watcher") != before }
    }
  }

  /// How often the ticker has gone round.
  private static func ticks(of cron: Cronwatch) -> Int {
    let line = text(cron.state + "/heartbeat/ticker").split(separator: "\n").first { $0.hasPrefix("tick=") }
    return line.flatMap { Int($0.dropFirst(5)) } ?? 0
  }

  @Test func `a minute in which nothing is due`() throws {
    try Cronwatch.use { cron in
      try cron.crontab("0 0 1 1 * /bin/true\n")
      var moments: Range<Int64> = 0..<0
      let calls = try TracedCalls.of(cron) {
        try Self.beats(2, of: cron)
        let from = SystemClock.wall()
        // A beat is five seconds; once a minute the watcher looks at everything.
        try Self.beats(12, of: cron)
        moments = from..<SystemClock.wall()
      }
      for (name, caller) in [("the watcher", TracedCalls.Caller.watcher), ("the ticker", .ticker)] {
        let count = calls.count(caller, in: moments)
        try CostTable.expect("an idle minute: calls of \(name)", count, within: Self.band)
      }
      #expect(calls.count(.worker, in: moments) + calls.count(.sync, in: moments) == 0, "all others sleep")
    }
  }

  @Test func `a tick at which nothing is due`() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab("0 0 1 1 * /bin/true\n")
      var (moments, ticks): (Range<Int64>, Int) = (0..<0, 0)
      let calls = try TracedCalls.of(cron) {
        try cron.wait("three ticks") { Self.ticks(of: cron) >= 3 }
        let (from, first) = (SystemClock.wall(), Self.ticks(of: cron))
        try cron.wait("ten more") { Self.ticks(of: cron) >= first + 10 }
        (moments, ticks) = (from..<SystemClock.wall(), Self.ticks(of: cron) - first)
      }
      try CostTable.expect(
        "a tick with nothing due: calls of the ticker", calls.count(.ticker, in: moments) / max(ticks, 1),
        within: Self.band)
    }
  }

  @Test func `a fire by itself`() throws { try fires("a fire by itself", jobs: 1, everySeconds: 1, wanted: 10) }

  @Test func `one of fifty fires at once`() throws {
    try fires("one of fifty at once", jobs: 50, everySeconds: 5, wanted: 150)
  }

  private func fires(_ what: String, jobs: Int, everySeconds: Int, wanted: Int) throws {
    try Cronwatch.use { cron in
      let lines = (0..<jobs).map { Cronwatch.evidenceLine("@every \(everySeconds)s", name: "job\($0)") }
      try cron.crontab(lines.joined())
      var (moments, fired): (Range<Int64>, Int) = (0..<0, 0)
      let calls = try TracedCalls.of(cron) {
        // The workers that it takes have been started by then.
        let before = try cron.waitForEvidence(count: 2 * jobs, seconds: 60).count
        let from = SystemClock.wall()
        let after = try cron.waitForEvidence(count: before + wanted, seconds: 60).count
        (moments, fired) = (from..<SystemClock.wall(), after - before)
      }
      let callers: [(String, TracedCalls.Caller)] = [
        ("the ticker", .ticker), ("its worker", .worker), ("the process that becomes the job", .launch),
      ]
      for (name, caller) in callers {
        try CostTable.expect(
          "\(what): calls of \(name)", calls.count(caller, in: moments) / fired, within: Self.fireBand)
      }
      let syncs = calls.count(.sync, "fdatasync", in: moments)
      #expect(syncs > 0 && syncs <= fired + 1, "\(syncs) syncs for \(fired) fires")
      if jobs > 1 { #expect(syncs * 4 <= fired, "claims share their syncs: \(syncs) for \(fired) fires") }
    }
  }
}
