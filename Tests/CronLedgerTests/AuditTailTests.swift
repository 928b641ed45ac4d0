import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// Bytes at the end of a segment that are no record: a write that was cut short, or damage.
@Suite struct AuditTailTests {
  private let story = AuditHistory.story()

  private func name(_ number: Int) -> String { SegmentName.of(number) }

  private static func garbage(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// 9,000 random bytes before whole segments were "a write cut short", and no finding.
  @Test(arguments: [1, 2], [0, 1]) func `a segment of garbage that whole ones follow is damage`(
    number: Int, kind: Int
  ) throws {
    var files = story.files(cuts: [12, 30])
    let content = [Self.garbage(9_000), Array(String(repeating: "no ledger\n", count: 900).utf8)][kind]
    files[name(number)] = content
    for verifies in [false, true] {
      let audited = try Audited(files, verifies: verifies)
      let damage = audited.findings.filter { $0.kind == .damaged }
      #expect(damage.map(\.detail) == ["ledger/\(name(number)) byte 0: \(content.count) bytes are no record"])
      guard let verified = audited.summary.verified else { continue }
      #expect(verified.damagedBytes == content.count && verified.tornBytes == 0)
      #expect(verified.bytes == files.values.reduce(0) { $0 + $1.count })
    }
  }

  @Test func `a newest segment of garbage is damage`() throws {
    var files = story.files(cuts: [12])
    files[name(3)] = Self.garbage(2_000)
    #expect(try Audited(files, verifies: true).words == ["damaged"])
  }

  @Test(arguments: 1...2) func `garbage behind the records of a segment is damage`(number: Int) throws {
    var files = story.files(cuts: [20])
    files[name(number)]? += Self.garbage(700)
    let audited = try Audited(files, verifies: true)
    #expect(audited.words == ["damaged"])
    #expect(try #require(audited.summary.verified).tornBytes == 0)
  }

  @Test func `records that were overwritten at the end of a segment are damage, and missing`() throws {
    var files = story.files(cuts: [20])
    let size = files[name(1)]?.count ?? 0
    // By what might be ours: only what follows tells that it isn't.
    for junk in [Array("0123abcd 17 cl".utf8), [0, 0, 0] + Array("half a line".utf8)] {
      files[name(1)]?.replaceSubrange((size - 700)..., with: junk)
      let words = try Audited(files, verifies: true).words
      #expect(words.prefix(2) == ["damaged", "sequence"], "\(words)")
    }
  }

  @Test func `a write that a crash cut is no finding once the next segment goes on behind it`() throws {
    let files = story.files(cuts: [20])
    let line = RecordCodec.encode(story.records[20].record, seq: 21)
    for length in 1..<line.count {
      var cut = files
      cut[name(1)]? += line.prefix(length) + [UInt8](repeating: 0, count: length % 3 * 100)
      let audited = try Audited(cut, verifies: true)
      #expect(audited.words == [], "\(length) bytes")
      #expect(try #require(audited.summary.verified).tornBytes == length)
    }
  }

  @Test func `a head of which a crash left a part is no finding, unless records went with it`() throws {
    let files = story.files(cuts: [20])
    let head = try #require(files[name(2)]?.prefix { $0 != UInt8(ascii: "\n") })
    // Of the head's first line a part, or of all of it what a loss of power left behind its first sector.
    let leftOvers = [Array(head.prefix(30)), [UInt8](repeating: 0, count: 512) + head]
    for leftOver in leftOvers {
      var kept = [name(1): files[name(1)] ?? [], name(2): leftOver, name(3): files[name(2)] ?? []]
      #expect(try Audited(kept, verifies: true).words == [])
      // The first start's own.
      let first = [name(1): leftOver].merging(story.files().map { (name(2), $0.value) }) { $1 }
      #expect(try Audited(first, verifies: true).words == [])
      // Oldest of all, nothing tells what it held.
      kept[name(1)] = nil
      #expect(try Audited(kept, verifies: true).words == ["damaged"])
      // And where records are missing, they were in it.
      let gap = story.files(cuts: [12, 30])
      let lost = try Audited([name(1): gap[name(1)] ?? [], name(2): leftOver, name(3): gap[name(3)] ?? []])
      #expect(lost.words.prefix(2) == ["damaged", "sequence"])
    }
  }

  @Test func `a last line that was damaged in a segment that others follow reads the same a second time`() throws {
    var files = story.files(cuts: [20])
    let size = files[name(1)]?.count ?? 0
    files[name(1)]?[size - 10] ^= 1
    #expect(try Audited(files, verifies: true).words.filter { $0 == "damaged" } == ["damaged"])
  }

  @Test func `a segment that is too large to be judged is damage where it holds no record`() throws {
    var storage = FakeLedgerStorage(files: story.files(cuts: [20]))
    let garbage = Self.garbage(50_000)
    storage.files[name(1)]?.content = garbage
    var options = LedgerAudit.Options()
    (options.verifies, options.maximumSegmentBytes) = (true, 20_000)
    var items: [AuditItem] = []
    let summary = try LedgerAudit.run(&storage, options: options, zone: { _, _ in nil }) { items.append($0) }
    #expect(items.filter(\.kind.isFinding).map(\.kind) == [.unreadable, .damaged])
    #expect(try #require(summary.verified).damagedBytes == garbage.count)
  }

  // MARK: - At a start

  /// They were cut off as a torn write, without a copy, and what the segment had said may have run once more.
  @Test func `a newest segment that garbage replaced is kept, and nothing before the start is caught up`() throws {
    let good = RecoveryTests.segment(nuls: 0)
    for garbage in [Self.garbage(9_000), Array("no ledger\n".utf8)] {
      let (result, storage) = RecoveryTests.recover([name(1): good, name(2): garbage])
      #expect(result.findings.map(\.kind) == [.damaged] && result.needsBaseline)
      #expect(storage.content(name(2)) == garbage)
      #expect(storage.quarantined["ledger-\(name(2))"] == garbage)
      #expect(result.state.open.values.allSatisfy { $0.isDoubtful })
    }
    let (result, storage) = RecoveryTests.recover([name(1): good + Self.garbage(600)])
    #expect(result.findings.map(\.kind) == [.damaged] && result.needsBaseline)
    #expect(storage.content(name(1)) == good + Self.garbage(600))
  }
}
