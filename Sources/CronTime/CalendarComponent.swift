/// The values of one component of a calendar expression.
struct CalendarValues {
  /// Bit n is value n; unused for years.
  var bits: UInt64 = 0
  var years = YearSet()
  /// Whether it is `*` alone.
  var isAll = false
  /// Whether it begins with `*` or, as systemd writes a step over everything, with an open step from the lowest value.
  var isStar = false
}

extension CalendarExpressionParser {
  /// One component at the position; `fromEnd` counts days back from the month's last, which is 1.
  mutating func component(_ field: Field, fromEnd: Bool = false) throws(ScheduleError) -> CalendarValues {
    let range = fromEnd ? 1...28 : field.range
    var values = CalendarValues()
    if take("*") {
      try checkNoStep(field, fromEnd: fromEnd)
      (values.isAll, values.isStar, values.years) = (true, true, .all)
      for value in field.everyValue where field != .year { values.bits |= 1 << UInt64(value) }
      return values
    }
    var isFirst = true
    repeat {
      let isStar = try element(field, range, fromEnd: fromEnd, into: &values)
      if isFirst, isStar { values.isStar = true }
      isFirst = false
    } while take(",")
    return values
  }

  /// `a`, `a..b`, `a/n` or `a..b/n`; whether it is an open step from the lowest value.
  private mutating func element(
    _ field: Field, _ range: ClosedRange<Int>, fromEnd: Bool, into values: inout CalendarValues
  ) throws(ScheduleError) -> Bool {
    let start = position
    let first = try number(field, range, fromEnd: fromEnd)
    var last: Int?
    if take("..") {
      let upper = try number(field, range, fromEnd: fromEnd)
      guard first <= upper else {
        throw error(
          "reversed-range", "a range of \(field.plural) that ends before it begins", at: start,
          hint: field == .year ? "write the smaller one first" : "write it in two, with a comma between")
      }
      last = upper
    }
    try checkNoFraction()
    let step = try self.step(of: field, first: first, last: last, range, fromEnd: fromEnd)
    // From the month's end, an open step runs towards the last day.
    let isBackward = fromEnd && last == nil
    let bound = last ?? (step == nil ? first : isBackward ? range.lowerBound : range.upperBound)
    var value = first
    while isBackward ? value >= bound : value <= bound {
      if field == .year { values.years.insert(value) } else { values.bits |= 1 << UInt64(value) }
      value += (isBackward ? -1 : 1) * (step ?? 1)
    }
    return step != nil && last == nil && !fromEnd && first == range.lowerBound
  }

  private mutating func number(
    _ field: Field, _ range: ClosedRange<Int>, fromEnd: Bool
  ) throws(ScheduleError) -> Int {
    let start = position
    guard var value = digits() else {
      guard start < end else {
        throw error("malformed-value", "a \(field.name) is missing", at: start, hint: "such as *-*-* 09:00:00")
      }
      if start + 1 < end, text.bytes[start] == UInt8(ascii: "*") {
        throw error("unexpected-character", "'*' stands alone, not in a list", at: start, hint: "write '*' alone")
      }
      throw error(
        "unexpected-character", "'\(text.character(at: start))' has no place here in the \(field.name)", at: start,
        hint: "numbers, lists a,b, ranges a..b and steps a/n are")
    }
    // Two digits are a year of 1970–2069.
    if field == .year, value < 100 { value += value < 70 ? 2000 : 1900 }
    guard range.contains(value) else {
      let hint = fromEnd ? "days from the month's end go from 1, the last, to 28" : calendarHint(field)
      throw error(
        "value-out-of-range", "\(text.slice(start..<position)) is not \(field.article) \(field.name)", at: start,
        hint: hint)
    }
    return value
  }

  private func calendarHint(_ field: Field) -> String {
    field == .month ? "months go from 1 to 12" : field.rangeHint
  }

  private mutating func step(
    of field: Field, first: Int, last: Int?, _ range: ClosedRange<Int>, fromEnd: Bool
  ) throws(ScheduleError) -> Int? {
    guard take("/") else { return nil }
    let start = position
    guard let step = digits() else {
      throw error("malformed-step", "a step must be a number", at: start, hint: "such as 0/5")
    }
    try checkNoFraction()
    guard step > 0 else {
      throw error("zero-step", "a step of 0 would never move on", at: start, hint: "write 1 or more")
    }
    let room = last.map { $0 - first } ?? (fromEnd ? first - range.lowerBound : range.upperBound - first)
    guard step <= room else {
      throw error(
        "step-too-large", "a step of \(text.slice(start..<position)) goes past the last \(field.name) at once",
        at: start, hint: "leave out '/\(text.slice(start..<position))' if \(first) alone is meant")
    }
    return step
  }

  private func checkNoStep(_ field: Field, fromEnd: Bool) throws(ScheduleError) {
    guard position < end, text.bytes[position] == UInt8(ascii: "/") else { return }
    // From the month's end a step runs down to the last day, which is 1.
    let first = field == .year ? 2026 : fromEnd ? 28 : field.range.lowerBound
    let room = fromEnd ? first - 1 : field.range.upperBound - first
    let digits = text.slice(position + 1..<end).prefix { $0.isNumber }
    let isStep = Int(digits).map { (1...room).contains($0) } ?? false
    throw error(
      "malformed-step", "'*' has no step in a calendar expression",
      hint: isStep
        ? "write the first value: \(first)/\(digits)" : "write '*' alone, or a first value and a step: \(first)/5")
  }

  private func checkNoFraction() throws(ScheduleError) {
    guard position < end, text.bytes[position] == UInt8(ascii: ".") else { return }
    throw error("fraction", "fractions of a second aren't possible", hint: "write whole seconds")
  }

  /// The number at the position, held below a million; nil without a digit.
  private mutating func digits() -> Int? {
    guard position < end, isDigit(text.bytes[position]) else { return nil }
    var value = 0
    while position < end, isDigit(text.bytes[position]) {
      value = min(value * 10 + Int(text.bytes[position] - UInt8(ascii: "0")), 999_999)
      position += 1
    }
    return value
  }

  /// Whether these characters come next; then they are behind us.
  mutating func take(_ wanted: String) -> Bool {
    guard text.bytes[position..<end].starts(with: wanted.utf8) else { return false }
    position += wanted.utf8.count
    return true
  }

  func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

  func error(_ code: String, _ message: String, at start: Int? = nil, hint: String? = nil) -> ScheduleError {
    ScheduleError(column: (start ?? position) + 1, message: message, hint: hint, code: code)
  }
}

extension String {
  /// With its first letter in upper case.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
