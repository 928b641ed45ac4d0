import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// The audit over segments: damage, gaps, repetitions, what can't be read, and a ticker that writes meanwhile.
@Suite struct AuditSegmentTests {
  private let story = AuditHistory.story()

  private func name(_ number: Int) -> String { SegmentName.of(number) }

  @Test func `a flipped byte is damage, and what it took is missing`() throws {
    var files = story.files(cuts: [20])
    var bytes = files[name(2)] ?? []
    let place = try #require(offset(of: .skipped(job: "minute", second: 420), in: bytes))
    bytes[place + 20] ^= 4
    files[name(2)] = bytes
    let audited = try Audited(files)
    #expect(audited.words == ["damaged", "sequence", "no-outcome minute 420"])
    #expect(audited.findings.first?.detail.hasPrefix("ledger/000002.log byte \(place)") == true)
  }

  @Test func `any flipped bit in a segment that others follow is found`() throws {
    let files = story.files(cuts: [12, 30])
    let original = files[name(2)] ?? []
    var chance = SeededGenerator(seed: 5)
    for _ in 0..<150 {
      var bytes = original
      let place = Int.random(in: bytes.indices, using: &chance)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
      var changed = files
      changed[name(2)] = bytes
      let audited = try Audited(changed)
      #expect(audited.findings.contains { $0.kind == .damaged || $0.kind == .sequence }, "byte \(place)")
    }
  }

  @Test func `a flipped bit in the very last line is found`() throws {
    let files = story.files(cuts: [20])
    let bytes = files[name(2)] ?? []
    let last = try #require(bytes.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
    for place in last..<bytes.count - 1 {
      var changed = files
      changed[name(2)]?[place] ^= 2
      changed[name(2)]? += [UInt8](repeating: 0, count: 100)
      let audited = try Audited(changed, verifies: true)
      #expect(audited.words.contains("damaged"), "byte \(place - last)")
    }
  }

  @Test func `a segment that is gone from the middle is a gap, and what it held is missing`() throws {
    var files = story.files(cuts: [12, 30])
    files[name(2)] = nil
    let audited = try Audited(files)
    #expect(audited.words.first == "sequence")
    #expect(audited.findings.first?.detail == "records 13 to 30 are missing")
    #expect(Set(audited.words.dropFirst()) == ["no-end minute 60", "no-outcome beat 65", "no-outcome minute 120"])
  }

  @Test(arguments: [[12], [12, 30], [12, 30, 50]])
  func `segments that were removed for their age are no gap`(_ cuts: [Int]) throws {
    var files = story.files(cuts: cuts)
    files[name(1)] = nil
    let audited = try Audited(files)
    #expect(audited.words == [])
    #expect(try #require(audited.summary.from) > Samples.noon)
  }

  @Test func `a segment that vanishes while it is read begins the account anew`() throws {
    var reader = VanishingReader(storage: FakeLedgerStorage(files: story.files(cuts: [12, 30])), gone: name(2))
    var items: [AuditItem] = []
    let summary = try LedgerAudit.run(&reader, zone: { _, _ in nil }, report: { items.append($0) })
    #expect(items.filter(\.kind.isFinding) == [])
    #expect(summary.segments == 2)
  }

  @Test func `a last line that is cut short is no finding, wherever it is cut`() throws {
    let files = story.files(cuts: [20])
    let bytes = files[name(2)] ?? []
    for length in stride(from: bytes.count - 400, to: bytes.count, by: 7) {
      for tail in [0, 300] {
        var cut = files
        cut[name(2)] = Array(bytes.prefix(length)) + [UInt8](repeating: 0, count: tail)
        #expect(try Audited(cut).words == [], "\(length) bytes")
      }
    }
  }

