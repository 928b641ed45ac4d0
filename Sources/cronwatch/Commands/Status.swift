import CronDaemon
import CronSystem
import CronWire

extension Verb {
  static let status = Verb(
    name: "status", operands: "", operandCount: 0...0,
    summary: "say whether jobs will fire automatically, or exactly why not",
    details: """
      The verdict comes first. It is computed from heartbeat files and lock queries, never asked of the process that is
      being judged: the watcher evaluates it, and when it doesn't answer within a second, this command does.
      Exit status: 0 healthy or asleep, 3 down, 1 anything else.

      --deaths lists how our own processes ended instead, newest first: when, how, how long they had lived, why, and
      below it what they wrote to their standard error, at most 1 KiB. The last 100 of each role are kept: every ticker,
      and the watchers, readers and workers that died. It works while cronwatch is down.

      --watch redraws the terminal in place until q or ^C: what runs, how far against the median of its past runs, what
      comes next, what failed last. It reads files alone, so that it goes on when cronwatch is killed and started. Who
      may only ask (`[watcher] status-group`) sees what the watcher tells, without medians and ledger.
      """,
    options: [
      OptionSpecification("--json", "one JSON object; with --deaths, one a line"),
      OptionSpecification("--deaths", "list how our own processes ended"),
      OptionSpecification("--watch", "redraw in place until q or ^C"),
      OptionSpecification("--interval", value: "D", "with --watch: how often (default: 1s)"),
    ],
    examples: [
      ("cronwatch status", "what people read"),
      ("cronwatch status --json", "what programs read"),
      ("cronwatch status --deaths", "what has crashed, and when"),
      ("cronwatch status --watch", "what goes on, until q"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      if arguments.has("--interval"), !arguments.has("--watch") {
        throw CommandFailure(.usage, "--interval needs --watch")
      }
      if arguments.has("--watch") {
        if arguments.has("--json") || arguments.has("--deaths") {
          throw CommandFailure(.usage, "--watch is a view of its own", hint: "cronwatch status --watch")
        }
        return try StatusWatch.run(context)
      }
      if arguments.has("--deaths") { return try printDeaths(context, asJSON: arguments.has("--json")) }
      let answer: StatusQuery.Answer
      if let guest = try guestAnswer(context) {
        answer = guest
      } else if let state = try context.existingState() {
        do throws(Errno) {
          answer = try StatusQuery.ask(state, color: context.wantsColor && !arguments.has("--json"))
        } catch {
          throw CommandFailure(.temporary, "the state can't be read: \(error)")
        }
      } else {
        let report = StatusEvaluator.evaluate(StatusCollector.nothing(path: try context.statePath()))
        answer = StatusQuery.answer(report, color: context.wantsColor)
      }
      if arguments.has("--json") { context.print(answer.json) } else { context.print(trimmed(answer.text)) }
      return ExitStatus(rawValue: answer.exitStatus) ?? .negative
    })

  /// What a member of `[watcher] status-group` gets, who can't open the state directory; nil = this user can.
  static func guestAnswer(_ context: CommandContext) throws(CommandFailure) -> StatusQuery.Answer? {
    do throws(CommandFailure) {
      _ = try context.existingState()
      return nil
    } catch {
      let refusal = error
      guard refusal.status == .permission else { throw refusal }
      let path = try context.statePath()
      let color = context.wantsColor && !context.arguments.has("--json")
      do throws(ControlError) {
        return try StatusQuery.askAsGuest(path: path, color: color)
      } catch .unreachable(let why) where why == .accessDenied || why == .noEntry && !StateDirectory.isPassage(path) {
        throw CommandFailure(
          refusal.status, refusal.message, hint: "ask as its owner, or let your group ask: [watcher] status-group")
      } catch .unreachable(.noEntry) {
        // A group that was let in and finds no socket is no stranger: "down" must not look like "not allowed".
        throw CommandFailure(
          .unavailable, "there is no \(path)/\(ControlLimits.statusSocketName)",
          hint: "cronwatch is down, or its [watcher] status-group isn't set; its owner can tell")
      } catch {
        throw CommandFailure(
          .unavailable, "\(path)/\(ControlLimits.statusSocketName): \(error)",
          hint: "cronwatch may be down; its owner can tell")
      }
    }
  }

  private static func printDeaths(_ context: CommandContext, asJSON: Bool) throws(CommandFailure) -> ExitStatus {
    let deaths = try DeathsText.deaths(context)
    if asJSON {
      for death in deaths { context.print(DeathsText.json(death)) }
    } else if deaths.isEmpty {
      context.printError("cronwatch: none of our processes has ended yet")
    } else {
      for line in DeathsText.table(deaths) { context.print(line) }
    }
    return .success
  }

  private static func trimmed(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
}
