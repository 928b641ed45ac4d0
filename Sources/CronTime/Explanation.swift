extension Schedule {
  /// The schedule in plain English, such as `at 09:30 on Monday to Friday`; one clause without a full stop.
  ///
  /// Local times are those of the job's zone. What clock changes do to them is told by `effect(of:in:)`.
  public var explanation: String {
    switch form {
    case .calendar(let recurrence):
      recurrence.isDead
        ? "never, because no date is '\(recurrence.explanation)'" : recurrence.explanation
    case .interval(let seconds):
      "every \(Self.shortened(ExplanationWords.duration(seconds: seconds))) of elapsed time, counted from when the job "
        + "was first seen"
    case .reboot: "once after each boot"
    case .once(let instant): "once, at \(instant)"
    }
  }

  /// `every day` rather than `every 1 day`.
  private static func shortened(_ duration: String) -> String {
    duration.hasPrefix("1 ") && !duration.dropFirst(2).contains(" ") ? String(duration.dropFirst(2)) : duration
  }

  /// Which rule of the two day fields holds, one sentence; nil unless both are restricted.
  public var dayRuleExplanation: String? {
    guard case .calendar(let recurrence) = form, !recurrence.isEvery(.dayOfMonth), !recurrence.isEvery(.weekday)
    else { return nil }
    if recurrence.dayRule == .either {
      return "day of month and day of week are both restricted, so either is enough"
    }
    if recurrence.needsCalendarText { return "weekday and date must both match" }
    return "one of the two day fields begins with '*', so both must match"
  }

  /// What the fields of a text are when they begin with seconds, one sentence; nil for other notations.
  public static func fieldOrder(of text: String) -> String? {
    let text = ScheduleText(Array(text.utf8))
    guard text.bytes.count <= ScheduleText.maximumLength else { return nil }
    let words = text.words(limit: 8)
    guard let first = words.first, !InstantParser.begins(text, first), !PhraseWords.begins(text, first),
      text.bytes[first.lowerBound] != UInt8(ascii: "@"),
      !text.slice(first).lowercased().hasPrefix(CalendarExpressionParser.prefix)
    else { return nil }
    let fields = "second minute hour day-of-month month day-of-week"
    return switch words.count {
    case 6: "six fields begin with seconds: \(fields)"
    case 7: "seven fields begin with seconds and end with the year: \(fields) year"
    default: nil
    }
  }
}

extension Recurrence {
  /// The recurrence in English; one that is dead reads like any other.
  var explanation: String {
    let days = ExplanationDays(self)
    let times = ExplanationTimes(self, isDaily: days.isDaily)
    return times.text + days.text(everyDay: !times.areAllDay)
  }
}
