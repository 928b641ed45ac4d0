import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// What can't be read or understood is said, kept as it is, and never taken for empty.
@Suite struct UnreadableLedgerTests {
  private static let good = RecoveryTests.segment(nuls: 0)

  @Test(.acceptance(56), arguments: [StorageError.Kind.refused, .failed, .absent])
  func `a directory that can't be listed is left alone`(kind: StorageError.Kind) {
    var storage = FakeLedgerStorage(files: ["000001.log": Self.good])
    storage.failures[.list] = StorageError(kind, "no")
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings == [RecoveryFinding(.unreadable, segment: "", detail: "no")])
    #expect(result.needsBaseline && result.mustNotWrite)
    #expect(storage.files.mapValues(\.content) == ["000001.log": Self.good])
  }

  @Test(.acceptance(56), arguments: [FakeLedgerStorage.Operation.size, .read])
  func `a segment that can't be read is an error, and is never written`(
    operation: FakeLedgerStorage.Operation
  ) throws {
    var storage = FakeLedgerStorage(files: ["000001.log": Self.good])
    storage.failures[operation] = StorageError(.failed, "EIO: Input/output error")
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings.map(\.kind) == [.unreadable])
    #expect(result.needsBaseline)
    storage.failures = [:]
    var writer = LedgerWriter(nextSegment: result.nextSegment)
    try writer.openSegment(storage: &storage, snapshot: result.state.snapshotRecords(at: Samples.noon))
    #expect(storage.content("000001.log") == Self.good)
    #expect(storage.files.keys.sorted() == ["000001.log", "000002.log"])
    // Whoever can read both takes none for a repetition of the other.
    let places = Set(
      storage.files.keys.sorted().map { RecoveryTests.recover([$0: storage.content($0)]).0.state.nextSequence })
    #expect(
      places.count == 2
        && places.allSatisfy { $0 >= RecoveryTests.recover(["000001.log": Self.good]).0.state.nextSequence })
  }

  @Test func `a read that fails once costs nothing, whichever it is`() {
    var whole = FakeLedgerStorage(files: ["000001.log": Self.good])
    let expected = Recovery.recover(storage: &whole)
    // A segment that was given up was missing from the ledger of every later start, and its numbers came twice.
    for operation in 1...3 {
      var storage = FakeLedgerStorage(files: ["000001.log": Self.good])
      storage.failAt = operation
      let result = Recovery.recover(storage: &storage)
      #expect(result.findings.isEmpty && !result.needsBaseline, "operation \(operation): \(result.findings)")
      #expect(result.state.essence == expected.state.essence)
    }
  }

  @Test(.acceptance(56)) func `a directory in a segment's place is said, and its number not used`() {
    var storage = FakeLedgerStorage(files: ["000001.log": Self.good])
    storage.refused = ["000002.log"]
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings.map(\.segment) == ["000002.log"])
    #expect(result.needsBaseline && result.nextSegment == 3)
    // What the older segment knows still counts.
    #expect(result.state.open.count == 2 && result.state.open.values.allSatisfy { $0.isDoubtful })
  }

  @Test func `a segment that is too large isn't read`() {
    var storage = FakeLedgerStorage(files: ["000001.log": Self.good])
    var limits = RecoveryLimits()
    limits.maximumSegmentBytes = 100
    let result = Recovery.recover(storage: &storage, limits: limits)
    #expect(result.findings.map(\.kind) == [.unreadable] && result.needsBaseline)
    #expect(storage.content("000001.log") == Self.good)
  }

  @Test(.acceptance(56), arguments: ["2.0", "17.3"])
  func `a ledger of a later major version is not touched`(format: String) throws {
    let body = "0 snapshot format=\(format) shape=new"
    let newer = RecordCodecTests.line(body) + Array("\u{1}binary\u{0}".utf8)
    let (result, storage) = RecoveryTests.recover(["000001.log": Self.good, "000002.log": newer])
    #expect(result.findings.map(\.kind) == [.newerFormat])
    #expect(result.mustNotWrite && result.needsBaseline)
    #expect(storage.files.mapValues(\.content) == ["000001.log": Self.good, "000002.log": newer])
    #expect(storage.quarantined.isEmpty)
    // A program that would go on with it finds that out before.
    #expect(LedgerFormat.foreign(inHead: newer) == LedgerFormat(format))
    #expect(LedgerFormat.foreign(inHead: Self.good) == nil && LedgerFormat.foreign(inHead: []) == nil)
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `garbage is copied to the quarantine and left in place`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let garbage = (0..<Int.random(in: 1...3000, using: &generator)).map { _ in
      UInt8.random(in: 1...255, using: &generator)
    }
    let (result, storage) = RecoveryTests.recover(["000001.log": garbage])
    #expect(result.findings.map(\.kind) == [.damaged])
    #expect(result.needsBaseline && !result.mustNotWrite && result.state.open.isEmpty)
    #expect(storage.content("000001.log") == garbage)
    #expect(storage.quarantined["ledger-000001.log"] == garbage)
  }

  @Test func `a damaged snapshot without an older generation still blocks what it names`() {
    let state = LedgerState(applying: RecoveryTests.sequenced)
    let whole = RecoveryTests.segment(state, [], nuls: 0)
    for offset in 0..<whole.count {
      var bytes = whole
      bytes[offset] ^= 0x01
      let (result, _) = RecoveryTests.recover(["000002.log": bytes])
      #expect(result.needsBaseline, "offset \(offset)")
      let lost = state.open.keys.filter { result.state.open[$0] == nil }
      #expect(lost.count <= 1, "offset \(offset)")
      #expect(result.state.open.values.allSatisfy { $0.isDoubtful })
      #expect(result.state.open.values.allSatisfy { $0.claimSequence == state.open[$0.claim.run]?.claimSequence })
    }
  }

  @Test func `empty and preallocated files are said, and no loss beside a whole one`() {
    let nuls = [UInt8](repeating: 0, count: 4096)
    let (result, _) = RecoveryTests.recover(["000001.log": Self.good, "000002.log": nuls, "000003.log": []])
    #expect(result.findings.map(\.kind) == [.incompleteSnapshot, .incompleteSnapshot])
    #expect(!result.needsBaseline && result.nextSegment == 4)
    #expect(result.state == LedgerState(applying: RecoveryTests.sequenced))
  }

  @Test(arguments: [[], [UInt8](repeating: 0, count: 4096)])
  func `a ledger of nothing but an empty file is said, and isn't taken for a new one`(content: [UInt8]) {
    let (result, storage) = RecoveryTests.recover(["000007.log": content])
    #expect(result.findings.map(\.kind) == [.empty] && result.needsBaseline && !result.mustNotWrite)
    #expect(result.nextSegment == 8 && storage.content("000007.log").isEmpty)
  }

  @Test func `files with other names are nobody's business`() {
    let (result, storage) = RecoveryTests.recover([
      "notes.txt": [1], "1.log": [1], "0000001.log": [1], "000000.log": [1],
    ])
    #expect(result.findings.isEmpty && result.nextSegment == 1)
    #expect(storage.files.count == 4)
  }

  @Test func `recovery that can't repair says so and goes on`() {
    var storage = FakeLedgerStorage(files: ["000001.log": RecoveryTests.segment()])
    storage.failures[.truncate] = StorageError(.readOnly, "EROFS: Read-only file system")
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings.map(\.kind) == [.repairFailed] && !result.needsBaseline)
    #expect(result.state == LedgerState(applying: RecoveryTests.sequenced))
  }
}
