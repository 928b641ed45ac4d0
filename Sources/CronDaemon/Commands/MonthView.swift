public import CronTime

/// A month as a grid of days, Monday first; each day says how often the jobs fire on it.
public struct MonthView {
  /// The year, 1970–2199.
  public let year: Int
  /// The month, 1–12.
  public let month: Int
  /// The zone whose days are counted.
  public let zone: Zone
  /// The present, to mark today.
  public let now: Instant
  /// What may be drawn with.
  public let glyphs: ViewGlyphs
  /// Whether today may be coloured.
  public let color: Bool

  /// A view of a month.
  public init(year: Int, month: Int, zone: Zone, now: Instant, glyphs: ViewGlyphs, color: Bool) {
    self.year = year
    self.month = month
    self.zone = zone
    self.now = now
    self.glyphs = glyphs
    self.color = color
  }

  private static let names = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let cellWidth = 10

  /// The lines of the view; none is wider than 72 columns.
  public func render(_ jobs: [FiringJob]) -> [String] {
    guard let first = CivilDateTime(year: year, month: month, day: 1) else { return [] }
    let counts = (1...first.daysInMonth).map { count(jobs, day: $0) }
    let most = counts.max() ?? 0
    let today = LocalDay.clock(at: now, in: zone)
    let isThisMonth = today.year == year && today.month == month
    let blanks = (first.weekday + 6) % 7
    var cells = [String](repeating: String(repeating: " ", count: Self.cellWidth), count: blanks)
    for (index, count) in counts.enumerated() {
      cells.append(cell(day: index + 1, count: count, most: most, isToday: isThisMonth && today.day == index + 1))
    }
    let title = "\(Self.names[month - 1]) \(year)\(glyphs.separator)\(HumanText.escaped(zone.name))"
    let weekdays = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"].map { HumanText.padded(" " + $0, width: Self.cellWidth) }
    let weeks = stride(from: 0, to: cells.count, by: 7).map { cells[$0..<min($0 + 7, cells.count)].joined() }
    return [" " + title, ""] + ([weekdays.joined()] + weeks).map(Self.withoutTrailingBlanks)
      + ["", " " + summary(counts, isThisMonth: isThisMonth)]
  }

  private func count(_ jobs: [FiringJob], day: Int) -> Int {
    guard let date = CivilDateTime(year: year, month: month, day: day),
      let start = LocalDay.start(year: year, month: month, day: day, in: zone)
    else { return 0 }
    let next = LocalDay.following(date)
    guard let end = LocalDay.start(year: next.year, month: next.month, day: next.day, in: zone) else { return 0 }
    var count = 0
    for job in jobs where count < CountText.limit {
      count += job.count(from: start, to: end, limit: CountText.limit - count)
    }
    return count
  }

  /// `>24 █3    `: the mark of today, the day, a mark that grows with the count, the count.
  private func cell(day: Int, count: Int, most: Int, isToday: Bool) -> String {
    let number = (isToday ? ">" : " ") + (day < 10 ? " " : "") + "\(day)"
    let shownNumber = color && isToday ? "\u{1B}[1;7m\(number)\u{1B}[0m" : number
    var rest = ""
    if count > 0 { rest = " " + glyphs.levels[(count * 8 - 1) / max(most, 1)] + CountText.of(count) }
    return shownNumber + HumanText.padded(rest, width: Self.cellWidth - number.count)
  }

  private func summary(_ counts: [Int], isThisMonth: Bool) -> String {
    let days = counts.filter { $0 > 0 }.count
    guard days > 0 else { return "nothing fires in this month" }
    let isCapped = counts.contains { $0 >= CountText.limit }
    let total = counts.reduce(0, +)
    let times = isCapped ? "more than \(total - 1) times" : total == 1 ? "once" : "\(total) times"
    let text = "fires \(times), on \(days) of \(counts.count) days"
    return isThisMonth ? text + "; > is today" : text
  }

  private static func withoutTrailingBlanks(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
