import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// A ledger that takes too long to be read back: the rest of it is left alone, and nothing in it fires again.
@Suite struct RecoveryTimeTests {
  private static func name(_ number: Int) -> String { SegmentName.of(number) }

  /// Three segments, of which the second one's head isn't whole and the third one ends in a torn write.
  private static let files: [String: [UInt8]] = {
    var state = LedgerState(applying: RecoveryTests.sequenced)
    let more = [Record.claim(Samples.claim(4, occurrence: 240)), .end(Samples.end(2)), .through(at: Samples.at(300))]
    let second = more.map { record in
      let sequenced = SequencedRecord(seq: state.nextSequence, record: record)
      try? state.apply(sequenced)
      return sequenced
    }
    let third = [
      SequencedRecord(seq: state.nextSequence, record: .claim(Samples.claim(5, job: "mail", occurrence: 320)))
    ]
    var head = RecoveryTests.segment(LedgerState(applying: RecoveryTests.sequenced), second, nuls: 0)
    head[200] ^= 1
    return [
      name(1): RecoveryTests.segment(), name(2): head,
      name(3): RecoveryTests.segment(state, third) + Array("0123abcd 17 cl".utf8),
    ]
  }()

  /// Recovers with a clock that is at its end after so many looks at it.
  private static func recover(
    _ files: [String: [UInt8]], looks: Int, boot: String? = nil, pieceBytes: Int = 4 << 20
  ) -> (result: RecoveryResult, storage: FakeLedgerStorage, looks: Int) {
    var storage = FakeLedgerStorage(files: files)
    var done = 0
    var limits = RecoveryLimits()
    limits.pieceBytes = pieceBytes
    let result = Recovery.recover(storage: &storage, boot: boot, limits: limits) {
      done += 1
      return done > looks
    }
    return (result, storage, done)
  }

  /// It had no bound: the watcher killed the ticker after a minute, and the next one, and the next one.
  @Test(
    .acceptance(56),
    arguments: [([1], nil), ([1, 2], nil), ([1, 2, 3], nil), ([1, 2, 3], "boot-2"), ([2], nil), ([2, 3], "boot-2")]
      as [([Int], String?)])
  func `wherever the time ends, the rest is left as it is, and everything up to now counts as decided`(
    numbers: [Int], boot: String?
  ) throws {
    let files = Self.files.filter { numbers.map(Self.name).contains($0.key) }
    let whole = Self.recover(files, looks: .max, boot: boot)
    #expect(whole.looks > 10)
    // Each of the first and the last ones, where something begins or ends, and of the many lines between every fourth.
    for looks in 0..<whole.looks where looks < 20 || whole.looks - looks < 20 || looks % 4 == 0 {
      var (result, storage, _) = Self.recover(files, looks: looks, boot: boot)
      let given = result.findings.filter { $0.detail.contains("takes too long") }
      let finding = try #require(given.first, "\(looks): \(result.findings)")
      #expect(given.count == 1 && finding.kind == .unreadable && result.needsBaseline)
      #expect(!result.mustNotWrite && result.nextSegment == whole.result.nextSegment)
      // Nothing of what wasn't read to its end is written, and no place in it is given again.
      #expect(storage.content(finding.segment) == files[finding.segment])
      #expect(result.state.nextSequence >= whole.result.state.nextSequence, "\(looks)")
      #expect(result.state.restatements == 0 && result.state.open.values.allSatisfy { $0.isDoubtful })
      result.setBaseline(Samples.at(1_000))
      for job in ["backup", "mail"] {
        #expect(result.state.isClaimed(OccurrenceKey(job: job, instant: Samples.at(1_000))))
        #expect(!result.state.isClaimed(OccurrenceKey(job: job, instant: Samples.at(1_001))))
      }

      // The next start has only the new segment to read.
      var writer = LedgerWriter(nextSegment: result.nextSegment)
      try writer.openSegment(storage: &storage, snapshot: result.state.snapshotRecords(at: Samples.at(1_000)))
      let next = Recovery.recover(storage: &storage)
      #expect(!next.needsBaseline && next.state.isClaimed(OccurrenceKey(job: "mail", instant: Samples.at(1_000))))
    }
  }

  @Test func `time that suffices changes nothing`() {
    let free = RecoveryTests.recover(Self.files)
    let timed = Self.recover(Self.files, looks: .max)
    #expect(timed.result.state == free.0.state && timed.result.findings == free.0.findings)
    #expect(timed.storage.files.mapValues(\.content) == free.1.files.mapValues(\.content))
  }

  @Test func `a segment is read in pieces, and the time is looked at between them`() {
    let bytes = RecoveryTests.segment()
    let whole = Self.recover([Self.name(1): bytes], looks: .max, pieceBytes: 100)
    #expect(whole.result.findings.isEmpty && whole.result.state == LedgerState(applying: RecoveryTests.sequenced))
    // Before the segment, and before each of its pieces.
    for looks in 0...bytes.count / 100 {
      let (result, storage, _) = Self.recover([Self.name(1): bytes], looks: looks, pieceBytes: 100)
      #expect(result.recordCount == 0 && result.needsBaseline)
      #expect(storage.content(Self.name(1)) == bytes)
    }
  }

  @Test func `a later version's ledger is left alone though there was no time to read it`() {
    let newer = RecordCodecTests.line("0 snapshot format=2.0 shape=new")
    let (result, storage, _) = Self.recover([Self.name(1): newer], looks: 0)
    #expect(result.mustNotWrite && result.needsBaseline)
    #expect(storage.content(Self.name(1)) == newer)
  }

  /// Each of them cost a checksum of all that follows.
  @Test func `a search amid what only looks like records ends with the time`() {
    let bytes = [UInt8]((0..<2_000).flatMap { _ in "0123abcd 1".utf8 })
    var looks = 0
    var scanner = SegmentScanner(bytes) {
      looks += 1
      return looks > 3
    }
    #expect(scanner.next() == .tornTail(bytes: 0..<bytes.count))
    #expect(scanner.next() == nil && looks == 4)
  }
}
