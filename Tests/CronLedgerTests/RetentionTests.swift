import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// Old segments go as fast as new ones come, and nothing goes that isn't surely ours.
@Suite struct RetentionTests {
  private static func storage(starts: some Sequence<Int64>) -> FakeLedgerStorage {
    var files: [String: [UInt8]] = [:]
    for (index, start) in starts.enumerated() {
      files[SegmentName.of(index + 1)] = LedgerState().snapshotRecords(at: Samples.at(start))
        .flatMap { RecordCodec.encode($0.record, seq: $0.seq) }
    }
    return FakeLedgerStorage(files: files)
  }

  @Test(
    arguments: [
      ([0, 100, 200, 300], 350, 100, [1, 2]), ([0, 100, 200, 300], 300, 100, [1]), ([0, 100, 200, 300], 10, 100, []),
      // Two generations stay, however old.
      ([0, 100], 10_000, 100, []), ([0, 100, 200], 10_000, 100, [1]),
      // A bound for one call.
      (Array(0..<20), 10_000, 100, [1, 2, 3, 4, 5, 6, 7, 8]), ([], 0, 0, []),
    ] as [([Int64], Int64, Int64, [Int])])
  func `whole segments go once the next one is old enough`(starts: [Int64], now: Int64, keep: Int64, gone: [Int]) throws
  {
    var storage = Self.storage(starts: starts)
    let outcome = try Retention.prune(storage: &storage, now: Samples.at(now), keepSeconds: keep)
    #expect(outcome.removed == gone.map(SegmentName.of) && outcome.passedOver.isEmpty)
    #expect(storage.files.count == starts.count - gone.count)
  }

