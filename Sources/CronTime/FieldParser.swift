/// Parses one field of a cron expression.
///
///     field   = element *("," element)
///     element = "*" ["/" step] / value / value "-" value ["/" step] / [value] "~" [value]
///             / "H" ["(" value "-" value ")"] ["/" step] / a day that depends on the month (RelativeElement)
///
/// The day fields may also be `?`, which is `*`.
struct FieldParser {
  private let field: Field
  private let text: ScheduleText
  private let end: Int
  private let seed: String
  private var position: Int
  private var values = FieldValues()
  private var elementCount = 0

  /// A parser of the bytes `range` of a schedule's text; `seed` chooses what `a~b` means.
  init(_ field: Field, in text: ScheduleText, range: Range<Int>, seed: String) {
    self.field = field
    self.text = text
    self.seed = seed
    position = range.lowerBound
    end = range.upperBound
  }

  /// The values that the field names.
  mutating func parse() throws(ScheduleError) -> FieldValues {
    if end - position == 1, byte == UInt8(ascii: "?"), field == .dayOfMonth || field == .weekday {
      values.isStar = true
      values.insertAll(of: field)
      return values
    }
    values.isStar = byte == UInt8(ascii: "*")
    while true {
      elementCount += 1
      try element()
      guard let next = byte else { return values }
      guard next == UInt8(ascii: ",") else { throw unexpected(next) }
      position += 1
    }
  }

  private var byte: UInt8? { position < end ? text.bytes[position] : nil }

