/// Parses a date and time: an instant of RFC 3339, or a local time such as `2026-06-01 09:00`.
struct InstantParser {
  let text: ScheduleText
  let words: [Range<Int>]

  /// Whether a word begins as a date does; four digits and a hyphen begin nothing else.
  static func begins(_ text: ScheduleText, _ word: Range<Int>) -> Bool {
    word.count >= 5 && text.bytes[word].prefix(4).allSatisfy(PhraseWords.isDigit)
      && text.bytes[word.lowerBound + 4] == UInt8(ascii: "-")
  }

  /// Once at that instant; a local time is a calendar with one date, so that the rules for gaps and folds hold.
  func parse() throws(ScheduleError) -> Schedule.Form {
    let column = words[0].lowerBound + 1
    if words.count > 2 {
      throw ScheduleError(
        column: words[2].lowerBound + 1, message: "'\(text.slice(words[2]).prefix(40))' is left over after the time",
        hint: "give the zone apart, or write 'calendar: 2026-06-01 09:00 Europe/Paris'", code: "malformed-instant")
    }
    let written = words.map { text.slice($0) }.joined(separator: " ")
    if let instant = Instant(rfc3339: written) {
      guard instant.microseconds % 1_000_000 == 0 else {
        throw ScheduleError(
          column: column, message: "an instant with a fraction of a second", hint: "write whole seconds",
          code: "malformed-instant")
      }
      return .once(instant)
    }
    if let civil = local(written) {
      guard YearSet.range.contains(civil.year) else {
        throw ScheduleError(
          column: column, message: "\(civil.year) is not a year", hint: Field.year.rangeHint, code: "value-out-of-range"
        )
      }
      return .calendar(Self.recurrence(civil))
    }
    throw ScheduleError(
      column: column, message: "'\(written.prefix(40))' is not a date and time",
      hint: "write 2026-06-01T09:00:00Z, or 2026-06-01 09:00 for a local time of the job's zone",
      code: "malformed-instant")
  }

  /// `2026-06-01 09:00` or with seconds; `T` may stand for the blank.
  private func local(_ written: String) -> CivilDateTime? {
    let seconds = written.utf8.count == 16 ? ":00" : ""
    var reader = TimestampReader(Array((written + seconds).utf8))
    // A leap second is no local time that clocks could show.
    guard let civil = reader.dateTime(), reader.isAtEnd, !written.hasSuffix(":60") else { return nil }
    return civil
  }

  private static func recurrence(_ civil: CivilDateTime) -> Recurrence {
    var draft = RecurrenceDraft()
    draft.seconds = 1 << UInt64(civil.second)
    draft.minutes = 1 << UInt64(civil.minute)
    draft.hours = 1 << UInt32(civil.hour)
    draft.daysOfMonth = 1 << UInt32(civil.day)
    draft.months = 1 << UInt16(civil.month)
    draft.years = YearSet()
    draft.years.insert(civil.year)
    return draft.recurrence
  }
}
