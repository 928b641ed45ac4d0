/// How explanations put numbers, names and lists.
enum ExplanationWords {
  /// `a`, `a and b`, `a, b and c`; another last word where one is given.
  static func list(_ parts: [String], _ conjunction: String = "and") -> String {
    guard parts.count > 1, let last = parts.last else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " \(conjunction) " + last
  }

  /// `1st`, `2nd`, `23rd`, `11th`.
  static func ordinal(_ number: Int) -> String {
    switch (number % 100, number % 10) {
    case (11...13, _): "\(number)th"
    case (_, 1): "\(number)st"
    case (_, 2): "\(number)nd"
    case (_, 3): "\(number)rd"
    default: "\(number)th"
    }
  }

  /// `1 minute`, `5 minutes`, `1,440 minutes`.
  static func count(_ number: Int, _ unit: String) -> String {
    "\(grouped(number)) \(unit)\(number == 1 ? "" : "s")"
  }

  /// `once`, `twice`, `1,440 times`.
  static func times(_ number: Int) -> String {
    switch number {
    case 1: "once"
    case 2: "twice"
    default: "\(grouped(number)) times"
    }
  }

  /// A number with a comma before each group of three digits.
  static func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }

  /// `09:30`, with seconds where they count.
  static func time(_ secondOfDay: Int, withSeconds: Bool) -> String {
    var text = TimestampText()
    text.append(secondOfDay / 3_600, digits: 2)
    text.append(":")
    text.append(secondOfDay / 60 % 60, digits: 2)
    if withSeconds {
      text.append(":")
      text.append(secondOfDay % 60, digits: 2)
    }
    return text.string
  }

  /// `January`.
  static func month(_ number: Int) -> String { capitalized(Field.month.names[number - 1]) }

  /// `Monday`; 0 is Sunday.
  static func weekday(_ number: Int) -> String { capitalized(Field.weekday.names[number % 7]) }

  /// `2 hours 30 minutes`.
  static func duration(seconds: Int64) -> String {
    let units: [(name: String, size: Int64)] = [
      ("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1),
    ]
    var rest = seconds
    var parts: [String] = []
    for unit in units where rest >= unit.size {
      parts.append(count(Int(rest / unit.size), unit.name))
      rest %= unit.size
    }
    return parts.isEmpty ? "0 seconds" : parts.joined(separator: " ")
  }

  private static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

  /// Lists values by name; neighbours from three on become `a to b`.
  static func runs(_ values: [Int], name: (Int) -> String) -> [String] {
    stretches(values).flatMap { run in
      guard let first = run.first, let last = run.last else { return [String]() }
      return run.count >= 3 ? ["\(name(first)) to \(name(last))"] : run.map(name)
    }
  }

  /// Values cut into stretches of neighbours.
  static func stretches(_ values: [Int]) -> [[Int]] {
    var stretches: [[Int]] = []
    for value in values {
      if let last = stretches.last?.last, value == last + 1 {
        stretches[stretches.count - 1].append(value)
      } else {
        stretches.append([value])
      }
    }
    return stretches
  }
}

/// Values with one distance between neighbours.
struct Progression: Hashable {
  let first: Int
  let last: Int
  let step: Int
  let count: Int

  /// At least two values, ascending; nil when their distances differ.
  init?(_ values: [Int]) {
    guard values.count >= 2, let first = values.first, let last = values.last else { return nil }
    let step = values[1] - first
    guard values == Array(stride(from: first, through: last, by: step)) else { return nil }
    (self.first, self.last, self.step, count) = (first, last, step, values.count)
  }

  /// Whether no further value fits into a range on either side.
  func fills(_ range: ClosedRange<Int>) -> Bool { first - step < range.lowerBound && last + step > range.upperBound }

  /// The distance from the last value to the first one of the next round.
  func wrap(in range: ClosedRange<Int>) -> Int { first + range.count - last }
}

/// Reads sets of bits as numbers.
enum BitSet {
  /// The members, ascending.
  static func values(_ bits: UInt64) -> [Int] {
    var rest = bits
    var values: [Int] = []
    while rest != 0 {
      values.append(rest.trailingZeroBitCount)
      rest &= rest &- 1
    }
    return values
  }
}

extension Recurrence {
  /// The members of a field, ascending.
  func values(of field: Field) -> [Int] {
    switch field {
    case .second: BitSet.values(seconds)
    case .minute: BitSet.values(minutes)
    case .hour: BitSet.values(UInt64(hours))
    case .dayOfMonth: BitSet.values(UInt64(daysOfMonth))
    case .month: BitSet.values(UInt64(months))
    case .weekday: BitSet.values(UInt64(weekdays))
    case .year: YearSet.range.filter(years.contains)
    }
  }

  /// Whether the field has every value that `*` stands for.
  func isEvery(_ field: Field) -> Bool {
    switch field {
    case .second: seconds == RecurrenceDraft.everyMinute
    case .minute: minutes == RecurrenceDraft.everyMinute
    case .hour: hours == RecurrenceDraft.everyHour
    case .dayOfMonth: daysOfMonth == RecurrenceDraft.everyDay
    case .month: months == RecurrenceDraft.everyMonth
    case .weekday: weekdays == RecurrenceDraft.everyWeekday
    case .year: years == .all
    }
  }
}
