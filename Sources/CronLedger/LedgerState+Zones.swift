public import CronTime

/// Zone data that the definitions of jobs name.
public struct DefinedZone: Hashable, Comparable, Sendable {
  /// The zone's name.
  public let name: String
  /// The hash of its data.
  public let hash: UInt64

  /// Orders by name, then by hash.
  public static func < (left: Self, right: Self) -> Bool { (left.name, left.hash) < (right.name, right.hash) }
}

/// The clocks that jobs went by.
extension LedgerState {
  /// Up to where the occurrences of a zone's jobs are decided; `now` or later, at most a day.
  ///
  /// It lies ahead of a clock that was set back. What lies further ahead is a wrong clock's, and is set back itself.
  public func decidedThrough(zone: String, now: Instant) -> Instant {
    let horizon = now.adding(seconds: 86_400)
    var latest = now
    for marks in jobs.values {
      guard let definition = marks.definition, definition.zone == zone else { continue }
      let mark = max(definition.origin, marks.lastDecided ?? definition.origin)
      if mark > latest, mark <= horizon { latest = mark }
    }
    return latest
  }

  /// By what data jobs go or went, and when a definition last said so.
  public var definedZones: [DefinedZone: Instant] {
    var found: [DefinedZone: Instant] = [:]
    // Most jobs have the same: they are looked up once.
    var (last, at) = (DefinedZone(name: "", hash: 0), Instant.distantPast)
    for marks in jobs.values {
      guard let definition = marks.definition else { continue }
      if definition.zoneHash == last.hash, definition.at <= at, definition.zone == last.name { continue }
      last = DefinedZone(name: definition.zone, hash: definition.zoneHash)
      at = max(found[last] ?? .distantPast, definition.at)
      found[last] = at
    }
    return found
  }

  /// The data that the last definitions of each zone's jobs name, by the zone.
  public var zonesLastDefined: [String: UInt64] {
    var latest: [String: (hash: UInt64, at: Instant)] = [:]
    for (data, at) in definedZones.sorted(by: { $0.key < $1.key }) where at >= latest[data.name]?.at ?? at {
      latest[data.name] = (data.hash, at)
    }
    return latest.mapValues(\.hash)
  }
}
