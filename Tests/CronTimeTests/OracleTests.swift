import CronTestRandom
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

  /// The instants that one test case asks about, besides those of windows without an occurrence.
  private static var wantedOfZone: Int {
    let wanted = ProcessInfo.processInfo.environment["CRONWATCH_ORACLE_TRIPLES"].flatMap { Int($0) } ?? 200_000
    return (wanted + zones.count - 1) / zones.count
  }

  /// A schedule in a zone, and all that it names within some hours or days.
  private struct Window {
    var text: String
    var schedule: Schedule
    var zone: Zone
    var start: Int64
    var length: Int64
    var expected: [Int64]

    /// Compares one answer; whether the window knows what it has to be, not only what it can't be.
    func check(after: Int64) -> Bool {
      let origin = Instant(seconds: 0)
      let next = schedule.next(after: Instant(seconds: after), in: zone, origin: origin)?.seconds
      guard let wanted = OracleTests.first(of: expected, after: after) else {
        if let next, next <= start + length {
          Issue.record("\(text) in \(zone.name) after \(after): \(next), which no rule names")
        }
        return false
      }
      if next != wanted {
        Issue.record("\(text) in \(zone.name) after \(after): \(next.map(String.init) ?? "never"), not \(wanted)")
      }
      return true
    }
  }

  @Test(arguments: zones)
  func `next equals a naive walk through zdump's changes`(_ name: String) throws {
    let zone = try SystemZones.zone(name)
    let stretches = try Zdump.stretches(name, before: 2100)
    var random = SeededGenerator(seed: name.utf8.reduce(2026) { $0 &* 31 &+ UInt64($1) })
    var (compared, answered, windows) = (0, 0, 0)
    while compared < Self.wantedOfZone, windows < Self.wantedOfZone {
      windows += 1
      let window = try Self.window(zone, stretches, using: &random)
      let instants = window.expected.isEmpty ? 3 : Self.instantsOfWindow
      for _ in 0..<instants {
        var after = Int64.random(in: window.start..<window.start + window.length, using: &random)
        // Right before, at and right after an occurrence is where searches go wrong.
        if let near = window.expected.randomElement(using: &random), Int.random(in: 0..<2, using: &random) == 0 {
          after = max(near + Int64.random(in: -1...1, using: &random), window.start - 1)
        }
        if window.check(after: after) { answered += 1 }
      }
      if !window.expected.isEmpty { compared += instants }
    }
    #expect(compared >= Self.wantedOfZone)
    #expect(answered > compared / 10 * 7, "\(answered) answers of \(compared)")
  }

  private static func window(
    _ zone: Zone, _ stretches: [Zdump.Stretch], using random: inout SeededGenerator
  ) throws -> Window {
    let text = RandomSchedule.anyText(using: &random)
    let naive = NaiveSchedule(text)
    let start = Self.start(stretches, using: &random)
    // The more times a day has, the shorter is the window: some thousand instants are enough of one schedule.
    let lengths: [Int64] =
      naive.times.count <= 4 ? [3, 40, 400, 800] : naive.times.count <= 100 ? [2, 3, 40] : [2, 3]
    let days = lengths.randomElement(using: &random) ?? 2
    let length = naive.times.count > 1_440 ? 5 * 3_600 : days * 86_400
    return Window(
      text: text, schedule: try Schedule.parse(text, dialect: .any, seed: ""), zone: zone, start: start,
      length: length, expected: NaiveOccurrences(naive, stretches: stretches).between(start, start + length))
  }

  /// The smallest of ascending instants that is later than another.
  private static func first(of instants: [Int64], after: Int64) -> Int64? {
    var low = 0
    var high = instants.count
    while low < high {
      let middle = (low + high) / 2
      if instants[middle] > after { high = middle } else { low = middle + 1 }
    }
    return low < instants.count ? instants[low] : nil
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
