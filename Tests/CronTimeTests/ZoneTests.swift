import CronTestRandom
import CronTime
import Synchronization
import Testing

/// Builds TZif files for tests.
struct TZifBuilder {
  var version: UInt8 = UInt8(ascii: "2")
  var transitions: [(at: Int64, type: UInt8)] = []
  var types: [(offset: Int32, isDaylight: UInt8, name: UInt8)] = [(0, 0, 0)]
  var characters = Array("AAA\0BBB\0".utf8)
  var leapSeconds = 0
  var footer = "\n\n"

  var bytes: [UInt8] {
    let first = block(timeSize: 4)
    return version == 0 ? first : first + block(timeSize: 8) + Array(footer.utf8)
  }

  private static func big(_ value: Int64, size: Int) -> [UInt8] {
    (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
  }

  private func block(timeSize: Int) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
    for count in [0, 0, leapSeconds, transitions.count, types.count, characters.count] {
      bytes += Self.big(Int64(count), size: 4)
    }
    for transition in transitions { bytes += Self.big(transition.at, size: timeSize) }
    bytes += transitions.map(\.type)
    for type in types { bytes += Self.big(Int64(type.offset), size: 4) + [type.isDaylight, type.name] }
    return bytes + characters + [UInt8](repeating: 0, count: leapSeconds * (timeSize + 4))
  }

  func zone() throws -> Zone { try Zone(name: "Test/Zone", tzif: bytes) }

  static func rule(_ text: String) throws -> Zone { try TZifBuilder(footer: "\n\(text)\n").zone() }
}

@Suite struct ZoneTests {
  private func changes(_ zone: Zone, year: Int) -> [String] {
    var texts: [String] = []
    var instant = (CivilDateTime(year: year, month: 1, day: 1)?.secondsSinceEpoch ?? 0) - 1
    while let transition = zone.nextTransition(after: instant), texts.count < 3 {
      instant = transition.at
      guard CivilDateTime(secondsSinceEpoch: instant).year == year else { break }
      texts.append("\(Instant(seconds: instant)) \(transition.before.abbreviation) \(transition.after.abbreviation)")
    }
    return texts
  }

