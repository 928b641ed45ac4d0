import CronTestSupport
import CronTime
import CronWire
import Testing

@testable import CronDaemon

/// Facts of a healthy system at a fixed instant, and how to bend them.
enum StatusSamples {
  static let now = Instant(seconds: 1_781_784_000)

  static func beat(
    phase: BeatPhase = .ticking, interval: Int64 = 5, nextDue: Int64? = nil, tick: UInt64 = 7
  ) -> Beat {
    Beat(
      wallSeconds: now.seconds, pid: 200, startTime: 9, boot: "boot", monotonicNanoseconds: 1, tick: tick, phase: phase,
      intervalSeconds: interval, nextDue: nextDue)
  }

  static func facts(
    beatAge: Double? = 5, successAge: Double? = 5, uptime: Double? = 100_000,
    _ change: (inout StatusFacts) -> Void = { _ in }
  ) -> StatusFacts {
    var facts = StatusFacts(
      stateDirectory: "/var/lib/cronwatch", now: now,
      watcher: RoleFacts(isHeld: true, pid: 100, startedAt: now, uptimeSeconds: uptime),
      ticker: RoleFacts(isHeld: true, pid: 200, startedAt: now, uptimeSeconds: uptime))
    facts.tickerBeat = BeatFacts(beat: beat(), age: age(beatAge), isOfHolder: true)
    facts.success = BeatFacts(beat: beat(), age: age(successAge), isOfHolder: true)
    facts.watcherBeat = BeatFacts(beat: beat(phase: .watching, tick: 0), age: .seconds(1), isOfHolder: true)
    var summary = TickerSummary()
    summary.jobsTotal = 2
    summary.next = [.init(job: "backup", at: now.adding(seconds: 32))]
    facts.summary = summary
    change(&facts)
    return facts
  }

  static func age(_ seconds: Double?) -> BeatAge { seconds.map { .seconds($0) } ?? .unknown }

  /// No ticker, and its watcher waits.
  static func waits(_ facts: inout StatusFacts, _ phase: BeatPhase, seconds: Int64) {
    facts.ticker = .absent
    facts.tickerBeat.isOfHolder = false
    facts.watcherBeat.beat?.phase = phase
    facts.watcherBeat.beat?.nextDue = facts.now.seconds + seconds
  }

  static func down(_ change: (inout StatusFacts) -> Void = { _ in }) -> StatusFacts {
    facts { facts in
      facts.watcher = .absent
      facts.ticker = .absent
      facts.tickerBeat.isOfHolder = false
      facts.success.isOfHolder = false
      facts.watcherBeat.isOfHolder = false
      change(&facts)
    }
  }
}

/// One row of the table of design §8.
struct VerdictRow: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let facts: StatusFacts
  let verdict: Verdict
  let exit: Int32
  let says: [String]

  init(_ description: String, _ facts: StatusFacts, _ verdict: Verdict, exit: Int32, says: [String] = []) {
    testDescription = description
    self.facts = facts
    self.verdict = verdict
    self.exit = exit
    self.says = says
  }
}

private typealias Samples = StatusSamples

