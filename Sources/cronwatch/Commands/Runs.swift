import CronDaemon
import CronLedger
import CronSystem
import CronTime
import CronWire

extension Verb {
  static let runs = Verb(
    name: "runs", operands: "[JOB]", operandCount: 0...1,
    summary: "list what happened: runs, and occurrences that did not run",
    details: """
      Newest first, from the ledger alone: it works while cronwatch is down. Lateness is from the instant that the
      schedule named to the start of the command.
      """,
    options: [
      OptionSpecification("--limit", value: "N", "at most so many rows, 0 = all (default: 50)"),
      OptionSpecification("--json", "one JSON object a line"),
      OptionSpecification("--raw", "don't escape control characters in names"),
    ],
    examples: [
      ("cronwatch runs", "the last fifty"),
      ("cronwatch runs backup --limit 5 --json", "the last five of one job, for a program"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let limit = try arguments.number("--limit", default: 50, in: 0...10_000_000)
      let history = try HistoryText.history(context, HistoryQuery(job: arguments.operands.first, limit: limit))
      for finding in history.findings { context.printError("cronwatch: \(finding)") }
      if arguments.has("--json") {
        for row in history.rows { context.print(HistoryText.json(row)) }
      } else if history.rows.isEmpty {
        context.printError("cronwatch: nothing has run yet")
      } else {
        for line in HistoryText.table(history.rows, context) { context.print(line) }
      }
      return .success
    })
}

/// Rows of the history as text and as JSON.
enum HistoryText {
  static func history(_ context: CommandContext, _ query: HistoryQuery) throws(CommandFailure) -> RunHistory {
    guard let state = try context.existingState() else { return RunHistory() }
    do throws(Errno) {
      var files = try LedgerFiles(reading: state)
      return RunHistory.read(query, from: &files)
    } catch {
      if error == .noEntry { return RunHistory() }
      throw CommandFailure(.temporary, "the ledger can't be read: \(error)")
    }
  }

  /// `succeeded`, `failed: exit 3`, `failed: signal KILL`, `running`.
  static func ending(_ row: HistoryRow) -> String {
    guard let outcome = row.outcome else { return "running" }
    var details: [String] = []
    if let code = row.exitCode, code != 0 { details.append("exit \(code)") }
    if let signal = row.signal { details.append("signal \(signal)") }
    if let reason = row.reason, details.isEmpty { details.append(HumanText.escaped(reason)) }
    return details.isEmpty ? outcome.rawValue : "\(outcome.rawValue): \(details.joined(separator: ", "))"
  }

  static func table(_ rows: [HistoryRow], _ context: CommandContext) -> [String] {
    var lines = ["SCHEDULED             LATE     TOOK     JOB                       OUTCOME"]
    for row in rows {
      let scheduled = row.occurrence?.description ?? (row.run == nil ? "-" : "manual")
      let late = row.latenessMilliseconds.map { HumanText.duration(seconds: Double($0) / 1_000) } ?? "-"
      let took: String
      if let started = row.startedAt, let finished = row.finishedAt {
        took = HumanText.duration(seconds: Double(Instant.microseconds(from: started, to: finished)) / 1_000_000)
      } else {
        took = "-"
      }
      let count = row.count > 1 ? " ×\(row.count)" : ""
      lines.append(
        [
          HumanText.padded(scheduled, width: 20), HumanText.padded(late, width: 7), HumanText.padded(took, width: 7),
          HumanText.padded(HumanText.fitted(context.shown(row.job), width: 24), width: 24), ending(row) + count,
        ].joined(separator: "  "))
      if let run = row.run, !context.outputIsTerminal { lines[lines.count - 1] += "  [\(run.text)]" }
    }
    return lines
  }

  static func json(_ row: HistoryRow) -> JSONValue {
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
    func instant(_ value: Instant?) -> JSONValue { text(value?.milliseconds3339) }
    return .object(
      JSONObject([
        ("run", text(row.run?.text)), ("job", .string(row.job)), ("occurrence", text(row.occurrence?.description)),
        ("occurrence_last", text(row.occurrenceLast?.description)), ("count", .integer(Int64(row.count))),
        ("trigger", text(row.trigger?.rawValue)), ("attempt", number(row.attempt.map(Int64.init))),
        ("final", .bool(row.isFinal)), ("claimed_at", instant(row.claimedAt)), ("started_at", instant(row.startedAt)),
        ("finished_at", instant(row.finishedAt)), ("lateness_ms", number(row.latenessMilliseconds)),
        ("outcome", text(row.outcome?.rawValue)), ("reason", text(row.reason)),
        ("exit_code", number(row.exitCode.map(Int64.init))), ("signal", text(row.signal)),
      ]))
  }
}
