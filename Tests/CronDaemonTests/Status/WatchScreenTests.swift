import CronSystem
import CronTestSupport
import CronTime
import CronWire
import Testing

@testable import CronDaemon
@testable import CronLedger

@Suite struct WatchScreenTests {
  private static func facts(_ change: (inout StatusFacts) -> Void = { _ in }) -> WatchFacts {
    var facts = WatchFacts(now: StatusSamples.now, intervalSeconds: 1)
    facts.report = StatusEvaluator.evaluate(StatusSamples.facts(change))
    facts.ledger = LedgerHealth(segments: 2, bytes: 8 << 20, hasReserve: true, hasSpilled: false)
    return facts
  }

  private static func busy() -> WatchFacts {
    var facts = facts { status in
      var summary = TickerSummary()
      summary.coming = (0..<10).map { .init(job: "next-\($0)", at: StatusSamples.now.adding(seconds: Int64($0) * 60)) }
      summary.next = Array(summary.coming.prefix(3))
      summary.running = (0..<30).map {
        .init(run: "r\($0)", job: "run-\($0)", pid: 7, startedAt: StatusSamples.now.adding(seconds: -30))
      }
      summary.failures = [
        .init(run: "f", job: "evil\u{1B}[31m\n日本", at: StatusSamples.now, outcome: "failed", reason: "exit 3")
      ]
      status.summary = summary
    }
    facts.medians = ["run-0": 60]
    return facts
  }

  private static func text(_ facts: WatchFacts, columns: Int = 100, rows: Int = 60) -> [String] {
    WatchScreen(facts, size: .init(columns: columns, rows: rows), glyphs: .ascii).render().map(\.text)
  }

  @Test func `the verdict stands first, then processes, runs, what comes, what failed and the ledger`() {
    let rows = Self.text(Self.busy())
    #expect(rows[0].hasPrefix("healthy: jobs will fire automatically"))
    let headings = ["watcher", "ticker", "RUNNING 30", "NEXT", "LAST FAILURES", "LEDGER", "q quits"]
    let places = headings.compactMap { heading in rows.firstIndex { $0.hasPrefix(heading) } }
    #expect(places.count == headings.count && places == places.sorted())
    #expect(rows.contains { $0.contains("in 9 min") && $0.hasSuffix("next-9") })
    #expect(rows.contains("  2 segments, 8 MiB, reserve set aside"))
  }

