import CronTime

/// What a definition names, recomputed; or why it can't be.
struct AuditExpectation {
  private let schedules: [Schedule]
  private let zone: Zone
  /// Why nothing can be recomputed; nil = it can.
  let obstacle: String?
  /// Whether the job also runs once a boot.
  let includesReboot: Bool

  /// More occurrences of one stretch of a job with several schedules aren't walked through.
  private static let longestWalk = 20_000_000
  /// The number of a stretch of several schedules that isn't longer is always exact.
  private static let longestSharedCount = 500
  /// The last one of a missing stretch is looked for so far.
  private static let longestReport = 100_000

  init(_ definition: Definition, zone look: (String) -> Zone?) {
    var schedules: [Schedule] = []
    var obstacle: String?
    for text in definition.schedule.split(separator: ";") {
      do {
        schedules.append(try Schedule.parse(String(text), dialect: .any, seed: definition.job))
      } catch {
        obstacle = "its schedule '\(definition.schedule)' can't be read by this version"
      }
    }
    let needsZone = schedules.contains { if case .calendar = $0.form { true } else { false } }
    let zone = definition.zone == Zone.utc.name ? .utc : look(definition.zone)
    if obstacle == nil, needsZone {
      if let zone {
        if zone.dataHash != definition.zoneHash {
          obstacle = "from \(definition.at) on it went by other data of zone \(definition.zone) than there are now"
        }
      } else {
        obstacle = "zone \(definition.zone) isn't known here"
      }
    }
    self.schedules = schedules
    self.zone = zone ?? .utc
    self.obstacle = obstacle
    includesReboot = obstacle != nil || schedules.contains { $0.form == .reboot }
  }

  /// The first occurrence after an instant.
  func first(after instant: Instant, origin: Instant) -> Instant? {
    var earliest: Instant?
    let from = max(instant, origin)
    for schedule in schedules {
      guard let next = schedule.next(after: from, in: zone, origin: origin) else { continue }
      earliest = min(earliest ?? next, next)
    }
    return earliest
  }

  func names(_ instant: Instant, origin: Instant) -> Bool {
    first(after: instant.adding(microseconds: -1), origin: origin) == instant
  }

  /// How many lie after an instant and not after `end`; nil when there are too many to be counted.
  func count(after instant: Instant, through end: Instant, origin: Instant) -> Int? {
    let from = max(instant, origin)
    if schedules.count == 1, let only = schedules.first {
      return only.count(after: from, through: end, in: zone, origin: origin)
    }
    return walk(after: from, through: end, origin: origin, limit: Self.longestWalk)?.count
  }

  /// Whether a number of occurrences may be the sum of several schedules' own, as the engine writes it down for
  /// stretches that are too long to be walked through.
  func mayBeSummedUp(_ count: Int, exact: Int, from first: Instant, through end: Instant, origin: Instant) -> Bool {
    guard schedules.count > 1, exact > Self.longestSharedCount, count > exact else { return false }
    let from = max(first.adding(microseconds: -1), origin)
    return count <= schedules.reduce(0) { $0 + $1.count(after: from, through: end, in: zone, origin: origin) }
  }

  /// What lies after an instant and before another one; nil when nothing does.
  func stretch(after instant: Instant, before end: Instant, origin: Instant) -> AuditStretch? {
    guard let first = first(after: instant, origin: origin), first < end else { return nil }
    let last = end.adding(microseconds: -1)
    if let walked = walk(after: instant, through: last, origin: origin, limit: Self.longestReport) {
      return AuditStretch(first: first, last: walked.last, count: walked.count)
    }
    return AuditStretch(first: first, last: nil, count: count(after: instant, through: last, origin: origin))
  }

  private func walk(
    after instant: Instant, through end: Instant, origin: Instant, limit: Int
  ) -> (count: Int, last: Instant)? {
    var found = 0
    var cursor = instant
    while let next = first(after: cursor, origin: origin), next <= end {
      found += 1
      if found > limit { return nil }
      cursor = next
    }
    return (found, cursor)
  }
}

/// Occurrences of which nothing is recorded.
struct AuditStretch {
  var first: Instant
  /// Nil when it wasn't looked for.
  var last: Instant?
  /// Nil when they weren't counted.
  var count: Int?

  var words: String {
    guard count != 1 else { return "nothing is recorded of it" }
    let many = count.map { "\($0) occurrences" } ?? "very many occurrences"
    return "nothing is recorded of \(many)" + (last.map { " up to \($0)" } ?? "")
  }
}
