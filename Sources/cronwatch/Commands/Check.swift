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
      user column (/etc/crontab, /etc/cron.d). Findings are printed as FILE:LINE:COLUMN: LEVEL: WHAT; HINT. An error
      has no effect as written, a warning probably does something else than was meant, a note is worth knowing.
      Exit status: 0 without errors, 65 with one; with --strict 65 also with a warning.
      """,
    options: [
      OptionSpecification("--system", "the crontabs have a user column"),
      OptionSpecification("--strict", "exit 65 also when there are only warnings"),
      OptionSpecification("--json", "one JSON object a finding"),
    ],
    examples: [
      ("cronwatch check my.crontab", "before it is used"),
      ("cronwatch check --system /etc/cron.d/*", "what the system's packages brought"),
      ("cronwatch check --strict --json my.crontab", "in a pipeline that lets no warning pass"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      var files = arguments.operands.map { CheckedFile(path: $0, isSystem: arguments.has("--system")) }
      FileChecks.run(&files, MachineFacts.lookups())
      for finding in files.flatMap(\.sortedFindings) {
        if arguments.has("--json") {
          context.print(json(finding))
        } else {
          context.print(HumanText.escaped(finding.text))
        }
      }
      let errors = files.reduce(0) { $0 + $1.findings.errors }
      let warnings = files.reduce(0) { $0 + $1.findings.warnings }
      if !arguments.has("--json") {
        let jobs = files.reduce(0) { $0 + $1.jobs.count }
        let counted = [
          "\(counted(jobs, "job")) in \(counted(files.count, "file"))", counted(errors, "error"),
          counted(warnings, "warning"),
        ]
        context.printError("cronwatch: " + counted.joined(separator: ", "))
      }
      return errors > 0 || (warnings > 0 && arguments.has("--strict")) ? .badData : .success
    })

  private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

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

extension CheckedFile {
  /// Reads and parses a file: `.conf` is configuration, anything else a crontab.
  init(path: String, isSystem: Bool) {
    let bytes: [UInt8]
    do throws(FileFetchError) {
      bytes = try FileFetch.read(path, limit: CrontabParser.largestFile, passesInput: true)
    } catch {
      self.init(unreadable: path, reason: "\(error)")
      return
    }
    if path.hasSuffix(".conf") {
      self.init(ConfParser.parse(bytes, file: path, checkZone: ZoneLookup.checker()))
    } else {
      self.init(
        CrontabParser.parse(
          bytes, file: path, format: isSystem ? .system : .user(owner: nil), checkZone: ZoneLookup.checker()))
    }
  }
}
