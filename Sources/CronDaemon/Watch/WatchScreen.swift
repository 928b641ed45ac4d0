public import CronSystem
internal import CronTime

/// One row of the screen, in one style.
public struct WatchRow: Hashable, Sendable {
  /// How a row is shown where colours are wanted.
  public enum Style: String, Hashable, Sendable {
    /// As the terminal shows text.
    case plain = ""
    /// A heading.
    case bold = "1"
    /// Less important.
    case dim = "2"
    /// All is well.
    case green = "1;32"
    /// Something is wrong, or goes on.
    case yellow = "1;33"
    /// Jobs don't fire.
    case red = "1;31"
  }

  /// Its text: no control characters, no wider than the screen.
  public var text: String
  /// Its style.
  public var style: Style

  init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

/// The picture of `status --watch`: what is most wanted first, cut to the screen; pure.
public struct WatchScreen {
  /// A heading with rows that may be left out, from the last one on.
  private struct Part {
    var heading: String
    var rows: [String]
    var hidden = 0
  }

  private let facts: WatchFacts
  private let size: Terminal.Size
  private let glyphs: ViewGlyphs

  /// A picture of facts for a screen.
  public init(_ facts: WatchFacts, size: Terminal.Size, glyphs: ViewGlyphs) {
    self.facts = facts
    self.size = size
    self.glyphs = glyphs
  }

  /// The rows from the top, at most as many as the screen has; each fits its width.
  public func render() -> [WatchRow] {
    let head = heading() + [WatchRow("")]
    let foot = [WatchRow(""), WatchRow(footer, .dim)]
    var parts = self.parts().filter { !$0.rows.isEmpty }
    let room = size.rows - head.count - foot.count
    while Self.height(parts) > room,
      let longest = parts.indices.max(by: { parts[$0].rows.count < parts[$1].rows.count }),
      parts[longest].rows.count > 1
    {
      parts[longest].rows.removeLast()
      parts[longest].hidden += 1
    }
    let middle = parts.flatMap { part -> [WatchRow] in
      let more = part.hidden > 0 ? " (\(part.hidden) more)" : ""
      return [WatchRow(part.heading + more, .bold)] + part.rows.map { WatchRow($0) }
    }
    let rows = head + middle + foot
    return rows.prefix(max(size.rows, 1)).map { WatchRow(CellWidth.fitted($0.text, cells: size.columns), $0.style) }
  }

  private static func height(_ parts: [Part]) -> Int { parts.reduce(0) { $0 + 1 + $1.rows.count } }

  // MARK: the head

  private func heading() -> [WatchRow] {
    guard let report = facts.report else {
      return folded(HumanText.escaped(facts.problem ?? "status isn't known"), rows: 3).map { WatchRow($0, .red) }
    }
    let style: WatchRow.Style =
      switch report.verdict {
      case .healthy, .asleep: .green
      case .starting, .stopping, .degraded: .yellow
      default: .red
      }
    let word = report.verdict.rawValue
    let message = HumanText.escaped(report.message)
    let verdict = message.lowercased().hasPrefix(word + ":") ? message : "\(word): \(message)"
    return folded(verdict, rows: 3).map { WatchRow($0, style) }
      + [WatchRow("watcher  " + role(report.facts.watcher)), WatchRow("ticker   " + ticker(report.facts))]
  }

  private func role(_ role: RoleFacts) -> String {
    guard role.isHeld else { return "not running" }
    let pid = role.pid.map { "pid \($0)" } ?? "running, pid unknown"
    return pid + (role.uptimeSeconds.map { ", up \(HumanText.duration(seconds: $0))" } ?? "")
  }

  private func ticker(_ status: StatusFacts) -> String {
    var words = [role(status.ticker)]
    words.append(
      status.tickerBeat.age.seconds.map { "beat \(HumanText.duration(seconds: $0)) ago" } ?? "no known beat")
    if let tick = status.tickerBeat.beat?.tick { words.append("tick \(tick)") }
    if status.restarts > 0 { words.append("restarted \(status.restarts) ×") }
    if let summary = status.summary {
      let paused = summary.jobsPaused > 0 ? " (\(summary.jobsPaused) paused)" : ""
      words.append("\(summary.jobsTotal) \(summary.jobsTotal == 1 ? "job" : "jobs")\(paused)")
    }
    return words.joined(separator: ", ")
  }

  // MARK: the parts

