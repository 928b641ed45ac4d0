/// How often a schedule fires, on average where days and years differ.
public struct Frequency: Hashable, Sendable {
  /// Occurrences on a day that has any, by the clock of a day without clock changes; at least 1.
  public let perDay: Int
  /// Occurrences in the busiest minute, 1–60.
  public let perMinute: Int
  /// Days with an occurrence, in an average year; 365.2425 for every day. Counted over 400 years.
  public let daysPerYear: Double

  /// Such as `96 times a day`, or `twice a day, on 52.2 days of an average year`.
  public var text: String {
    let daily = "\(ExplanationWords.times(perDay)) a day"
    var parts: [String] = []
    switch daysPerYear {
    case 365...: parts.append(daily)
    case 1.5...:
      let days = daysPerYear >= 10 ? "\(Int(daysPerYear.rounded()))" : Self.decimal(daysPerYear)
      parts.append("\(daily), on \(days) days of an average year")
    case 0.99...: parts.append(perDay == 1 ? "once a year" : "\(daily), on one day a year")
    default: parts.append(perDay == 1 ? "less than once a year" : "\(daily), on less than one day a year")
    }
    if perMinute > 1 { parts.append("\(ExplanationWords.times(perMinute)) in its busiest minute") }
    return parts.joined(separator: "; ")
  }

  private static func decimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}

extension Schedule {
  /// How often it fires; nil for what happens once, at boots, never or in chosen years only, and for elapsed time of
  /// more than a day or of which a day has no whole number, as with 13 hours.
  public var frequency: Frequency? {
    switch form {
    case .calendar(let recurrence):
      guard !recurrence.isDead, recurrence.isEvery(.year) else { return nil }
      let perDay =
        recurrence.seconds.nonzeroBitCount * recurrence.minutes.nonzeroBitCount * recurrence.hours.nonzeroBitCount
      return Frequency(
        perDay: perDay, perMinute: recurrence.seconds.nonzeroBitCount, daysPerYear: recurrence.daysPerYear)
    case .interval(let seconds):
      guard seconds > 0, seconds <= Calendar.secondsPerDay else { return nil }
      let day = Calendar.secondsPerDay
      let perDay = (day + seconds / 2) / seconds
      // A number that is off by more than one in a hundred would say something false.
      guard abs(perDay * seconds - day) * 100 <= day else { return nil }
      return Frequency(
        perDay: Int(perDay), perMinute: max(Int((60 + seconds - 1) / seconds), 1),
        daysPerYear: 365.2425)
    case .reboot, .once: return nil
    }
  }
}

extension Recurrence {
  /// Matching days of an average year, over the 400 years after which the calendar repeats.
  fileprivate var daysPerYear: Double {
    var days = 0
    for year in 2001...2400 {
      for month in 1...12 where months >> UInt16(month) & 1 != 0 {
        days += matchingDays(year: year, month: month).nonzeroBitCount
      }
    }
    return Double(days) / 400
  }
}
