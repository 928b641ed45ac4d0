import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// A full disk still takes one segment: the one that was set aside while there was room.
@Suite struct ReserveTests {
  private static let snapshot = LedgerState().snapshotRecords(at: Samples.noon)
  private static let full = StorageError(.full, "ENOSPC")

  private static func opened(_ storage: inout FakeLedgerStorage) throws -> LedgerWriter {
    var writer = LedgerWriter(nextSegment: 1, segmentBytes: 4096)
    try writer.openSegment(storage: &storage, snapshot: snapshot)
    return writer
  }

  private static func records(_ range: Range<Int>) -> [SequencedRecord] {
    range.map { SequencedRecord(seq: UInt64($0), record: .tickFailed(at: Samples.noon, message: "\($0)")) }
  }

  private static func sequences(_ bytes: [UInt8]) -> [UInt64] {
    var scanner = SegmentScanner(bytes)
    var found: [UInt64] = []
    while case .record(let record, _)? = scanner.next() { found.append(record.seq) }
    return found
  }

  @Test func `it is set aside once, and found again by whoever comes next`() throws {
    var storage = FakeLedgerStorage()
    var writer = try Self.opened(&storage)
    #expect(writer.needsReserve && writer.reserveProblem == nil)
    writer.makeReserve(storage: &storage)
    #expect(!writer.needsReserve)
    let reserve = storage.content(LedgerReserve.name)
    #expect(reserve.count >= 4096 && reserve.allSatisfy { $0 == 0 })
    let operations = storage.operations
    writer.makeReserve(storage: &storage)
    #expect(storage.operations == operations)

    storage.fill()
    var next = LedgerWriter(nextSegment: 2, segmentBytes: 4096)
    storage.files["000001.log"] = nil
    try next.openSegment(storage: &storage, snapshot: Self.snapshot)
    next.makeReserve(storage: &storage)
    #expect(!next.needsReserve && next.reserveProblem == nil)
    #expect(storage.content(LedgerReserve.name) == reserve)
  }

  @Test(.acceptance(57)) func `a disk that is full takes the next segment all the same, with what wasn't durable`()
    throws
  {
    var storage = FakeLedgerStorage()
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    _ = try writer.append(Self.records(1..<3), storage: &storage)
    storage.fill()
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(storage.files[LedgerReserve.name] == nil)
    #expect(Self.sequences(storage.content("000002.log")) == [0, 1, 2])
    // A refused segment leaves nothing behind.
    #expect(storage.files.keys.sorted() == ["000001.log", "000002.log"])
    #expect(writer.beginSync()?.includesDirectory == true)
    _ = try writer.append(Self.records(3..<4), storage: &storage)
    let isDurable = writer.syncNow(storage: &storage)
    #expect(isDurable)
    #expect(writer.needsReserve && writer.reserveProblem?.contains("goes on in its reserve: ENOSPC") == true)

    // What the former segment gave back is too little; what users give back isn't.
    storage.fill()
    writer.makeReserve(storage: &storage)
    #expect(writer.reserveProblem?.contains("goes on in its reserve: ENOSPC") == true)
    storage.capacity = nil
    writer.makeReserve(storage: &storage)
    #expect(!writer.needsReserve && writer.reserveProblem == nil)
    #expect(storage.content(LedgerReserve.name).count >= 4096)
  }

  @Test func `a disk that has no name left takes it as well`() throws {
    var storage = FakeLedgerStorage()
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    storage.failures[.create] = Self.full
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(Self.sequences(storage.content("000002.log")) == [0])
  }

