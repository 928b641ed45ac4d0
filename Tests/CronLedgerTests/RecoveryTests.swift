import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct RecoveryTests {
  /// The records of a small ledger: a job, a finished run, an open one, a range, a mark.
  static let records: [Record] = [
    .restart(at: Samples.at(-90), boot: "boot-1", pid: 7, version: "1.0.0"),
    .define(Samples.define()),
    .claim(Samples.claim(1, occurrence: 0)),
    .start(RunStart(run: Samples.run(1), pid: 11, at: Samples.at(1))),
    .end(Samples.end(1)),
    .missed(
      NotRun(
        job: "backup", first: Samples.at(60), last: Samples.at(120), count: 2, at: Samples.at(130), reason: .down)),
    .claim(Samples.claim(2, occurrence: 180)),
    .claim(Samples.claim(3, job: "mail", occurrence: 200)),
    .start(RunStart(run: Samples.run(3), pid: 12, at: Samples.at(201))),
  ]

  static let sequenced = records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 1), record: $0.element) }

  /// A segment: the snapshot of a state, further records, NULs to the end.
  static func segment(
    _ state: LedgerState = LedgerState(), _ more: [SequencedRecord] = sequenced, nuls: Int = 64
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in state.snapshotRecords(at: Samples.at(-100)) + more {
      RecordCodec.append(record.record, seq: record.seq, to: &bytes)
    }
    return bytes + [UInt8](repeating: 0, count: nuls)
  }

  static func recover(_ files: [String: [UInt8]]) -> (RecoveryResult, FakeLedgerStorage) {
    var storage = FakeLedgerStorage(files: files)
    let result = Recovery.recover(storage: &storage)
    return (result, storage)
  }

  @Test func `no ledger at all is an empty one, without findings`() {
    let (result, _) = Self.recover([:])
    #expect(result.state == LedgerState())
    #expect(result.findings.isEmpty && !result.needsBaseline && !result.mustNotWrite)
    #expect(result.nextSegment == 1)
  }

  @Test func `a whole segment is replayed, and its unused space given back`() {
    let bytes = Self.segment()
    let (result, storage) = Self.recover(["000001.log": bytes])
    #expect(result.state == LedgerState(applying: Self.sequenced))
    #expect(result.findings.isEmpty && result.nextSegment == 2)
    #expect(storage.content("000001.log") == Array(bytes.dropLast(64)))
  }

  @Test(.acceptance(57)) func `a claim without a start is found again`() {
    let (result, _) = Self.recover(["000001.log": Self.segment()])
    let open = result.state.open[Samples.run(2)]
    #expect(open?.state == .claimed && open?.claimSequence == 7 && open?.isDoubtful == false)
    #expect(open?.claim == Samples.claim(2, occurrence: 180))
    #expect(result.state.open[Samples.run(3)]?.state == .started)
    #expect(result.state.open[Samples.run(1)] == nil)
  }

  @Test(.acceptance(57)) func `cut at any byte, the whole lines before the cut remain`() {
    let bytes = Self.segment(nuls: 0)
    let head = RecordCodec.encode(LedgerState().snapshotRecords(at: Samples.at(-100))[0].record, seq: 0).count
    for length in head...bytes.count {
      let lines = bytes[..<length].count { $0 == UInt8(ascii: "\n") } - 1
      for nuls in [0, 1, 700] {
        let cut = Array(bytes[..<length]) + [UInt8](repeating: 0, count: nuls)
        let (result, storage) = Self.recover(["000001.log": cut])
        #expect(result.state.essence == LedgerState(applying: Self.sequenced.prefix(lines)).essence)
        let isTorn = bytes[length - 1] != UInt8(ascii: "\n")
        #expect(result.findings.map(\.kind) == (isTorn ? [.tornTail] : []))
        #expect(!result.needsBaseline)
        #expect(storage.content("000001.log").last == UInt8(ascii: "\n"))
      }
    }
  }

  @Test func `the newest segment cut at any byte of its snapshot costs nothing`() {
    let old = Self.segment(nuls: 0)
    let state = LedgerState(applying: Self.sequenced)
    let new = Self.segment(state, [], nuls: 0)
    for length in 0..<new.count {
      let (result, _) = Self.recover(["000001.log": old, "000002.log": Array(new[..<length]) + [0, 0]])
      #expect(result.state.essence == state.essence, "length \(length)")
      #expect(!result.needsBaseline && result.nextSegment == 3)
    }
  }

  @Test(.acceptance(56), arguments: [0, 7])
  func `a bit that flips anywhere is noticed, and costs only its own line`(bit: UInt8) {
    let bytes = Self.segment()
    let lineEnds = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    for offset in bytes.indices {
      var flipped = bytes
      flipped[offset] ^= 1 << bit
      let (result, storage) = Self.recover(["000001.log": flipped])
      // The line that the bit is in; line 0 is the snapshot's, lines count up to the NULs behind them.
      let line = lineEnds.firstIndex { offset <= $0 } ?? lineEnds.count
      #expect(!result.findings.isEmpty, "offset \(offset)")
      // A lost newline costs nothing but itself.
      let isNewline = line < lineEnds.count && offset == lineEnds[line]
      // Of the last line a write that was cut short leaves a beginning, or a loss of power what stands around a hole.
      let isTail = line >= lineEnds.count || (line == lineEnds.count - 1 && flipped[offset] == 0)
      let remaining = Self.sequenced.enumerated().filter { $0.offset != line - 1 || (isNewline && !isTail) }
      for (_, record) in remaining {
        if case .claim(let claim) = record.record, let key = claim.key {
          #expect(result.state.isClaimed(key), "offset \(offset) \(key)")
        }
      }
      #expect(result.needsBaseline == !isTail, "offset \(offset) \(result.findings)")
      if isTail {
        #expect(result.findings.map(\.kind) == [.tornTail])
      } else {
        #expect(storage.quarantined["ledger-000001.log"] == flipped)
        #expect(storage.content("000001.log") == flipped)
        #expect(result.state.open.values.allSatisfy { $0.isDoubtful })
      }
    }
  }

  @Test func `a hole of NULs with records behind it is damage, not the end`() {
    var bytes = Self.segment()
    for offset in 200..<500 { bytes[offset] = 0 }
    let (result, storage) = Self.recover(["000001.log": bytes])
    #expect(result.needsBaseline)
    #expect(result.findings.map(\.kind).contains(.damaged))
    #expect(result.state.open[Samples.run(3)]?.isDoubtful == true)
    #expect(result.state.isClaimed(OccurrenceKey(job: "mail", instant: Samples.at(200))))
    #expect(storage.quarantined["ledger-000001.log"] == bytes)
  }

  @Test func `a damaged ledger has nothing to catch up once its baseline is set`() {
    var bytes = Self.segment()
    bytes[250] ^= 0xFF
    var (result, _) = Self.recover(["000001.log": bytes])
    result.setBaseline(Samples.at(1000))
    #expect(result.state.isClaimed(OccurrenceKey(job: "backup", instant: Samples.at(1000))))
    #expect(!result.state.isClaimed(OccurrenceKey(job: "backup", instant: Samples.at(1001))))
  }

  @Test(.acceptance(56)) func `a missing record is a loss, one that comes twice is not`() {
    var gap = Self.sequenced
    gap.remove(at: 3)
    let (lost, _) = Self.recover(["000001.log": Self.segment(LedgerState(), gap)])
    #expect(lost.findings.map(\.kind) == [.gap] && lost.needsBaseline)
    #expect(lost.state.isClaimed(OccurrenceKey(job: "mail", instant: Samples.at(200))))

    var twice = Self.sequenced
    twice.insert(twice[6], at: 7)
    let (doubled, _) = Self.recover(["000001.log": Self.segment(LedgerState(), twice)])
    #expect(doubled.findings.map(\.kind) == [.duplicate] && !doubled.needsBaseline)
    #expect(doubled.state == LedgerState(applying: Self.sequenced))
  }

  @Test func `another record in a taken place blocks what it claims`() {
    let intruder = SequencedRecord(seq: 3, record: .claim(Samples.claim(9, occurrence: 240)))
    let (result, _) = Self.recover(["000001.log": Self.segment(LedgerState(), Self.sequenced + [intruder])])
    #expect(result.findings.map(\.kind) == [.duplicate])
    #expect(result.state.isClaimed(OccurrenceKey(job: "backup", instant: Samples.at(240))))
  }

  @Test func `contradictions are findings`() {
    let more = [SequencedRecord(seq: 10, record: .end(Samples.end(1)))]
    let (result, _) = Self.recover(["000001.log": Self.segment(LedgerState(), Self.sequenced + more)])
    #expect(result.findings.map(\.kind) == [.illegal] && !result.needsBaseline)
  }

  @Test func `records of later types change nothing and hide nothing`() {
    var records = Self.sequenced.map(\.record)
    records.insert(.unknown(type: "moon", fields: [RecordField(key: "phase", value: "full")]), at: 4)
    let sequenced = records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 1), record: $0.element) }
    let (result, _) = Self.recover(["000001.log": Self.segment(LedgerState(), sequenced)])
    #expect(result.findings.isEmpty)
    #expect(result.state.open.keys.sorted() == [Samples.run(2), Samples.run(3)])
  }

  @Test func `100,000 records are recovered`() {
    var bytes: [UInt8] = []
    var state = LedgerState()
    for record in state.snapshotRecords(at: Samples.noon) { RecordCodec.append(record.record, seq: 0, to: &bytes) }
    for number in 0..<50_000 {
      let occurrence = Int64(number) * 60
      for record in [Record.claim(Samples.claim(number, occurrence: occurrence)), .end(Samples.end(number))] {
        let sequenced = SequencedRecord(seq: state.nextSequence, record: record)
        try? state.apply(sequenced)
        RecordCodec.append(record, seq: sequenced.seq, to: &bytes)
      }
    }
    let (result, _) = Self.recover(["000001.log": bytes])
    #expect(result.recordCount == 100_001)
    #expect(result.state == state)
    #expect(result.findings.isEmpty)
  }
}
