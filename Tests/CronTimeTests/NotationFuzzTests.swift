import CronTestRandom
import CronTime
import Testing

@Suite struct NotationFuzzTests {
  private static let words = [
    "every", "in", "at", "on", "daily", "weekly", "monthly", "hourly", "yearly", "monday", "mon", "weekdays", "weekend",
    "and", ",", "-", "to", "the", "1st", "2nd", "15th", "first", "last", "day", "days", "of", "month", "june", "9am",
    "12pm", "13pm", "9:30", ":15", "09:00:30", "25:00", "noon", "midnight", "30m", "2h30m", "90", "seconds", "minutes",
    "other", "calendar:", "Mon..Fri", "*-*-*", "*-02~03", "*-*~1..6/2", "0/5:00", "*:0/15", "09:00", "2026-06-01",
    "2026-06-01T09:00:00Z", "Europe/Paris", "UTC", "*", "*/5", "5", "@daily", "@every", "H", "L", "é", "..", "~", "/",
    "99999999999999999999", "#", "?",
  ]
  private static let seeds = [
    "every monday and thursday at 9:30pm", "in 2h30m", "calendar: Mon..Fri *-*-1..7 09:00:00 Europe/Paris",
    "monthly on the first and last friday at 9am", "calendar: Fri 2026,2028-1..3,12-5 0/6:0/15:0/20",
    "2026-06-01 09:00", "yearly on june 1 at noon", "0 0 9 1 6 * 2026", "hourly at :15 and :45",
  ]

  /// A text of random words, or one that is right but for a few bytes.
  private static func text(using random: inout SeededGenerator) -> String {
    if Bool.random(using: &random) {
      let count = Int.random(in: 1...8, using: &random)
      let blank = Int.random(in: 0..<4, using: &random) == 0 ? "" : " "
      return (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: blank)
    }
    var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: place)
      case 2 where bytes.count > 1: bytes.remove(at: place)
      default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `whatever is written, an answer comes, and an error lies inside the text`() throws {
    var random = SeededGenerator(seed: 20_261_121)
    let now = try instant("2026-06-01T09:00:00.5Z")
    let zone = try SystemZones.zone("Europe/Paris")
    var accepted = 0
    for _ in 0..<20_000 {
      let text = Self.text(using: &random)
      do throws(ScheduleError) {
        let parsed = try ZonedSchedule.parse(text, dialect: .any, seed: "", now: now)
        accepted += 1
        let printed = parsed.schedule.description
        #expect(
          try Schedule.parse(printed, dialect: .any, seed: "") == parsed.schedule, "\(text) printed as \(printed)")
        if let next = parsed.schedule.next(after: now, in: zone, origin: now) { #expect(next > now, "\(text)") }
        if parsed.zoneName != nil { #expect((1...text.utf8.count).contains(parsed.zoneColumn), "\(text)") }
      } catch {
        #expect((1...text.utf8.count + 1).contains(error.column), "\(text): \(error)")
        #expect(!error.message.isEmpty && !error.code.isEmpty)
      }
      do throws(ScheduleError) {
        _ = try Schedule.parseLeading(text, seed: "")
      } catch {
        #expect((1...text.utf8.count + 1).contains(error.column), "\(text): \(error)")
      }
    }
    #expect(accepted > 300)
  }
}
