/// Why zone data or a zone's name was refused.
public enum ZoneError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name can't be a zone's: an absolute path, `..`, `posix/…`, `right/…`, or characters that no zone has.
  case unacceptableName(String)
  /// There is no data for the name.
  case unknown(String)
  /// The data isn't TZif as RFC 9636 has it.
  case malformed(name: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .unacceptableName(let name): "'\(name)' can't be the name of a time zone"
    case .unknown(let name): "there is no time zone '\(name)'"
    case .malformed(let name, let reason): "the data of time zone '\(name)' is damaged: \(reason)"
    }
  }
}

/// What a TZif file holds (RFC 9636, versions 1–4), validated.
struct TZifContents {
  var transitions: [Int64] = []
  var typeIndices: [UInt8] = []
  var types: [ZoneOffset] = []
  var rule: PosixRule?
}

/// Reads TZif; every count is checked before it is used, so damaged data is an error and never a trap.
struct TZifReader {
  /// A reason, to which the caller adds the zone's name.
  struct Failure: Error {
    var reason: String
  }

  /// Larger data is refused; the largest real file is about 4 KiB.
  static let maximumSize = 1 << 18

  private struct Header {
    var version: UInt8
    var utcIndicators: Int
    var standardIndicators: Int
    var leapSeconds: Int
    var transitions: Int
    var types: Int
    var characters: Int

    func dataSize(timeSize: Int) -> Int {
      transitions * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4)
        + standardIndicators + utcIndicators
    }
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The contents of the newest data block of the file.
  mutating func contents() throws(Failure) -> TZifContents {
    guard bytes.count <= Self.maximumSize else { throw Failure(reason: "larger than \(Self.maximumSize) bytes") }
    let first = try header()
    guard first.version != 0 else { return try block(first, timeSize: 4) }
    // Version 2 and later repeat everything with 64-bit times; the first block is for old readers.
    try skip(first.dataSize(timeSize: 4))
    var contents = try block(try header(), timeSize: 8)
    contents.rule = try footer()
    return contents
  }

  private mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw Failure(reason: "cut short") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func skip(_ count: Int) throws(Failure) {
    _ = try take(count)
  }

  private mutating func integer(size: Int) throws(Failure) -> Int64 {
    let slice = try take(size)
    var value: UInt64 = (slice.first ?? 0) & 0x80 != 0 ? .max : 0
    for byte in slice { value = value << 8 | UInt64(byte) }
    return Int64(bitPattern: value)
  }

  private mutating func count(maximum: Int64, _ what: String) throws(Failure) -> Int {
    let value = try integer(size: 4)
    guard value >= 0, value <= maximum else { throw Failure(reason: "an impossible number of \(what)") }
    return Int(value)
  }

  private mutating func header() throws(Failure) -> Header {
    guard try take(4).elementsEqual("TZif".utf8) else { throw Failure(reason: "not a TZif file") }
    let version = try take(1).first ?? 0
    try skip(15)
    let header = Header(
      version: version,
      utcIndicators: try count(maximum: 256, "UT indicators"),
      standardIndicators: try count(maximum: 256, "standard indicators"),
      leapSeconds: try count(maximum: 1_000, "leap seconds"),
      transitions: try count(maximum: 20_000, "transitions"),
      types: try count(maximum: 256, "types"),
      characters: try count(maximum: 4_096, "characters"))
    guard header.version == 0 || header.version >= UInt8(ascii: "2") else {
      throw Failure(reason: "unknown version")
    }
    guard header.types > 0 else { throw Failure(reason: "no local time type") }
    return header
  }

  private mutating func block(_ header: Header, timeSize: Int) throws(Failure) -> TZifContents {
    var contents = TZifContents()
    contents.transitions.reserveCapacity(header.transitions)
    for _ in 0..<header.transitions {
      let time = try integer(size: timeSize)
      guard contents.transitions.last.map({ $0 < time }) ?? true else {
        throw Failure(reason: "transitions aren't in order")
      }
      // Real files begin at −2^59 at the earliest; what lies within this can be added to without overflow.
      guard time.magnitude <= 1 << 60 else { throw Failure(reason: "a transition at an impossible time") }
      contents.transitions.append(time)
    }
    contents.typeIndices = Array(try take(header.transitions))
    guard contents.typeIndices.allSatisfy({ $0 < header.types }) else {
      throw Failure(reason: "a transition to a type that isn't there")
    }
    let types = Array(try take(header.types * 6))
    let characters = Array(try take(header.characters))
    for start in stride(from: 0, to: types.count, by: 6) {
      contents.types.append(try type(Array(types[start..<start + 6]), characters: characters))
    }
    guard header.leapSeconds == 0 else {
      throw Failure(reason: "it counts leap seconds (a 'right/' zone), which wall clocks don't")
    }
    try skip(header.standardIndicators + header.utcIndicators)
    return contents
  }

  private func type(_ record: [UInt8], characters: [UInt8]) throws(Failure) -> ZoneOffset {
    var reader = TZifReader(record)
    let offset = try reader.integer(size: 4)
    guard offset > -93_600, offset < 93_600 else { throw Failure(reason: "an offset of more than a day") }
    guard record[4] <= 1 else { throw Failure(reason: "a daylight flag that is neither 0 nor 1") }
    let nameStart = Int(record[5])
    guard nameStart < characters.count, let nameEnd = characters[nameStart...].firstIndex(of: 0) else {
      throw Failure(reason: "an abbreviation outside of the table")
    }
    return ZoneOffset(
      utcOffsetSeconds: Int(offset), isDaylight: record[4] == 1,
      abbreviation: String(decoding: characters[nameStart..<nameEnd], as: UTF8.self))
  }

  private mutating func footer() throws(Failure) -> PosixRule? {
    guard try take(1).first == UInt8(ascii: "\n"),
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n"))
    else { throw Failure(reason: "no footer") }
    let text = bytes[position..<end]
    if text.isEmpty { return nil }
    guard let rule = PosixRule(text) else {
      throw Failure(reason: "a footer that can't be read: \(String(decoding: text.prefix(64), as: UTF8.self))")
    }
    return rule
  }
}
