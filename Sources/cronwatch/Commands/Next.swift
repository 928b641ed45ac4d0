import CronDaemon
import CronTime

extension Verb {
  static let next = Verb(
    name: "next", operands: "SCHEDULE|JOB", operandCount: 0...64,
    summary: "print when a schedule or job fires next, or show it as a calendar",
    details: """
      Prints the next instants of a schedule, or of a loaded job by its name, one RFC 3339 instant a line, in the zone
      with its offset (UTC: Z). They are the nominal instants: what the clock says, before any random delay. A schedule
      that never fires prints nothing and exits 1. Words may be quoted together or not: next '*/5 * * * *'.
      With --calendar it shows a month, each day with how often something fires; with --timeline one day, a row a job.
      These two show all loaded jobs when no operand is given.
      """,
    options: [
      OptionSpecification("--zone", value: "ZONE", "zone of the schedule (default: $TZ, then /etc/localtime)"),
      OptionSpecification("--from", value: "INSTANT", "strictly after this RFC 3339 instant (default: now)"),
      OptionSpecification("--count", value: "N", "at most so many (default: 5)"),
      OptionSpecification("--calendar", "show a month"),
      OptionSpecification("--month", value: "MONTH", "the month of --calendar, such as 2026-12 (default: this one)"),
      OptionSpecification("--timeline", "show the 24 hours of a day"),
      OptionSpecification("--day", value: "DAY", "the day of --timeline, such as 2026-12-24 (default: today)"),
      OptionSpecification("--file", value: "FILE", "show the jobs of a crontab or .conf file; may be repeated"),
    ],
    examples: [
      ("cronwatch next '30 2 * * *' --zone Europe/Paris", "the next five nights at half past two"),
      ("cronwatch next in 45m", "the instant in three quarters of an hour"),
      ("cronwatch next every weekday at 18:30", "the ends of the next five working days"),
      ("cronwatch next 'calendar: Mon..Fri *-*~1 09:00 Europe/Paris'", "as systemd writes it, in its own zone"),
      ("cronwatch next @hourly --from 2026-03-29T00:00:00Z --count 3", "three hours after an instant"),
      ("cronwatch next backup", "when the job named backup fires"),
      ("cronwatch next --calendar --month 2026-12 '0 9 * * mon'", "the Mondays of a month"),
      ("cronwatch next --timeline", "today, all jobs"),
      ("cronwatch next --timeline --file my.crontab", "today, as it would be with that crontab"),
    ],
    run: { (context, arguments) throws(CommandFailure) in try next(context, arguments) })

  private static func next(_ context: CommandContext, _ arguments: Arguments) throws(CommandFailure) -> ExitStatus {
    try NextCalendar.check(arguments)
    let origin = try start(context, arguments)
    if arguments.operands.isEmpty {
      return try NextCalendar.print(NextSubject.all(context, arguments, origin: origin), context, arguments)
    }
    let subject = try NextSubject.named(context, arguments, origin: origin)
    if arguments.has("--calendar") || arguments.has("--timeline") {
      return try NextCalendar.print(subject, context, arguments)
    }
    return try list(subject, after: origin, context, arguments)
  }

  /// What the answers lie strictly after.
  private static func start(_ context: CommandContext, _ arguments: Arguments) throws(CommandFailure) -> Instant {
    guard let from = arguments.value("--from") else { return context.now }
    guard let parsed = Instant(rfc3339: from) else {
      throw CommandFailure(
        .usage, "--from: '\(HumanText.escaped(from))' is not an instant", hint: "write 2026-06-18T12:00:00Z")
    }
    return parsed
  }

  private static func list(
    _ subject: NextSubject, after origin: Instant, _ context: CommandContext, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitStatus {
    let count = try arguments.number("--count", default: 5, in: 1...100_000)
    var instant = origin
    var printed = 0
    while printed < count, let following = subject.jobs.compactMap({ $0.next(instant) }).min() {
      context.print(subject.zone.rfc3339(following))
      instant = following
      printed += 1
    }
    if printed == 0 {
      let when = subject.isDead ? "never fires" : "does not fire after \(subject.zone.rfc3339(origin))"
      context.printError("cronwatch: '\(HumanText.escaped(subject.text))' \(when)")
    }
    return printed == 0 ? .negative : .success
  }
}
