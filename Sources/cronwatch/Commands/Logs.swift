import CronDaemon
import CronLedger
import CronSystem

extension Verb {
  static let logs = Verb(
    name: "logs", operands: "JOB|RUN", operandCount: 1...1,
    summary: "show the output of a run, or of a job's last run",
    details: """
      A run that wrote nothing has no output. Control characters are shown escaped on a terminal; --raw prints the
      bytes as they are. A run that lives is shown as far as it has come.
      """,
    options: [OptionSpecification("--raw", "print the bytes as they are")],
    examples: [
      ("cronwatch logs backup", "what its last run wrote"),
      ("cronwatch logs backup --raw | less", "the bytes themselves"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let word = arguments.operands.first ?? ""
      guard let state = try context.existingState() else {
        throw CommandFailure(.negative, "nothing has run yet in \(try context.statePath())")
      }
      let row = try found(word, context)
      guard let run = row.run else { throw CommandFailure(.negative, "\(context.shown(word)) has not run yet") }
      do throws(Errno) {
        guard let output = try OutputText.open(state, job: row.job, run: run.text, isLive: row.isLive) else {
          context.printError("cronwatch: run \(run.text) of \(context.shown(row.job)) has written nothing")
          return .success
        }
        try OutputText.copy(output, escaping: context.outputIsTerminal && !arguments.has("--raw"))
        return .success
      } catch {
        // Whoever reads the output may have seen enough.
        if error == .brokenPipe { return .success }
        throw CommandFailure(.temporary, "the output of run \(run.text) can't be read: \(error)")
      }
    })

  /// The run of that identifier, else the job's last run.
  private static func found(_ word: String, _ context: CommandContext) throws(CommandFailure) -> HistoryRow {
    let ofJob = try HistoryText.history(context, HistoryQuery(job: word, limit: 200))
    if let row = ofJob.rows.first(where: { $0.run != nil }) ?? ofJob.rows.first { return row }
    if let run = RunIdentifier(word) {
      let ofRun = try HistoryText.history(context, HistoryQuery(run: run, limit: 1))
      if let row = ofRun.rows.first { return row }
    }
    throw CommandFailure(.negative, "no job and no run is called '\(context.shown(word))'", hint: "cronwatch runs")
  }
}
