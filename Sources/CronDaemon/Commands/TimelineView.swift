public import CronTime

/// One day from left to right: a row a job, with a mark where it fires.
public struct TimelineView {
  /// The day; its time is of no account.
  public let day: CivilDateTime
  /// The zone whose clocks the hours are of.
  public let zone: Zone
  /// The present, marked when it is in that day.
  public let now: Instant
  /// The widest line, in columns; held within 60…240.
  public let columns: Int
  /// What may be drawn with.
  public let glyphs: ViewGlyphs

  /// A view of a day.
  public init(day: CivilDateTime, zone: Zone, now: Instant, columns: Int, glyphs: ViewGlyphs) {
    self.day = day
    self.zone = zone
    self.now = now
    self.columns = min(max(columns, 60), 240)
    self.glyphs = glyphs
  }

  private static let longestName = 24
  private static let totalWidth = 6
  /// How a slot is marked: from this count on, with that of the eight levels.
  private static let steps: [(count: Int, level: Int)] = [(16, 7), (6, 5), (2, 3), (1, 1)]

  /// What one job does on the day.
  private struct Row {
    var name: String
    var slots: [Int]
    var total: Int
  }

  /// The lines of the view.
  public func render(_ jobs: [FiringJob]) -> [String] {
    guard let start = LocalDay.start(year: day.year, month: day.month, day: day.day, in: zone) else { return [] }
    let next = LocalDay.following(day)
    guard let end = LocalDay.start(year: next.year, month: next.month, day: next.day, in: zone) else { return [] }
    let nameWidth = min(Self.longestName, max(4, jobs.map { HumanText.escaped($0.name).count }.max() ?? 0))
    let perHour = slotsPerHour(room: columns - nameWidth - 1 - Self.totalWidth)
    var rows: [Row] = []
    for job in jobs {
      let total = job.count(from: start, to: end, limit: CountText.limit)
      guard total > 0 else { continue }
      rows.append(Row(name: job.name, slots: slots(of: job, from: start, to: end, perHour: perHour), total: total))
    }
    let quiet = jobs.count - rows.count
    if rows.count > 1 { rows.append(sum(rows, perHour: perHour)) }
    var lines = [title, "", line("", hours(perHour), "")]
    lines += rows.map { line($0.name, marks($0.slots, perHour: perHour), CountText.of($0.total)) }
    if let mark = presentMark(from: start, to: end, perHour: perHour) { lines.append(line("", mark, "")) }
    lines += ["", legend(perHour)]
    if rows.isEmpty { return [title, "", "nothing fires on this day"] }
    if quiet > 0 { lines.append("\(quiet) \(quiet == 1 ? "job doesn't" : "jobs don't") fire on this day") }
    return lines.map { text in
      String(text.reversed().drop { $0 == " " }.reversed())
    }

    func line(_ name: String, _ middle: String, _ total: String) -> String {
      let shown = HumanText.padded(HumanText.escaped(name), width: nameWidth)
      return "\(shown) \(middle)\(String(repeating: " ", count: max(Self.totalWidth - total.count, 0)))\(total)"
    }
  }

  /// How finely an hour is divided, so that the day fits.
  private func slotsPerHour(room: Int) -> Int { [6, 4, 3, 2].first { $0 * 24 <= room } ?? 1 }

  /// The count of each slot by the zone's clocks, up to 16; both passes of a fold share their slots.
  private func slots(of job: FiringJob, from start: Instant, to end: Instant, perHour: Int) -> [Int] {
    var slots = [Int](repeating: 0, count: 24 * perHour)
    let length = 3_600 / perHour
    let most = Self.steps[0].count
    var instant = start.adding(microseconds: -1)
    while let following = job.next(instant), following < end {
      let second = LocalDay.clock(at: following, in: zone).secondOfDay
      let slot = min(second / length, slots.count - 1)
      slots[slot] += 1
      instant = following
      // The rest of a full slot can't change its mark.
      if slots[slot] >= most {
        instant = following.adding(seconds: Int64(length - second % length)).adding(microseconds: -1)
      }
    }
    return slots
  }

  private func sum(_ rows: [Row], perHour: Int) -> Row {
    var slots = [Int](repeating: 0, count: 24 * perHour)
    for row in rows {
      for index in slots.indices { slots[index] = min(slots[index] + row.slots[index], Self.steps[0].count) }
    }
    return Row(name: "all", slots: slots, total: rows.reduce(0) { min($0 + $1.total, CountText.limit) })
  }

  private func marks(_ slots: [Int], perHour: Int) -> String {
    slots.enumerated().map { index, count in
      if let step = Self.steps.first(where: { count >= $0.count }) { return glyphs.levels[step.level] }
      guard index % (perHour * 3) == 0 else { return " " }
      return glyphs == .blocks ? "·" : "'"
    }.joined()
  }

  private func hours(_ perHour: Int) -> String {
    stride(from: 0, to: 24, by: 3).map { hour in
      HumanText.padded("\(hour < 10 ? "0" : "")\(hour)", width: 3 * perHour)
    }.joined()
  }

  private func presentMark(from start: Instant, to end: Instant, perHour: Int) -> String? {
    guard now >= start, now < end else { return nil }
    let slot = LocalDay.clock(at: now, in: zone).secondOfDay / (3_600 / perHour)
    let mark = glyphs == .blocks ? "▲" : "^"
    let before = String(repeating: " ", count: slot)
    return HumanText.padded(slot < 24 * perHour - 4 ? before + mark + " now" : before + mark, width: 24 * perHour)
  }

  private func legend(_ perHour: Int) -> String {
    let levels = Self.steps.reversed().map { "\(glyphs.levels[$0.level]) \($0.count)" }.joined(separator: "  ")
    return "a mark is \(60 / perHour) minutes: \(levels) times or more"
  }

  private var title: String {
    let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    let date = String(day.description.prefix { $0 != "T" })
    return "\(names[day.weekday]) \(date)\(glyphs.separator)\(HumanText.escaped(zone.name))"
  }
}