  @Test func `bytes that a ticker was just writing are read again`() throws {
    let files = story.files(cuts: [20])
    var reader = RacingReader(storage: FakeLedgerStorage(files: files), name: name(2))
    var items: [AuditItem] = []
    _ = try LedgerAudit.run(&reader, zone: { _, _ in nil }, report: { items.append($0) })
    #expect(reader.reads == 2)
    #expect(items.filter(\.kind.isFinding) == [])
  }

  @Test func `records that were written once more after a failed sync count once`() throws {
    let files = story.files(cuts: [20])
    var second = files[name(2)] ?? []
    // Behind the second segment's head, the last five records of the first once more.
    let head = try #require(SegmentHead(second))
    guard case .snapshot(_, let restated, _) = head.record else { return }
    var scanner = SegmentScanner(second)
    for _ in 0...restated { _ = scanner.next() }
    var again: [UInt8] = []
    for record in story.records[15..<20] { RecordCodec.append(record.record, seq: record.seq, to: &again) }
    second.insert(contentsOf: again, at: scanner.validEnd)
    for lost in 0...5 {
      // And the first segment never got the last of them.
      var first = files[name(1)] ?? []
      for record in story.records[(20 - lost)..<20].reversed() {
        first.removeLast(RecordCodec.encode(record.record, seq: record.seq).count)
      }
      let audited = try Audited([name(1): first, name(2): second])
      #expect(audited.words == [], "\(lost) lost")
      #expect(audited.summary.totals.occurrences == 44)
    }
  }

  /// A first segment that was given up with its last five records unsynced, and a second one that holds them again.
  private func givenUp() throws -> (first: [UInt8], second: [UInt8], unsynced: [Range<Int>]) {
    let files = story.files(cuts: [20])
    let first = files[name(1)] ?? []
    var second = files[name(2)] ?? []
    let head = try #require(SegmentHead(second))
    guard case .snapshot(_, let restated, _) = head.record else { throw StorageError(.failed) }
    var scanner = SegmentScanner(second)
    for _ in 0...restated { _ = scanner.next() }
    var again: [UInt8] = []
    var ends = first.count
    var unsynced: [Range<Int>] = []
    for record in story.records[15..<20].reversed() {
      let line = RecordCodec.encode(record.record, seq: record.seq)
      again = line + again
      unsynced.insert(ends - line.count..<ends, at: 0)
      ends -= line.count
    }
    second.insert(contentsOf: again, at: scanner.validEnd)
    return (first, second, unsynced)
  }

  @Test(arguments: 0..<4) func `a hole in a segment that was given up is no finding if the next one has its records`(
    place: Int
  ) throws {
    let (first, second, unsynced) = try givenUp()
    for holes in [[place], [place, place + 1].filter { $0 < 4 }, [0, place]] {
      var torn = first
      for hole in holes { for byte in unsynced[hole] { torn[byte] = 0 } }
      let audited = try Audited([name(1): torn, name(2): second], verifies: true)
      #expect(audited.words == [], "\(holes)")
      #expect(audited.summary.totals.occurrences == 44)
      #expect(audited.summary.verified?.damagedBytes ?? 0 > 0)
    }
  }

  @Test func `a hole before what the next segment holds again is found`() throws {
    let (first, second, unsynced) = try givenUp()
    var torn = first
    torn[unsynced[0].lowerBound - 4] ^= 1
    let audited = try Audited([name(1): torn, name(2): second])
    #expect(audited.words.first == "damaged")
    #expect(audited.words.contains("sequence"))
  }

  @Test func `records that two segments were given up with are found in the third`() throws {
    let (first, second, unsynced) = try givenUp()
    var torn = first
    for byte in unsynced[1] { torn[byte] = 0 }
    // The second one got no further than the first of the lines that it repeats, or lost one of them as well.
    let head = try #require(SegmentHead(second))
    guard case .snapshot(_, let restated, _) = head.record else { return }
    var scanner = SegmentScanner(second)
    for _ in 0...restated { _ = scanner.next() }
    let body = scanner.validEnd
    for isCut in [true, false] {
      var middle = Array(second[..<(body + unsynced.reduce(0) { $0 + $1.count })])
      if isCut {
        middle.removeLast(middle.count - body - unsynced[0].count - 10)
      } else {
        for byte in unsynced[2] { middle[body + byte - unsynced[0].lowerBound] = 0 }
      }
      let audited = try Audited([name(1): torn, name(2): middle, name(3): second])
      #expect(audited.words == [], "\(isCut)")
      #expect(audited.summary.totals.occurrences == 44)
    }
  }

