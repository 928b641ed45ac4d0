import CronLedger

/// A ledger's files in memory, written as a ticker does: a snapshot at the head of each segment.
struct MemoryLedger: LedgerReading {
  private var files: [String: [UInt8]] = [:]

  init(_ records: [SequencedRecord], segments: Int) throws {
    var state = LedgerState()
    let length = max(1, (records.count + segments - 1) / segments)
    var number = 0
    for (place, record) in records.enumerated() {
      if place % length == 0 {
        number += 1
        var head: [UInt8] = []
        for restated in state.snapshotRecords(at: record.record.at ?? Bench.noon) {
          RecordCodec.append(restated.record, seq: restated.seq, to: &head)
        }
        files[SegmentName.of(number)] = head
      }
      // The mutilated ones contradict themselves, and are written all the same.
      do { try state.apply(record) } catch {}
      RecordCodec.append(record.record, seq: record.seq, to: &files[SegmentName.of(number), default: []])
    }
  }

  mutating func list() -> [String] { Array(files.keys) }

  mutating func size(_ name: String) -> Int { files[name]?.count ?? 0 }

  mutating func read(_ name: String, from offset: Int, count: Int) -> [UInt8] {
    Array((files[name] ?? []).dropFirst(offset).prefix(count))
  }
}