  @Test func `a guest sees what the answer tells, and neither medians nor ledger`() throws {
    var own = Self.busy()
    let reply = StatusQuery.reply(try #require(own.report), color: false)
    // As it comes through the socket.
    let heard = try JSONReader.parse(Array(JSONWriter.text(reply).utf8))
    var guest = WatchFacts(now: StatusSamples.now, intervalSeconds: 1)
    guest.isGuest = true
    guest.report = StatusReport(reply: heard, now: StatusSamples.now)
    (own.medians, own.ledger, own.isGuest) = ([:], nil, true)
    // Uptimes aside, which are counted from the start.
    let places = [Self.text(guest), Self.text(own)].map { lines in lines.map { $0.split(separator: ",").first } }
    #expect(places[0] == places[1])
    #expect(!Self.text(guest).contains { $0.contains("no past run") }, "nobody looked for one")
    #expect(StatusReport(reply: ["status": ["verdict": "fine"]], now: StatusSamples.now) == nil)
  }

  @Test func `a narrow screen shows the jobs' names before all else, and no two cells run into each other`() {
    var facts = Self.busy()
    facts.report?.facts.summary?.failures = [
      .init(run: "f", job: "bad", at: StatusSamples.now, outcome: "failed", reason: "exit status 3")
    ]
    #expect(Self.text(facts).contains { $0.contains("failed (exit status 3) ") && $0.hasSuffix(" bad") })
    let rows = Self.text(facts, columns: 40)
    for name in ["run-0", "run-1", "next-0", "next-9", "bad"] {
      #expect(rows.contains { $0.hasSuffix(" \(name)") }, "\(name): \(rows)")
    }
  }

  @Test func `progress is measured by the median of past runs, and said where there is none`() {
    let rows = Self.text(Self.busy())
    #expect(rows.contains("  #####..... 50 %   30 s of 1 min         run-0"))
    #expect(rows.contains { $0.contains("for 30 s, no past run to compare with") && $0.hasSuffix("run-1") })
    var late = Self.busy()
    late.medians = ["run-0": 10]
    #expect(Self.text(late).contains { $0.contains("########## 300 %") })
  }

  @Test(arguments: [(100, 60), (80, 24), (40, 12), (20, 5), (2, 3), (1, 1)])
  func `a picture never leaves its screen`(columns: Int, rows: Int) {
    let lines = Self.text(Self.busy(), columns: columns, rows: rows)
    #expect(lines.count <= rows && !lines.isEmpty)
    for line in lines {
      #expect(CellWidth.of(line) <= columns, "\(line)")
      #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
    }
  }

  @Test func `a small screen keeps every part, and says how much is hidden`() {
    let rows = Self.text(Self.busy(), columns: 80, rows: 24)
    #expect(rows.count == 24)
    for heading in ["RUNNING 30 (", "NEXT (", "LAST FAILURES", "LEDGER", "q quits"] {
      #expect(rows.contains { $0.hasPrefix(heading) }, "\(heading)")
    }
    let hidden = rows.first { $0.hasPrefix("RUNNING") }?.split { !$0.isNumber }.compactMap { Int($0) } ?? []
    #expect(hidden.count == 2 && hidden[1] == 30 - rows.count { $0.contains("run-") })
  }

  @Test func `one that is down shows no run and no occurrence`() {
    var facts = Self.facts()
    facts.report = StatusEvaluator.evaluate(StatusSamples.down())
    let rows = Self.text(facts)
    #expect(rows[0].hasPrefix("down: not running: jobs will NOT fire"))
    #expect(rows.contains("watcher  not running"))
    #expect(!rows.contains { $0.hasPrefix("NEXT") || $0.hasPrefix("RUNNING") })
  }

  @Test func `a state that can't be read is said, not drawn as an empty one`() {
    var facts = WatchFacts(now: StatusSamples.now, intervalSeconds: 2)
    facts.problem = "the state can't be read: EIO: Input/output error"
    let rows = WatchScreen(facts, size: .init(columns: 80, rows: 24), glyphs: .ascii).render()
    #expect(rows[0] == WatchRow("the state can't be read: EIO: Input/output error", .red))
    #expect(rows.last?.text.hasPrefix("q quits, r redraws, every 2 s") == true)
  }

  @Test(
    arguments: [
      ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👍", 2), ("", 0), ("ｱ", 1), ("한", 2), ("→", 1), ("\u{200B}", 0),
    ] as [(String, Int)])
  func `text is as wide as a terminal draws it`(text: String, cells: Int) { #expect(CellWidth.of(text) == cells) }

  @Test(
    arguments: [
      ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 6, "日本語"),
      ("a\u{1B}b", 6, "a\\x1bb"), ("a\u{1B}b", 4, "a\\x…"), ("ab", 1, "…"), ("ab", 0, ""),
    ] as [(String, Int, String)])
  func `text is cut between characters, made safe first`(text: String, cells: Int, fitted: String) {
    #expect(CellWidth.fitted(text, cells: cells) == fitted)
    #expect(CellWidth.of(CellWidth.padded(text, cells: cells)) == cells)
  }

  @Test func `a frame draws over the one before, and clears what that had more`() {
    let rows = [WatchRow("ab", .green), WatchRow("full"), WatchRow("")]
    let size = Terminal.Size(columns: 4, rows: 5)
    let plain = String(decoding: WatchFrame.bytes(rows, size: size, color: false), as: UTF8.self)
    // The row that fills its width isn't cleared: the cursor still stands on its last cell.
    #expect(plain == "\u{1B}[Hab\u{1B}[K\r\nfull\r\n\u{1B}[K\u{1B}[J")
    let colored = String(decoding: WatchFrame.bytes(rows, size: size, color: true), as: UTF8.self)
    #expect(colored.hasPrefix("\u{1B}[H\u{1B}[1;32mab\u{1B}[0m\u{1B}[K\r\n"))
    let full = WatchFrame.bytes(rows, size: .init(columns: 4, rows: 2), color: false)
    #expect(String(decoding: full, as: UTF8.self) == "\u{1B}[Hab\u{1B}[K\r\nfull")
  }
}

@Suite struct RunDurationsTests {
  private static func row(_ job: String, _ seconds: Int64?, _ outcome: Outcome? = .succeeded) throws -> HistoryRow {
    let start = StatusSamples.now
    var row = try HistoryRow(
      claim: Claim(
        run: #require(RunIdentifier("r")), job: job, occurrence: start, trigger: .schedule, attempt: 1, at: start,
        bootIdentifier: "b"), sequence: 1)
    row.startedAt = start
    row.finishedAt = seconds.map { start.adding(seconds: $0) }
    row.outcome = outcome
    return row
  }

  @Test func `the median is of runs that ended by themselves`() throws {
    let rows = try [
      Self.row("a", 10), Self.row("a", 40, .failed), Self.row("a", 20), Self.row("a", 900, .timedOut),
      Self.row("a", nil, nil), Self.row("b", 10), Self.row("b", 20), Self.row("c", 1, .stopped),
    ]
    #expect(RunDurations.medians(rows) == ["a": 20, "b": 15])
  }

  @Test func `only the newest runs count`() throws {
    let rows = try (0..<25).map { _ in try Self.row("a", 10) } + (0..<100).map { _ in try Self.row("a", 500) }
    #expect(RunDurations.medians(rows) == ["a": 10])
  }
}
