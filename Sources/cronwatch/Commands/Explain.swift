import CronDaemon
import CronTime
import CronWire

extension Verb {
  static let explain = Verb(
    name: "explain", operands: "SCHEDULE", operandCount: 1...64,
    summary: "say in plain English when a schedule fires",
    details: """
      Says what the schedule means, its next five times, how often it fires, what happens when the zone's clocks change
      next, and what may surprise about it. Words may be quoted together or not: explain '*/5 * * * *'.
      Exit status: 0, also with warnings; 65 when it is no schedule.
      """,
    options: [
      OptionSpecification("--zone", value: "ZONE", "zone of the schedule (default: $TZ, then /etc/localtime)"),
      OptionSpecification("--from", value: "INSTANT", "as if it were that RFC 3339 instant (default: now)"),
      OptionSpecification("--name", value: "NAME", "the job's name, which chooses what H and a~b mean"),
      OptionSpecification("--json", "one JSON object"),
    ],
    examples: [
      ("cronwatch explain '30 2 * * 1-5' --zone Europe/Paris", "nights before working days, and the clock changes"),
      ("cronwatch explain '0 0 13 * 5'", "which rule holds for the two day fields"),
      ("cronwatch explain every weekday at 18:30", "a phrase"),
      ("cronwatch explain 'H 3 * * *' --name backup", "the minute that the job's name chooses"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      let name = arguments.value("--name") ?? "explain"
      let argument = try ScheduleArgument.read(context, arguments, seed: name)
      let other = try ScheduleArgument.read(context, arguments, seed: name + "+")
      let report = ExplainReport(argument, hashedFor: other.schedule == argument.schedule ? nil : name)
      if arguments.has("--json") {
        context.print(report.json)
      } else {
        for line in report.lines { context.print(line) }
      }
      return .success
    })
}

/// What `explain` says about one schedule.
private struct ExplainReport {
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  private let argument: ScheduleArgument
  /// The name that chose values of `H` or `a~b`; nil when there are none.
  private let hashedFor: String?
  private let next: [Instant]
  private let gap: ClockChangeEffect?
  private let fold: ClockChangeEffect?
  private let findings: [ScheduleWarning]

  init(_ argument: ScheduleArgument, hashedFor: String?) {
    self.argument = argument
    self.hashedFor = hashedFor
    let (schedule, zone, from) = (argument.schedule, argument.zone, argument.from)
    next = argument.occurrences(count: 5)
    gap = zone.nextGap(after: from).flatMap { schedule.effect(of: $0, in: zone) }
    fold = zone.nextFold(after: from).flatMap { schedule.effect(of: $0, in: zone) }
    findings = schedule.warnings + schedule.advice(in: zone, from: from)
  }

  private func weekday(_ instant: Instant) -> String {
    let local = instant.adding(seconds: Int64(argument.zone.offset(at: instant.seconds).utcOffsetSeconds))
    return Self.weekdays[CivilDateTime(secondsSinceEpoch: local.seconds).weekday]
  }

  /// Remarks on how the text was read.
  private var notes: [String] {
    var notes = [Schedule.fieldOrder(of: argument.text)].compactMap { $0 }
    // A warning about the day fields says the same with a hint.
    let isWarned = findings.contains { ["either-day-matches", "both-days-must-match"].contains($0.code) }
    if !isWarned, let rule = argument.schedule.dayRuleExplanation { notes.append(rule) }
    if let hashedFor {
      notes.append("H and a~b are chosen by the job's name, here '\(HumanText.escaped(hashedFor))'; see --name")
    }
    if case .interval = argument.schedule.form { notes.append("the times below count from \(shown(argument.from))") }
    return notes
  }

  private func shown(_ instant: Instant) -> String { argument.zone.rfc3339(instant) }

  // MARK: Text

  var lines: [String] {
    var lines = ["\(argument.schedule)  (\(argument.zone.name))", argument.schedule.explanation, ""]
    lines += section("note", notes)
    lines += section("next", next.isEmpty ? [nothingNext] : next.map { "\(shown($0))  \(weekday($0))" })
    if let frequency = argument.schedule.frequency { lines += section("how often", [frequency.text]) }
    lines += changes
    for finding in findings {
      lines += section("warning", [finding.message] + (finding.hint.map { ["hint: \($0)"] } ?? []))
    }
    return lines
  }

  private var nothingNext: String {
    if argument.schedule.form == .reboot { return "at the next boot" }
    return argument.schedule.isDead ? "never" : "no more after \(shown(argument.from))"
  }

  private var changes: [String] {
    guard gap != nil || fold != nil else { return section("clocks", ["this zone's clocks don't change"]) }
    guard case .calendar = argument.schedule.form else {
      return section("clocks", ["changes of the zone's clocks don't affect it"])
    }
    return section("next gap", text(of: gap, "gap")) + section("next fold", text(of: fold, "fold"))
  }

  private func text(of effect: ClockChangeEffect?, _ kind: String) -> [String] {
    guard let effect else { return ["no further \(kind) in this zone"] }
    let instant = Instant(seconds: effect.transition.at)
    return ["\(effect.change) (\(instant))", effect.consequence(in: argument.zone)]
  }

  /// A label with its lines beside it.
  private func section(_ label: String, _ texts: [String]) -> [String] {
    texts.enumerated().map { place, text in HumanText.padded(place == 0 ? label + ":" : "", width: 12) + text }
  }

  // MARK: JSON

  var json: JSONValue {
    let schedule = argument.schedule
    return .object(
      JSONObject([
        ("schedule", .string(schedule.description)), ("zone", .string(argument.zone.name)),
        ("explanation", .string(schedule.explanation)), ("notes", .array(notes.map(JSONValue.string))),
        (
          "next",
          .array(
            next.map { instant in
              .object(
                JSONObject([
                  ("at", .string(instant.milliseconds3339)), ("local", .string(shown(instant))),
                  ("weekday", .string(weekday(instant))),
                ]))
            })
        ),
        ("frequency", schedule.frequency.map(json) ?? .null), ("gap", gap.map(json) ?? .null),
        ("fold", fold.map(json) ?? .null), ("warnings", .array(findings.map(json))),
      ]))
  }

  private func json(_ frequency: Frequency) -> JSONValue {
    .object(
      JSONObject([
        ("per_day", .integer(Int64(frequency.perDay))), ("per_minute", .integer(Int64(frequency.perMinute))),
        ("days_per_year", .number(frequency.daysPerYear)), ("text", .string(frequency.text)),
      ]))
  }

  private func json(_ effect: ClockChangeEffect) -> JSONValue {
    .object(
      JSONObject([
        ("at", .string(Instant(seconds: effect.transition.at).milliseconds3339)),
        ("shift_s", .integer(Int64(effect.transition.shift))), ("outcome", .string(outcome(effect))),
        ("fires", .array(effect.instants.map { .string($0.milliseconds3339) })),
        ("text", .string("\(effect.change): \(effect.consequence(in: argument.zone))")),
      ]))
  }

  private func outcome(_ effect: ClockChangeEffect) -> String {
    switch effect.outcome {
    case .notAffected: "not-affected"
    case .firesAfterGap: "fires-after-gap"
    case .goesOn: "goes-on"
    case .leavesOut: "left-out"
    case .firesInFirstPass: "first-pass"
    case .firesInBothPasses: "both-passes"
    }
  }

  private func json(_ finding: ScheduleWarning) -> JSONValue {
    .object(
      JSONObject([
        ("code", .string(finding.code)), ("message", .string(finding.message)),
        ("hint", finding.hint.map(JSONValue.string) ?? .null),
      ]))
  }
}
