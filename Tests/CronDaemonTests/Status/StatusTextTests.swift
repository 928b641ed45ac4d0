import CronTestSupport
import CronTime
import CronWire
import Testing

@testable import CronDaemon

@Suite struct StatusTextTests {
  private static func busy() -> StatusReport {
    let facts = StatusSamples.facts { facts in
      facts.stateDirectory = "/srv/" + String(repeating: "long-directory-name/", count: 8)
      var summary = TickerSummary()
      summary.jobsTotal = 12
      summary.jobsPaused = 1
      summary.linesRejected = 3
      summary.next = (0..<9).map { .init(job: "job-\($0)-" + String(repeating: "x", count: 60), at: facts.now) }
      summary.running = (0..<12).map { number in
        .init(run: "run-\(number)", job: "nightly", pid: 4_194_304, startedAt: facts.now.adding(seconds: -400_000))
      }
      summary.failures = [
        .init(run: "r", job: "evil\u{1B}[31m\nname", at: facts.now, outcome: "failed", reason: "exit 3")
      ]
      summary.degraded = [String(repeating: "a reason that goes on ", count: 9)]
      facts.summary = summary
    }
    return StatusEvaluator.evaluate(facts)
  }

  @Test func `the verdict comes first and nothing is wider than 80 columns`() {
    let text = StatusText.render(Self.busy(), color: false)
    #expect(text.hasPrefix("degraded: jobs fire, but"))
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test func `text of others can't move the terminal`() {
    let text = StatusText.render(Self.busy(), color: false)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(text.contains("evil\\x1b[31m\\x0aname"))
  }

  @Test func `colour marks the verdict's word alone`() {
    let text = StatusText.render(StatusEvaluator.evaluate(StatusSamples.facts()), color: true)
    #expect(text.hasPrefix("\u{1B}[1;32mhealthy\u{1B}[0m: jobs will fire automatically"))
    #expect(text.split(separator: "\u{1B}").count == 2)
  }

  @Test(arguments: [
    (true, "", "xterm", true), (false, "", "xterm", false), (true, "1", "xterm", false), (true, "", "dumb", false),
    (true, "", "", false),
  ])
  func `colour is for terminals that want it`(terminal: Bool, noColor: String, term: String, wanted: Bool) {
    let environment = ["NO_COLOR": noColor, "TERM": term]
    #expect(StatusText.wantsColor(isTerminal: terminal) { environment[$0] } == wanted)
  }

  @Test func `the JSON has the members of the design in their order`() {
    let json = StatusEvaluator.evaluate(StatusSamples.facts()).json
    #expect(
      json.objectValue?.members.map(\.key) == [
        "verdict", "message", "state_directory", "trigger", "watcher", "ticker", "workers", "running", "next", "jobs",
        "degraded",
      ])
    #expect(
      json["ticker"]?.objectValue?.members.map(\.key) == [
        "pid", "started_at", "tick", "beat_age_s", "success_age_s", "last_error", "restarts",
      ])
    #expect(json["watcher"]?.objectValue?.members.map(\.key) == ["pid", "started_at"])
    #expect(json["next"]?[0]?["at"]?.stringValue?.hasSuffix(".000Z") == true)
    #expect(json["ticker"]?["beat_age_s"]?.numberValue == 5)
  }

  @Test func `without a ticker its object is null`() {
    #expect(StatusEvaluator.evaluate(StatusSamples.down()).json["ticker"] == .null)
  }

  @Test(arguments: [
    (0.0, "0 s"), (-5, "0 s"), (0.25, "250 ms"), (59.9, "59 s"), (60, "1 min"), (123, "2 min 3 s"), (3600, "1 h"),
    (11_040, "3 h 4 min"), (183_600, "2 d 3 h"), (.infinity, "0 s"), (.nan, "0 s"),
  ])
  func `durations read as people say them`(seconds: Double, text: String) {
    #expect(HumanText.duration(seconds: seconds) == text)
  }
}
