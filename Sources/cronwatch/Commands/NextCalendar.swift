import CronDaemon
import CronSystem
import CronTime

/// `next --calendar` and `next --timeline`: the same instants as a picture.
enum NextCalendar {
  /// Where nothing says how wide the output is.
  private static let usualColumns = 80

  /// Prints the month or the day that the options ask for.
  static func print(
    _ subject: NextSubject, _ context: CommandContext, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitStatus {
    let now = context.now
    let today = LocalDay.clock(at: now, in: subject.zone)
    let glyphs = ViewGlyphs.of { Environment.get($0) }
    let lines: [String]
    if arguments.has("--timeline") {
      let day = try day(arguments) ?? today
      let columns = (context.outputIsTerminal ? CurrentProcess.terminalColumns(1) : nil) ?? usualColumns
      lines = TimelineView(day: day, zone: subject.zone, now: now, columns: columns, glyphs: glyphs)
        .render(subject.jobs)
    } else {
      let month = try month(arguments) ?? today
      lines = MonthView(
        year: month.year, month: month.month, zone: subject.zone, now: now, glyphs: glyphs, color: context.wantsColor
      ).render(subject.jobs)
    }
    for line in lines { context.print(line) }
    return .success
  }

  /// Options that are of no use together.
  static func check(_ arguments: Arguments) throws(CommandFailure) {
    let isCalendar = arguments.has("--calendar")
    let isTimeline = arguments.has("--timeline")
    if isCalendar, isTimeline {
      throw CommandFailure(.usage, "--calendar and --timeline are two views", hint: "give one of them")
    }
    _ = try (month(arguments), day(arguments))
    for (option, view, isGiven) in [("--month", "--calendar", isCalendar), ("--day", "--timeline", isTimeline)]
    where arguments.has(option) && !isGiven {
      throw CommandFailure(.usage, "\(option) needs \(view)")
    }
    if arguments.has("--file"), !arguments.operands.isEmpty || !(isCalendar || isTimeline) {
      throw CommandFailure(
        .usage, "--file shows all jobs of a file, in a view",
        hint: "cronwatch next --timeline --file CRONTAB")
    }
    for option in ["--from", "--count"] where arguments.has(option) && (isCalendar || isTimeline) {
      throw CommandFailure(.usage, "\(option) has no place in a view", hint: "give --month or --day")
    }
    if arguments.operands.isEmpty, !isCalendar, !isTimeline {
      throw CommandFailure(
        .usage, "too few operands for 'cronwatch next'", hint: "usage: cronwatch next SCHEDULE|JOB")
    }
  }

  private static func month(_ arguments: Arguments) throws(CommandFailure) -> CivilDateTime? {
    try date(arguments.value("--month"), "--month", example: "2026-12", parts: 2)
  }

  private static func day(_ arguments: Arguments) throws(CommandFailure) -> CivilDateTime? {
    try date(arguments.value("--day"), "--day", example: "2026-12-24", parts: 3)
  }

  /// `2026-12` or `2026-12-24`, in the years that schedules have.
  private static func date(
    _ text: String?, _ option: String, example: String, parts count: Int
  ) throws(CommandFailure) -> CivilDateTime? {
    guard let text else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let lengths = parts.map(\.utf8.count)
    let numbers = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
    guard parts.count == count, numbers.count == count, lengths == [4, 2, 2].prefix(count).map(\.self),
      (1970...2199).contains(numbers[0]),
      let date = CivilDateTime(year: numbers[0], month: numbers[1], day: count == 3 ? numbers[2] : 1)
    else {
      throw CommandFailure(
        .usage, "\(option): '\(HumanText.escaped(text))' is not a \(count == 3 ? "day" : "month") of 1970–2199",
        hint: "write \(example)")
    }
    return date
  }
}
