import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport

/// The fault campaign: faults produced against the built program, and what the jobs themselves wrote held against what
/// the ledger says. bin/torture runs it.
@main
struct Torture {
  static func main() {
    let options: Options
    switch Options.parse(Array(CommandLine.arguments.dropFirst())) {
    case .options(let parsed): options = parsed
    case .usage(let message):
      Report.say("torture: \(message)\n\(Options.usage)")
      CurrentProcess.exit(64)
    }
    do {
      CurrentProcess.exit(try perform(options) ? 0 : 1)
    } catch {
      Report.say("torture: \(error)")
      CurrentProcess.exit(70)
    }
  }

  /// Whether everything that was asked for went well.
  private static func perform(_ options: Options) throws -> Bool {
    if options.lists {
      for row in FaultRow.all { Report.line(options.isJSON ? row.json : .string(row.shown), asJSON: options.isJSON) }
      return true
    }
    if let docs = options.document {
      try Document.renew(in: docs)
      try LeakDocument.renew(in: docs)
      return true
    }
    if options.soaks { return try soak(options) }
    if options.leaks { return try Leak.perform(options) }
    let chosen = FaultRow.all.filter { options.rows.isEmpty || options.rows.contains($0.number) }
    var results: [RowResult] = []
    for row in chosen {
      let result = row.perform(options)
      results.append(result)
      Report.line(options.isJSON ? result.json : .string(result.shown), asJSON: options.isJSON)
    }
    if let path = options.write { try ResultFile.merge(results, into: path, options) }
    return results.allSatisfy { $0.verdict != .failed }
  }

  private static func soak(_ options: Options) throws -> Bool {
    let result = try Soak(options).run()
    let value = result.json(options)
    Report.line(.string(JSONWriter.text(value)), asJSON: false)
    if let path = options.write { try ResultFile.merge(soak: value, into: path) }
    return result.account.findings.isEmpty
  }
}

/// Where results and progress go.
enum Report {
  /// To people, beside the results.
  static func say(_ text: String) {
    do { try StandardError.write(text + "\n") } catch {}
  }

  /// One result on standard output.
  static func line(_ value: JSONValue, asJSON: Bool) {
    let text = (asJSON ? JSONWriter.text(value) : value.stringValue ?? "") + "\n"
    do { try StandardOutput.write(text) } catch {}
  }
}
