/// Elements of a day field that depend on the month: `L`, `L-3`, `LW`, `L-3W`, `15W`; `5L`, `friL`, `5#3`, `fri#3`.
struct RelativeElement {
  private let field: Field
  private let text: ScheduleText
  private let range: Range<Int>

  /// The element at a position of a field that ends at `end`; nil when it isn't of this kind.
  init?(_ field: Field, in text: ScheduleText, at position: Int, end: Int) {
    let bytes = text.bytes[position..<end].prefix { $0 != UInt8(ascii: ",") }
    guard let first = bytes.first, let last = bytes.last else { return nil }
    let isLast = { (byte: UInt8) in byte | 0x20 == UInt8(ascii: "l") }
    let isWorkday = { (byte: UInt8) in byte | 0x20 == UInt8(ascii: "w") }
    switch field {
    case .dayOfMonth: guard isLast(first) || isWorkday(last) else { return nil }
    case .weekday: guard isLast(last) || bytes.contains(UInt8(ascii: "#")) else { return nil }
    default: return nil
    }
    self.field = field
    self.text = text
    range = bytes.startIndex..<bytes.endIndex
  }

  /// Where the element ends.
  var end: Int { range.upperBound }

  /// Adds the days that the element names.
  func insert(into days: inout Recurrence.RelativeDays) throws(ScheduleError) {
    if field == .weekday { return try insertWeekday(into: &days) }
    let isWorkday = byte(range.upperBound - 1) == UInt8(ascii: "w")
    let body = range.lowerBound..<range.upperBound - (isWorkday ? 1 : 0)
    guard byte(range.lowerBound) == UInt8(ascii: "l") else {
      guard !body.isEmpty else {
        throw error(
          at: range.lowerBound, "'W' needs a day", hint: "15W is the weekday nearest to the 15th, LW the last")
      }
      days.workday |= 1 << UInt32(try number(body, in: 1...31, "a day of the month"))
      return
    }
    var distance = 0
    if body.count > 1 {
      guard byte(body.lowerBound + 1) == UInt8(ascii: "-") else {
        throw error(
          at: body.lowerBound + 1, "'\(text.character(at: body.lowerBound + 1))' has no place behind 'L'",
          hint: "L is the month's last day, L-3 the third before it, LW the last weekday")
      }
      distance = try number(body.lowerBound + 2..<body.upperBound, in: 1...30, "a number of days before the last")
    }
    if isWorkday { days.workdayFromEnd |= 1 << UInt32(distance) } else { days.fromEnd |= 1 << UInt32(distance) }
  }

  private func insertWeekday(into days: inout Recurrence.RelativeDays) throws(ScheduleError) {
    if let mark = text.bytes[range].firstIndex(of: UInt8(ascii: "#")) {
      let weekday = try weekday(range.lowerBound..<mark)
      let week = try number(mark + 1..<range.upperBound, in: 1...5, "a week of the month")
      days.nthWeekday |= 1 << UInt64((week - 1) * 7 + weekday)
      return
    }
    guard range.count > 1 else {
      throw ScheduleError(
        column: range.lowerBound + 1,
        message: "'L' as a day of the week is Saturday to some crons and refused by others",
        hint: "write sat; 5L is the month's last Friday; L as day of month is its last day", code: "ambiguous-last")
    }
    days.lastWeekday |= 1 << UInt8(try weekday(range.lowerBound..<range.upperBound - 1))
  }

  /// The byte in lower case.
  private func byte(_ position: Int) -> UInt8 { text.bytes[position] | 0x20 }

  private func weekday(_ part: Range<Int>) throws(ScheduleError) -> Int {
    let written = text.slice(part)
    if let first = text.bytes[part].first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") {
      return try number(part, in: 0...7, "a day of the week") % 7
    }
    guard let value = Field.weekday.value(named: written) else {
      throw error(
        at: part.lowerBound, "'\(written)' is not a single day of the week",
        hint: Field.weekday.nearestName(to: written).map { "did you mean \($0)?" } ?? "write it like 5L, friL or fri#3")
    }
    return value
  }

  private func number(
    _ part: Range<Int>, in allowed: ClosedRange<Int>, _ what: String
  ) throws(ScheduleError) -> Int {
    let digits = text.bytes[part]
    guard !digits.isEmpty, digits.count <= 3, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else {
      throw error(at: part.lowerBound, "here stands \(what), from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    guard allowed.contains(value) else {
      throw ScheduleError(
        column: part.lowerBound + 1, message: "\(value) is not \(what)",
        hint: "it goes from \(allowed.lowerBound) to \(allowed.upperBound)", code: "value-out-of-range")
    }
    return value
  }

  private func error(at position: Int, _ message: String, hint: String? = nil) -> ScheduleError {
    ScheduleError(column: position + 1, message: message, hint: hint, code: "malformed-relative-day")
  }
}

extension Recurrence.RelativeDays {
  /// The elements of the day-of-month field that name these days.
  var daysOfMonthText: [String] {
    var parts: [String] = []
    for distance in 0..<31 where fromEnd >> UInt32(distance) & 1 != 0 {
      parts.append(distance == 0 ? "L" : "L-\(distance)")
    }
    for day in 1...31 where workday >> UInt32(day) & 1 != 0 { parts.append("\(day)W") }
    for distance in 0..<31 where workdayFromEnd >> UInt32(distance) & 1 != 0 {
      parts.append(distance == 0 ? "LW" : "L-\(distance)W")
    }
    return parts
  }

  /// The elements of the day-of-week field that name these days.
  var weekdaysText: [String] {
    var parts: [String] = []
    for weekday in 0..<7 where lastWeekday >> UInt8(weekday) & 1 != 0 { parts.append("\(weekday)L") }
    for place in 0..<35 where nthWeekday >> UInt64(place) & 1 != 0 { parts.append("\(place % 7)#\(place / 7 + 1)") }
    return parts
  }
}
