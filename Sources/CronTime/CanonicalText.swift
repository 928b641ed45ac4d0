extension Schedule {
  /// The canonical text; parsing it gives an equal schedule.
  public var description: String {
    switch form {
    case .calendar(let recurrence):
      recurrence.needsCalendarText ? recurrence.calendarText : recurrence.canonicalText
    case .interval(let seconds): "@every \(DurationText.text(seconds: seconds))"
    case .reboot: "@reboot"
    case .once(let instant): instant.description
    }
  }
}

extension Recurrence {
  /// Five fields, six when it has other seconds than 0, seven when not all years.
  var canonicalText: String {
    var fields = [
      Self.text(minutes, .minute, isStar: stars.contains(.minute)),
      Self.text(UInt64(hours), .hour, isStar: stars.contains(.hour)),
      Self.joined(
        Self.text(UInt64(daysOfMonth), .dayOfMonth, isStar: stars.contains(.dayOfMonth)), relativeDays.daysOfMonthText),
      Self.text(UInt64(months), .month, isStar: months == 0x1ffe),
      Self.joined(Self.text(UInt64(weekdays), .weekday, isStar: stars.contains(.weekday)), relativeDays.weekdaysText),
    ]
    let hasYears = years != .all
    if seconds != 1 || hasYears { fields.insert(Self.text(seconds, .second, isStar: seconds == (1 << 60) - 1), at: 0) }
    if hasYears { fields.append(Self.list(YearSet.range.filter(years.contains))) }
    return fields.joined(separator: " ")
  }

  private static func joined(_ values: String, _ relative: [String]) -> String {
    relative.isEmpty ? values : ((values.isEmpty ? [] : [values]) + relative).joined(separator: ",")
  }

  private static func text(_ bits: UInt64, _ field: Field, isStar: Bool) -> String {
    let range = field.everyValue
    guard isStar else { return list(values(bits, in: range)) }
    // What began with `*` must do so again, because gaps, folds and days hang on it.
    for step in 1...range.count {
      var covered: UInt64 = 0
      var value = range.lowerBound
      while value <= range.upperBound {
        covered |= 1 << UInt64(value)
        value += step
      }
      guard bits & covered == covered else { continue }
      let star = step == 1 ? "*" : "*/\(step)"
      let rest = values(bits & ~covered, in: range)
      return rest.isEmpty ? star : "\(star),\(list(rest))"
    }
    return list(values(bits, in: range))
  }

  private static func values(_ bits: UInt64, in range: ClosedRange<Int>) -> [Int] {
    var rest = bits
    var values: [Int] = []
    while rest != 0 {
      let value = rest.trailingZeroBitCount
      if range.contains(value) { values.append(value) }
      rest &= rest - 1
    }
    return values
  }

  /// `1-5`, `0-58/2` or `1,2,10-20`.
  private static func list(_ values: [Int]) -> String {
    guard let first = values.first, let last = values.last else { return "" }
    if values.count > 2 {
      let step = values[1] - first
      if step > 1, values == Array(stride(from: first, through: last, by: step)) { return "\(first)-\(last)/\(step)" }
    }
    var parts: [String] = []
    var index = 0
    while index < values.count {
      var end = index
      while end + 1 < values.count, values[end + 1] == values[end] + 1 { end += 1 }
      if end - index >= 2 {
        parts.append("\(values[index])-\(values[end])")
      } else {
        parts.append(contentsOf: values[index...end].map(String.init))
      }
      index = end + 1
    }
    return parts.joined(separator: ",")
  }
}
