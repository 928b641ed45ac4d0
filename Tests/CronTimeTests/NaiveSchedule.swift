/// A cron expression read in the most literal way, from its text: the oracle of `OracleTests`.
///
/// It shares nothing with the parser: every element is asked about every value. The text must be one that is accepted.
struct NaiveSchedule {
  /// The matching seconds of a matching day, ascending.
  let times: [Int64]
  private let months: Set<Int>
  private let years: Set<Int>?
  private let dayOfMonth: [Substring]
  private let dayOfWeek: [Substring]
  private let needsBoth: Bool
  /// The minute or the hour begins with `*`.
  let followsElapsedTime: Bool
  let isHourStar: Bool

  init(_ text: String) {
    var fields = text.split(separator: " ")
    let seconds = fields.count > 5 ? Self.values(fields.removeFirst(), 0...59) : [0]
    let minutes = Self.values(fields[0], 0...59)
    times = Self.values(fields[1], 0...23).flatMap { hour in
      minutes.flatMap { minute in seconds.map { Int64(hour * 3_600 + minute * 60 + $0) } }
    }
    dayOfMonth = fields[2].split(separator: ",")
    months = Set(Self.values(fields[3], 1...12))
    dayOfWeek = fields[4].split(separator: ",")
    years = fields.count > 5 ? Set(Self.values(fields[5], 1970...2199)) : nil
    let isStar = { (field: Substring) in field.hasPrefix("*") || field == "?" }
    needsBoth = isStar(fields[2]) || isStar(fields[4])
    isHourStar = isStar(fields[1])
    followsElapsedTime = isStar(fields[0]) || isHourStar
  }

  private static let names = [
    "sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "jan": 1, "feb": 2, "mar": 3, "apr": 4,
    "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
  ]

  private static func number(_ text: some StringProtocol) -> Int {
    Int(text) ?? names[text.lowercased().prefix(3).description] ?? -1
  }

  /// The values of an element: `*`, `*/n`, `a`, `a-b`, `a-b/n`; ranges wrap around.
  private static func expand(_ element: Substring, _ range: ClosedRange<Int>) -> [Int] {
    let parts = element.split(separator: "/")
    let step = parts.count > 1 ? number(parts[1]) : 1
    let ends = parts[0].split(separator: "-").map { number($0) }
    var walked: [Int] = []
    if parts[0] == "*" {
      walked = Array(range)
    } else if ends.count == 1 {
      walked = ends
    } else {
      var value = ends[0]
      walked = [value]
      while value != ends[1] {
        value = value >= range.upperBound ? range.lowerBound : value + 1
        walked.append(value)
      }
    }
    return walked.enumerated().filter { $0.offset % step == 0 }.map(\.element)
  }

  private static func values(_ field: Substring, _ range: ClosedRange<Int>) -> [Int] {
    Set(field.split(separator: ",").flatMap { expand($0, range) }).sorted()
  }

  /// Whether a date matches; `weekday` is that of the date, 0 = Sunday.
  func matches(year: Int, month: Int, day: Int, weekday: Int) -> Bool {
    guard months.contains(month), years?.contains(year) ?? true else { return false }
    let length = CountedCalendar.length(year, month)
    let byDay = dayOfMonth.contains { Self.dayMatches($0, day, weekday, length) }
    let byWeekday = dayOfWeek.contains { Self.weekdayMatches($0, day, weekday, length) }
    return needsBoth ? byDay && byWeekday : byDay || byWeekday
  }

  private static func dayMatches(_ element: Substring, _ day: Int, _ weekday: Int, _ length: Int) -> Bool {
    let text = element.uppercased()
    if text == "?" { return true }
    if text.hasSuffix("W") {
      let wanted: Int
      if text.hasPrefix("L") {
        wanted = length - (text.contains("-") ? number(text.dropFirst(2).dropLast()) : 0)
      } else {
        wanted = number(text.dropLast())
      }
      guard (1...length).contains(wanted) else { return false }
      // The nearest of the month's days that are Monday to Friday.
      let candidates = (1...length).filter { (1...5).contains((weekday + $0 - day + 70) % 7) }
      return candidates.min { abs($0 - wanted) < abs($1 - wanted) } == day
    }
    if text.hasPrefix("L") { return day == length - (text.contains("-") ? number(text.dropFirst(2)) : 0) }
    return expand(element, 1...31).contains(day)
  }

  private static func weekdayMatches(_ element: Substring, _ day: Int, _ weekday: Int, _ length: Int) -> Bool {
    if element == "?" { return true }
    if let mark = element.firstIndex(of: "#") {
      let week = number(element[element.index(after: mark)...])
      return number(element[..<mark]) % 7 == weekday && (day - 1) / 7 + 1 == week
    }
    if element.count > 1, element.uppercased().hasSuffix("L") {
      return number(element.dropLast()) % 7 == weekday && day + 7 > length
    }
    if element.hasPrefix("*") { return expand(element, 0...6).contains(weekday) }
    let ends = element.split(separator: "/")[0].split(separator: "-").map { number($0) }
    if ends.count == 1 { return ends[0] % 7 == weekday }
    // From Sunday as 7 on, or up to Sunday as 7: walk days until the end is met.
    let step = element.contains("/") ? number(element.split(separator: "/")[1]) : 1
    var walked = [ends[0] % 7]
    while walked.count < 8, walked.last != ends[1] % 7 || (walked.count == 1 && ends == [0, 7]) {
      walked.append(((walked.last ?? 0) + 1) % 7)
    }
    return walked.enumerated().contains { $0.offset % step == 0 && $0.element == weekday }
  }
}
