/// Zones by name, from a loader that hands over TZif bytes; each is read once and kept.
public struct ZoneDatabase: Sendable {
  private let load: @Sendable (String) -> [UInt8]?
  private var zones: [String: Zone] = [:]

  /// A database over a loader that gives a zone's TZif bytes, or nil when there is none; it only sees acceptable names.
  public init(load: @escaping @Sendable (String) -> [UInt8]?) {
    self.load = load
  }

  /// The zone of that name; throws `ZoneError` when the name or the data is refused. Failures aren't remembered.
  public mutating func zone(named name: String) throws(ZoneError) -> Zone {
    if name == "UTC" || name == "Etc/UTC" { return .utc }
    if let known = zones[name] { return known }
    guard Zone.isAcceptableName(name) else { throw .unacceptableName(name) }
    guard let bytes = load(name) else { throw .unknown(name) }
    let zone = try Zone(name: name, tzif: bytes)
    zones[name] = zone
    return zone
  }

  /// Forgets what was read, so that changed data is seen at the next look-up.
  public mutating func forgetAll() {
    zones.removeAll()
  }

  /// The name most like a wrong one, for a hint; nil when none comes near. `Berlin` finds `Europe/Berlin`.
  public static func nearestName(to wrong: String, among names: some Sequence<String>) -> String? {
    // Two letters are near everything.
    guard wrong.utf8.count >= 3 else { return nil }
    let wanted = Array(wrong.prefix(64).lowercased().utf8).map(comparable)
    var best: (distance: Int, name: String)?
    for name in names {
      let candidate = Array(name.lowercased().utf8).map(comparable)
      let city = Array(candidate.split(separator: UInt8(ascii: "/")).last ?? [])
      let distance = min(
        EditDistance.between(wanted, candidate),
        // Only the city was written: as good as a small slip.
        EditDistance.between(wanted, city) + 1)
      if distance < best?.distance ?? Int.max || (distance == best?.distance && name < best?.name ?? name) {
        best = (distance, name)
      }
    }
    guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
    return best.name
  }

  private static func comparable(_ byte: UInt8) -> UInt8 {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
  }
}

/// How many letters separate two words, for hints.
enum EditDistance {
  /// Insertions, deletions and replacements that turn one into the other.
  static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, leftByte) in left.enumerated() {
      var current = [row + 1]
      for (column, rightByte) in right.enumerated() {
        let replaced = previous[column] + (leftByte == rightByte ? 0 : 1)
        current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[right.count]
  }
}
