import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// What a loss of power leaves of writes that no sync had covered is the end of the ledger, not damage in it.
@Suite struct SyncedMarkTests {
  private static let name = "000001.log"

  private static func numbered(_ records: [Record], from first: UInt64) -> [SequencedRecord] {
    records.enumerated().map { SequencedRecord(seq: first + UInt64($0.offset), record: $0.element) }
  }

  /// A segment of boot-1: what was synced, and behind it three claims that were not.
  private struct Written {
    var storage: FakeLedgerStorage
    /// Where the unsynced write begins.
    var end: Int
    var bytes: [UInt8] { storage.content(SyncedMarkTests.name) }
  }

  private static func written() throws -> Written {
    var storage = FakeLedgerStorage()
    var writer = LedgerWriter(nextSegment: 1, segmentBytes: 4096)
    try writer.openSegment(storage: &storage, snapshot: LedgerState().snapshotRecords(at: Samples.at(0)))
    _ = writer.syncNow(storage: &storage)
    let synced: [Record] = [
      .restart(at: Samples.at(0), boot: "boot-1", pid: 1, version: "1"), .define(Samples.define()),
      .claim(Samples.claim(1)),
    ]
    _ = try writer.append(numbered(synced, from: 1), storage: &storage)
    _ = writer.syncNow(storage: &storage)
    let end = try #require(storage.content(name).lastIndex { $0 != 0 }) + 1
    let claims = (2...4).map { Record.claim(Samples.claim($0, occurrence: Int64($0) * 60)) }
    _ = try writer.append(numbered(claims, from: 4), storage: &storage)
    return Written(storage: storage, end: end)
  }

  /// The storage with a stretch of NULs, as of a sector that never reached the disk.
  private static func storage(_ bytes: [UInt8], nulls: Range<Int>) -> FakeLedgerStorage {
    var bytes = bytes
    bytes.replaceSubrange(nulls, with: repeatElement(0, count: nulls.count))
    return FakeLedgerStorage(files: [name: bytes])
  }

  @Test(.acceptance(57)) func `sectors that are lost amid unsynced writes are no loss of the ledger`() throws {
    let written = try Self.written()
    for start in written.end..<written.end + 200 {
      var storage = Self.storage(written.bytes, nulls: start..<start + 60)
      let result = Recovery.recover(storage: &storage, boot: "boot-2")
      #expect(!result.needsBaseline, "\(start): \(result.findings)")
      #expect(result.findings.map(\.kind) == [.unsyncedTail] || result.findings.map(\.kind) == [.tornTail], "\(start)")
      // What was synced is there, and nothing behind the hole.
      #expect(result.state.open[Samples.run(1)] != nil && result.state.open[Samples.run(4)] == nil, "\(start)")
      // It is cut off, so that no later reader stumbles over it.
      let second = Recovery.recover(storage: &storage, boot: "boot-2")
      #expect(second.findings.isEmpty && second.state.essence == result.state.essence, "\(start)")
    }
  }

  @Test(.acceptance(57)) func `without a loss of power the same bytes are damage`() throws {
    let written = try Self.written()
    for boot in ["boot-1", nil] {
      var storage = Self.storage(written.bytes, nulls: written.end + 40..<written.end + 80)
      let result = Recovery.recover(storage: &storage, boot: boot)
      #expect(result.needsBaseline && result.findings.first?.kind == .damaged)
    }
  }

  @Test(.acceptance(57)) func `damage of what is marked as synced is a loss, after a loss of power too`() throws {
    let written = try Self.written()
    for place in stride(from: 0, to: written.end - 1, by: 7) {
      var storage = Self.storage(written.bytes, nulls: place..<place + 1)
      let result = Recovery.recover(storage: &storage, boot: "boot-2")
      #expect(result.needsBaseline, "byte \(place): \(result.findings)")
    }
  }

  @Test(.acceptance(57)) func `a head of which the power took sectors is passed over`() throws {
    let before = try Self.written()
    let state = LedgerState(
      applying: Self.numbered([.define(Samples.define()), .claim(Samples.claim(1)), .claim(Samples.claim(9))], from: 1))
    let head = RecoveryTests.segment(state, [])
    let hole = head.count / 2
    var second = head
    second.replaceSubrange(hole..<hole + 20, with: repeatElement(0, count: 20))
    var storage = FakeLedgerStorage(files: [
      Self.name: Array(before.bytes[..<before.end]), "000002.log": second,
    ])
    let result = Recovery.recover(storage: &storage, boot: "boot-2")
    #expect(!result.needsBaseline, "\(result.findings)")
    #expect(result.state.open[Samples.run(1)] != nil && result.state.open[Samples.run(9)] == nil)
    #expect(Recovery.recover(storage: &storage, boot: "boot-2").findings.map(\.kind) == [.incompleteSnapshot])
  }

  @Test func `a mark is written once for each sync, and is no record`() throws {
    let written = try Self.written()
    let lines = String(decoding: written.bytes.prefix { $0 != 0 }, as: UTF8.self).split(separator: "\n")
    let marks = lines.filter { $0.contains(" 0 synced to=") }
    #expect(marks.count == 2 && marks.last?.hasSuffix("to=\(written.end)") == true)
    var scanner = SegmentScanner(written.bytes)
    var records = 0
    while let item = scanner.next() { if case .record = item { records += 1 } }
    #expect(records == lines.count - marks.count)
    #expect(scanner.syncedEnd == written.end)
  }

  @Test func `a mark can't speak of what lies behind it`() {
    var bytes = RecoveryTests.segment(LedgerState(), [], nuls: 0)
    let before = bytes.count
    bytes += SyncedMark.line(upTo: .max)
    #expect(SyncedMark.end(in: bytes) == before)
  }
}
