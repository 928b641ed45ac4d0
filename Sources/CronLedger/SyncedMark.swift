/// Says inside a segment how much of it a sync has covered: a line of type `synced`, the first of a write.
///
/// After a loss of power, sectors of what wasn't synced may be there in any order. What lies behind the last mark was
/// never acted on, so bytes there that are no record are the end of the ledger, and no loss. The mark is no fact of any
/// job: it has no place of its own (its sequence number is 0), and `SegmentScanner` passes over it.
enum SyncedMark {
  private static let type = "synced"

  /// The line that says that all bytes before an offset of its segment are durable.
  static func line(upTo offset: Int) -> [UInt8] {
    RecordCodec.encode(.unknown(type: type, fields: [RecordField(key: "to", value: String(offset))]), seq: 0)
  }

  /// What a mark says; nil when the record is none.
  static func offset(of record: SequencedRecord) -> Int? {
    guard record.seq == 0, case .unknown(type, let fields) = record.record else { return nil }
    return fields.first { $0.key == "to" }.flatMap { Int($0.value) }
  }

  /// What the marks of a segment say together: all bytes before it were durable once.
  static func end(in bytes: [UInt8], isOutOfTime: @escaping () -> Bool = { false }) -> Int {
    var scanner = SegmentScanner(bytes, isOutOfTime: isOutOfTime)
    while !isOutOfTime(), scanner.next() != nil {}
    return scanner.syncedEnd
  }
}
