extension Zone {
  /// TZif data (RFC 9636) of clocks that are `old`'s until an instant and `new`'s from it on; nil if no file holds it.
  ///
  /// That is what a machine's clocks show whose zone data is replaced while it runs. With such data the rules of gaps
  /// and folds say what is owed around the replacement, of each kind of schedule; exact for instants before 2201.
  package static func joined(_ old: Zone, until instant: Instant, then new: Zone) -> [UInt8]? {
    let at = instant.seconds
    var stretches = old.table.stretches.filter { $0.start < at }
    stretches.append((at, new.table.type(at: at)))
    stretches += new.table.stretches.filter { $0.start > at }
    return TZifWriter.file(stretches)
  }

  /// Whether both clocks show the same from the instant on; exact for instants before 2201.
  func agrees(with other: Zone, from instant: Instant) -> Bool {
    if dataHash == other.dataHash { return true }
    let at = instant.seconds
    func rest(_ zone: Zone) -> [(start: Int64, type: ZoneOffset)] { zone.table.stretches.filter { $0.start > at } }
    return table.type(at: at) == other.table.type(at: at) && rest(self).elementsEqual(rest(other), by: ==)
  }
}

/// Writes TZif version 2: a table of changes, without a rule for what follows the last one.
package enum TZifWriter {
  /// The file, where each stretch lasts until the next one starts; nil when they need more than a file can hold.
  package static func file(_ stretches: [(start: Int64, type: ZoneOffset)]) -> [UInt8]? {
    var types: [ZoneOffset] = []
    var names: [UInt8] = []
    var places: [String: UInt8] = [:]
    for (_, type) in stretches where !types.contains(type) {
      types.append(type)
      guard places[type.abbreviation] == nil else { continue }
      guard let place = UInt8(exactly: names.count) else { return nil }
      places[type.abbreviation] = place
      names += Array(type.abbreviation.utf8) + [0]
    }
    guard (1...256).contains(types.count), names.count <= 256 else { return nil }
    // The first block is for readers of version 1, who are told of UTC only.
    var file = header(transitions: 0, types: 1, characters: 1) + [UInt8](repeating: 0, count: 7)
    let changes = stretches.dropFirst()
    file += header(transitions: changes.count, types: types.count, characters: names.count)
    for (start, _) in changes { append(UInt64(bitPattern: start), 8, to: &file) }
    for (_, type) in changes { file.append(UInt8(types.firstIndex(of: type) ?? 0)) }
    for type in types {
      append(UInt64(UInt32(bitPattern: Int32(clamping: type.utcOffsetSeconds))), 4, to: &file)
      file += [type.isDaylight ? 1 : 0, places[type.abbreviation] ?? 0]
    }
    return file + names + Array("\n\n".utf8)
  }

  private static func header(transitions: Int, types: Int, characters: Int) -> [UInt8] {
    var header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    for count in [0, 0, 0, transitions, types, characters] { append(UInt64(count), 4, to: &header) }
    return header
  }

  /// Big-endian.
  private static func append(_ value: UInt64, _ bytes: Int, to file: inout [UInt8]) {
    for place in (0..<bytes).reversed() { file.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(place)))) }
  }
}
