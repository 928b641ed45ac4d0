import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct LedgerWriterTests {
  private static let snapshot = LedgerState().snapshotRecords(at: Samples.noon)

  private static func opened(segmentBytes: Int = 4096) throws -> (LedgerWriter, FakeLedgerStorage) {
    var storage = FakeLedgerStorage()
    var writer = LedgerWriter(nextSegment: 1, segmentBytes: segmentBytes)
    try writer.openSegment(storage: &storage, snapshot: snapshot)
    return (writer, storage)
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

  @Test func `records follow the snapshot with one write a pass`() throws {
    var (writer, storage) = try Self.opened()
    let before = storage.operations
    let result = try writer.append(Self.records(1..<4), storage: &storage)
    #expect(storage.operations == before + 1)
    #expect(!result.isFull && result.handle == writer.currentHandle)
    #expect(Self.sequences(storage.content("000001.log")) == [0, 1, 2, 3])
    #expect(storage.content("000001.log").count >= 4096)
  }

  @Test(.acceptance(57))
  func `nothing is durable before its own sync, which includes a new segment's name once`() throws {
    var (writer, storage) = try Self.opened()
    _ = try writer.append(Self.records(1..<2), storage: &storage)
    let ticket = try #require(writer.beginSync())
    #expect(ticket.includesDirectory)
    try storage.sync(ticket.handle)
    _ = try writer.append(Self.records(2..<3), storage: &storage)
    let first = writer.finishSync(ticket, succeeded: true, storage: &storage)
    #expect(first && !writer.isDurable)
    let second = writer.syncNow(storage: &storage)
    #expect(second && writer.isDurable)
    #expect(writer.beginSync()?.includesDirectory == false)
  }

  @Test func `a full segment says so, and the next one begins with a snapshot`() throws {
    var (writer, storage) = try Self.opened()
    var next = 1
    while try !writer.append(Self.records(next..<next + 1), storage: &storage).isFull { next += 1 }
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    let trimmed = writer.syncNow(storage: &storage)
    #expect(trimmed && writer.currentSegment == 2)
    #expect(Self.sequences(storage.content("000002.log")).first == 0)
    // The first one's unused space went back only after the second was durable.
    #expect(storage.content("000001.log").last == UInt8(ascii: "\n"))
  }

  @Test(.acceptance(57))
  func `after a failed sync the segment takes nothing more, and the next holds what wasn't durable`() throws {
    var (writer, storage) = try Self.opened()
    _ = try writer.append(Self.records(1..<3), storage: &storage)
    let answer1 = writer.syncNow(storage: &storage)
    #expect(answer1)
    _ = try writer.append(Self.records(3..<5), storage: &storage)
    storage.failures[.sync] = StorageError(.failed, "EIO")
    let answer2 = writer.syncNow(storage: &storage)
    #expect(!answer2)
    #expect(writer.needsSegment && writer.beginSync() == nil)
    #expect(throws: StorageError.self) { try writer.append(Self.records(5..<6), storage: &storage) }
    storage.failures = [:]
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(Self.sequences(storage.content("000002.log")) == [0, 3, 4, 5])
    let answer3 = writer.syncNow(storage: &storage)
    #expect(answer3)
    #expect(storage.syncsAfterFailure == 0)
  }

  @Test func `an answer for a segment that was given up counts as a failure`() throws {
    var (writer, storage) = try Self.opened()
    _ = try writer.append(Self.records(1..<2), storage: &storage)
    let ticket = try #require(writer.beginSync())
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    let answer4 = writer.finishSync(ticket, succeeded: true, storage: &storage)
    #expect(!answer4)
    #expect(!writer.needsSegment && !writer.isDurable)
  }

  @Test(arguments: [0, 1, 40, 150])
  func `a failed write leaves the segment for good, whatever part of it was done`(torn: Int) throws {
    var (writer, storage) = try Self.opened()
    storage.tornBytes = torn
    storage.failures[.write] = StorageError(.full, "ENOSPC")
    #expect(throws: StorageError.self) { try writer.append(Self.records(1..<4), storage: &storage) }
    #expect(writer.needsSegment)
    storage.failures = [:]
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(Self.sequences(storage.content("000002.log")) == [0, 1, 2, 3])
  }

  @Test func `a full disk refuses a segment, keeps the old one, and leaves nothing behind`() throws {
    var (writer, storage) = try Self.opened()
    storage.fill()
    #expect(throws: StorageError(.full, "ENOSPC")) {
      try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    }
    #expect(storage.files.keys.sorted() == ["000001.log"])
    #expect(writer.currentSegment == 1)
    // The preallocated space still takes records.
    #expect(throws: Never.self) { try writer.append(Self.records(1..<4), storage: &storage) }
    storage.capacity = nil
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(writer.currentSegment == 2)
  }

  @Test(.acceptance(56)) func `a file that exists is never written`() throws {
    var storage = FakeLedgerStorage(files: ["000001.log": [1, 2, 3]])
    var writer = LedgerWriter(nextSegment: 1)
    #expect(throws: StorageError(.exists)) { try writer.openSegment(storage: &storage, snapshot: Self.snapshot) }
    try writer.openSegment(storage: &storage, snapshot: Self.snapshot)
    #expect(storage.content("000001.log") == [1, 2, 3])
    #expect(writer.currentSegment == 2)
  }

  @Test func `without any storage records are kept, but not without bound`() {
    var storage = FakeLedgerStorage()
    var writer = LedgerWriter(nextSegment: 1)
    let message = String(repeating: "x", count: RecordCodec.maximumTextBytes)
    let batch = (1...500).map { SequencedRecord(seq: $0, record: .tickFailed(at: Samples.noon, message: message)) }
    for _ in 0..<3 { #expect(throws: StorageError.self) { try writer.append(batch, storage: &storage) } }
    #expect(!writer.droppedRecords)
    for _ in 0..<3 { #expect(throws: StorageError.self) { try writer.append(batch, storage: &storage) } }
    #expect(writer.droppedRecords)
  }
}

@Suite struct SegmentNameTests {
  @Test(arguments: [
    (1, "000001.log"), (999_999, "999999.log"), (1_000_000, "1000000.log"), (999_999_999, "999999999.log"),
  ])
  func `numbers have one name each`(number: Int, name: String) {
    #expect(SegmentName.of(number) == name)
    #expect(SegmentName.number(name) == number)
  }

  @Test(arguments: [
    "", ".log", "1.log", "000000.log", "0000001.log", "-00001.log", "+00001.log", "000001.log.old", "1000000000.log",
  ])
  func `other names are no segments`(name: String) { #expect(SegmentName.number(name) == nil) }

  @Test(arguments: [("1.0\n", 1, 0, true), ("1.7", 1, 7, true), ("2.0", 2, 0, false)])
  func `formats are read`(text: String, major: Int, minor: Int, isUnderstood: Bool) {
    #expect(LedgerFormat(text) == LedgerFormat(major: major, minor: minor))
    #expect(LedgerFormat(text)?.isUnderstood == isUnderstood)
  }

  @Test(arguments: ["", "1", "1.", ".1", "1.0.0", "+1.0", "0.1", "a.b", "1.0\n\n", "99999999999999999999.0"])
  func `other text is no format`(text: String) { #expect(LedgerFormat(text) == nil) }
}