  private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: wanted) else { return false }
    position += 1
    return true
  }

  private mutating func element() throws(ScheduleError) {
    guard let first = byte, first != UInt8(ascii: ",") else {
      throw error("empty-element", "an empty element in the list of \(field.plural)", hint: "remove the comma")
    }
    if take("*") {
      let step = try step(of: nil)
      if step == 1 { return values.insertAll(of: field) }
      return try insert(from: field.everyValue.lowerBound, to: field.everyValue.upperBound, step: step)
    }
    let start = position
    if first == UInt8(ascii: "H"), field != .year, position + 1 == end || "(/,".utf8.contains(text.bytes[position + 1])
    {
      return try hashed(start: start)
    }
    if let relative = RelativeElement(field, in: text, at: position, end: end) {
      try relative.insert(into: &values.relative)
      position = relative.end
      return
    }
    if first == UInt8(ascii: "~") {
      position += 1
      try random(from: field.everyValue.lowerBound, start: start)
      return
    }
    if first == UInt8(ascii: "-") {
      throw error("malformed-range", "a range of \(field.plural) without a beginning", hint: field.rangeHint)
    }
    let value = try value()
    if take("~") {
      try random(from: value, start: start)
    } else if take("-") {
      guard let next = byte, next != UInt8(ascii: ","), next != UInt8(ascii: "/") else {
        throw error("malformed-range", "a range of \(field.plural) without an end", hint: field.rangeHint)
      }
      let last = try self.value()
      try checkDirection(from: value, to: last, start: start)
      try insert(from: value, to: last, step: try step(of: (value, last)))
    } else if byte == UInt8(ascii: "/") {
      throw try stepWithoutRange(start: start, value: value)
    } else {
      values.insert(value, in: field)
    }
  }

  private func checkDirection(from first: Int, to last: Int, start: Int) throws(ScheduleError) {
    guard field == .year, first > last else { return }
    throw error("reversed-range", "a range of years that ends before it begins", at: start)
  }

  /// Number of values from first to last, around the end of the range if need be.
  private func count(from first: Int, to last: Int) -> Int {
    if first <= last { return last - first + 1 }
    // From Sunday as 7 on to a day: 7-2 is 0-2.
    if field == .weekday { return last + 7 - first % 7 - (first == 7 ? 7 : 0) + 1 }
    return field.everyValue.count - first + last + 1
  }

  private mutating func insert(from first: Int, to last: Int, step: Int) throws(ScheduleError) {
    let lowest = field.everyValue.lowerBound
    for distance in stride(from: 0, to: count(from: first, to: last), by: step) {
      var value = first + distance
      if last < first || field == .weekday { value = (value - lowest) % field.everyValue.count + lowest }
      values.insert(value, in: field)
    }
  }

  private mutating func random(from first: Int, start: Int) throws(ScheduleError) {
    var last = field.everyValue.upperBound
    if let next = byte, next != UInt8(ascii: ",") {
      guard next != UInt8(ascii: "/") else {
        throw error(
          "unexpected-character", "a random \(field.name) can't have a step", hint: "write '\(field.name) a~b'")
      }
      last = try value()
    }
    try checkDirection(from: first, to: last, start: start)
    let distance = Int(chosen(by: "~") % UInt64(count(from: first, to: last)))
    let lowest = field.everyValue.lowerBound
    values.insert((first + distance - lowest) % field.everyValue.count + lowest, in: field)
  }

  /// `H`, `H(0-29)`, `H/15`, `H(0-29)/10`: one value, or a first one that the job's name chooses, stepping on from it.
  private mutating func hashed(start: Int) throws(ScheduleError) {
    position += 1
    // Every month has 28 days: a job that hashed to the 31st would skip months.
    var (first, last) = (field.everyValue.lowerBound, field == .dayOfMonth ? 28 : field.everyValue.upperBound)
    if take("(") {
      let rangeStart = position
      first = try value()
      guard take("-") else { throw error("malformed-hash", "a range is missing", hint: "write H(0-29)") }
      last = try value()
      guard take(")") else { throw error("malformed-hash", "the bracket is never closed", hint: "write H(0-29)") }
      guard first <= last else {
        throw error("malformed-hash", "the range of H ends before it begins", at: rangeStart, hint: "write H(0-29)")
      }
    }
    let hash = chosen(by: "H")
    guard byte == UInt8(ascii: "/") else {
      values.insert(first + Int(hash % UInt64(last - first + 1)), in: field)
      return
    }
    let step = try step(of: (first, last))
    first += Int(hash % UInt64(step))
    for value in stride(from: first, through: last, by: step) { values.insert(value, in: field) }
  }

  /// What the seed chooses for an element: its field and its place there count too, but nothing else of the text, so
  /// that `0~59` in two fields, or twice in a list, is two numbers, and an edit elsewhere moves neither.
  private func chosen(by mark: Unicode.Scalar) -> UInt64 {
    let place = [UInt8(field.rawValue), UInt8(ascii: mark), UInt8(truncatingIfNeeded: elementCount)]
    return StableHash.mixed(StableHash.bytes(place, state: StableHash.bytes(seed.utf8)))
  }

  /// The step behind a `/`, 1 without one.
  private mutating func step(of range: (Int, Int)?) throws(ScheduleError) -> Int {
    guard take("/") else { return 1 }
    let start = position
    guard let digit = byte, Self.isDigit(digit) else {
      throw error("malformed-step", "a step must be a number", hint: "such as */5")
    }
    let step = number()
    guard step > 0 else {
      throw error("zero-step", "a step of 0 would never move on", at: start, hint: "write 1 or more")
    }
    let size = range.map { count(from: $0.0, to: $0.1) } ?? field.everyValue.count
    guard step <= size else {
      throw error(
        "step-too-large",
        "a step of \(text.slice(start..<position)) is larger than its range of \(size) \(field.plural)",
        at: start, hint: "a field only sees its own range; for longer spacings write @every")
    }
    return step
  }

  private mutating func number() -> Int {
    var value = 0
    while let digit = byte, Self.isDigit(digit) {
      value = min(value * 10 + Int(digit - UInt8(ascii: "0")), 1_000_000)
      position += 1
    }
    return value
  }

  private mutating func value() throws(ScheduleError) -> Int {
    let start = position
    guard let first = byte else { throw error("malformed-value", "a \(field.name) is missing", hint: field.rangeHint) }
    if Self.isDigit(first) {
      let value = number()
      if let next = byte, Self.isLetter(next) || next == UInt8(ascii: "#") { throw unexpected(next) }
      guard field.range.contains(value) else {
        throw error(
          "value-out-of-range", "\(text.slice(start..<position)) is not \(field.article) \(field.name)", at: start,
          hint: field.rangeHint)
      }
      return value
    }
    guard Self.isLetter(first) else { throw unexpected(first) }
    while let letter = byte, Self.isLetter(letter) { position += 1 }
    let name = text.slice(start..<position)
    guard let value = field.value(named: name) else { throw unknownName(name, start: start) }
    return value
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
  }
}

