import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// By what clocks jobs went, as the ledger tells the next ticker.
@Suite struct DefinedZonesTests {
  private static func define(_ job: String, zone: String, hash: UInt64, at: Int64) -> Record {
    var definition = Samples.define(job, origin: at)
    (definition.zone, definition.zoneHash) = (zone, hash)
    return .define(definition)
  }

  private static func state(_ records: [Record]) -> LedgerState {
    LedgerState(
      applying: records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 1), record: $0.element) })
  }

  @Test func `each data that a job goes by is named once, with the time of the last definition that says so`() {
    let state = Self.state([
      Self.define("a", zone: "Test/East", hash: 1, at: 0), Self.define("b", zone: "Test/East", hash: 2, at: 60),
      Self.define("c", zone: "Test/East", hash: 1, at: 30), Self.define("d", zone: "Test/West", hash: 3, at: 10),
      Self.define("e", zone: "Test/West", hash: 4, at: 90), .retire(job: "e", at: Samples.at(95)),
    ])
    #expect(
      state.definedZones == [
        DefinedZone(name: "Test/East", hash: 1): Samples.at(30),
        DefinedZone(name: "Test/East", hash: 2): Samples.at(60),
        DefinedZone(name: "Test/West", hash: 3): Samples.at(10),
      ])
    #expect(state.zonesLastDefined == ["Test/East": 2, "Test/West": 3], "what a removed job went by says nothing")
  }

  @Test func `a ledger without jobs names none`() {
    #expect(LedgerState().definedZones.isEmpty && LedgerState().zonesLastDefined.isEmpty)
  }
}
