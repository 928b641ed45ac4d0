import CronConfig
import CronDaemon
import CronLedger
import CronTime
import CronWire

extension Verb {
  static let list = Verb(
    name: "list", operands: "", operandCount: 0...0,
    summary: "list the jobs that are loaded, with their next occurrence",
    details: "From the table that the ticker has loaded last; it works while cronwatch is down.",
    options: [
      OptionSpecification("--json", "one JSON object a line"),
      OptionSpecification("--raw", "don't escape control characters in names"),
    ],
    examples: [("cronwatch list", "a table"), ("cronwatch list --json", "for programs")],
    run: { (context, arguments) throws(CommandFailure) in
      guard let state = try context.existingState(), let loaded = LoadedTable.read(state) else {
        context.printError("cronwatch: no jobs were ever loaded in \(try context.statePath())")
        return .success
      }
      let outcomes = try lastOutcomes(context)
      let now = context.now
      if !arguments.has("--json"), loaded.jobs.isEmpty { context.printError("cronwatch: there are no jobs") }
      for job in loaded.jobs {
        let next = job.next(after: now)
        if arguments.has("--json") {
          context.print(json(job, next: next, outcome: outcomes[job.definition.name]))
        } else {
          context.print(
            [
              HumanText.padded(HumanText.fitted(context.shown(job.definition.name), width: 28), width: 28),
              HumanText.padded(HumanText.fitted(job.scheduleText, width: 20), width: 20),
              next.map { job.zone.rfc3339($0) } ?? "never",
            ].joined(separator: "  "))
        }
      }
      return .success
    })

  private static func lastOutcomes(_ context: CommandContext) throws(CommandFailure) -> [String: Outcome] {
    var outcomes: [String: Outcome] = [:]
    for row in try HistoryText.history(context, HistoryQuery(limit: 10_000)).rows where outcomes[row.job] == nil {
      outcomes[row.job] = row.outcome
    }
    return outcomes
  }

  private static func json(_ job: LoadedJob, next: Instant?, outcome: Outcome?) -> JSONValue {
    .object(
      JSONObject([
        ("job", .string(job.definition.name)), ("schedule", .string(job.scheduleText)),
        ("zone", .string(job.zone.name)),
        ("source", .string("\(job.definition.position.file):\(job.definition.position.line)")),
        ("paused", .bool(false)), ("next", next.map { .string($0.milliseconds3339) } ?? .null),
        ("last_outcome", outcome.map { .string($0.rawValue) } ?? .null),
      ]))
  }
}
