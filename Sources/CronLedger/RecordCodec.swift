import CronTime

/// Records as text lines: `CRC32C SEQ TYPE key=value …` and a newline.
///
/// The CRC-32C covers all that follows its field and the space after it, without the newline. Values are
/// percent-encoded. A key that a known type doesn't have is passed over: later minor versions may add some.
public enum RecordCodec {
  /// No line is longer, newline included, bytes.
  public static let maximumLineBytes = 1 << 20
  /// Free text is cut to so many bytes of UTF-8.
  public static let maximumTextBytes = 2000

  /// The record's line, with its newline.
  public static func encode(_ record: Record, seq: UInt64) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    append(record, seq: seq, to: &line)
    return line
  }

  /// Appends the record's line, with its newline.
  public static func append(_ record: Record, seq: UInt64, to output: inout [UInt8]) {
    var writer = RecordFieldWriter(line: [])
    swap(&writer.line, &output)
    let start = writer.line.count
    writer.line.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 9))
    // Sequence numbers stay below 2^63, so that each fits every integer that reads one.
    writer.line.append(contentsOf: String(min(seq, UInt64(Int64.max))).utf8)
    writer.line.append(UInt8(ascii: " "))
    writer.line.append(contentsOf: record.typeName.utf8)
    write(record, to: &writer)
    let crc = Checksum.crc32c(writer.line[(start + 9)...])
    writer.line.replaceSubrange(start..<start + 8, with: Checksum.hexadecimal(crc).utf8)
    writer.line.append(UInt8(ascii: "\n"))
    swap(&writer.line, &output)
  }

  /// Whether the line, with or without its newline, has a right checksum.
  static func isIntact(_ line: ArraySlice<UInt8>) -> Bool {
    let text = line.last == UInt8(ascii: "\n") ? line.dropLast() : line
    guard text.count > 9, text[text.startIndex + 8] == UInt8(ascii: " "),
      let crc = Checksum.parseHexadecimal(text.prefix(8))
    else { return false }
    return Checksum.crc32c(text.dropFirst(9)) == crc
  }

  /// Reads one line, with or without its newline; refuses whatever `encode` could not have written.
  public static func decode(line: ArraySlice<UInt8>) throws(RecordError) -> SequencedRecord {
    guard line.count <= maximumLineBytes else { throw .malformed }
    let text = line.last == UInt8(ascii: "\n") ? line.dropLast() : line
    guard text.count > 12, text[text.startIndex + 8] == UInt8(ascii: " "),
      let crc = Checksum.parseHexadecimal(text.prefix(8))
    else { throw .malformed }
    let body = text.dropFirst(9)
    guard Checksum.crc32c(body) == crc else { throw .checksum }
    guard let afterSequence = body.firstIndex(of: UInt8(ascii: " ")),
      let seq = RecordNumber.decimal(body[..<afterSequence]), seq >= 0
    else { throw .malformed }
    let rest = body[(afterSequence + 1)...]
    let afterType = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
    guard afterType > rest.startIndex,
      rest[..<afterType].allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }),
      afterType == rest.endIndex || afterType + 1 < rest.endIndex
    else { throw .malformed }
    let type = String(decoding: rest[..<afterType], as: UTF8.self)
    let fields = try RecordFieldReader(rest[min(afterType + 1, rest.endIndex)...])
    return SequencedRecord(seq: UInt64(seq), record: try read(type, fields))
  }

  /// Cuts free text to what a record may hold, at a character's boundary.
  static func bounded(_ text: String) -> String {
    guard text.utf8.count > maximumTextBytes else { return text }
    var bytes = 0
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > maximumTextBytes { break }
      scalars.append(scalar)
    }
    return String(scalars)
  }
}

extension Record {
  /// The third word of the record's line.
  public var typeName: String {
    switch self {
    case .define: "define"
    case .retire: "retire"
    case .pause: "pause"
    case .resume: "resume"
    case .claim: "claim"
    case .start: "start"
    case .end: "end"
    case .queued: "queued"
    case .skipped: "skipped"
    case .missed: "missed"
    case .tickFailed: "tick-failed"
    case .clockStep: "clock-step"
    case .restart: "restart"
    case .through: "through"
    case .snapshot: "snapshot"
    case .unknown(let type, _): type
    }
  }
}
