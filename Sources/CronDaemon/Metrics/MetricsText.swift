internal import CronLedger
public import CronTime

/// The text that node-exporter collects: the exposition format of Prometheus, version 0.0.4; pure.
public struct MetricsText {
  private var text = ""

  /// Everything that is known, as one text; without counters those are left out.
  public static func render(_ report: StatusReport, counters: RunCounters?, now: Instant) -> String {
    var page = MetricsText()
    page.status(report)
    if let summary = report.facts.currentSummary { page.summary(summary) }
    if let counters { page.counters(counters) }
    page.one(
      "cronwatch_written_timestamp_seconds", "gauge", "When this file was written; older than a minute = nobody does.",
      number(milliseconds: now.microseconds / 1_000))
    return page.text
  }

  // MARK: what is measured

  private mutating func status(_ report: StatusReport) {
    let facts = report.facts
    many(
      "cronwatch_verdict", "gauge", "The verdict of cronwatch status: 1 for the one that holds.",
      Verdict.allCases.map { ([("verdict", $0.rawValue)], $0 == report.verdict ? "1" : "0") })
    one(
      "cronwatch_healthy", "gauge", "1 when cronwatch status would exit 0: healthy, or asleep by design.",
      report.exitStatus == 0 ? "1" : "0")
    one(
      "cronwatch_degradations", "gauge", "What is wrong though jobs fire: how many things.", "\(report.degraded.count)")
    if let age = facts.tickerBeat.age.seconds {
      one("cronwatch_beat_age_seconds", "gauge", "How long ago the ticker beat.", Self.number(seconds: age))
    }
    if let age = facts.success.age.seconds {
      one(
        "cronwatch_clean_tick_age_seconds", "gauge", "How long ago a tick ended without an error.",
        Self.number(seconds: age))
    }
    one(
      "cronwatch_ticker_restarts_total", "counter", "Tickers that this watcher started after its first.",
      "\(facts.restarts)")
    one(
      "cronwatch_ticker_deaths", "gauge", "Tickers that ended unasked within the last ten minutes.",
      "\(facts.recentDeaths)")
  }

  private mutating func summary(_ summary: TickerSummary) {
    one("cronwatch_jobs", "gauge", "Jobs that are defined.", "\(summary.jobsTotal)")
    one("cronwatch_jobs_paused", "gauge", "Jobs that are paused.", "\(summary.jobsPaused)")
    one("cronwatch_rejected_lines", "gauge", "Lines of configuration without effect.", "\(summary.linesRejected)")
    one("cronwatch_running", "gauge", "Runs that go on, at most 128 are counted.", "\(summary.running.count)")
    one("cronwatch_queued", "gauge", "Occurrences that wait for a worker.", "\(summary.queued)")
    if let due = summary.earliestDue {
      one(
        "cronwatch_next_due_timestamp_seconds", "gauge", "The earliest occurrence that isn't decided yet.",
        Self.number(milliseconds: due.microseconds / 1_000))
    }
  }

  private mutating func counters(_ counters: RunCounters) {
    let ends = Outcome.allCases.filter { $0 != .skipped }
    many(
      "cronwatch_runs_total", "counter", "Runs that ended, by outcome.",
      ends.map { ([("outcome", $0.rawValue)], "\(counters.outcomes[$0] ?? 0)") })
    many(
      "cronwatch_skipped_total", "counter", "Occurrences that were deliberately not run, by reason.",
      SkipReason.allCases.map { ([("reason", $0.rawValue)], "\(counters.skipped[$0] ?? 0)") })
    many(
      "cronwatch_missed_total", "counter", "Occurrences that were owed and not run, by reason.",
      MissReason.allCases.map { ([("reason", $0.rawValue)], "\(counters.missed[$0] ?? 0)") })
    lateness(counters)
    if !counters.lastSuccess.isEmpty {
      many(
        "cronwatch_job_last_success_timestamp_seconds", "gauge",
        "When the job last succeeded; at most \(RunCounters.mostJobs) jobs.",
        counters.lastSuccess.sorted { $0.key < $1.key }.map {
          ([("job", $0.key)], Self.number(milliseconds: $0.value.microseconds / 1_000))
        })
    }
  }

  /// A histogram's buckets are cumulative, and its last one is all.
  private mutating func lateness(_ counters: RunCounters) {
    let name = "cronwatch_start_lateness_seconds"
    head(name, "histogram", "From the instant that a run was due to its start.")
    var total: Int64 = 0
    for (bucket, count) in counters.lateness.enumerated() {
      total &+= count
      let bounds = RunCounters.latenessBounds
      sample(
        "\(name)_bucket", [("le", bucket < bounds.count ? Self.number(milliseconds: bounds[bucket]) : "+Inf")],
        "\(total)")
    }
    sample("\(name)_sum", [], Self.number(milliseconds: counters.latenessSum))
    sample("\(name)_count", [], "\(total)")
  }

  // MARK: the format

  private mutating func one(_ name: String, _ type: String, _ help: String, _ value: String) {
    head(name, type, help)
    sample(name, [], value)
  }

  private mutating func many(
    _ name: String, _ type: String, _ help: String, _ samples: [(labels: [(String, String)], value: String)]
  ) {
    head(name, type, help)
    for entry in samples { sample(name, entry.labels, entry.value) }
  }

  private mutating func head(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
    let shown = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += shown.isEmpty ? "\(name) \(value)\n" : "\(name){\(shown)} \(value)\n"
  }

  /// In a label a backslash, a quote and a line feed are escaped; what else could harm a terminal is too.
  static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func number(milliseconds: Int64) -> String {
    let (whole, part) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
    if part == 0 { return "\(whole)" }
    let digits = String(part.magnitude)
    let sign = milliseconds < 0 && whole == 0 ? "-" : ""
    return "\(sign)\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  private static func number(seconds: Double) -> String {
    number(milliseconds: Int64(min(max(seconds, 0), 1e12) * 1_000))
  }
}
