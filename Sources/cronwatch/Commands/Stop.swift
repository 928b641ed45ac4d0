import CronDaemon
import CronSystem
import CronWire

extension Verb {
  static let stop = Verb(
    name: "stop", operands: "", operandCount: 0...0,
    summary: "fire nothing new, let runs end within the drain limit, and end",
    details: """
      Waits until the watcher is gone. For a while, the drain, runs may end by themselves. Those that don't go on: their
      workers finish them and keep their exits, which the next start records; `stop` names them. With --jobs stop they
      are stopped then (SIGTERM, then SIGKILL). With --jobs wait the drain is a day instead of [jobs] drain, or what
      --drain-timeout says; what runs even longer goes on. A stop that is under way takes the orders of a later one.
      """,
    options: [
      OptionSpecification(
        "--drain-timeout", value: "D", "how long runs may end by themselves (default: [jobs] drain; 24h to wait)"),
      OptionSpecification("--jobs", value: "leave|stop|wait", "what then becomes of them (default: leave)"),
    ],
    examples: [
      ("cronwatch stop", "stop the cronwatch of your state directory"),
      ("cronwatch stop --drain-timeout 10m --jobs stop", "let runs end for ten minutes, then stop them"),
      ("cronwatch stop --drain-timeout 10m --jobs wait", "let runs end for ten minutes, and stop none"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let order = try Stopping.order(arguments)
      guard let state = try context.existingState() else {
        throw CommandFailure(.notRunning, "cronwatch is not running for \(try context.statePath())")
      }
      let left = try Stopping.stop(state, context, order)
      context.print("cronwatch has stopped (\(state.path))")
      if !left.isEmpty {
        let names = left.prefix(Stopping.namedRuns).map { "\(HumanText.escaped($0.job)) \($0.run)" }
        let more = left.count > names.count ? " and \(left.count - names.count) more" : ""
        context.print(
          "\(left.count) \(left.count == 1 ? "run goes" : "runs go") on with their workers, and the next start records"
            + " how they end: \(names.joined(separator: ", "))\(more)")
      }
      return .success
    })

  static let reload = Verb(
    name: "reload", operands: "", operandCount: 0...0,
    summary: "read the configuration and the crontabs again",
    details: """
      Files are also watched, so that this is rarely needed. Unchanged jobs and running runs are left alone; a line that
      is refused is said by `cronwatch status` and by `cronwatch check`. What status has said before of jobs that are
      gone, or of files of the state directory that somebody removed, is accepted by it and said no more.
      """,
    options: [],
    examples: [
      ("cronwatch reload", "read everything again"),
      ("cronwatch reload --state /srv/cron", "for another state directory"),
    ],
    run: { (context, _) throws(CommandFailure) in
      guard let state = try context.existingState() else {
        throw CommandFailure(.notRunning, "cronwatch is not running for \(try context.statePath())")
      }
      _ = try context.ask(state, [("verb", .string("reload"))])
      context.print("reload requested (\(state.path))")
      return .success
    })

  static let restart = Verb(
    name: "restart", operands: "[CRONTAB…]", operandCount: 0...1_000,
    summary: "go on with this program and configuration, with the same or other crontabs",
    details: """
      A running watcher becomes this program in place, with the same pid: for a new version or new settings. First the
      program has to pass its own test (`cronwatch version --self-test`); if it doesn't, all stays as it was. Jobs that
      run go on under their workers, and their exits are recorded by the new ticker. A watcher that doesn't answer is
      stopped, and another one started; so it is with --foreground, and where none runs one is started.
      """,
    options: Verb.startOptions,
    examples: [
      ("cronwatch restart", "the same crontabs again"),
      ("cronwatch restart my.crontab", "another crontab"),
    ],
    run: { (context, arguments) throws(CommandFailure) in try Restarting.restart(context, arguments) })
}
