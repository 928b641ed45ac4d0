import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// What no segment took is replayed behind the segments, and written into the next one.
@Suite struct SpillTests {
  private static let records = RecoveryTests.sequenced

  private static func lines(_ records: some Sequence<SequencedRecord>) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records { RecordCodec.append(record.record, seq: record.seq, to: &bytes) }
    return bytes
  }

  private static func recover(
    _ files: [String: [UInt8]], _ spilled: SpilledRecords
  ) -> (RecoveryResult, FakeLedgerStorage) {
    var storage = FakeLedgerStorage(files: files)
    let result = Recovery.recover(storage: &storage, spilled: spilled)
    return (result, storage)
  }

  @Test(.acceptance(57), arguments: 0...9)
  func `wherever the disk refused, segment and spill together are the whole ledger`(split: Int) {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(split)))
    // The last record before the refusal may be in both: written, not synced, and kept.
    let spilled = Self.lines(Self.records.dropFirst(max(0, split - 1)))
    let (result, _) = Self.recover(["000001.log": segment], SpilledRecords(lines: spilled))
    #expect(result.state == LedgerState(applying: Self.records))
    #expect(!result.needsBaseline && result.findings.isEmpty, "\(result.findings)")
    #expect(result.spilledLines == spilled)
  }

  @Test func `a disk that took nothing at all leaves everything to the spill`() {
    let (result, _) = Self.recover([:], SpilledRecords(lines: Self.lines(Self.records)))
    #expect(result.state == LedgerState(applying: Self.records))
    #expect(!result.needsBaseline && result.nextSegment == 1)
  }

  @Test(.acceptance(57)) func `cut at any byte, the whole lines before the cut remain`() {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(5)))
    let spilled = Self.lines(Self.records.dropFirst(5))
    for cut in spilled.indices {
      let part = Array(spilled[..<cut])
      let whole = part.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      let (result, _) = Self.recover(["000001.log": segment], SpilledRecords(lines: part))
      #expect(result.spilledLines == Array(part[..<whole]))
      let count = part.count { $0 == UInt8(ascii: "\n") }
      #expect(result.state == LedgerState(applying: Array(Self.records.prefix(5 + count))))
      #expect(!result.needsBaseline)
    }
  }

  @Test(.acceptance(57)) func `a spill that is lost or was too small means that nobody knows what ran`() {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(7)))
    let (result, _) = Self.recover(["000001.log": segment], SpilledRecords(lines: [], isIncomplete: true))
    #expect(result.needsBaseline)
    #expect(result.findings.map(\.kind) == [.spillLost])
    #expect(result.state.open[Samples.run(2)]?.isDoubtful == true)
  }

  @Test(.acceptance(57)) func `records missing between segment and spill are a loss`() {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(5)))
    let (result, _) = Self.recover(
      ["000001.log": segment], SpilledRecords(lines: Self.lines(Self.records.dropFirst(6))))
    #expect(result.needsBaseline)
    #expect(result.findings.map(\.kind) == [.gap])
  }

  @Test(.acceptance(57)) func `a baseline that no segment took holds for the ticker after the next as well`() {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(5)))
    let baseline = SequencedRecord(seq: 0, record: .through(at: Samples.at(50)))
    let spilled = Self.lines([baseline] + Self.records.dropFirst(5))
    let (result, _) = Self.recover(["000001.log": segment], SpilledRecords(lines: spilled))
    #expect(result.state.through == Samples.at(50))
    #expect(result.state.isClaimed(OccurrenceKey(job: "never-heard-of", instant: Samples.at(49))))
    #expect(!result.needsBaseline && result.findings.isEmpty, "\(result.findings)")
  }

  @Test(.acceptance(57)) func `a run that was open at such a baseline stays doubtful, and a later one is sure`() throws
  {
    let claims = [1, 2].map {
      SequencedRecord(seq: UInt64($0), record: .claim(Samples.claim($0, occurrence: Int64($0))))
    }
    let segment = RecoveryTests.segment(LedgerState(), [claims[0]])
    let baseline = SequencedRecord(seq: 0, record: .through(at: Samples.at(1)))
    let (result, _) = Self.recover(
      ["000001.log": segment], SpilledRecords(lines: Self.lines([baseline, claims[1]])))
    let open = try [1, 2].map { try #require(result.state.open[Samples.run($0)]) }
    #expect(open.map(\.claim.isDoubtful) == [true, false])
  }

  @Test(.acceptance(57)) func `what was spilled goes into the next segment, and is read from there`() throws {
    let segment = RecoveryTests.segment(LedgerState(), Array(Self.records.prefix(5)))
    var (result, storage) = Self.recover(
      ["000001.log": segment], SpilledRecords(lines: Self.lines(Self.records.dropFirst(5))))
    var writer = LedgerWriter(nextSegment: result.nextSegment, pending: result.spilledLines)
    #expect(!writer.isDurable)
    try writer.openSegment(storage: &storage, snapshot: result.state.snapshotRecords(at: Samples.at(6_000)))
    #expect(writer.syncNow(storage: &storage) && writer.isDurable)
    let expected = result.state.snapshotRecords(at: Samples.at(6_000))
    result = Recovery.recover(storage: &storage)
    #expect(result.state.snapshotRecords(at: Samples.at(6_000)) == expected)
    #expect(result.findings.isEmpty, "\(result.findings)")
    let text = String(decoding: storage.content("000002.log"), as: UTF8.self)
    for record in Self.records.dropFirst(5) {
      #expect(text.contains(String(decoding: Self.lines([record]), as: UTF8.self)))
    }
  }
}
