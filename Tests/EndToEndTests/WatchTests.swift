import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// `status --watch` on a terminal.
@Suite(.ownThread)
struct WatchTests {
  private static let leaving = "\u{1B}[?25h\u{1B}[?1049l"

  @Test func `it follows what goes on through a stop and a start, fits the terminal, and gives it back`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("0 0 1 1 *", name: "rare")
          + Cronwatch.evidenceLine("@every 1s", name: "long", then: "; exec tail -f /dev/null"))
      try cron.start()
      let terminal = try PseudoTerminal(columns: 40, rows: 24)
      try terminal.run(["status", "--watch", "--interval", "100ms"], environment: cron.environment)
      try terminal.wait(for: "RUNNING 1")
      #expect(terminal.drawn.hasPrefix("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H"))
      #expect(!terminal.isAsBefore())
      #expect(!terminal.drawn.contains("2 jobs"), "40 columns don't reach that far")
      try terminal.resize(columns: 120, rows: 30)
      try terminal.wait(for: "2 jobs")

      try cron.stop()
      try terminal.wait(for: "jobs will NOT fire")
      try cron.start()
      try terminal.wait(for: "jobs will fire automatically")

      try terminal.type("q")
      #expect(try terminal.end() == .exited(0))
      #expect(terminal.drawn.hasSuffix(Self.leaving))
      #expect(terminal.isAsBefore())
    }
  }

  @Test func `it counts down to ten occurrences, though a job of each second is one of two`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("0 0 1 1 *", name: "rare") + Cronwatch.evidenceLine("@every 2s", name: "often"))
      try cron.start()
      let terminal = try PseudoTerminal(columns: 80, rows: 60)
      try terminal.run(["status", "--watch", "--interval", "100ms"], environment: cron.environment)
      // The last frame may not be whole yet.
      try cron.wait("ten rows below NEXT") {
        try terminal.wait(for: "LEDGER")
        guard let frame = terminal.drawn.split(separator: "\u{1B}[H").dropLast().last else { return false }
        return frame.split(separator: "\r\n").count { $0.contains("often") && $0.contains("  in ") } >= 9
      }
      try terminal.type("q")
      #expect(try terminal.end() == .exited(0))
      let next = try cron.status()["next"]?.arrayValue?.compactMap { $0["job"]?.stringValue }
      #expect(next?.sorted() == ["often", "rare"], "status itself tells one of each job")
    }
  }

  @Test(arguments: [Signal.terminate, Signal.interrupt, Signal.hangUp])
  func `a signal ends it and gives the terminal back`(number: Int32) throws {
    try Cronwatch.use { cron in
      let terminal = try PseudoTerminal(columns: 80, rows: 24)
      try terminal.run(["status", "--watch"], environment: cron.environment)
      try terminal.wait(for: "not running")
      try terminal.signal(number)
      #expect(try terminal.end() == .exited(0))
      #expect(terminal.drawn.hasSuffix(Self.leaving))
      #expect(terminal.isAsBefore())
    }
  }

  @Test func `what is no terminal is refused with a hint`() throws {
    try Cronwatch.use { cron in
      let refused = try cron.run(["status", "--watch"])
      #expect(refused.exit == 64 && refused.output.isEmpty)
      #expect(refused.error.contains("hint: cronwatch status"))
      for words in [["--watch", "--json"], ["--interval", "2s"], ["--watch", "--interval", "1ms"]] {
        #expect(try cron.run(["status"] + words).exit == 64, "\(words)")
      }
    }
  }
}
