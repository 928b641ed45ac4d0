import CronTestSupport
import Testing

@testable import CronTime

/// What a zone's jobs go by while the system replaces its data under them.
@Suite struct ZoneDataTests {
  private let old: Zone
  private let new: Zone
  private let noon: Instant

  init() throws {
    old = try SystemZones.zone("Europe/Berlin")
    new = try SystemZones.zone("America/New_York")
    noon = try instant("2026-06-18T12:00:00Z")
  }

  private func data(_ zone: Zone) -> ZoneData { ZoneData(zone: zone, source: zone.dataHash) }

  @Test func `the first data of a zone, and the same again, are the system's own`() {
    let first = ZoneData.succeeding(nil, present: old, decidedThrough: noon)
    #expect(first.data == data(old) && first.joined == nil)
    let again = ZoneData.succeeding(first.data, present: old, decidedThrough: noon)
    #expect(again.data == data(old) && again.joined == nil)
  }

  @Test func `other data begins with the second behind what is decided, and stays as it was joined`() throws {
    let decided = noon.adding(microseconds: 1)
    let next = ZoneData.succeeding(data(old), present: new, decidedThrough: decided)
    let joined = try Zone(name: new.name, tzif: try #require(next.joined))
    #expect(next.data == ZoneData(zone: joined, source: new.dataHash))
    #expect(joined.offset(at: noon.seconds).utcOffsetSeconds == 7_200)
    #expect(joined.offset(at: noon.seconds + 1).utcOffsetSeconds == -14_400)
    // Not joined anew at each start: every definition would change with it.
    for later in [1, 86_400, 86_400 * 365 * 40] as [Int64] {
      let kept = ZoneData.succeeding(next.data, present: new, decidedThrough: decided.adding(seconds: later))
      #expect(kept.data == next.data && kept.joined == nil)
    }
  }

  @Test func `what came under a clock of a wrong future begins when that clock is corrected`() throws {
    let wrong = ZoneData.succeeding(data(old), present: new, decidedThrough: noon.adding(seconds: 400 * 86_400)).data
    #expect(wrong.zone.offset(at: noon.seconds + 1).utcOffsetSeconds == 7_200)
    let right = ZoneData.succeeding(wrong, present: new, decidedThrough: noon)
    #expect(right.joined != nil && right.data.source == new.dataHash)
    #expect(right.data.zone.offset(at: noon.seconds).utcOffsetSeconds == 7_200)
    #expect(right.data.zone.offset(at: noon.seconds + 1).utcOffsetSeconds == -14_400)
  }

  @Test(arguments: ["Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Gaza"])
  func `joined clocks agree with the new ones from the change on, and not before`(_ name: String) throws {
    let zone = try SystemZones.zone(name)
    let joined = try #require(Zone.joined(old, until: noon, then: zone))
    let read = try Zone(name: name, tzif: joined)
    #expect(read.agrees(with: zone, from: noon))
    #expect(!read.agrees(with: zone, from: noon.adding(seconds: -1)))
    #expect(!read.agrees(with: old, from: noon))
  }
}
