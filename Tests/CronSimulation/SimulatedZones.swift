import CronLedger
import CronTestRandom
import CronTime

/// Zone data of a world: what the system has, what jobs go by, and the copies that tickers keep on the disk.
///
/// Clocks change here every few minutes, not twice a year, so that a world of some hours sees gaps and folds.
struct SimulatedZones {
  /// The zones that jobs name.
  static let names = ["Test/East", "Test/West"]
  private static let offsets = [0, 0, 3_600, 3_600, -3_600, 1_800, 7_200, 45_900]

  private var present: [String: Zone] = [:]
  private var inUse: [String: ZoneData] = [:]
  private var copies: [String: [UInt64: ZoneData]] = [:]

  init(using chance: inout SeededGenerator) {
    for name in Self.names { present[name] = Self.data(name, using: &chance) }
  }

  /// An upgrade replaces the system's data of a zone.
  mutating func change(using chance: inout SeededGenerator) -> String {
    let name = Self.names[Int.random(in: 0..<Self.names.count, using: &chance)]
    present[name] = Self.data(name, using: &chance)
    return name
  }

  /// The ticker that went by some data is gone.
  mutating func forget() { inUse = [:] }

  /// What a zone's jobs go by from now on; `defined` is the hash that the ledger has of it after a start.
  mutating func use(_ name: String, defined: UInt64?, decidedThrough: Instant) -> Zone {
    guard name != Zone.utc.name, let present = present[name] else { return .utc }
    let known = inUse[name] ?? defined.flatMap { copies[name]?[$0] }
    let data = ZoneData.succeeding(known, present: present, decidedThrough: decidedThrough).data
    inUse[name] = data
    copies[name, default: [:]][data.zone.dataHash] = data
    return data.zone
  }

  /// Data that some ticker went by.
  func zone(_ name: String, hash: UInt64) -> Zone? {
    name == Zone.utc.name ? .utc : copies[name]?[hash]?.zone
  }

  private static func data(_ name: String, using chance: inout SeededGenerator) -> Zone {
    var stretches: [(start: Int64, type: ZoneOffset)] = []
    var start = Simulation.noon.seconds - 7_200
    for _ in 0..<60 {
      let offset = offsets[Int.random(in: 0..<offsets.count, using: &chance)]
      let type = ZoneOffset(utcOffsetSeconds: offset, isDaylight: offset == 3_600, abbreviation: "T\(offset)")
      stretches.append((stretches.isEmpty ? .min : start, type))
      start += Int64.random(in: 300...3_600, using: &chance)
    }
    guard let bytes = TZifWriter.file(stretches), let zone = try? Zone(name: name, tzif: bytes) else {
      preconditionFailure("no file holds \(stretches)")
    }
    return zone
  }
}
