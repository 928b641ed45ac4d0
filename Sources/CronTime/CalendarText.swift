extension Recurrence {
  /// Whether day of month and day of week must both match and neither is `*`, which no cron expression can say.
  var needsCalendarText: Bool {
    dayRule == .both && !stars.contains(.dayOfMonth) && !stars.contains(.weekday)
  }

  /// The recurrence as a calendar expression with its `calendar:`; for those that need it.
  var calendarText: String {
    let days = CalendarText.weekdays(weekdays)
    let fromEnd = relativeDays.fromEnd != 0
    let dayBits = fromEnd ? UInt64(relativeDays.fromEnd) << 1 : UInt64(daysOfMonth)
    let year = years == .all ? "*" : CalendarText.list(YearSet.range.filter(years.contains))
    let month = months == RecurrenceDraft.everyMonth ? "*" : CalendarText.list(UInt64(months), digits: 2)
    let date = "\(year)-\(month)\(fromEnd ? "~" : "-")\(CalendarText.list(dayBits, digits: 2))"
    let hour = CalendarText.component(UInt64(hours), 0...23, isStar: stars.contains(.hour))
    let minute = CalendarText.component(minutes, 0...59, isStar: stars.contains(.minute))
    let second = seconds == RecurrenceDraft.everyMinute ? "*" : CalendarText.list(seconds, digits: 2)
    return "\(CalendarExpressionParser.prefix) \(days) \(date) \(hour):\(minute):\(second)"
  }
}

/// Prints the parts of calendar expressions.
private enum CalendarText {
  /// `Mon..Wed,Fri`; systemd's week begins with Monday.
  static func weekdays(_ bits: UInt8) -> String {
    let days = (0..<7).filter { bits >> UInt8(($0 + 1) % 7) & 1 != 0 }
    return runs(days).map { run in
      let names = [run.first, run.last].compactMap { $0 }.map {
        String(Field.weekday.names[($0 + 1) % 7].prefix(3)).capitalizedFirst
      }
      return run.count == 1 ? names[0] : names.joined(separator: "..")
    }.joined(separator: ",")
  }

  /// `*`, `00/5` or `00/20,05`: what began with `*` must do so again, because gaps and folds hang on it.
  static func component(_ bits: UInt64, _ range: ClosedRange<Int>, isStar: Bool) -> String {
    guard isStar else { return list(bits, digits: 2) }
    for step in 1..<range.count {
      var covered: UInt64 = 0
      for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
        covered |= 1 << UInt64(value)
      }
      guard bits & covered == covered else { continue }
      if bits == covered { return step == 1 ? "*" : "00/\(step)" }
      return "00/\(step)," + list(bits & ~covered, digits: 2)
    }
    return list(bits, digits: 2)
  }

  static func list(_ bits: UInt64, digits: Int) -> String {
    list((0..<64).filter { bits >> UInt64($0) & 1 != 0 }, digits: digits)
  }

  static func list(_ values: [Int], digits: Int = 4) -> String {
    runs(values).map { run in
      guard let first = run.first, let last = run.last else { return "" }
      return run.count == 1 ? padded(first, digits) : "\(padded(first, digits))..\(padded(last, digits))"
    }.joined(separator: ",")
  }

  /// Stretches of neighbours; two neighbours stay two.
  private static func runs(_ values: [Int]) -> [ArraySlice<Int>] {
    var runs: [ArraySlice<Int>] = []
    var start = values.startIndex
    while start < values.endIndex {
      var end = start + 1
      while end < values.endIndex, values[end] == values[end - 1] + 1 { end += 1 }
      if end - start > 2 {
        runs.append(values[start..<end])
      } else {
        for index in start..<end { runs.append(values[index...index]) }
      }
      start = end
    }
    return runs
  }

  private static func padded(_ value: Int, _ digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text
  }
}