  @Test func `a line that comes twice is found`() throws {
    var records = story.records
    records.insert(records[10], at: 11)
    #expect(try Audited(AuditHistory.files(records)).words == ["sequence"])
  }

  @Test func `a run that a later snapshot has forgotten is found`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    let run = history.claim("minute", 60)
    history.end(run, "minute", at: 62, startedAt: 60)
    history.add(.through(at: Samples.at(61)))
    var files = history.files(cuts: [3])
    var first = files[name(1)] ?? []
    first.removeLast(RecordCodec.encode(history.records[2].record, seq: 3).count)
    files[name(1)] = first
    #expect(try Audited(files).words == ["sequence", "no-end minute 60"])
  }

  @Test func `a head that isn't whole is judged only if something before it is there`() throws {
    let files = story.files(cuts: [20])
    var torn = files
    torn[name(3)] = Array((files[name(2)] ?? []).prefix(200))
    #expect(try Audited(torn).words == [])
    torn = [name(2): files[name(2)] ?? []]
    torn[name(2)]?[30] ^= 1
    #expect(Set(try Audited(torn).words) == ["damaged"])
  }

  // MARK: - What can't be read

  @Test func `a later version's segment is left alone, and said`() throws {
    var files = story.files()
    files[name(2)] = RecordCodec.encode(
      .snapshot(at: Samples.noon, records: 0, format: LedgerFormat(major: 9, minor: 0)), seq: 77)
    #expect(throws: AuditError.newerFormat(segment: name(2))) { try Audited(files) }
  }

  @Test func `what can't be read is said; if nothing can, there is no audit`() throws {
    var storage = FakeLedgerStorage(files: story.files())
    storage.refused = [name(2)]
    #expect(try Audited(&storage).words == ["unreadable"])
    var nothing = FakeLedgerStorage()
    nothing.refused = [name(1)]
    #expect(throws: AuditError.self) { try Audited(&nothing) }
    var unlisted = FakeLedgerStorage(files: story.files())
    unlisted.failures[.list] = StorageError(.failed, "EIO")
    #expect(throws: AuditError.unreadable(StorageError(.failed, "EIO"))) { try Audited(&unlisted) }
  }

  @Test(arguments: [[:], ["000001.log": []], ["000001.log": [UInt8](repeating: 0, count: 5_000)]])
  func `a ledger without a segment has nothing to find, and one without a record says so`(
    _ files: [String: [UInt8]]
  ) throws {
    let audited = try Audited(files, verifies: true)
    #expect(audited.words == (files.isEmpty ? [] : ["damaged"]))
    #expect(audited.summary.records == 0)
  }

  // MARK: - Verification

  @Test func `every byte is accounted for`() throws {
    var files = story.files(cuts: [20])
    files[name(1)]? += [UInt8](repeating: 0, count: 3_000_000)
    files[name(2)]? += Array("0badcafe ".utf8) + [0, 0]
    let verified = try #require(try Audited(files, verifies: true).summary.verified)
    #expect(verified.segments == 2)
    #expect(verified.bytes == files.values.reduce(0) { $0 + $1.count })
    #expect(verified.records == (try Audited(files).summary.records))
    #expect(verified.damagedBytes == 0 && verified.tornBytes == 9 && verified.reservedBytes == 3_000_002)
  }

  @Test func `damage is found once, by the account or by the verification`() throws {
    var files = story.files(cuts: [20])
    files[name(1)]?[900] ^= 1
    let audited = try Audited(files, verifies: true)
    #expect(audited.words.count { $0 == "damaged" } == 1)
    #expect(try #require(audited.summary.verified).damagedBytes > 0)
  }

  // MARK: - Size

  @Test func `a long history is followed in little memory and time`() throws {
    var history = AuditHistory()
    history.define("second", "* * * * * *", at: 0)
    // A year in one range, and three thousand runs behind it.
    history.miss("second", 1, 31_536_000, 31_536_000, .down)
    for second in Int64(31_536_001)...31_539_000 { history.run("second", second) }
    let audited = try Audited(history.files(cuts: [4_000, 5_000]))
    #expect(audited.words == [])
    #expect(audited.summary.totals.occurrences == 31_539_000)
  }

  private enum Wanted { case skipped(job: String, second: Int64) }

  private func offset(of wanted: Wanted, in bytes: [UInt8]) -> Int? {
    guard case .skipped(let job, let second) = wanted else { return nil }
    var scanner = SegmentScanner(bytes)
    while let item = scanner.next() {
      guard case .record(let record, let range) = item, case .skipped(let found) = record.record else { continue }
      if found.job == job, found.first == Samples.at(second) { return range.lowerBound }
    }
    return nil
  }
}

