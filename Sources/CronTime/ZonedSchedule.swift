/// A schedule with the zone that its text names, as `calendar: daily Europe/Paris` does.
///
/// Whoever has the zone database looks the zone up; a schedule itself knows none.
public struct ZonedSchedule: Hashable, Sendable {
  /// What was parsed.
  public let schedule: Schedule
  /// The zone that the text names, such as `Europe/Paris`; nil when it leaves the zone to the job.
  public let zoneName: String?
  /// Where the zone's name begins, in UTF-8 bytes from 1, for an error about it; 1 without a zone.
  public let zoneColumn: Int

  /// Parses the text of a schedule, blanks around it allowed; `seed`, the job's name, chooses what `a~b` means.
  ///
  /// `now` is what `in 45m` counts from; nil where there is no such moment, and then `in …` is refused. The zone's
  /// name is only checked for its form.
  public static func parse(
    _ text: String, dialect: Dialect = .any, seed: String = "", now: Instant? = nil
  ) throws(ScheduleError) -> ZonedSchedule {
    let text = ScheduleText(Array(text.utf8))
    let parsed = try ScheduleParser(text, seed: seed, now: now).parseZoned(dialect)
    guard let zone = parsed.zone else {
      return ZonedSchedule(schedule: Schedule(form: parsed.form), zoneName: nil, zoneColumn: 1)
    }
    let written = text.slice(zone)
    return ZonedSchedule(
      schedule: Schedule(form: parsed.form), zoneName: written.lowercased() == "utc" ? "UTC" : written,
      zoneColumn: zone.lowerBound + 1)
  }
}

extension Schedule {
  /// Parses the text of a schedule, blanks around it allowed; `seed`, the job's name, chooses what `a~b` means.
  ///
  /// `now` is what `in 45m` counts from; nil where there is no such moment, and then `in …` is refused. A text that
  /// names its own zone is refused here: `ZonedSchedule.parse` takes it.
  public static func parse(
    _ text: String, dialect: Dialect = .any, seed: String = "", now: Instant? = nil
  ) throws(ScheduleError) -> Schedule {
    let parsed = try ZonedSchedule.parse(text, dialect: dialect, seed: seed, now: now)
    if let zone = parsed.zoneName {
      throw ScheduleError(
        column: parsed.zoneColumn, message: "the schedule names a zone, which has no place here",
        hint: "leave out '\(zone)' and give the zone apart", code: "zone-in-schedule")
    }
    return parsed.schedule
  }
}
