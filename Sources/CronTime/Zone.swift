/// What a zone's clocks show at an instant.
public struct ZoneOffset: Hashable, Sendable {
  /// Seconds east of Greenwich, within ±26 hours.
  public let utcOffsetSeconds: Int
  /// Whether the zone's data calls it daylight saving time; in Dublin that is winter.
  public let isDaylight: Bool
  /// `CET`, `EDT`, `+03`.
  public let abbreviation: String

  /// An offset with its flag and abbreviation.
  package init(utcOffsetSeconds: Int, isDaylight: Bool, abbreviation: String) {
    self.utcOffsetSeconds = utcOffsetSeconds
    self.isDaylight = isDaylight
    self.abbreviation = abbreviation
  }
}

/// A change of a zone's clocks.
public struct Transition: Hashable, Sendable {
  /// The first second, since the epoch, at which `after` holds.
  public let at: Int64
  /// What the clocks showed until then.
  public let before: ZoneOffset
  /// What they show from then on.
  public let after: ZoneOffset

  /// Seconds by which clocks jump: positive is a gap, negative a fold, 0 another name for the same time.
  public var shift: Int { after.utcOffsetSeconds - before.utcOffsetSeconds }
}

/// A time zone, read from TZif data (RFC 9636); copies share one table.
public struct Zone: Hashable, Sendable, CustomStringConvertible {
  /// One copy for all jobs of a zone.
  private final class Storage: Sendable {
    let name: String
    let dataHash: UInt64
    let table: ZoneTable

    init(name: String, dataHash: UInt64, table: ZoneTable) {
      self.name = name
      self.dataHash = dataHash
      self.table = table
    }
  }

  private let storage: Storage

  /// The name it was asked for by, such as `Europe/Paris`.
  public var name: String { storage.name }
  /// A stable hash of the TZif bytes, to notice changed data; 0 for UTC.
  public var dataHash: UInt64 { storage.dataHash }
  var table: ZoneTable { storage.table }

  /// Coordinated Universal Time; it needs no data.
  public static let utc = Zone(
    name: "UTC", dataHash: 0,
    table: ZoneTable(fixed: ZoneOffset(utcOffsetSeconds: 0, isDaylight: false, abbreviation: "UTC")))

  private init(name: String, dataHash: UInt64, table: ZoneTable) {
    storage = Storage(name: name, dataHash: dataHash, table: table)
  }

  /// Reads a zone from the bytes of a TZif file, versions 1–4; throws `ZoneError.malformed` when they aren't one.
  public init(name: String, tzif bytes: [UInt8]) throws(ZoneError) {
    var reader = TZifReader(bytes)
    let contents: TZifContents
    do {
      contents = try reader.contents()
    } catch {
      throw .malformed(name: name, reason: error.reason)
    }
    self.init(name: name, dataHash: max(StableHash.bytes(bytes), 1), table: ZoneTable(contents))
  }

  /// Two zones are equal when they have one name and the same data.
  public static func == (left: Zone, right: Zone) -> Bool {
    left.storage === right.storage || left.dataHash == right.dataHash && left.name == right.name
  }

  /// Hashes name and data.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(dataHash)
  }

  /// The name.
  public var description: String { name }

  /// Whether a name may be looked up as a file: 1–64 of `A-Z a-z 0-9 _ + - / .`, relative, no `..`, not `posix/`.
  package static func isAcceptableName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...64).contains(bytes.count), !name.hasPrefix("posix/"), !name.hasPrefix("right/") else { return false }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let first = part.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
      guard part.allSatisfy(isNameByte) else { return false }
    }
    return true
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_+-.".utf8.contains(byte)
    }
  }

  /// What the zone's clocks show at an instant, in seconds since the epoch; any year.
  public func offset(at seconds: Int64) -> ZoneOffset { table.type(at: seconds) }

  /// The first change after an instant, in seconds since the epoch; nil when no change follows.
  public func nextTransition(after seconds: Int64) -> Transition? { table.nextTransition(after: seconds) }

  /// The instant in this zone as RFC 3339 with its offset, whole seconds; UTC prints `Z`.
  public func rfc3339(_ instant: Instant) -> String {
    if dataHash == 0 { return instant.description }
    let offset = offset(at: instant.seconds).utcOffsetSeconds
    var text = TimestampText()
    text.append(CivilDateTime(secondsSinceEpoch: instant.seconds.addingSaturating(Int64(offset))))
    text.append(offset: offset)
    return text.string
  }
}