  private func parts() -> [Part] {
    let summary = facts.report?.facts.currentSummary
    let next = summary?.coming.prefix(10).map(coming) ?? []
    let running = summary?.running.map(progress) ?? []
    let failed = summary?.failures.prefix(5).map(failure) ?? []
    let count = running.isEmpty ? "" : " \(running.count)"
    return [
      Part(heading: "RUNNING\(count)", rows: running), Part(heading: "NEXT", rows: next),
      Part(heading: "LAST FAILURES", rows: failed), Part(heading: "LEDGER", rows: ledger()),
    ]
  }

  /// Below so many columns the job's name wouldn't be seen behind all else.
  private var isNarrow: Bool { size.columns < 64 }

  /// A cell with a space behind it.
  private func cell(_ text: String, _ cells: Int) -> String { CellWidth.padded(text, cells: cells - 1) + " " }

  private func coming(_ next: TickerSummary.Next) -> String {
    let wait = "  " + cell(HumanText.wait(from: facts.now, to: next.at), isNarrow ? 14 : 18)
    return wait + (isNarrow ? "" : cell(next.at.description, 22)) + next.job
  }

  /// Elapsed against the median of past runs: a bar, a share, both times.
  private func progress(_ run: TickerSummary.Running) -> String {
    let width = isNarrow ? 14 : 40
    guard let started = run.startedAt else { return "  " + cell("starting", width) + run.job }
    let elapsed = max(Double(Instant.microseconds(from: started, to: facts.now)) / 1e6, 0)
    let time = HumanText.duration(seconds: elapsed)
    guard let median = facts.medians[run.job], median > 0 else {
      let why = facts.isGuest || isNarrow ? "" : ", no past run to compare with"
      return "  " + cell("for \(time)\(why)", width) + run.job
    }
    let share = min(elapsed / median, 99.99)
    let percent = "\(Int(share * 100)) %"
    if isNarrow { return "  " + cell(percent, 7) + cell(time, 7) + run.job }
    let times = "\(time) of \(HumanText.duration(seconds: median))"
    return "  " + bar(share) + " " + cell(percent, 7) + cell(times, 22) + run.job
  }

  private func bar(_ share: Double) -> String {
    let cells = 10
    let full = min(Int(share * Double(cells)), cells)
    let (done, open) = glyphs == .blocks ? ("█", "░") : ("#", ".")
    return String(repeating: done, count: full) + String(repeating: open, count: cells - full)
  }

  private func failure(_ failure: TickerSummary.Failure) -> String {
    let cause = failure.reason.isEmpty ? failure.outcome : "\(failure.outcome) (\(failure.reason))"
    let ago = HumanText.duration(seconds: Double(Instant.microseconds(from: failure.at, to: facts.now)) / 1e6) + " ago"
    if isNarrow { return "  " + cell(ago, 14) + failure.job }
    return "  " + cell(ago, 18) + cell(cause, size.columns < 100 ? 28 : 40) + failure.job
  }

  private func ledger() -> [String] {
    guard let ledger = facts.ledger else { return [] }
    var words = [ledger.text]
    if ledger.hasSpilled { words.append("SPILLED: the disk refuses decisions") }
    words.append(ledger.hasReserve ? "reserve set aside" : "no reserve for a full disk")
    if let fileSystem = facts.fileSystem { words.append("\(ByteText.of(fileSystem.availableBytes)) free") }
    return ["  " + words.joined(separator: ", ")]
  }

  // MARK: the foot

  private var footer: String {
    "q quits, r redraws" + glyphs.separator + "every \(HumanText.duration(seconds: facts.intervalSeconds))"
      + glyphs.separator + facts.now.description
  }

  /// The text over at most so many rows, broken at spaces where it can be.
  private func folded(_ text: String, rows: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if CellWidth.of(longer) <= size.columns || line.isEmpty || lines.count == rows - 1 {
        line = longer
      } else {
        lines.append(line)
        line = "  " + word
      }
    }
    return lines + [line]
  }
}

/// A picture as the bytes that draw it over the one before, in one write.
public enum WatchFrame {
  /// Each row ends with a clear to its end, unless it fills the row: that would erase its last character.
  public static func bytes(_ rows: [WatchRow], size: Terminal.Size, color: Bool) -> [UInt8] {
    var text = "\u{1B}[H"
    for (index, row) in rows.prefix(max(size.rows, 1)).enumerated() {
      if index > 0 { text += "\r\n" }
      let isStyled = color && row.style != .plain
      text += isStyled ? "\u{1B}[\(row.style.rawValue)m\(row.text)\u{1B}[0m" : row.text
      if CellWidth.of(row.text) < size.columns { text += "\u{1B}[K" }
    }
    if rows.count < size.rows { text += "\u{1B}[J" }
    return Array(text.utf8)
  }
}
