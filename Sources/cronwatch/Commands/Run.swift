import CronDaemon
import CronLedger
import CronSystem
import CronTime
import CronWire

extension Verb {
  static let run = Verb(
    name: "run", operands: "JOB", operandCount: 1...1,
    summary: "run a job now, beside its schedule",
    details: """
      The ticker runs it like any other run, and prints its run identifier here. It is no occurrence, so it never takes
      the place of one; while it lives it counts for the job's overlap policy. With --wait the exit status says how it
      ended: 0 succeeded, 1 anything else.
      """,
    options: [OptionSpecification("--wait", "wait for its end")],
    examples: [
      ("cronwatch run backup", "start it"),
      ("cronwatch run backup --wait", "start it, and say how it ended"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      guard let state = try context.existingState(), let job = arguments.operands.first else {
        throw CommandFailure(.notRunning, "cronwatch is not running for \(try context.statePath())")
      }
      let answer = try context.ask(state, [("verb", .string("run")), ("job", .string(job))])
      guard let run = answer["run"]?.stringValue.flatMap({ RunIdentifier($0) }) else {
        context.print("\(context.shown(job)) waits for its turn")
        return .success
      }
      context.print(run.text)
      guard arguments.has("--wait") else { return .success }
      let row = try wait(for: run, state)
      context.printError("cronwatch: \(context.shown(job)): \(HistoryText.ending(row))")
      return row.outcome == .succeeded ? .success : .negative
    })

  /// Waits for the run's end in the ledger, by its directory's own events.
  private static func wait(for run: RunIdentifier, _ state: StateDirectory) throws(CommandFailure) -> HistoryRow {
    do throws(Errno) {
      let poller = try Poller()
      while true {
        var files = try LedgerFiles(reading: state)
        let history = RunHistory.read(HistoryQuery(run: run, limit: 1), from: &files)
        if let row = history.rows.first, !row.isLive { return row }
        let ticker = try RoleLock.query(.ticker, in: state)
        let watcher = try RoleLock.query(.watcher, in: state)
        guard ticker.isHeld || watcher.isHeld else { throw Errno.noProcess }
        _ = try poller.wait(timeoutMilliseconds: 50)
      }
    } catch {
      throw CommandFailure(.temporary, "the run's end can't be awaited: \(error)", hint: "cronwatch runs")
    }
  }
}
