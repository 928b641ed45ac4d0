import CronTime
import Testing

/// The offsets of every zone of the system, against what `zdump -v` prints about the same files.
@Suite struct ZdumpTests {
  /// Every zone, one name for each distinct file: aliases have the same bytes, so the same offsets.
  private static let distinctNames: [String] = {
    var seen: Set<[UInt8]> = []
    return SystemZones.names.filter { name in SystemZones.bytes(name).map { seen.insert($0).inserted } ?? false }
  }()

  @Test(arguments: 0..<4)
  func `offsets of every zone equal zdump's around every change up to 2100`(part: Int) throws {
    let names = Self.distinctNames.indices.filter { $0 % 4 == part }.map { Self.distinctNames[$0] }
    try #require(names.count > 70)
    var checked = 0
    for name in names {
      let zone = try SystemZones.zone(name)
      for line in try Zdump.lines(name, years: 1850...2100) {
        let found = zone.offset(at: line.seconds)
        if found != line.offset { Issue.record("\(name) at \(line.seconds): \(found) instead of \(line.offset)") }
        checked += 1
      }
    }
    // Zones without a change (UTC, Etc/GMT+5) have no such lines; the others have from two to hundreds.
    #expect(checked > 10_000)
  }

  @Test func `every change that zdump prints is a transition, and there are no others`() throws {
    for name in ["America/New_York", "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Gaza"] {
      let zone = try SystemZones.zone(name)
      let lines = try Zdump.lines(name, years: 1970...2100)
      var wanted: [Int64] = []
      for (before, after) in zip(lines, lines.dropFirst())
      where after.seconds == before.seconds + 1 && after.offset != before.offset {
        wanted.append(after.seconds)
      }
      var found: [Int64] = []
      var instant: Int64 = 0
      while let transition = zone.nextTransition(after: instant), transition.at < 4_102_444_800 {
        found.append(transition.at)
        instant = transition.at
      }
      #expect(found == wanted, "\(name)")
      #expect(wanted.count > 60, "\(name)")
    }
  }
}
