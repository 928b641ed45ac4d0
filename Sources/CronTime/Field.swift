/// One field of a cron expression: its words and limits.
enum Field: Int, CaseIterable {
  case second, minute, hour, dayOfMonth, month, weekday, year

  /// The field in messages.
  var name: String {
    switch self {
    case .second: "second"
    case .minute: "minute"
    case .hour: "hour"
    case .dayOfMonth: "day-of-month"
    case .month: "month"
    case .weekday: "day-of-week"
    case .year: "year"
    }
  }

  /// Several of them, in messages.
  var plural: String {
    switch self {
    case .dayOfMonth: "days of the month"
    case .weekday: "days of the week"
    default: name + "s"
    }
  }

  /// The article before the name.
  var article: String { self == .hour ? "an" : "a" }

  /// The values that may be written; 7 is Sunday as 0 is.
  var range: ClosedRange<Int> {
    switch self {
    case .second, .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .weekday: 0...7
    case .year: YearSet.range
    }
  }

  /// The values that `*` stands for.
  var everyValue: ClosedRange<Int> { self == .weekday ? 0...6 : range }

  /// What to write, for a value outside of the range.
  var rangeHint: String {
    switch self {
    case .second, .minute: "\(plural) go from 0 to 59"
    case .hour: "hours go from 0 to 23; midnight is 0"
    case .dayOfMonth: "days of the month go from 1 to 31"
    case .month: "months go from 1 to 12, or jan to dec"
    case .weekday: "days of the week go from 0 to 7, or sun to sat; 0 and 7 are Sunday"
    case .year: "years go from 1970 to 2199"
    }
  }

  private static let monthNames = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]
  private static let weekdayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

  /// Full names in order of value; empty for fields without names.
  var names: [String] {
    switch self {
    case .month: Self.monthNames
    case .weekday: Self.weekdayNames
    default: []
    }
  }

  /// The value of a name, in full or its first three letters, any case.
  func value(named name: String) -> Int? {
    let wanted = name.lowercased()
    let index = names.firstIndex { $0 == wanted || (wanted.utf8.count == 3 && $0.hasPrefix(wanted)) }
    return index.map { $0 + (self == .month ? 1 : 0) }
  }

  /// The name that a wrong one was probably meant to be, for a hint.
  func nearestName(to wrong: String) -> String? {
    guard wrong.utf8.count >= 2, wrong.utf8.count <= 16 else { return nil }
    let wanted = wrong.lowercased()
    if let name = names.first(where: { $0.hasPrefix(wanted) || wanted.hasPrefix($0.prefix(3)) }) { return name }
    let distances = names.map { (EditDistance.between(Array(wanted.utf8), Array($0.utf8)), $0) }
    guard let best = distances.min(by: { $0.0 < $1.0 }), best.0 <= 2 else { return nil }
    return best.1
  }
}

/// The values of one parsed field.
struct FieldValues {
  /// Bit n is value n; unused for years.
  var bits: UInt64 = 0
  /// The years, for the year field only.
  var years = YearSet()
  /// Days that depend on the month, for the day fields only.
  var relative = Recurrence.RelativeDays()
  /// Whether the field begins with `*`, or is `?`.
  var isStar = false

  /// What `*` stands for.
  mutating func insertAll(of field: Field) {
    if field == .year { years = .all }
    let every = field.everyValue
    bits |= field == .year ? 0 : (2 << UInt64(every.upperBound)) - (1 << UInt64(every.lowerBound))
  }

  mutating func insert(_ value: Int, in field: Field) {
    switch field {
    case .year: years.insert(value)
    case .weekday: bits |= 1 << UInt64(value % 7)
    default: bits |= 1 << UInt64(value)
    }
  }
}
