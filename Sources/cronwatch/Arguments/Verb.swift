/// One command of cronwatch: the same entry makes the dispatch, the help and the hints.
struct Verb: Sendable {
  let name: String
  /// What stands after the verb in the usage line.
  let operands: String
  let operandCount: ClosedRange<Int>
  /// One line for the overview.
  let summary: String
  /// Paragraphs for `cronwatch VERB --help`.
  let details: String
  let options: [OptionSpecification]
  /// Command lines with what they do.
  let examples: [(line: String, meaning: String)]
  let run: @Sendable (CommandContext, Arguments) throws(CommandFailure) -> ExitStatus

  var usageLine: String { operands.isEmpty ? "cronwatch \(name)" : "cronwatch \(name) \(operands)" }
}

extension Verb {
  /// Every verb, in the order of the overview.
  static let all: [Verb] = [
    .start, .stop, .restart, .reload, .status, .list, .run, .runs, .logs, .next, .explain, .check, .audit, .doctor,
    .help, .version,
  ]
}