  @Test func `any other failure leaves the reserve alone`() throws {
    var storage = FakeLedgerStorage()
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    storage.failures[.create] = StorageError(.readOnly, "EROFS")
    #expect(throws: StorageError(.readOnly, "EROFS")) {
      try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    }
    #expect(storage.files[LedgerReserve.name] != nil && !writer.needsReserve)
  }

  @Test func `what doesn't fit into it waits for the next segment`() throws {
    var storage = FakeLedgerStorage()
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    let length = storage.content(LedgerReserve.name).count
    storage.fill()
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    var next = 1
    #expect(throws: Self.full) {
      while true {
        _ = try writer.append(Self.records(next..<next + 1), storage: &storage)
        next += 1
      }
    }
    let written = storage.content("000002.log").prefix { $0 != 0 }.count
    #expect(written >= length - 100)
    // The next one finds neither room nor a reserve; what no segment took is kept for the one that will.
    #expect(throws: Self.full) { try writer.openSegment(storage: &storage, snapshot: Self.snapshot) }
    #expect(writer.needsSegment && !writer.isDurable)
    storage.capacity = nil
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(writer.currentSegment.map { Self.sequences(storage.content(SegmentName.of($0))).last } == UInt64(next))
  }

  @Test(
    .acceptance(56),
    arguments: [
      ("absent", nil), ("short", [UInt8](repeating: 0, count: 10)), ("written", Array("garbage".utf8) + [0, 0]),
    ] as [(String, [UInt8]?)])
  func `what is no reserve isn't taken for one, and isn't changed`(what: String, content: [UInt8]?) throws {
    var storage = FakeLedgerStorage(files: content.map { [LedgerReserve.name: $0] } ?? [:])
    storage.fill()
    var writer = LedgerWriter(nextSegment: 1)
    #expect(throws: Self.full) { try writer.openSegment(storage: &storage, snapshot: Self.snapshot) }
    #expect(storage.files.mapValues(\.content) == (content.map { [LedgerReserve.name: $0] } ?? [:]))
  }

  @Test func `a directory in its place is said, and the ledger goes on without`() throws {
    var storage = FakeLedgerStorage()
    storage.refused = [LedgerReserve.name]
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    #expect(writer.reserveProblem == "no reserve can be set aside for a ledger on a full disk: EISDIR: Is a directory")
    #expect(throws: Never.self) { try writer.append(Self.records(1..<2), storage: &storage) }
  }

  @Test func `no segment is ever replaced by it`() throws {
    var storage = FakeLedgerStorage(files: ["000001.log": [1], "000002.log": [2]])
    storage.files[LedgerReserve.name] = FakeLedgerStorage.File(content: [UInt8](repeating: 0, count: 8192))
    storage.failures[.create] = Self.full
    var writer = LedgerWriter(nextSegment: 1)
    #expect(throws: Self.full) { try writer.openSegment(storage: &storage, snapshot: Self.snapshot) }
    #expect(storage.content("000001.log") == [1] && storage.content("000002.log") == [2])
    #expect(storage.files[LedgerReserve.name] != nil)
  }

  @Test(.acceptance(56)) func `bytes of a segment whose rename was lost are kept, and a new one is made`() throws {
    let lost = RecoveryTests.segment()
    var storage = FakeLedgerStorage(files: [LedgerReserve.name: lost])
    var writer = try Self.opened(&storage)
    writer.makeReserve(storage: &storage)
    #expect(!writer.needsReserve)
    #expect(storage.quarantined[LedgerReserve.copyName] == lost)
    #expect(storage.content(LedgerReserve.name).allSatisfy { $0 == 0 })
  }

  // MARK: Crashes

  /// A disk that fills up after ten passes and has room again after forty.
  private static func live(_ owner: inout LedgerOwner) {
    guard owner.begin() else { return }
    for number in 0..<60 where !owner.storage.isDead {
      if number == 10 { owner.storage.fill() }
      if number == 50 { owner.storage.capacity = nil }
      _ = owner.pass()
    }
  }

  @Test(.acceptance(57), arguments: 0..<2 as Range<UInt64>)
  func `on a disk that fills up a crash in any operation forgets nothing that may have run`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 77)
    var whole = LedgerOwner(storage: FakeLedgerStorage(), workload: Workload(seed: seed))
    Self.live(&whole)
    #expect(whole.storage.renames > 0)
    for crashAt in 1...whole.storage.operations {
      var owner = LedgerOwner(storage: FakeLedgerStorage(), workload: Workload(seed: seed))
      owner.storage.crashAt = crashAt
      owner.storage.tornBytes = .random(in: 0...600, using: &generator)
      Self.live(&owner)
      var storage = owner.storage.afterProcessCrash()
      let recovered = Recovery.recover(storage: &storage)
      #expect(
        owner.states.contains { $0.essence == recovered.state.essence },
        "crash in operation \(crashAt): \(recovered.findings)")
      #expect(owner.dispatched.allSatisfy { !recovered.state.hasForgotten($0) }, "crash in operation \(crashAt)")

      storage = owner.storage.afterPowerLoss(&generator)
      var rebooted = Recovery.recover(storage: &storage)
      if rebooted.needsBaseline { rebooted.state.setBaseline(owner.workload.now) }
      #expect(owner.dispatched.allSatisfy { !rebooted.state.hasForgotten($0) }, "power loss at operation \(crashAt)")

      // Whoever comes next finds a disk as full as it was, and goes on as long as it can.
      storage.fill()
      var next = LedgerOwner(storage: storage, workload: owner.workload)
      if next.begin() { for _ in 0..<5 { _ = next.pass() } }
      storage = next.storage.afterPowerLoss(&generator)
      var last = Recovery.recover(storage: &storage)
      if last.needsBaseline { last.state.setBaseline(next.workload.now) }
      #expect(next.dispatched.allSatisfy { !last.state.hasForgotten($0) }, "after operation \(crashAt)")
    }
  }
}
