import CronDaemon

extension Verb {
  static let doctor = Verb(
    name: "doctor", operands: "", operandCount: 0...0,
    summary: "look for what would keep jobs from firing, and say what to do about it",
    details: """
      It only reads, works while cronwatch is down, and ends within about five seconds whatever hangs. Each line is one
      check: ok, a note (worth knowing), or a problem (somebody should do something), and the remedy.
      Exit status: 0 without problems, 1 with one.
      """,
    options: [OptionSpecification("--json", "one JSON object a line: check, result, found, remedy")],
    examples: [
      ("cronwatch doctor", "before the first start, or when something is odd"),
      ("cronwatch doctor --json", "for a program"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let findings = Doctor.examine(
        state: try context.statePath(), configuration: try context.configurationPath())
      for finding in findings {
        if arguments.has("--json") { context.print(finding.json) } else { context.print(finding.text) }
      }
      let problems = findings.count { $0.result == .problem }
      if !arguments.has("--json") {
        let notes = findings.count { $0.result == .note }
        context.printError(
          "cronwatch: \(findings.count) checks, \(counted(problems, "problem")), \(counted(notes, "note"))")
      }
      return problems > 0 ? .negative : .success
    })

  private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}