extension FieldParser {
  /// Marks that belong to another field than the one they are in.
  private static let dayMarks: [UInt8: String] = [
    UInt8(ascii: "w"): "W belongs to a day of the month: 15W or LW",
    UInt8(ascii: "l"): "L belongs to the day fields: L, L-3 or LW as day of month, 5L as day of week",
    UInt8(ascii: "#"): "# belongs to the day of week: 5#3 is the third Friday",
  ]

  private func error(_ code: String, _ message: String, at start: Int? = nil, hint: String? = nil) -> ScheduleError {
    ScheduleError(column: (start ?? position) + 1, message: message, hint: hint, code: code)
  }

  private func unexpected(_ byte: UInt8) -> ScheduleError {
    let what = text.character(at: position)
    if byte == UInt8(ascii: "?") {
      return error(
        "unexpected-character", "'?' stands alone, as day of month or day of week",
        hint: field == .dayOfMonth || field == .weekday ? "write ? or the days, not both" : "write *")
    }
    if let needed = Self.dayMarks[byte | 0x20] {
      return error("unexpected-character", "'\(what)' has no place in the \(field.name) field", hint: needed)
    }
    return error(
      "unexpected-character", "'\(what)' has no place here in the \(field.name) field",
      hint: byte == UInt8(ascii: ".")
        ? "fractions aren't possible" : "values, ranges a-b, lists a,b and steps a-b/n are")
  }

  /// Throws what is wrong with the step by itself, so that the hint holds only what is accepted.
  private mutating func stepWithoutRange(start: Int, value: Int) throws(ScheduleError) -> ScheduleError {
    let slash = position
    let written = text.slice(start..<slash)
    let step = try step(of: nil)
    if let next = byte, next != UInt8(ascii: ",") { throw unexpected(next) }
    let rest = text.slice(slash..<position)
    let upper = field == .weekday ? 6 : field.everyValue.upperBound
    let isAlone = step >= count(from: value, to: upper)
    return error(
      "step-without-range", "a step needs a range, and \(written)\(rest) has none (crons disagree about it)", at: start,
      hint: isAlone
        ? "write \(written): no step of \(step) follows it" : "write \(written)-\(upper)\(rest)")
  }

  /// What to write for a letter that has a meaning, but not like this or not here.
  private func markHint(_ name: String) -> String? {
    switch name.lowercased() {
    case "h" where field == .year: "H can't choose a year"
    case "h": "H is a capital letter, alone or as H(0-29), H/15 or H(0-29)/10"
    case "l" where field == .weekday: "L-3 belongs to the day of month; 5L is the last Friday"
    case "lw", "w": Self.dayMarks[UInt8(ascii: "w")]
    case "l": Self.dayMarks[UInt8(ascii: "l")]
    default: nil
    }
  }

  private func unknownName(_ name: String, start: Int) -> ScheduleError {
    if let nearest = field.nearestName(to: name) {
      return error(
        "unknown-name", "'\(name)' is not \(field.article) \(field.name)", at: start, hint: "did you mean \(nearest)?")
    }
    return error(
      "unknown-name", "'\(name)' is not \(field.article) \(field.name)", at: start,
      hint: markHint(name) ?? field.rangeHint)
  }
}
