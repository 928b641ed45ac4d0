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
      """,
    options: [OptionSpecification("--json", "one JSON object")],
    examples: [
      ("cronwatch status", "what people read"),
      ("cronwatch status --json", "what programs read"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let answer: StatusQuery.Answer
      if let state = try context.existingState() {
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

  private static func trimmed(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
}
