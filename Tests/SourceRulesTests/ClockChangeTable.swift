import CronTime

/// The table of docs/schedules.md that shows what gaps and folds do to ten schedules in four zones.
enum ClockChangeTable {
  static let path = "docs/schedules.md"
  static let opening = "<!-- clock changes -->"
  static let closing = "<!-- /clock changes -->"

  static let schedules = [
    "30 2 * * *", "0 2 * * *", "30 1 * * *", "0 0 * * *", "30 1-3 * * *", "0 */2 * * *", "0 * * * *", "*/15 * * * *",
    "*/15 2 * * *", "@every 1h",
  ]

  /// Each zone with an instant before the changes that are shown; São Paulo had its last ones in 2018 and 2019.
  static let zones = [
    (name: "America/New_York", from: "2026-01-01T00:00:00Z"), (name: "Europe/London", from: "2026-01-01T00:00:00Z"),
    (name: "America/Sao_Paulo", from: "2018-06-01T00:00:00Z"),
    (name: "Australia/Lord_Howe", from: "2026-01-01T00:00:00Z"),
  ]

  /// The tables in Markdown, one a zone.
  static func markdown() throws -> String {
    var database = ZoneDatabase { Repository.bytes(of: "/usr/share/zoneinfo/" + $0) }
    return try zones.map { row in
      let zone = try database.zone(named: row.name)
      guard let from = Instant(rfc3339: row.from), let gap = zone.nextGap(after: from),
        let fold = zone.nextFold(after: from)
      else { throw ZoneError.unknown(row.name) }
      return try table(zone, gap: gap, fold: fold)
    }.joined(separator: "\n\n")
  }

  private static func table(_ zone: Zone, gap: Transition, fold: Transition) throws -> String {
    var lines = ["**\(zone.name)**", ""]
    for (place, text) in schedules.enumerated() {
      let schedule = try Schedule.parse(text, dialect: .any, seed: "")
      guard let inGap = schedule.effect(of: gap, in: zone), let inFold = schedule.effect(of: fold, in: zone) else {
        throw ZoneError.unknown(zone.name)
      }
      if place == 0 { lines += ["| schedule | \(inGap.change) | \(inFold.change) |", "|---|---|---|"] }
      lines.append("| `\(text)` | \(cell(schedule, inGap, zone)) | \(cell(schedule, inFold, zone)) |")
    }
    return lines.joined(separator: "\n")
  }

  /// What fires from an hour before the clocks change (or the first pass) to an hour after it (or the second pass).
  private static func cell(_ schedule: Schedule, _ effect: ClockChangeEffect, _ zone: Zone) -> String {
    if effect.outcome == .notAffected { return "not affected" }
    let change = Instant(seconds: effect.transition.at)
    let end = change.adding(seconds: 3_600)
    var groups: [(offset: String, times: [String])] = []
    var instant = change.adding(seconds: -3_601)
    while let next = schedule.next(after: instant, in: zone, origin: change), next < end {
      let text = zone.rfc3339(next)
      let (time, offset) = (String(text.dropFirst(11).prefix(5)), String(text.dropFirst(19)))
      if groups.last?.offset == offset {
        groups[groups.count - 1].times.append(time)
      } else {
        groups.append((offset, [time]))
      }
      instant = next
    }
    let shown = groups.map { "\($0.times.joined(separator: " ")) (\($0.offset))" }
    if !shown.isEmpty { return shown.joined(separator: ", ") }
    guard let next = schedule.next(after: instant, in: zone, origin: change) else { return "left out" }
    let text = zone.rfc3339(next)
    return "left out; the next is \(text.dropFirst(11).prefix(5)) (\(text.dropFirst(19)))"
  }
}
