import CronConfig
import CronDaemon
import CronSystem
import CronWire

extension Verb {
  static let check = Verb(
    name: "check", operands: "FILE…", operandCount: 1...10_000,
    summary: "say what is wrong with crontabs and configuration files",
    details: """
      Files that end in .conf are configuration; anything else is a crontab in user format, with --system one with a
      user column (/etc/crontab, /etc/cron.d). Findings are printed as FILE:LINE:COLUMN: LEVEL: WHAT; HINT.
      Exit status: 0 without errors, 65 with one.
      """,
    options: [
      OptionSpecification("--system", "the crontabs have a user column"),
      OptionSpecification("--json", "one JSON object a finding"),
    ],
    examples: [
      ("cronwatch check my.crontab", "before it is used"),
      ("cronwatch check --system /etc/cron.d/*", "what the system's packages brought"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      var errors = 0
      var jobs = 0
      for path in arguments.operands {
        let (diagnostics, errorCount, jobCount) = findings(path, isSystem: arguments.has("--system"))
        for diagnostic in diagnostics {
          if arguments.has("--json") {
            context.print(json(diagnostic))
          } else {
            context.print(HumanText.escaped(diagnostic.text))
          }
        }
        errors += errorCount
        jobs += jobCount
      }
      if !arguments.has("--json") {
        let files = arguments.operands.count
        context.printError(
          "cronwatch: \(jobs) \(jobs == 1 ? "job" : "jobs") in \(files) \(files == 1 ? "file" : "files"), "
            + "\(errors) \(errors == 1 ? "error" : "errors")")
      }
      return errors == 0 ? .success : .badData
    })

  private static func findings(
    _ path: String, isSystem: Bool
  ) -> (diagnostics: [Diagnostic], errors: Int, jobs: Int) {
    let bytes: [UInt8]
    do throws(ForeignFileError) {
      bytes = try ForeignFile.read(path, limit: CrontabParser.largestFile).bytes
    } catch {
      let refusal = Diagnostic(
        position: SourcePosition(file: path, line: 0, column: 0), level: .error, code: "unreadable",
        message: "\(error)")
      return ([refusal], 1, 0)
    }
    if path.hasSuffix(".conf") {
      let parsed = ConfParser.parse(bytes, file: path, checkZone: ZoneLookup.checker())
      return (parsed.diagnostics, parsed.findings.errors, parsed.jobs.count)
    }
    let parsed = CrontabParser.parse(
      bytes, file: path, format: isSystem ? .system : .user(owner: nil), checkZone: ZoneLookup.checker())
    return (parsed.diagnostics, parsed.findings.errors, parsed.jobs.count)
  }

  private static func json(_ diagnostic: Diagnostic) -> JSONValue {
    .object(
      JSONObject([
        ("file", .string(diagnostic.position.file)), ("line", .integer(Int64(diagnostic.position.line))),
        ("column", .integer(Int64(diagnostic.position.column))), ("level", .string(diagnostic.level.rawValue)),
        ("code", .string(diagnostic.code)), ("message", .string(diagnostic.message)),
        ("hint", diagnostic.hint.map(JSONValue.string) ?? .null),
      ]))
  }
}