  /// They were unlinked without a copy, and one that couldn't be read ended the removal for ever.
  @Test func `what isn't surely ours stays, is named, and holds up nothing`() throws {
    let reasons = [
      2: "it is empty", 3: "its head isn't one of a segment", 4: "a later version wrote it",
      5: "EISDIR: Is a directory", 6: "its head isn't one of a segment", 7: "its head isn't one of a segment",
    ]
    var storage = Self.storage(starts: (0..<12).map { $0 * 100 })
    storage.files["000002.log"]?.content = []
    storage.files["000003.log"]?.content = Array("garbage\n".utf8)
    storage.files["000004.log"]?.content = RecordCodec.encode(
      .snapshot(at: Samples.noon, records: 0, format: LedgerFormat(major: 9, minor: 0)), seq: 77)
    storage.files["000005.log"] = nil
    storage.refused = ["000005.log"]
    storage.files["000006.log"]?.content = [UInt8](repeating: 0, count: 9_000)
    storage.files["000007.log"]?.content[20] ^= 1
    let before = storage.files.mapValues(\.content)
    let outcome = try Retention.prune(storage: &storage, now: Samples.at(100_000), keepSeconds: 1)
    #expect(outcome.removed == [1, 8, 9, 10].map(SegmentName.of))
    #expect(
      Dictionary(uniqueKeysWithValues: outcome.passedOver.map { ($0.segment, $0.reason) })
        == Dictionary(uniqueKeysWithValues: reasons.map { (SegmentName.of($0.key), $0.value) }))
    for number in [2, 3, 4, 6, 7, 11, 12] {
      #expect(storage.content(SegmentName.of(number)) == before[SegmentName.of(number)])
    }
  }

  @Test func `a segment before one that isn't ours waits for the age of the next that is`() throws {
    var storage = Self.storage(starts: [0, 100, 200, 300, 400])
    storage.files["000002.log"]?.content = Array("garbage\n".utf8)
    #expect(try Retention.prune(storage: &storage, now: Samples.at(200), keepSeconds: 50).removed == [])
    #expect(try Retention.prune(storage: &storage, now: Samples.at(251), keepSeconds: 50).removed == ["000001.log"])
  }

  @Test func `one that can't be removed holds up nothing, a disk that refuses all is said`() throws {
    var storage = Self.storage(starts: (0..<5).map { $0 * 100 })
    storage.failures[.remove] = StorageError(.refused, "EPERM: Operation not permitted")
    let outcome = try Retention.prune(storage: &storage, now: Samples.at(10_000), keepSeconds: 1)
    #expect(outcome.removed.isEmpty && outcome.passedOver.map(\.segment) == (1...3).map(SegmentName.of))
    storage.failures[.remove] = StorageError(.readOnly, "EROFS")
    #expect(throws: StorageError(.readOnly, "EROFS")) {
      try Retention.prune(storage: &storage, now: Samples.at(10_000), keepSeconds: 1)
    }
    // One bad sector is one file's.
    storage.failures = [.read: StorageError(.failed, "EIO")]
    let unread = try Retention.prune(storage: &storage, now: Samples.at(10_000), keepSeconds: 1)
    #expect(unread == Retention.Outcome())
  }

  // MARK: - The ticker's policy

  private final class Store: SpillStore {
    func read(upTo count: Int) -> [UInt8] { [] }
    func write(_ new: [UInt8], at offset: Int) {}
    func truncate(to count: Int) {}
    func readMark() -> Bool { false }
    func writeMark(_ value: Bool) -> Bool { true }
  }

  private final class Begun { var tokens: [UInt64] = [] }

  private static func keeping(
    _ storage: FakeLedgerStorage, _ begun: Begun
  ) -> LedgerKeeping<FakeLedgerStorage, LedgerSpilling<Store>> {
    var recovery = RecoveryResult()
    recovery.nextSegment = storage.files.count + 1
    var keeping = LedgerKeeping(storage, recovery: recovery, memory: LedgerSpilling(Store())) {
      _, token throws(StorageError) in begun.tokens.append(token)
    }
    keeping.segmentBytes = 4096
    keeping.snapshot = { [LedgerState().snapshotRecords(at: Samples.at(100_000))[0]] }
    keeping.begin(baseline: nil)
    return keeping
  }

  /// Eight an hour went, whatever came: a busy ledger grew for ever.
  @Test func `each new segment makes room, so that a busy ledger grows no further`() throws {
    let begun = Begun()
    var keeping = Self.keeping(Self.storage(starts: 0..<41), begun)
    _ = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
    #expect(!keeping.hasNewSegment)
    let message = String(repeating: "x", count: 1_500)
    var segments = 0
    for number in UInt64(1)...60 {
      keeping.append([SequencedRecord(seq: number, record: .tickFailed(at: Samples.noon, message: message))])
      begun.tokens = []
      let result = keeping.beginSync(token: number, nowNanoseconds: 0)
      #expect(result == nil)
      for token in begun.tokens { _ = keeping.completed(token: token, failure: nil, nowNanoseconds: 1) }
      if keeping.hasNewSegment {
        segments += 1
        _ = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
        #expect(!keeping.hasNewSegment)
      }
    }
    #expect(segments > 10)
    // All that were old are gone: what is left began within the hour, and one before it.
    let left = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
    #expect(left.isEmpty && keeping.retentionProblem == nil)
    #expect(keeping.storage.files.keys.allSatisfy { (SegmentName.number($0) ?? .max) > 40 })
  }

  @Test func `what is passed over is said once, and a disk that refuses until it doesn't`() throws {
    var storage = Self.storage(starts: 0..<6)
    storage.files["000002.log"]?.content = []
    var keeping = Self.keeping(storage, Begun())
    let first = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
    #expect(first == [Retention.PassedOver(segment: "000002.log", reason: "it is empty")])
    let second = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
    #expect(second.isEmpty && keeping.retentionProblem == nil)

    storage.failures[.list] = StorageError(.failed, "EIO")
    keeping = Self.keeping(storage, Begun())
    let third = keeping.prune(now: Samples.at(100_000), keepSeconds: 3_600)
    #expect(third.isEmpty)
    #expect(keeping.retentionProblem?.contains("EIO") == true)
  }
}
