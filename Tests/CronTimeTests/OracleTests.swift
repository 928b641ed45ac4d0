import CronTime
import Foundation
import Testing

/// `next` against a naive walk over local days and zdump's changes: neither the parser nor the search is shared.
///
/// `CRONWATCH_ORACLE_TRIPLES` asks for more than the usual 200,000 (schedule, zone, instant) triples.
@Suite struct OracleTests {
  static let zones = [
    "America/New_York", "Europe/London", "Europe/Dublin", "America/Sao_Paulo", "Asia/Beirut", "Australia/Lord_Howe",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "America/Caracas", "Antarctica/Troll", "Pacific/Chatham",
    "America/Scoresbysund", "UTC", "Etc/GMT+5", "Asia/Gaza",
  ]
  private static let instantsOfWindow = 125

  /// What one test case walks.
  private static var windows: Int {
    let wanted = ProcessInfo.processInfo.environment["CRONWATCH_ORACLE_TRIPLES"].flatMap { Int($0) } ?? 200_000
    return max(1, (wanted + zones.count * instantsOfWindow - 1) / (zones.count * instantsOfWindow))
  }

  @Test(arguments: zones)
  func `next equals a naive walk through zdump's changes`(_ name: String) throws {
    let zone = try SystemZones.zone(name)
    let stretches = try Zdump.stretches(name, before: 2100)
    var random = SeededGenerator(seed: name.utf8.reduce(2026) { $0 &* 31 &+ UInt64($1) })
    var compared = 0
    for _ in 0..<Self.windows {
      let text = RandomSchedule.anyText(using: &random)
      let schedule = try Schedule.parse(text, dialect: .any, seed: "")
      let oracle = NaiveOccurrences(NaiveSchedule(text), stretches: stretches)
      let isDense = text.split(separator: " ").count > 5
      let start = Self.start(stretches, using: &random)
      let length: Int64 = isDense ? 5 * 3_600 : Int64([2, 3, 40].randomElement(using: &random) ?? 2) * 86_400
      let expected = oracle.between(start, start + length)
      for _ in 0..<Self.instantsOfWindow {
        var after = Int64.random(in: start..<start + length, using: &random)
        // Right before, at and right after an occurrence is where searches go wrong.
        if let near = expected.randomElement(using: &random), Int.random(in: 0..<3, using: &random) == 0 {
          after = min(max(near + Int64.random(in: -1...1, using: &random), start), start + length - 1)
        }
        let next = schedule.next(after: Instant(seconds: after), in: zone, origin: Instant(seconds: 0))?.seconds
        let wanted = expected.first { $0 > after }
        if let wanted {
          if next != wanted { Issue.record("\(text) in \(name) after \(after): \(next ?? -1), not \(wanted)") }
        } else if let next, next <= start + length {
          Issue.record("\(text) in \(name) after \(after): \(next), which no rule names")
        }
        compared += 1
      }
    }
    #expect(compared >= Self.windows * Self.instantsOfWindow)
  }

  /// Mostly a day and a half before a change, so that the window holds it; from 1971 to 2099.
  private static func start(_ stretches: [Zdump.Stretch], using random: inout SeededGenerator) -> Int64 {
    let change = stretches.dropFirst().filter { $0.start > 40_000_000 && $0.start < 4_000_000_000 }.randomElement(
      using: &random)
    if let change, Int.random(in: 0..<4, using: &random) > 0 {
      return change.start - Int64.random(in: 0...129_600, using: &random)
    }
    return Int64.random(in: 40_000_000...4_000_000_000, using: &random)
  }

  @Test func `what is parsed prints a text that is parsed to the same`() throws {
    var random = SeededGenerator(seed: 99)
    for _ in 0..<20_000 {
      let text = RandomSchedule.anyText(using: &random)
      let schedule = try Schedule.parse(text, dialect: .any, seed: "seed")
      let printed = schedule.description
      let again = try Schedule.parse(printed, dialect: .any, seed: "other")
      if again != schedule || again.description != printed { Issue.record("\(text) → \(printed) → \(again)") }
    }
  }
}
