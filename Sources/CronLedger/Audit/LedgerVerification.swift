import CronTime

/// Reads segments line by line, in pieces, and checks every checksum; what the lines say doesn't matter.
struct LedgerVerification {
  private static let pieceBytes = 1 << 20

  private(set) var total = VerifiedBytes()

  /// Reads one segment to its end, and adds it to the total; `isTailDamaged` tells from the number of its records
  /// whether the bytes behind the last of them are damage, and not a write that was cut short.
  mutating func read(
    _ name: String, _ reader: inout some LedgerReading, isTailDamaged: (Int) -> Bool
  ) throws(StorageError) -> VerifiedBytes {
    var result = VerifiedBytes()
    result.segments = 1
    var lines = LineCheck()
    var offset = 0
    while true {
      let piece = try reader.read(name, from: offset, count: Self.pieceBytes)
      if piece.isEmpty { break }
      offset += piece.count
      lines.take(piece)
    }
    lines.finish(&result)
    if isTailDamaged(result.records) {
      result.damagedBytes += result.tornBytes
      result.tornBytes = 0
    }
    result.bytes = offset
    total.segments += 1
    total.bytes += result.bytes
    total.records += result.records
    total.damagedBytes += result.damagedBytes
    total.tornBytes += result.tornBytes
    total.reservedBytes += result.reservedBytes
    return result
  }
}

/// Splits bytes into lines that have a right checksum and those that don't.
private struct LineCheck {
  private var rest: [UInt8] = []
  private var records = 0
  private var damaged = 0
  /// Bytes without a right checksum since the last line that has one, the NULs at their end not among them.
  private var doubtful = 0
  private var nulls = 0

  mutating func take(_ piece: [UInt8]) {
    rest += piece
    var start = 0
    while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line(rest[start...newline])
      start = newline + 1
    }
    rest.removeFirst(start)
    // No record is as long: what was kept of it can be let go.
    if rest.count > RecordCodec.maximumLineBytes { flush() }
  }

  mutating func finish(_ result: inout VerifiedBytes) {
    flush()
    result.records = records
    result.damagedBytes = damaged
    result.tornBytes = doubtful
    result.reservedBytes = nulls
  }

  private mutating func line(_ bytes: ArraySlice<UInt8>) {
    if RecordCodec.isIntact(bytes) {
      records += 1
      damaged += doubtful + nulls
      (doubtful, nulls) = (0, 0)
    } else if let hole = bytes.lastIndex(of: 0), RecordCodec.isIntact(bytes[(hole + 1)...]) {
      doubt(bytes[...hole])
      line(bytes[(hole + 1)...])
    } else {
      doubt(bytes)
    }
  }

  private mutating func flush() {
    doubt(rest[...])
    rest = []
  }

  private mutating func doubt(_ bytes: ArraySlice<UInt8>) {
    guard let last = bytes.lastIndex(where: { $0 != 0 }) else {
      nulls += bytes.count
      return
    }
    doubtful += nulls + (last + 1 - bytes.startIndex)
    nulls = bytes.endIndex - last - 1
  }
}