/// A segment is removed between the list and its reading.
private struct VanishingReader: LedgerReading {
  var storage: FakeLedgerStorage
  let gone: String

  mutating func list() throws(StorageError) -> [String] { try storage.list() }
  mutating func size(_ name: String) throws(StorageError) -> Int {
    if name == gone { throw StorageError(.absent) }
    return try storage.size(name)
  }
  mutating func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    try storage.read(name, from: offset, count: count)
  }
}

/// The first reading of a segment sees a hole that a write under way hadn't filled yet.
private struct RacingReader: LedgerReading {
  var storage: FakeLedgerStorage
  let name: String
  var reads = 0

  mutating func list() throws(StorageError) -> [String] { try storage.list() }
  mutating func size(_ name: String) throws(StorageError) -> Int { try storage.size(name) }
  mutating func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    var bytes = try storage.read(name, from: offset, count: count)
    guard name == self.name else { return bytes }
    reads += 1
    if reads == 1 {
      for place in bytes.count - 900..<bytes.count - 500 { bytes[place] = 0 }
    }
    return bytes
  }
}

@Suite struct LatenessTests {
  @Test func `percentiles are exact below a second and within two percent above`() throws {
    var histogram = LatenessHistogram()
    #expect(histogram.percentile(50) == nil && histogram.maximum == nil)
    for value in Int64(1)...100 { histogram.add(value) }
    #expect(histogram.percentile(50) == 50 && histogram.percentile(99) == 99 && histogram.maximum == 100)
    for value: Int64 in [1_023, 1_024, 5_000, 86_400_000, 9_000_000_000] {
      var single = LatenessHistogram()
      single.add(value)
      single.add(value)
      single.add(0)
      let half = try #require(single.percentile(50))
      #expect(half >= value - value / 50 && half <= value)
    }
    var negative = LatenessHistogram()
    negative.add(-5)
    #expect(negative.percentile(99) == 0)
    negative.add(.max)
    #expect(negative.maximum == .max)
    histogram.add(negative)
    #expect(histogram.count == 102)
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `a percentile is never below the true one, and hardly above`(_ seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed)
    let values = (0..<500).map { _ in
      Int64.random(in: 0...(1 << Int64.random(in: 1...40, using: &chance)), using: &chance)
    }
    var histogram = LatenessHistogram()
    for value in values { histogram.add(value) }
    for percent in [1, 50, 90, 99, 100] {
      let sorted = values.sorted()
      let exact = sorted[max(1, (500 * percent + 99) / 100) - 1]
      let found = try #require(histogram.percentile(percent))
      #expect(found >= exact && Double(found) <= Double(exact) * 1.017)
    }
  }
}