@Suite struct StatusEvaluatorTests {
  static let rows: [VerdictRow] = [
    VerdictRow(
      "nothing runs", Samples.down { $0.tickerBeat.age = .seconds(3661) }, .down, exit: 3,
      says: ["not running: jobs will NOT fire", "1 h 1 min ago"]),
    VerdictRow(
      "nothing ever ran", Samples.down { $0.tickerBeat = .none }, .down, exit: 3,
      says: ["not running: jobs will NOT fire", "no beat is known"]),
    VerdictRow(
      "draining", Samples.facts { $0.tickerBeat.beat?.phase = .draining }, .stopping, exit: 1, says: ["stopping"]),
    VerdictRow(
      "the watcher stops", Samples.facts { $0.watcherBeat.beat?.phase = .stopping }, .stopping, exit: 1),
    VerdictRow(
      "three deaths, waiting",
      Samples.facts { facts in
        facts.ticker = .absent
        facts.tickerBeat.isOfHolder = false
        facts.recentDeaths = 3
        facts.lastDeath = "signal SEGV after 2 s"
        facts.watcherBeat.beat?.phase = .waiting
        facts.watcherBeat.beat?.nextDue = facts.now.seconds + 7
      }, .crashLooping, exit: 1, says: ["died 3 times in 10 min", "signal SEGV", "next try in 7 s"]),
    VerdictRow(
      "two deaths, waiting",
      Samples.facts { facts in
        facts.ticker = .absent
        facts.recentDeaths = 2
        facts.watcherBeat.beat?.phase = .waiting
      }, .starting, exit: 1),
    VerdictRow(
      "three deaths, running again", Samples.facts { $0.recentDeaths = 3 }, .healthy, exit: 0),
    VerdictRow(
      "old beat", Samples.facts(beatAge: 36), .stalled, exit: 1, says: ["STALLED", "36 s ago", "will replace it"]),
    VerdictRow(
      "old beat, continued",
      Samples.facts(beatAge: 36) { $0.watcherBeat.beat?.phase = .continuing }, .stalled, exit: 1, says: ["SIGCONT"]),
    VerdictRow(
      "old beat, aborted",
      Samples.facts(beatAge: 36) { $0.watcherBeat.beat?.phase = .aborting }, .stalled, exit: 1, says: ["SIGABRT"]),
    VerdictRow(
      "old beat, no watcher",
      Samples.facts(beatAge: 36) { facts in
        facts.watcher = .absent
        facts.watcherBeat.isOfHolder = false
      }, .stalled, exit: 1, says: ["STALLED", "cronwatch start"]),
    VerdictRow(
      "beat of another process, for long", Samples.facts { $0.tickerBeat.isOfHolder = false }, .stalled, exit: 1,
      says: ["STALLED"]),
    VerdictRow(
      "beat of another process, just started", Samples.facts(uptime: 1) { $0.tickerBeat.isOfHolder = false },
      .starting, exit: 1),
    VerdictRow(
      "no ticker and a silent watcher",
      Samples.facts { facts in
        facts.ticker = .absent
        facts.watcherBeat.age = .seconds(36)
      }, .stalled, exit: 1, says: ["STALLED", "watcher has not beaten"]),
    VerdictRow(
      "between death and restart", Samples.facts { $0.ticker = .absent }, .starting, exit: 1, says: ["starting"]),
    VerdictRow(
      "not ready yet", Samples.facts(successAge: nil, uptime: 2) { $0.tickerBeat.beat?.phase = .starting }, .starting,
      exit: 1),
    VerdictRow(
      "no clean tick for long",
      Samples.facts(successAge: 36) { facts in
        facts.lastError = TickFailure(at: facts.now, message: "EIO: Input/output error")
      }, .failing, exit: 1, says: ["no tick has succeeded for 36 s", "EIO"]),
    VerdictRow(
      "due past its grace", Samples.facts { $0.summary?.earliestDue = $0.now.adding(seconds: -121) }, .overdue,
      exit: 1, says: ["OVERDUE"]),
    VerdictRow(
      "due within its grace", Samples.facts { $0.summary?.earliestDue = $0.now.adding(seconds: -120) }, .healthy,
      exit: 0),
    VerdictRow(
      "due within its own longer grace",
      Samples.facts { facts in
        facts.summary?.earliestDue = facts.now.adding(seconds: -1000)
        facts.summary?.earliestDueGraceSeconds = 3600
      }, .healthy, exit: 0),
    VerdictRow(
      "lines rejected", Samples.facts { $0.summary?.degraded = ["2 lines rejected"] }, .degraded, exit: 1,
      says: ["2 lines rejected"]),
    VerdictRow(
      "a bad configuration without a good copy",
      Samples.facts { Samples.waits(&$0, .misconfigured, seconds: 40) }, .failing, exit: 1,
      says: ["no configuration can be used", "waits for a change", "next try in 40 s", "`cronwatch check` says"]),
    VerdictRow(
      "a table that tickers died of, and no other",
      Samples.facts { facts in
        Samples.waits(&facts, .misconfigured, seconds: 40)
        facts.recentDeaths = 5
      }, .failing, exit: 1, says: ["died 5 times in 10 min", "waits for a change", "and the log say why"]),
    VerdictRow(
      "no ticker can be made", Samples.facts { Samples.waits(&$0, .unstartable, seconds: 1) }, .failing, exit: 1,
      says: ["no ticker can be started", "next try in 1 s", "log"]),
    VerdictRow(
      "a watcher that hangs while it waits for a change",
      Samples.facts { facts in
        Samples.waits(&facts, .misconfigured, seconds: 40)
        facts.watcherBeat.age = .seconds(36)
      }, .stalled, exit: 1, says: ["watcher has not beaten"]),
    VerdictRow(
      "a ticker that SIGKILL can't end",
      Samples.facts(beatAge: 120) { $0.watcherBeat.beat?.phase = .unkillable }, .stalled, exit: 1,
      says: ["STALLED", "SIGKILL does not end it", "no other is started"]),
    VerdictRow(
      "the program was removed", Samples.facts { $0.removedProgram = "/usr/bin/cronwatch" }, .degraded, exit: 1,
      says: ["the program's file was deleted (/usr/bin/cronwatch)"]),
    VerdictRow(
      "something was mended", Samples.facts { $0.notice = "watcher.lock was removed" }, .degraded, exit: 1,
      says: ["watcher.lock was removed"]),
    VerdictRow(
      "unsupervised",
      Samples.facts { facts in
        facts.watcher = .absent
        facts.watcherBeat.isOfHolder = false
      }, .degraded, exit: 1, says: ["unsupervised", "cronwatch start"]),
    VerdictRow(
      "a silent watcher beside a good ticker", Samples.facts { $0.watcherBeat.age = .seconds(36) }, .degraded, exit: 1,
      says: ["watcher does not beat"]),
    VerdictRow(
      "asleep under a watcher",
      Samples.facts(beatAge: 5000, successAge: 5000) { facts in
        facts.ticker = .absent
        facts.tickerBeat.beat?.phase = .asleep
        facts.tickerBeat.isOfHolder = false
        facts.summary?.trigger = "chronos"
      }, .asleep, exit: 0, says: ["chronos"]),
    VerdictRow(
      "asleep and nobody there, armed instant ahead",
      Samples.down { facts in
        facts.tickerBeat.beat?.phase = .asleep
        facts.tickerBeat.beat?.nextDue = facts.now.seconds - 120
      }, .asleep, exit: 0),
    VerdictRow(
      "asleep and nobody there, armed instant past its grace",
      Samples.down { facts in
        facts.tickerBeat.beat?.phase = .asleep
        facts.tickerBeat.beat?.nextDue = facts.now.seconds - 121
      }, .down, exit: 3),
    VerdictRow(
      "asleep under a watcher, armed instant past its grace",
      Samples.facts(beatAge: 5000) { facts in
        facts.ticker = .absent
        facts.tickerBeat.beat?.phase = .asleep
        facts.tickerBeat.beat?.nextDue = facts.now.seconds - 121
      }, .overdue, exit: 1),
    VerdictRow(
      "all is well", Samples.facts(), .healthy, exit: 0,
      says: ["jobs will fire automatically", "ticker 200", "beat 5 s ago", "next backup in 32 s"]),
    VerdictRow(
      "no jobs", Samples.facts { $0.summary = TickerSummary() }, .healthy, exit: 0, says: ["no jobs are defined"]),
    VerdictRow(
      "no summary could be written", Samples.facts { $0.summary = nil }, .degraded, exit: 1,
      says: ["summary", "isn't known"]),
  ]

