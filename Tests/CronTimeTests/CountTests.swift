import CronTestRandom
import CronTime
import Testing

/// `count` against `next`, one by one.
@Suite struct CountTests {
  private func walked(_ schedule: Schedule, _ zone: Zone, from: Instant, to: Instant, origin: Instant) -> Int {
    var found = 0
    var cursor = from
    while let next = schedule.next(after: cursor, in: zone, origin: origin), next <= to {
      found += 1
      cursor = next
    }
    return found
  }

  /// Zones with gaps and folds of an hour and of half an hour, at midnight, by a day, and none.
  static let zones = [
    "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata",
    "America/St_Johns",
  ]

  @Test(arguments: zones)
  func `as many are counted as next names one by one`(_ name: String) throws {
    let zone = try SystemZones.zone(name)
    var random = SeededGenerator(seed: 7)
    let begin = try instant("2008-01-01T00:00:00Z").seconds
    for round in 0..<60 {
      let text =
        round % 2 == 0
        ? RandomSchedule.minuteText(using: &random) : RandomSchedule.textNearMidnight(using: &random)
      let schedule = try Schedule.parse(text, dialect: .any, seed: "count")
      let from = Instant(seconds: begin + Int64.random(in: 0..<160_000_000, using: &random))
      let to = from.adding(seconds: Int64.random(in: 0..<1_000_000, using: &random))
      let expected = walked(schedule, zone, from: from, to: to, origin: from)
      #expect(
        schedule.count(after: from, through: to, in: zone, origin: from) == expected, "\(text) \(from) \(to)")
    }
  }

  /// One second more or less at either end, around every change of the clocks.
  @Test(arguments: ["30 2 * * *", "*/20 * * * *", "*/15 2 * * *", "0 0-23 * * *", "* 1-3 * * *"])
  func `the ends of a stretch may lie anywhere near a change of the clocks`(_ text: String) throws {
    let zone = try SystemZones.zone("Europe/Berlin")
    let schedule = try Schedule.parse(text, dialect: .any, seed: "count")
    for change in ["2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z"] {
      let at = try instant(change)
      for start in stride(from: Int64(-7_200), through: 7_200, by: 599) {
        for length in stride(from: Int64(1), through: 14_400, by: 1_801) {
          let from = at.adding(seconds: start)
          let to = from.adding(seconds: length)
          #expect(
            schedule.count(after: from, through: to, in: zone, origin: from)
              == walked(schedule, zone, from: from, to: to, origin: from), "\(from) \(to)")
        }
      }
    }
  }

  @Test(arguments: [("@every 7s", 100), ("@every 90s", 100_000), ("@reboot", 1000), ("0 0 31 2 *", 100_000_000)])
  func `intervals, reboots and what never fires are counted too`(_ row: (String, Int64)) throws {
    let schedule = try Schedule.parse(row.0, dialect: .any, seed: "count")
    let origin = try instant("2026-06-18T12:00:00Z").adding(microseconds: 250_000)
    for offset in [-row.1, 0, 1, 89, row.1 / 2] {
      let from = origin.adding(seconds: offset)
      let to = from.adding(seconds: row.1)
      #expect(
        schedule.count(after: from, through: to, in: .utc, origin: origin)
          == walked(schedule, .utc, from: from, to: to, origin: origin))
      #expect(schedule.count(after: to, through: from, in: .utc, origin: origin) == 0)
    }
  }

  @Test func `a century of seconds is counted at once`() throws {
    let schedule = try Schedule.parse("* * * * * *", dialect: .any, seed: "count")
    let zone = try SystemZones.zone("Europe/Berlin")
    let from = try instant("2000-01-01T00:00:00Z")
    let to = try instant("2100-01-01T00:00:00Z")
    #expect(schedule.count(after: from, through: to, in: zone, origin: from) == Int(to.seconds - from.seconds))
  }
}