  private static let rules: [(String, Int, [String])] = [
    ("EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08T07:00:00Z EST EDT", "2026-11-01T06:00:00Z EDT EST"]),
    ("EST5EDT,M3.2.0,M11.1.0", 2612, ["2612-03-08T07:00:00Z EST EDT", "2612-11-01T06:00:00Z EDT EST"]),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, ["2026-03-29T01:00:00Z GMT IST", "2026-10-25T01:00:00Z IST GMT"]),
    ("AAA3BBB,J60/0,J365/0", 2028, ["2028-03-01T03:00:00Z AAA BBB", "2028-12-31T02:00:00Z BBB AAA"]),
    ("AAA3BBB,59/0,300/0", 2028, ["2028-02-29T03:00:00Z AAA BBB", "2028-10-27T02:00:00Z BBB AAA"]),
    // The last Thursday's 26th hour is Friday 02:00; before Saturday's midnight is Friday 22:00.
    ("IST-2IDT,M3.4.4/26,M10.5.0", 2026, ["2026-03-27T00:00:00Z IST IDT", "2026-10-24T23:00:00Z IDT IST"]),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00:00Z -02 -01", "2026-10-25T01:00:00Z -01 -02"]),
    (
      "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026,
      [
        "2026-04-04T15:00:00Z +11 +1030", "2026-10-03T15:30:00Z +1030 +11",
      ]
    ),
    // The farthest times that a footer may have, and a shift of more than a day.
    ("AAA0BBB,M3.2.0/167,M11.1.0/-167", 2026, ["2026-03-14T23:00:00Z AAA BBB", "2026-10-25T00:00:00Z BBB AAA"]),
    ("AAA12BBB-14,M3.2.0,M11.1.0", 2026, ["2026-03-08T14:00:00Z AAA BBB", "2026-10-31T12:00:00Z BBB AAA"]),
    ("EST5EDT,0/0,J365/25", 2026, []), ("UTC0", 2026, []), ("<+0530>-5:30", 2026, []),
  ]

  @Test(arguments: rules)
  func `a footer's rule gives each year's changes`(_ rule: String, _ year: Int, _ expected: [String]) throws {
    #expect(changes(try TZifBuilder.rule(rule), year: year) == expected)
  }

  @Test func `daylight time all year is one offset without end`() throws {
    let zone = try TZifBuilder.rule("EST5EDT,0/0,J365/25")
    for year in [1990, 2026, 2100, 2500] {
      for (month, day) in [(1, 1), (6, 15), (12, 31)] {
        let civil = try #require(CivilDateTime(year: year, month: month, day: day, hour: 5))
        #expect(zone.offset(at: civil.secondsSinceEpoch).abbreviation == "EDT", "\(civil)")
      }
    }
  }

  @Test func `years far past the table follow the rule`() throws {
    let zone = try SystemZones.zone("America/New_York")
    for (text, offset) in [("2999-07-01T00:00:00Z", -14_400), ("9999-01-01T00:00:00Z", -18_000)] {
      #expect(zone.offset(at: try instant(text).seconds).utcOffsetSeconds == offset)
    }
    #expect(zone.nextTransition(after: try instant("5000-06-01T00:00:00Z").seconds)?.shift == -3_600)
    #expect(zone.nextTransition(after: .max - 1) == nil)
    #expect(zone.offset(at: .min).abbreviation == "LMT")
  }

  @Test func `the table and the rule behind it agree where they meet`() throws {
    let zone = try SystemZones.zone("Europe/Paris")
    var instant: Int64 = try instant("2195-01-01T00:00:00Z").seconds
    var years: [Int] = []
    while let transition = zone.nextTransition(after: instant), transition.at < 7_700_000_000 {
      years.append(CivilDateTime(secondsSinceEpoch: transition.at).year)
      #expect(zone.offset(at: transition.at) == transition.after)
      #expect(zone.offset(at: transition.at - 1) == transition.before)
      instant = transition.at
    }
    #expect(years == (2195...2213).flatMap { [$0, $0] } || years == (2195...2214).flatMap { [$0, $0] }.dropLast(1))
  }

  @Test func `version 1 has 32-bit times and no rule`() throws {
    let zone = try TZifBuilder(
      version: 0, transitions: [(-1_000, 1), (1_000, 0)], types: [(3_600, 0, 0), (7_200, 1, 4)]
    ).zone()
    #expect([-1_001, -1_000, 999, 1_000].map { zone.offset(at: $0).abbreviation } == ["AAA", "BBB", "BBB", "AAA"])
    #expect(zone.nextTransition(after: 1_000) == nil)
  }

  @Test(arguments: ["2", "3", "4", "9"])
  func `later versions have 64-bit times, and a rule for what follows`(version: Character) throws {
    let builder = TZifBuilder(
      version: try #require(version.asciiValue), transitions: [(-5_000_000_000, 1), (5_000_000_000, 0)],
      types: [(-7_200, 0, 0), (-3_600, 1, 4)], footer: "\nAAA2BBB,M3.5.0/-1,M10.5.0/26\n")
    let zone = try builder.zone()
    #expect(
      [-5_000_000_001, -5_000_000_000, 4_999_999_999, 5_000_000_000].map { zone.offset(at: $0).abbreviation }
        == ["AAA", "BBB", "BBB", "AAA"])
    let next = try #require(zone.nextTransition(after: try instant("2199-01-01T00:00:00Z").seconds))
    #expect(Instant(seconds: next.at).description == "2199-03-31T01:00:00Z")
  }

  private static let damages: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
    ("empty", { _ in [] }), ("no magic", { [UInt8(ascii: "X")] + $0.dropFirst() }),
    ("cut header", { Array($0.prefix(30)) }), ("cut body", { Array($0.prefix(80)) }),
    ("no footer", { Array($0.dropLast(30)) }), ("unknown version", { Array($0[..<4]) + [1] + $0[5...] }),
    ("huge count", { Array($0[..<32]) + [0x7f, 0xff, 0xff, 0xff] + $0[36...] }),
    ("negative count", { Array($0[..<32]) + [0xff, 0xff, 0xff, 0xff] + $0[36...] }),
    ("too large", { $0 + [UInt8](repeating: 0, count: 1 << 19) }),
  ]

  @Test(arguments: damages.indices)
  func `damaged data is an error`(_ index: Int) throws {
    let bytes = try #require(SystemZones.bytes("Europe/Paris"))
    #expect(throws: ZoneError.self, "\(Self.damages[index].0)") {
      try Zone(name: "Europe/Paris", tzif: Self.damages[index].1(bytes))
    }
  }

  private static let malformed: [TZifBuilder] = [
    TZifBuilder(transitions: [(5, 0), (5, 0)]), TZifBuilder(transitions: [(5, 0), (4, 0)]),
    TZifBuilder(transitions: [(.min, 0)]), TZifBuilder(transitions: [(.max - 5, 0)]),
    TZifBuilder(transitions: [(5, 1)]), TZifBuilder(types: []), TZifBuilder(types: [(100_000, 0, 0)]),
    TZifBuilder(types: [(.min, 0, 0)]), TZifBuilder(types: [(0, 2, 0)]), TZifBuilder(types: [(0, 0, 8)]),
    TZifBuilder(characters: Array("AAA".utf8)), TZifBuilder(leapSeconds: 1), TZifBuilder(footer: "\nEST5EDT\n"),
    TZifBuilder(footer: "\nEST\n"), TZifBuilder(footer: "\nE5\n"), TZifBuilder(footer: "\nEST25\n"),
    TZifBuilder(footer: "\nEST5EDT,M13.1.0,M11.1.0\n"), TZifBuilder(footer: "\nEST5EDT,M3.0.0,M11.1.0\n"),
    TZifBuilder(footer: "\nEST5EDT,M3.2.7,M11.1.0\n"), TZifBuilder(footer: "\nEST5EDT,J0,J9\n"),
    TZifBuilder(footer: "\nEST5EDT,366,1\n"), TZifBuilder(footer: "\nEST5EDT,M3.2.0/168,M11.1.0\n"),
    TZifBuilder(footer: "\nEST5EDT,M3.2.0,M11.1.0x\n"), TZifBuilder(footer: "\n<EST5\n"), TZifBuilder(footer: "\n"),
    TZifBuilder(footer: ""),
  ]

  @Test(arguments: malformed.indices)
  func `data that contradicts RFC 9636 is an error`(_ index: Int) {
    #expect(throws: ZoneError.self) { try Self.malformed[index].zone() }
  }

  @Test func `random damage is an error or a zone, never a trap`() throws {
    let bytes = try #require(SystemZones.bytes("Africa/Casablanca"))
    var random = SeededGenerator(seed: 99)
    var accepted = 0
    for _ in 0..<800 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let zone = try? Zone(name: "X", tzif: damaged) else { continue }
      accepted += 1
      let schedule = try Schedule.parse("30 2 * * *", dialect: .crontabLine, seed: "")
      let start = Instant(seconds: 1_700_000_000)
      if let next = schedule.next(after: start, in: zone, origin: start) { #expect(next > start) }
      _ = zone.offset(at: 9_000_000_000)
    }
    #expect(accepted > 50)
  }

  @Test(arguments: [
    "Europe/Paris", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT-0", "America/Port-au-Prince", "W-SU",
  ])
  func `a zone's name is acceptable`(_ name: String) { #expect(Zone.isAcceptableName(name)) }

  @Test(arguments: [
    "", "/etc/localtime", "../etc/passwd", "Europe/../../x", "Europe//Paris", "Europe/", "posix/UTC", "right/UTC",
    "Europe/Paris ", "Europe Paris", ".hidden", "a/.b", "Zürich", "a\u{0}b", ":UTC", "-x",
    String(repeating: "a", count: 65),
  ])
  func `a name that could leave the database is refused before anything is loaded`(_ name: String) {
    #expect(!Zone.isAcceptableName(name))
    var database = ZoneDatabase { _ in
      Issue.record("loaded")
      return nil
    }
    #expect(throws: ZoneError.unacceptableName(name)) { try database.zone(named: name) }
  }

  @Test func `a database loads each zone once, UTC never, and tells what it doesn't know`() throws {
    let loads = Mutex(0)
    var database = ZoneDatabase { name in
      loads.withLock { $0 += 1 }
      return SystemZones.bytes(name)
    }
    #expect(try database.zone(named: "UTC") == .utc)
    #expect(loads.withLock(\.self) == 0)
    let paris = try database.zone(named: "Europe/Paris")
    #expect(try database.zone(named: "Europe/Paris") == paris)
    #expect(paris.dataHash != 0)
    #expect(loads.withLock(\.self) == 1)
    #expect(throws: ZoneError.unknown("Nowhere/X")) { try database.zone(named: "Nowhere/X") }
    database.forgetAll()
    _ = try database.zone(named: "Europe/Paris")
    #expect(loads.withLock(\.self) == 3)
  }

  @Test(arguments: [
    ("Europe/Pariss", "Europe/Paris"), ("europe/paris", "Europe/Paris"), ("Berlin", "Europe/Berlin"),
    ("America/New York", "America/New_York"), ("Amerika/New_York", "America/New_York"),
    ("Asia/Calcuta", "Asia/Calcutta"),
  ])
  func `the nearest zone is named`(_ wrong: String, _ expected: String) {
    #expect(ZoneDatabase.nearestName(to: wrong, among: SystemZones.names) == expected)
  }

  @Test(arguments: ["Nowhere/Atall", "xyzzy-plugh", ""])
  func `no zone is near nonsense`(_ wrong: String) {
    #expect(ZoneDatabase.nearestName(to: wrong, among: SystemZones.names) == nil)
  }
}
