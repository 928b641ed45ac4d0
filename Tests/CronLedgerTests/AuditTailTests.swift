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

  /// No line of ours begins so: without an end of line it was "a write cut short", and a start emptied the file.
  private static let texts = [
    "this is not a ledger", String(repeating: "A", count: 9_000), "0", "0123abcd 17 backup: 89 ran, 88 succeeded",
    "0123abcd 0 claim run=1 a", "0123abcd  snapshot at=2026", "0123ABCD 0 snap", "abcdef01\u{1b}",
  ]

  @Test(arguments: [garbage(2_000)] + texts.filter { $0 != "0" }.map { Array($0.utf8) })
  func `a newest segment of garbage is damage`(content: [UInt8]) throws {
    var files = story.files(cuts: [12])
    files[name(3)] = content
    #expect(try Audited(files, verifies: true).words == ["damaged"])
    #expect(try Audited([name(1): content], verifies: true).words == ["damaged"], "the only one")
  }

  /// A start cut it off and said so, and the audit before it spoke of damage.
  @Test(arguments: [15, 16]) func `less than a record behind the last one never was one`(count: Int) throws {
    var files = story.files()
    files[name(1)]? += Array("what is that here\n".utf8.suffix(count))
    #expect(try Audited(files, verifies: true).words == (count < 16 ? [] : ["damaged"]))
  }

  @Test(arguments: ["", "\0\0\0"]) func `a first segment that somebody emptied is damage`(content: String) throws {
    var files = story.files(cuts: [12, 30])
    files[name(1)] = Array(content.utf8)
    #expect(try Audited(files, verifies: true).words.first == "damaged")
    // The first start's own: nothing came before the next head.
    let first = [name(1): Array(content.utf8)].merging(story.files().map { (name(2), $0.value) }) { $1 }
    #expect(try Audited(first, verifies: true).words == [])
    // An older one may have gone for its age, and an empty one behind it stays.
    let later = [name(6): Array(content.utf8)].merging(story.files(cuts: [12]).map { (name(8), $0.value) }) { $1 }
    #expect(try Audited(later, verifies: true).words == [])
  }

  @Test func `text over the last records of the newest segment is damage`() throws {
    for text in Self.texts where text.utf8.count >= 16 && !text.contains("claim") {
      var files = story.files(cuts: [20])
      let size = files[name(2)]?.count ?? 0
      files[name(2)]?.replaceSubrange((size - 300)..., with: Array(text.utf8))
      #expect(try Audited(files, verifies: true).words.contains("damaged"), "\(text)")
    }
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
    for garbage in [Self.garbage(9_000), Array("no ledger\n".utf8)] + Self.texts.dropFirst().map({ Array($0.utf8) })
    where garbage != [0x30] {
      let (result, storage) = RecoveryTests.recover([name(1): good, name(2): garbage])
      #expect(result.findings.map(\.kind) == [.damaged] && result.needsBaseline)
      #expect(storage.content(name(2)) == garbage)
      #expect(storage.quarantined["ledger-\(name(2))"] == garbage)
      #expect(result.state.open.values.allSatisfy { $0.isDoubtful })
    }
    let texts = Self.texts.filter { $0.utf8.count >= 16 && !$0.contains("claim") }.map { Array($0.utf8) }
    for garbage in [Self.garbage(600)] + texts {
      let (result, storage) = RecoveryTests.recover([name(1): good + garbage])
      #expect(result.findings.map(\.kind) == [.damaged] && result.needsBaseline)
      #expect(storage.content(name(1)) == good + garbage)
    }
  }

  /// They were cut off as a write that a crash cut, and what they had claimed ran again; the audit knew better.
  @Test func `a flipped bit in each of the last lines, or in the end of one, is damage in the boot that wrote them`() {
    let good = RecoveryTests.segment(nuls: 0)
    let ends = good.indices.filter { good[$0] == UInt8(ascii: "\n") }
    for lines in 1...3 {
      for offset in [0, 1, 9, 40] {
        var flipped = good
        for end in ends.suffix(lines) { flipped[end - offset] ^= 1 }
        let (result, storage) = RecoveryTests.recover([name(1): flipped])
        #expect(result.findings.map(\.kind) == [.damaged] && result.needsBaseline, "\(lines) lines, \(offset) before")
        #expect(storage.content(name(1)) == flipped)
      }
    }
  }

  @Test func `a newest segment without a byte is said, and what stands before it counts`() {
    let good = RecoveryTests.segment(nuls: 0)
    for content in [[], [UInt8](repeating: 0, count: 4_096)] {
      let (result, storage) = RecoveryTests.recover([name(1): good, name(2): content])
      #expect(result.findings.map(\.kind) == [.incompleteSnapshot] && !result.needsBaseline)
      #expect(result.state.essence == LedgerState(applying: RecoveryTests.sequenced).essence)
      #expect(storage.content(name(2)).isEmpty)
    }
  }
}
