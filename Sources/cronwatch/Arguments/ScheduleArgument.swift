import CronDaemon
import CronTime

/// A schedule on the command line, with the zone that it or `--zone` names.
struct ScheduleArgument {
  let text: String
  let schedule: Schedule
  let zone: Zone
  /// What `in 45m` counts from, and intervals begin at: `--from`, else now.
  let from: Instant

  /// Reads the operands as one schedule; `seed` is the job's name for `H` and `a~b`.
  static func read(
    _ context: CommandContext, _ arguments: Arguments, seed: String
  ) throws(CommandFailure) -> ScheduleArgument {
    let text = arguments.operands.joined(separator: " ")
    var from = context.now
    if let option = arguments.value("--from") {
      guard let parsed = Instant(rfc3339: option) else {
        throw CommandFailure(
          .usage, "--from: '\(HumanText.escaped(option))' is not an instant", hint: "write 2026-06-18T12:00:00Z")
      }
      from = parsed
    }
    let parsed: ZonedSchedule
    do throws(ScheduleError) {
      parsed = try ZonedSchedule.parse(text, dialect: .any, seed: seed, now: from)
    } catch {
      throw refusal(error, of: text)
    }
    let zone = try zone(of: parsed, text, context, arguments)
    return ScheduleArgument(text: text, schedule: parsed.schedule, zone: zone, from: from)
  }

  /// The next occurrences after `from`.
  func occurrences(count: Int) -> [Instant] {
    var found: [Instant] = []
    while found.count < count, let next = schedule.next(after: found.last ?? from, in: zone, origin: from) {
      found.append(next)
    }
    return found
  }

  /// The zone that the schedule or the option names.
  static func zone(
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

  /// A failure that shows the text with a caret under the column.
  static func refusal(_ error: ScheduleError, of text: String, otherHint: String? = nil) -> CommandFailure {
    let shown = HumanText.escaped(text)
    let caret = String(repeating: " ", count: max(0, min(error.column, shown.count + 1) - 1)) + "^"
    let hints = [error.hint, otherHint].compactMap(\.self)
    return CommandFailure(
      .badData, "schedule: \(error.message)\n  \(shown)\n  \(caret)",
      hint: hints.isEmpty ? nil : hints.joined(separator: "; "))
  }
}
