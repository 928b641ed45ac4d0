/// When a job fires: one parsed schedule.
public struct Schedule: Hashable, Sendable, CustomStringConvertible {
  /// What kind of schedule it is.
  package enum Form: Hashable, Sendable {
    /// Local times of a zone.
    case calendar(Recurrence)
    /// Every so many seconds of elapsed time, counted from the job's origin; 1 second to 100 years.
    case interval(seconds: Int64)
    /// Once per boot; it has no instants.
    case reboot
    /// Once, at a whole second.
    case once(Instant)
  }

  /// What it means.
  package let form: Form

  /// A schedule of a form.
  package init(form: Form) {
    self.form = form
  }

  /// The smallest occurrence after an instant; nil when none follows up to 2199. Always a whole second, bounded work.
  ///
  /// `origin` anchors intervals: they fire at origin + n, origin + 2n … and take no notice of the zone.
  public func next(after instant: Instant, in zone: Zone, origin: Instant) -> Instant? {
    switch form {
    case .calendar(let recurrence):
      let search = OccurrenceSearch(recurrence: recurrence, zone: zone.table)
      return search.next(after: instant.seconds).map { Instant(seconds: $0) }
    case .interval(let spacing):
      let start = origin.seconds
      let elapsed = max(instant.seconds.subtractingSaturating(start), 0)
      let steps = elapsed / max(spacing, 1) + 1
      let next = start.addingSaturating(steps.multipliedSaturating(by: max(spacing, 1)))
      return next < Self.end ? Instant(seconds: next) : nil
    case .reboot:
      return nil
    case .once(let when):
      return when > instant ? when : nil
    }
  }

  /// The smallest occurrence after an instant, where intervals have no origin of their own: they count from `instant`.
  public func next(after instant: Instant, in zone: Zone) -> Instant? {
    next(after: instant, in: zone, origin: instant)
  }

  /// 2200-01-01T00:00:00Z, where intervals end as calendars do.
  static let end: Int64 = 7_258_118_400

  /// The shortest of the next four spacings, in seconds; nil when fewer than two occurrences are left.
  ///
  /// For grace (half the period): a herd such as `0,1 0 * * *` gets the short one.
  package func period(near instant: Instant, in zone: Zone, origin: Instant) -> Int64? {
    if case .interval(let seconds) = form { return seconds }
    // An occurrence at the instant itself counts.
    guard var previous = next(after: instant.adding(microseconds: -1), in: zone, origin: origin) else { return nil }
    var shortest: Int64?
    for _ in 0..<4 {
      guard let following = next(after: previous, in: zone, origin: origin) else { break }
      shortest = min(shortest ?? .max, following.seconds - previous.seconds)
      previous = following
    }
    return shortest
  }

  /// Whether it is a calendar without any day in 1970–2199, such as `0 0 31 2 *`.
  public var isDead: Bool {
    if case .calendar(let recurrence) = form { return recurrence.isDead }
    return false
  }

  /// What is probably not meant about it; columns are those of the canonical text.
  public var warnings: [ScheduleWarning] {
    guard isDead else { return [] }
    return [
      ScheduleWarning(
        column: 1, message: "no date matches '\(description)': it never fires",
        hint: "no such day exists in the months that it names", code: "never-fires")
    ]
  }
}

/// The schedule at the beginning of a crontab line.
package struct LeadingSchedule: Hashable, Sendable {
  /// What was parsed.
  package let schedule: Schedule
  /// Bytes of the schedule's text: it ends before this offset.
  package let scheduleEnd: Int
  /// Offset of what follows it after blanks (a user or a command); the length of the text when nothing does.
  package let restOffset: Int
}

extension Schedule {
  /// Parses five fields or an `@` word at the beginning of a text that goes on with something else.
  ///
  /// Leading blanks are allowed. Offsets and the error's column count UTF-8 bytes of the text as given.
  package static func parseLeading(
    _ bytes: some Sequence<UInt8>, seed: String
  ) throws(ScheduleError) -> LeadingSchedule {
    let text = ScheduleText(Array(bytes))
    let (form, end) = try ScheduleParser(text, seed: seed).parseLeading()
    return LeadingSchedule(
      schedule: Schedule(form: form), scheduleEnd: end,
      restOffset: text.word(from: end)?.lowerBound ?? text.bytes.count)
  }

  /// Parses five fields or an `@` word at the beginning of a text that goes on with something else.
  package static func parseLeading(_ text: String, seed: String) throws(ScheduleError) -> LeadingSchedule {
    try parseLeading(text.utf8, seed: seed)
  }
}
