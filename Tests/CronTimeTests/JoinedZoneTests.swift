import CronTestSupport
import Foundation
import Testing

@testable import CronTime

/// Clocks that went by older data until an instant: what a machine shows whose zone data is replaced while it runs.
@Suite struct JoinedZoneTests {
  private static let pairs = [
    ("Europe/Berlin", "America/New_York"), ("Asia/Kolkata", "Pacific/Apia"), ("Etc/GMT+5", "Africa/Casablanca"),
    ("Australia/Lord_Howe", "UTC"), ("America/Asuncion", "America/Asuncion"),
  ]

  @Test(arguments: pairs, ["1985-03-01T00:00:00Z", "2024-07-01T12:00:00Z", "2045-12-31T23:59:59Z"])
  func `zdump reads from the joined file the old clocks up to the instant and the new ones from it`(
    _ pair: (String, String), _ text: String
  ) throws {
    let at = try instant(text)
    let (old, new) = (try SystemZones.zone(pair.0), try SystemZones.zone(pair.1))
    let bytes = try #require(Zone.joined(old, until: at, then: new))
    let joined = try Zone(name: "Test/Joined", tzif: bytes)
    let sandbox = try Sandbox()
    let path = sandbox.path(of: "joined")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let lines = try Zdump.lines(path: path, years: 1900...2100)
    for line in lines {
      #expect(joined.offset(at: line.seconds) == line.offset)
      #expect(line.offset == (line.seconds < at.seconds ? old : new).offset(at: line.seconds), "at \(line.seconds)")
    }
    // And nothing is left out: a year apart the three agree everywhere.
    for seconds in stride(from: Int64(-2_000_000_000), to: 4_000_000_000, by: 86_400 * 30 + 3_601) {
      #expect(joined.offset(at: seconds) == (seconds < at.seconds ? old : new).offset(at: seconds), "at \(seconds)")
    }
    #expect(joined.offset(at: at.seconds) == new.offset(at: at.seconds))
    #expect(joined.offset(at: at.seconds - 1) == old.offset(at: at.seconds - 1))
  }

  /// The land's clocks go from +02:00 to +01:00 at 12:00 UTC: 13:00 to 14:00 there comes twice.
  @Test(arguments: [
    ("30 13 * * *", ["2026-03-10T13:30:00+02:00", "2026-03-11T13:30:00+01:00"]),
    (
      "*/30 * * * *",
      ["2026-03-10T13:30:00+02:00", "2026-03-10T13:00:00+01:00", "2026-03-10T13:30:00+01:00"]
    ),
    ("@every 40m", ["2026-03-10T13:40:00+02:00", "2026-03-10T13:20:00+01:00", "2026-03-10T14:00:00+01:00"]),
  ])
  func `what was decided by the old clocks isn't owed by the new ones, and elapsed time goes on`(
    _ schedule: String, _ expected: [String]
  ) throws {
    let land = try Self.land(east: "Etc/GMT-2", west: "Etc/GMT-1")
    let from = "2026-03-10T11:00:00Z"
    let found = try occurrences(schedule, in: land, after: from, count: expected.count, origin: from)
    #expect(found == expected)
  }

  /// Its clocks go from 13:00 to 14:00: what lies between fires once behind it.
  @Test func `what the new clocks jump over fires once after the jump`() throws {
    let land = try Self.land(east: "Etc/GMT-1", west: "Etc/GMT-2")
    let found = try occurrences("30 13 * * *", in: land, after: "2026-03-10T11:00:00Z", count: 2)
    #expect(found == ["2026-03-10T14:00:00+02:00", "2026-03-11T13:30:00+02:00"])
  }

  private static func land(east: String, west: String) throws -> Zone {
    let (before, after) = (try SystemZones.zone(east), try SystemZones.zone(west))
    let bytes = try #require(Zone.joined(before, until: instant("2026-03-10T12:00:00Z"), then: after))
    return try Zone(name: "Test/Land", tzif: bytes)
  }
}
