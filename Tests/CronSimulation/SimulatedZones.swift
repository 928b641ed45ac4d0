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

  private struct Copy {
    var zone: Zone
    /// The hash of the system's data that its present comes from.
    var source: UInt64
  }

  private var present: [String: Zone] = [:]
  private var inUse: [String: Copy] = [:]
  private var copies: [String: [UInt64: Copy]] = [:]

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

  /// What a zone's jobs go by from now on: other data than until now, of which the ledger has the hash after a start,
  /// takes effect with the second behind what is decided.
  mutating func use(_ name: String, defined: UInt64?, decidedThrough: Instant) -> Zone {
    guard name != Zone.utc.name, let present = present[name] else { return .utc }
    let known = inUse[name] ?? defined.flatMap { copies[name]?[$0] }
    var copy = Copy(zone: present, source: present.dataHash)
    if let known, known.source == present.dataHash {
      copy = known
    } else if let known,
      let bytes = Zone.joined(known.zone, until: Instant(seconds: decidedThrough.seconds + 1), then: present),
      let joined = try? Zone(name: name, tzif: bytes)
    {
      copy.zone = joined
    }
    inUse[name] = copy
    copies[name, default: [:]][copy.zone.dataHash] = copy
    return copy.zone
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
