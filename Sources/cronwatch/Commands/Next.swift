import CronConfig
import CronDaemon
import CronTime

extension Verb {
  static let next = Verb(
    name: "next", operands: "SCHEDULE", operandCount: 1...64,
    summary: "print when a schedule fires next",
    details: """
      Prints the schedule's next instants, one RFC 3339 instant a line, in the zone with its offset (UTC: Z). They are
      the nominal instants: what the clock says, before any random delay. A schedule that never fires prints nothing
      and exits 1. Words may be quoted together or not: next '*/5 * * * *'.
      """,
    options: [
      OptionSpecification("--zone", value: "ZONE", "zone of the schedule (default: $TZ, then /etc/localtime)"),
      OptionSpecification("--from", value: "INSTANT", "strictly after this RFC 3339 instant (default: now)"),
      OptionSpecification("--count", value: "N", "at most so many (default: 5)"),
    ],
    examples: [
      ("cronwatch next '30 2 * * *' --zone Europe/Paris", "the next five nights at half past two"),
      ("cronwatch next in 45m", "the instant in three quarters of an hour"),
      ("cronwatch next every weekday at 18:30", "the ends of the next five working days"),
      ("cronwatch next 'calendar: Mon..Fri *-*~1 09:00 Europe/Paris'", "as systemd writes it, in its own zone"),
      ("cronwatch next @hourly --from 2026-03-29T00:00:00Z --count 3", "three hours after an instant"),
    ],
    run: { (context, arguments) throws(CommandFailure) in try next(context, arguments) })

  private static func next(_ context: CommandContext, _ arguments: Arguments) throws(CommandFailure) -> ExitStatus {
    let text = arguments.operands.joined(separator: " ")
    let count = try arguments.number("--count", default: 5, in: 1...100_000)
    var instant = context.now
    if let from = arguments.value("--from") {
      guard let parsed = Instant(rfc3339: from) else {
        throw CommandFailure(
          .usage, "--from: '\(HumanText.escaped(from))' is not an instant", hint: "write 2026-06-18T12:00:00Z")
      }
      instant = parsed
    }
    let origin = instant
    let parsed = try parsed(text, now: origin)
    let schedule = parsed.schedule
    let zone = try zone(of: parsed, text, context, arguments)
    var printed = 0
    while printed < count, let following = schedule.next(after: instant, in: zone, origin: origin) {
      context.print(zone.rfc3339(following))
      instant = following
      printed += 1
    }
    if printed == 0 {
      let when = schedule.isDead ? "never fires" : "does not fire after \(zone.rfc3339(origin))"
      context.printError("cronwatch: '\(HumanText.escaped(text))' \(when)")
    }
    return printed == 0 ? .negative : .success
  }

  /// The zone that the schedule or the option names.
  private static func zone(
    of parsed: ZonedSchedule, _ text: String, _ context: CommandContext, _ arguments: Arguments
  ) throws(CommandFailure) -> Zone {
    let option = arguments.value("--zone")
    guard let named = parsed.zoneName else { return try context.zone(named: option) }
    if let option, option != named {
      throw CommandFailure(
        .usage, "the schedule names the zone \(HumanText.escaped(named)), --zone another", hint: "give one of them")
    }
    do throws(ZoneLookupError) {
      return try ZoneLookup.zone(named: named)
    } catch {
      throw refusal(
        ScheduleError(
          column: parsed.zoneColumn, message: "there is no zone '\(named)'", hint: error.hint, code: "unknown-zone"),
        of: text)
    }
  }

  /// The schedule, or a failure.
  private static func parsed(_ text: String, now: Instant) throws(CommandFailure) -> ZonedSchedule {
    do throws(ScheduleError) {
      return try ZonedSchedule.parse(text, dialect: .any, seed: "next", now: now)
    } catch {
      throw refusal(error, of: text)
    }
  }

  /// A failure that shows the text with a caret under the column.
  private static func refusal(_ error: ScheduleError, of text: String) -> CommandFailure {
    let shown = HumanText.escaped(text)
    let caret = String(repeating: " ", count: max(0, min(error.column, shown.count + 1) - 1)) + "^"
    return CommandFailure(.badData, "schedule: \(error.message)\n  \(shown)\n  \(caret)", hint: error.hint)
  }
}
