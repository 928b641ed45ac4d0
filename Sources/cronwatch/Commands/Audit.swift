import CronDaemon
import CronLedger
import CronSystem
import CronTime
import CronWire

extension Verb {
  static let audit = Verb(
    name: "audit", operands: "", operandCount: 0...0,
    summary: "hold the ledger against the schedules: did every occurrence get its due?",
    details: """
      Recomputes from the ledger alone what every job owed, compares it with what is recorded up to the ledger's
      watermark, and prints each difference, then a summary. Open runs and queued occurrences are listed and are no
      findings. It only reads, and may do so while cronwatch runs. Exit status: 0 without findings, 1 with one.
      """,
    options: [
      OptionSpecification("--json", "one JSON object an item, the summary last"),
      OptionSpecification("--verify", "read every segment once more and check every line's checksum"),
      OptionSpecification("--raw", "don't escape control characters in names"),
    ],
    examples: [
      ("cronwatch audit", "findings, and each job's account"),
      ("cronwatch audit --json --verify", "for a program, and for a disk that isn't trusted"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let asJSON = arguments.has("--json")
      var options = LedgerAudit.Options()
      options.verifies = arguments.has("--verify")
      guard var files = try ledger(context) else {
        if asJSON {
          context.print(AuditText.json(AuditSummary()))
        } else {
          context.printError("cronwatch: nothing is recorded yet in \(try context.statePath())")
        }
        return .success
      }
      let summary: AuditSummary
      let zones = try zones(context)
      do throws(AuditError) {
        summary = try LedgerAudit.run(&files, options: options, zone: zones) { item in
          if asJSON { context.print(AuditText.json(item)) } else { context.print(AuditText.line(item, context)) }
        }
      } catch {
        throw failure(error)
      }
      if asJSON {
        context.print(AuditText.json(summary))
      } else {
        for line in AuditText.lines(summary, context) { context.print(line) }
      }
      return summary.findings == 0 ? .success : .negative
    })

  /// The ledger's files; nil when nothing was ever recorded.
  private static func ledger(_ context: CommandContext) throws(CommandFailure) -> LedgerFiles? {
    guard let state = try context.existingState() else { return nil }
    do throws(Errno) {
      return try LedgerFiles(reading: state)
    } catch {
      switch error {
      case .noEntry: return nil
      case .accessDenied, .notPermitted:
        throw CommandFailure(.permission, "\(state.path)/ledger can't be read: \(error)")
      case .notDirectory, .tooManySymbolicLinks:
        throw CommandFailure(
          .badData, "\(state.path)/ledger is not a directory", hint: "move it away; cronwatch then begins a new one")
      default: throw CommandFailure(.temporary, "\(state.path)/ledger can't be read: \(error)")
      }
    }
  }

  private static func failure(_ error: AuditError) -> CommandFailure {
    switch error {
    case .newerFormat(let segment):
      CommandFailure(
        .badData, "ledger/\(segment) was written by a later version of cronwatch", hint: "audit it with that version")
    case .unreadable(let reason): CommandFailure(.temporary, "the ledger can't be listed: \(reason)")
    case .nothingReadable(let segment, let reason):
      CommandFailure(
        reason.detail.hasPrefix("EACCES") || reason.detail.hasPrefix("EPERM") ? .permission : .badData,
        "ledger/\(segment) can't be read: \(reason)")
    }
  }

  /// Zones as jobs went by them, else as their data are now.
  private static func zones(_ context: CommandContext) throws(CommandFailure) -> (String, UInt64) -> Zone? {
    let copies = try context.existingState().map { ZoneCopies($0) }
    return { name, hash in
      let present = try? ZoneLookup.zone(named: name)
      if present?.dataHash == hash { return present }
      return copies?.zone(named: name, hash: hash) ?? present
    }
  }
}

/// An audit as text and as JSON.
enum AuditText {
  static func line(_ item: AuditItem, _ context: CommandContext) -> String {
    let subject: String
    switch (item.job, item.occurrence) {
    case (let job?, let occurrence?): subject = "\(context.shown(job))@\(occurrence)"
    case (let job?, nil): subject = context.shown(job)
    case (nil, _): subject = "-"
    }
    let run = item.run.map { " run \($0.text):" } ?? ""
    return "\(HumanText.padded(item.kind.rawValue, width: 18))  \(subject) \(run) \(HumanText.escaped(item.detail))"
  }