  @Test(.acceptance(32, 34), arguments: rows) func `the first matching row of the table decides`(_ row: VerdictRow) {
    let report = StatusEvaluator.evaluate(row.facts)
    #expect(report.verdict == row.verdict, "\(report.message)")
    #expect(report.exitStatus == row.exit)
    for words in row.says { #expect(report.message.contains(words), "\(report.message)") }
    #expect(report.message.contains("jobs will fire automatically") == (report.verdict == .healthy))
  }

  @Test func `every verdict has a row`() {
    #expect(Set(Self.rows.map(\.verdict)) == Set(Verdict.allCases))
  }

  @Test(.acceptance(27)) func `without heartbeat files both ages are unknown, which is not dead`() {
    let facts = StatusSamples.facts(beatAge: nil, successAge: nil, uptime: 3) { facts in
      facts.tickerBeat = .none
      facts.success = .none
    }
    let report = StatusEvaluator.evaluate(facts)
    #expect(report.verdict == .starting)
    #expect(report.json["ticker"]?["beat_age_s"] == .null)
    #expect(report.json["ticker"]?["success_age_s"] == .null)
  }

  @Test(.acceptance(32)) func `a beating ticker whose ticks fail is never called well`() {
    let report = StatusEvaluator.evaluate(StatusSamples.facts(beatAge: 5, successAge: 9_999))
    let text = StatusText.render(report, color: false)
    #expect(report.message.contains("no tick has succeeded"))
    #expect(!text.contains("will fire automatically"))
  }

  @Test(.acceptance(33)) func `a beating ticker whose ticks succeed fires automatically`() {
    let report = StatusEvaluator.evaluate(StatusSamples.facts(beatAge: 5, successAge: 5))
    #expect(StatusText.render(report, color: false).contains("will fire automatically"))
  }

  @Test(.acceptance(34)) func `a ticker without beats is stalled`() {
    let report = StatusEvaluator.evaluate(StatusSamples.facts(beatAge: 9_999, successAge: 9_999))
    let text = StatusText.render(report, color: false)
    #expect(text.contains("STALLED"))
    #expect(!text.contains("will fire automatically"))
  }

  @Test(.acceptance(35), arguments: [(60 as Int64, 200.0), (5, 35), (0, 20)])
  func `the threshold is three intervals and twenty seconds, strictly`(interval: Int64, threshold: Double) {
    func verdict(_ age: Double) -> Verdict {
      StatusEvaluator.evaluate(
        StatusSamples.facts(beatAge: age, successAge: 1) { $0.tickerBeat.beat?.intervalSeconds = interval }
      ).verdict
    }
    #expect(verdict(threshold) == .healthy)
    #expect(verdict(threshold + 0.001) == .stalled)
    #expect(Beat.staleAfter(intervalSeconds: interval) == Int64(threshold))
  }

  @Test(.acceptance(51)) func `a ticker without any success is starting for one threshold, then failing`() {
    func verdict(readyFor seconds: Double) -> Verdict {
      StatusEvaluator.evaluate(
        StatusSamples.facts(beatAge: 1, successAge: nil, uptime: seconds) { facts in
          facts.success = .none
          facts.readyForSeconds = seconds
        }
      ).verdict
    }
    #expect(verdict(readyFor: 0) == .starting)
    #expect(verdict(readyFor: 35) == .starting)
    #expect(verdict(readyFor: 35.5) == .failing)
  }

  @Test(.acceptance(50)) func `a future-dated beat is not fresh`() {
    let future = StatusSamples.facts(beatAge: nil, successAge: 1)
    #expect(StatusEvaluator.evaluate(future).verdict == .stalled)
  }

  @Test(.acceptance(71)) func `a due time in the past prints as OVERDUE`() {
    let facts = StatusSamples.facts { $0.tickerBeat.beat?.nextDue = $0.now.seconds - 500 }
    #expect(StatusText.render(StatusEvaluator.evaluate(facts), color: false).contains("OVERDUE"))
  }

  @Test(.acceptance(71), arguments: [(500, "in 500 ms"), (0, "now"), (-900, "now"), (-8_000, "OVERDUE 8 s")])
  func `however long an instant is away, nobody reads zero for what is past`(milliseconds: Int64, text: String) {
    let now = Instant(seconds: 1_700_000_000)
    let due = now.adding(microseconds: milliseconds * 1_000)
    #expect(HumanText.wait(from: now, to: due) == text)
    let facts = StatusSamples.facts { facts in
      facts.summary?.next = [TickerSummary.Next(job: "late", at: facts.now.adding(microseconds: milliseconds * 1_000))]
    }
    let shown = StatusText.render(StatusEvaluator.evaluate(facts), color: false)
    #expect(shown.contains(text) && shown.contains("late"), "\(shown)")
  }
}
