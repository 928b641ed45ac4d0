internal import CronTime

/// Status for people: the verdict first, then the ticker, what comes next, what runs, what failed; 80 columns.
public enum StatusText {
  /// The widest line.
  static let columns = 80
  /// The column where values begin.
  private static let indent = 10

  /// Whether colour is wanted: only on a terminal that knows it, and never with `NO_COLOR` (no-color.org).
  public static func wantsColor(isTerminal: Bool, environment: (String) -> String?) -> Bool {
    guard isTerminal, (environment("NO_COLOR") ?? "").isEmpty else { return false }
    let terminal = environment("TERM") ?? ""
    return !terminal.isEmpty && terminal != "dumb"
  }

  /// The whole text, with a newline at its end.
  public static func render(_ report: StatusReport, color: Bool) -> String {
    var lines = verdictLines(report, color: color)
    let facts = report.facts
    lines += field("state", facts.stateDirectory)
    if !facts.answeredByWatcher, facts.watcher.isHeld {
      lines += field("note", "the watcher did not answer; this was read from its files")
    }
    lines += field("watcher", role(facts.watcher))
    lines += field("ticker", ticker(facts))
    if let failure = facts.lastError {
      lines += field("error", "\(ago(failure.at, facts)): \(failure.message)")
    }
    if let summary = facts.summary {
      lines += field("trigger", summary.trigger)
      lines += field("jobs", jobs(summary))
    }
    if report.verdict != .degraded {
      for reason in report.degraded { lines += field("degraded", reason) }
    }
    lines += tables(facts)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The verdict in one line that stands somewhere for a while: it begins with the time at which it was true.
  public static func line(_ report: StatusReport) -> String {
    "\(Instant(seconds: report.facts.now.seconds)) \(verdict(report))"
  }

  private static func verdict(_ report: StatusReport) -> String {
    let word = report.verdict.rawValue
    let message = HumanText.escaped(report.message)
    return message.lowercased().hasPrefix(word + ":") ? message : "\(word): \(message)"
  }

  private static func verdictLines(_ report: StatusReport, color: Bool) -> [String] {
    var lines = wrapped(verdict(report), first: 0, following: 2)
    guard color, let first = lines.first, let colon = first.firstIndex(of: ":") else { return lines }
    let code =
      switch report.verdict {
      case .healthy, .asleep: "32"
      case .starting, .stopping, .degraded: "33"
      default: "31"
      }
    lines[0] = "\u{1B}[1;\(code)m\(first[..<colon])\u{1B}[0m\(first[colon...])"
    return lines
  }

  private static func role(_ facts: RoleFacts) -> String {
    guard facts.isHeld else { return "not running" }
    var parts = [facts.pid.map { "pid \($0)" } ?? "running, pid unknown"]
    if let uptime = facts.uptimeSeconds { parts.append("up \(HumanText.duration(seconds: uptime))") }
    return parts.joined(separator: ", ")
  }

  private static func ticker(_ facts: StatusFacts) -> String {
    var parts = [role(facts.ticker)]
    if let age = facts.tickerBeat.age.seconds {
      parts.append("beat \(HumanText.duration(seconds: age)) ago")
    } else {
      parts.append("no known beat")
    }
    if let age = facts.success.age.seconds {
      parts.append("last clean tick \(HumanText.duration(seconds: age)) ago")
    } else {
      parts.append("no clean tick yet")
    }
    if let beat = facts.tickerBeat.beat { parts.append("tick \(beat.tick)") }
    if facts.restarts > 0 { parts.append("restarted \(facts.restarts) ×") }
    return parts.joined(separator: ", ")
  }

  private static func jobs(_ summary: TickerSummary) -> String {
    var notes: [String] = []
    if summary.jobsPaused > 0 { notes.append("\(summary.jobsPaused) paused") }
    if summary.linesRejected > 0 { notes.append(counted(summary.linesRejected, "line") + " rejected") }
    if summary.queued > 0 { notes.append(counted(summary.queued, "run") + " queued") }
    return "\(summary.jobsTotal)" + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
  }

  private static func counted(_ count: Int, _ thing: String) -> String {
    "\(count) \(thing)" + (count == 1 ? "" : "s")
  }

  private static func tables(_ facts: StatusFacts) -> [String] {
    guard let summary = facts.currentSummary else { return [] }
    var lines: [String] = []
    for (index, next) in summary.next.prefix(5).enumerated() {
      let when = HumanText.wait(from: facts.now, to: next.at)
      lines.append(row(index == 0 ? "next" : "", [(when, 18), (next.at.description, 22)], rest: next.job))
    }
    for (index, run) in summary.running.prefix(10).enumerated() {
      let since = run.startedAt.map { start in
        HumanText.duration(seconds: Double(Instant.microseconds(from: start, to: facts.now)) / 1e6)
      }
      let pid = run.pid.map { "pid \($0)" } ?? "starting"
      lines.append(
        row(index == 0 ? "running" : "", [("for \(since ?? "0 s")", 18), (pid, 22)], rest: "\(run.job)  \(run.run)"))
    }
    if summary.running.count > 10 { lines.append(row("", [], rest: "and \(summary.running.count - 10) more runs")) }
    for (index, failure) in summary.failures.prefix(5).enumerated() {
      let cause = failure.reason.isEmpty ? failure.outcome : "\(failure.outcome) (\(failure.reason))"
      lines.append(
        row(index == 0 ? "failed" : "", [(ago(failure.at, facts), 18), (cause, 28)], rest: failure.job))
    }
    return lines
  }

  private static func ago(_ instant: Instant, _ facts: StatusFacts) -> String {
    HumanText.duration(seconds: Double(Instant.microseconds(from: instant, to: facts.now)) / 1e6) + " ago"
  }

  private static func field(_ name: String, _ value: String) -> [String] {
    wrapped(HumanText.padded(name, width: indent) + HumanText.escaped(value), first: 0, following: indent)
  }

  private static func row(_ name: String, _ cells: [(text: String, width: Int)], rest: String) -> String {
    var line = HumanText.padded(name, width: indent)
    for cell in cells {
      line += HumanText.padded(HumanText.escaped(cell.text), width: cell.width - 1) + " "
    }
    return HumanText.fitted(line + HumanText.escaped(rest), width: columns)
  }

  /// Breaks at spaces where it can, anywhere where it must.
  private static func wrapped(_ text: String, first: Int, following: Int) -> [String] {
    var lines: [String] = []
    var rest = Substring(text)
    var margin = first
    while margin + rest.count > columns {
      let limit = rest.index(rest.startIndex, offsetBy: columns - margin)
      // A break in the first columns would leave a line that holds its name alone.
      let floor = rest.index(rest.startIndex, offsetBy: lines.isEmpty ? indent : 1)
      let space = rest[floor...limit].lastIndex(of: " ")
      let end = space ?? limit
      lines.append(String(repeating: " ", count: margin) + rest[..<end])
      rest = rest[(space.map { rest.index(after: $0) } ?? limit)...]
      margin = following
    }
    lines.append(String(repeating: " ", count: margin) + rest)
    return lines
  }
}
