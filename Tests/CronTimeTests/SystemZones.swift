import CronTime
import Foundation

/// The system's zone database, for tests.
enum SystemZones {
  static let directory = "/usr/share/zoneinfo"

  static func bytes(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(directory)/\(name)").map { Array($0) }
  }

  static func zone(_ name: String) throws -> Zone {
    var database = ZoneDatabase(load: bytes)
    return try database.zone(named: name)
  }

  /// The names of all zones, without the copies below `posix/` and `right/`.
  static let names: [String] = {
    let paths = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return paths.filter { name in
      guard Zone.isAcceptableName(name), let bytes = bytes(name) else { return false }
      return bytes.starts(with: Array("TZif".utf8))
    }.sorted()
  }()
}

/// `next` over and over, as texts in the zone.
func occurrences(
  _ text: String, in zone: Zone, after: String, count: Int, origin: String? = nil
) throws -> [String] {
  let schedule = try Schedule.parse(text, dialect: .any, seed: "test")
  var instant = try instant(after)
  let origin = try origin.map(CronTimeTests.instant) ?? instant
  var found: [String] = []
  while found.count < count, let next = schedule.next(after: instant, in: zone, origin: origin) {
    found.append(zone.rfc3339(next))
    instant = next
  }
  return found
}

/// An instant of a test; the text must be RFC 3339.
func instant(_ text: String) throws -> Instant {
  struct Malformed: Error {
    var text: String
  }
  guard let instant = Instant(rfc3339: text) else { throw Malformed(text: text) }
  return instant
}