  static func lines(_ summary: AuditSummary, _ context: CommandContext) -> [String] {
    var lines: [String] = []
    for (name, tally) in summary.jobs.sorted(by: { $0.key < $1.key }) {
      lines.append("\(context.shown(name)): \(words(tally))")
    }
    if summary.jobs.count != 1 { lines.append("all \(summary.jobs.count) jobs: \(words(summary.totals))") }
    let from = summary.from.map { " from \($0)" } ?? ""
    let through = summary.through.map { " through \($0)" } ?? ""
    lines.append(
      "\(summary.records) records in \(summary.segments) \(summary.segments == 1 ? "segment" : "segments"), "
        + "\(summary.bytes) bytes\(from)\(through)")
    if let verified = summary.verified {
      lines.append(
        "verified \(verified.bytes) bytes: \(verified.records) records with the right checksum, "
          + "\(verified.damagedBytes) bytes damaged, \(verified.tornBytes) of a write cut short, "
          + "\(verified.reservedBytes) reserved")
    }
    lines.append(
      summary.findings == 0 ? "no findings" : "\(summary.findings) \(summary.findings == 1 ? "finding" : "findings")")
    return lines
  }

  private static func words(_ tally: JobTally) -> String {
    var parts = ["\(tally.occurrences) \(tally.occurrences == 1 ? "occurrence" : "occurrences")"]
    for outcome in Outcome.allCases {
      if let count = tally.outcomes[outcome] { parts.append("\(count) \(outcome.rawValue)") }
    }
    if tally.manualRuns > 0 { parts.append("\(tally.manualRuns) manual") }
    if tally.open > 0 { parts.append("\(tally.open) open") }
    if tally.queued > 0 { parts.append("\(tally.queued) queued") }
    let lateness = tally.lateness
    if let half = lateness.percentile(50), let most = lateness.percentile(99), let maximum = lateness.maximum {
      parts.append("late by \(half) ms (p50), \(most) ms (p99), \(maximum) ms at most")
    }
    return parts.joined(separator: ", ")
  }

  static func json(_ item: AuditItem) -> JSONValue {
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    return .object(
      JSONObject([
        ("kind", .string(item.kind.rawValue)), ("job", text(item.job)),
        ("occurrence", text(item.occurrence?.description)), ("run", text(item.run?.text)),
        ("detail", .string(item.detail)),
      ]))
  }

  static func json(_ summary: AuditSummary) -> JSONValue {
    func instant(_ value: Instant?) -> JSONValue { value.map { .string($0.milliseconds3339) } ?? .null }
    let jobs = summary.jobs.sorted { $0.key < $1.key }.map { name, tally in
      JSONValue.object(JSONObject([("job", .string(name))] + members(tally)))
    }
    return .object(
      JSONObject([
        ("kind", .string("summary")), ("findings", .integer(Int64(summary.findings))),
        ("from", instant(summary.from)), ("through", instant(summary.through)),
        ("segments", .integer(Int64(summary.segments))), ("bytes", .integer(Int64(summary.bytes))),
        ("records", .integer(Int64(summary.records))), ("jobs", .array(jobs)),
        ("totals", .object(JSONObject(members(summary.totals)))),
        ("verified", summary.verified.map(json) ?? .null),
      ]))
  }

  private static func members(_ tally: JobTally) -> [(String, JSONValue)] {
    func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
    let outcomes = Outcome.allCases.map { ($0.rawValue, number(Int64(tally.outcomes[$0] ?? 0))) }
    return [
      ("occurrences", number(Int64(tally.occurrences))), ("outcomes", .object(JSONObject(outcomes))),
      ("manual", number(Int64(tally.manualRuns))), ("open", number(Int64(tally.open))),
      ("queued", number(Int64(tally.queued))),
      (
        "lateness_ms",
        .object(
          JSONObject([
            ("p50", number(tally.lateness.percentile(50))), ("p99", number(tally.lateness.percentile(99))),
            ("max", number(tally.lateness.maximum)),
          ]))
      ),
    ]
  }

  private static func json(_ verified: VerifiedBytes) -> JSONValue {
    .object(
      JSONObject([
        ("segments", .integer(Int64(verified.segments))), ("bytes", .integer(Int64(verified.bytes))),
        ("records", .integer(Int64(verified.records))), ("damaged_bytes", .integer(Int64(verified.damagedBytes))),
        ("torn_bytes", .integer(Int64(verified.tornBytes))),
        ("reserved_bytes", .integer(Int64(verified.reservedBytes))),
      ]))
  }
}
