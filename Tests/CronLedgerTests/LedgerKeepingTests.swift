import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// What the policy for a disk that hangs keeps in memory, and for how long.
@Suite struct LedgerKeepingTests {
  /// Memory and mark, as the watcher and the disk hold them.
  private final class Spill: SpillStore {
    var bytes: [UInt8] = []
    var mark = false
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func read(upTo count: Int) -> [UInt8] { Array(bytes.prefix(count)) }
    func write(_ new: [UInt8], at offset: Int) {
      let end = min(offset + new.count, bytes.count)
      bytes.replaceSubrange(min(offset, end)..<end, with: new)
    }
    func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }
    func readMark() -> Bool { mark }
    func writeMark(_ value: Bool) -> Bool {
      mark = value
      return true
    }
  }

  /// The numbers of the syncs that were begun, in order.
  private final class Begun {
    var tokens: [UInt64] = []
    var targets: [SyncTarget] = []
  }

  private static let patience = LedgerKeeping<FakeLedgerStorage, LedgerSpilling<Spill>>.patienceNanoseconds

  private static func record(_ seq: UInt64) -> SequencedRecord {
    SequencedRecord(seq: seq, record: .through(at: Samples.at(Int64(seq))))
  }

  /// The policy over an empty ledger, with its first segment begun; what it syncs is noted in `begun`.
  private static func keeping(
    _ begun: Begun, _ spill: Spill = Spill()
  ) -> LedgerKeeping<FakeLedgerStorage, LedgerSpilling<Spill>> {
    var keeping = LedgerKeeping(
      FakeLedgerStorage(), recovery: RecoveryResult(), memory: LedgerSpilling(spill)
    ) { _, token throws(StorageError) in begun.tokens.append(token) }
    keeping.begin(baseline: nil)
    return keeping
  }

  @Test func `what went on without its sync stays in memory until a sync of its own has ended`() throws {
    let spill = Spill()
    let begun = Begun()
    var keeping = Self.keeping(begun, spill)
    keeping.append([Self.record(1)])
    var result = keeping.beginSync(token: 7, nowNanoseconds: 0)
    #expect(result == nil)
    let given = keeping.stopWaiting(nowNanoseconds: Self.patience)
    #expect(given == 7)
    keeping.append([Self.record(2)])
    result = keeping.beginSync(token: 8, nowNanoseconds: Self.patience)
    #expect(result == .keptInMemory)
    #expect(spill.mark && spill.text.contains(" 1 through ") && spill.text.contains(" 2 through "))

    // The disk wakes up: the sync covers the first record alone, and the second may have been acted on.
    let first = begun.tokens
    for token in first { _ = keeping.completed(token: token, failure: nil, nowNanoseconds: Self.patience + 1) }
    #expect(spill.mark && !spill.text.contains(" 1 through ") && spill.text.contains(" 2 through "))
    try #require(begun.tokens.count > first.count)
    for token in begun.tokens.dropFirst(first.count) {
      _ = keeping.completed(token: token, failure: nil, nowNanoseconds: Self.patience + 2)
    }
    #expect(!spill.mark && spill.bytes.isEmpty && keeping.problem == nil)

    // It is clean again: a later refusal begins anew.
    keeping.append([Self.record(3)])
    result = keeping.beginSync(token: 9, nowNanoseconds: Self.patience + 3)
    #expect(result == nil)
    _ = keeping.stopWaiting(nowNanoseconds: 2 * Self.patience + 3)
    #expect(spill.mark && spill.text.contains(" 3 through ") && !spill.text.contains(" 2 through "))
  }

  @Test(.acceptance(57)) func `a ticker syncs at once what it found, before it decides anything`() throws {
    let begun = Begun()
    var recovery = RecoveryResult()
    var storage = FakeLedgerStorage()
    storage.files["000001.log"] = FakeLedgerStorage.File(content: Array("what nobody may have synced\n".utf8))
    (recovery.segments, recovery.nextSegment) = (["000001.log"], 2)
    var keeping = LedgerKeeping(storage, recovery: recovery, memory: LedgerSpilling(Spill())) {
      target, token throws(StorageError) in
      begun.targets.append(target)
      begun.tokens.append(token)
    }
    keeping.begin(baseline: nil)
    keeping.syncBeginning(nowNanoseconds: 0)
    let files = begun.targets.filter { $0 != .directory }
    #expect(begun.targets.contains(.directory) && Set(files).count == 2)
  }

  @Test(.acceptance(57)) func `a claim isn't durable by a sync that was begun behind one that failed`() throws {
    let spill = Spill()
    let begun = Begun()
    var keeping = Self.keeping(begun, spill)
    keeping.syncBeginning(nowNanoseconds: 0)
    let first = begun.tokens
    keeping.append([Self.record(1)])
    // The kernel would report its failure to the first of two syncs alone.
    #expect(keeping.beginSync(token: 7, nowNanoseconds: 1) == nil)
    #expect(begun.tokens == first)
    for token in first { #expect(keeping.completed(token: token, failure: "EIO", nowNanoseconds: 2) == nil) }

    let second = Array(begun.tokens.dropFirst(first.count))
    try #require(!second.isEmpty)
    let ended = second.compactMap { keeping.completed(token: $0, failure: nil, nowNanoseconds: 3) }
    #expect(ended.map { $0.token } == [7] && ended.map { $0.result } == [.durable])
  }

  @Test func `a claim waits no longer for a sync of nobody's than for its own`() {
    let begun = Begun()
    var keeping = Self.keeping(begun)
    keeping.syncBeginning(nowNanoseconds: 0)
    keeping.append([Self.record(1)])
    #expect(keeping.beginSync(token: 7, nowNanoseconds: 1) == nil)
    #expect(keeping.stopWaiting(nowNanoseconds: Self.patience) == 7)
    let late = begun.tokens.compactMap { keeping.completed(token: $0, failure: nil, nowNanoseconds: Self.patience + 1) }
    #expect(late.isEmpty)
  }

  @Test func `a sync that makes fires wait is said while it lasts and a while after, one in time never`() throws {
    let begun = Begun()
    var keeping = Self.keeping(begun)
    let (second, slow) = (Int64(1_000_000_000), 6 * Int64(1_000_000_000))
    keeping.append([Self.record(1)])
    #expect(keeping.beginSync(token: 7, nowNanoseconds: 0) == nil)
    var said = keeping.slowness(nowNanoseconds: second)
    #expect(said == nil)
    said = keeping.slowness(nowNanoseconds: slow)
    #expect(said?.contains("more than 5 s") == true)
    for token in begun.tokens { _ = keeping.completed(token: token, failure: nil, nowNanoseconds: slow) }
    said = keeping.slowness(nowNanoseconds: slow + 14 * second)
    #expect(said != nil)
    said = keeping.slowness(nowNanoseconds: slow + 16 * second)
    #expect(said == nil)

    // One in time takes it back at once.
    let before = begun.tokens.count
    keeping.append([Self.record(2)])
    #expect(keeping.beginSync(token: 8, nowNanoseconds: slow + second) == nil)
    for token in begun.tokens.dropFirst(before) {
      _ = keeping.completed(token: token, failure: nil, nowNanoseconds: slow + 2 * second)
    }
    said = keeping.slowness(nowNanoseconds: slow + 2 * second)
    #expect(said == nil)
  }
}
