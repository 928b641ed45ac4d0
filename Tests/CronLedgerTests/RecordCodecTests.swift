import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct RecordCodecTests {
  @Test(arguments: Samples.everyRecord)
  func `every record reads back as it was`(record: Record) throws {
    let line = RecordCodec.encode(record, seq: 42)
    #expect(line.last == UInt8(ascii: "\n"))
    #expect(line.dropLast().allSatisfy { $0 > 0x20 && $0 != 0x7F || $0 == 0x20 })
    #expect(try RecordCodec.decode(line: line[...]) == SequencedRecord(seq: 42, record: record))
    #expect(try RecordCodec.decode(line: line.dropLast()) == SequencedRecord(seq: 42, record: record))
  }

  @Test func `lines have the documented form`() {
    let claim = Claim(
      run: Samples.run(7), job: "backup", occurrence: Samples.noon, trigger: .schedule, attempt: 1,
      at: Samples.at(0, microseconds: 1500), bootIdentifier: "b00t")
    let line = String(decoding: RecordCodec.encode(.claim(claim), seq: 3), as: UTF8.self)
    #expect(
      line.dropFirst(9)
        == "3 claim run=\(claim.run) job=backup occurrence=2026-06-18T12:00:00Z trigger=schedule attempt=1 "
        + "at=2026-06-18T12:00:00.001500Z boot=b00t\n")
  }

  /// A line with a right checksum around any body.
  static func line(_ body: String) -> [UInt8] {
    Array((Checksum.hexadecimal(Checksum.crc32c(body.utf8)) + " " + body + "\n").utf8)
  }

  @Test(arguments: [
    "", "1", "1 ", "x retire job=a at=2026-06-18T12:00:00Z", "-1 retire job=a at=2026-06-18T12:00:00Z",
    "01 retire job=a at=2026-06-18T12:00:00Z", "9223372036854775808 retire job=a at=2026-06-18T12:00:00Z",
    "1 retire", "1 retire ", "1  retire job=a at=2026-06-18T12:00:00Z", "1 retire job=a",
    "1 retire job=a at=2026-06-18T12:00:00Z ", "1 retire job=a  at=2026-06-18T12:00:00Z",
    "1 retire job=a job=b at=2026-06-18T12:00:00Z", "1 retire job at=2026-06-18T12:00:00Z",
    "1 retire =a at=2026-06-18T12:00:00Z", "1 retire job=a=b at=2026-06-18T12:00:00Z",
    "1 retire job=a%zz at=2026-06-18T12:00:00Z", "1 retire job=a%41 at=2026-06-18T12:00:00Z",
    "1 RETIRE job=a at=2026-06-18T12:00:00Z", "1 retire job=a at=2026-02-30T12:00:00Z",
    "1 retire job=a at=2026-06-18T24:00:00Z", "1 retire job=a at=2026-06-18T12:00:00.000000Z",
    "1 retire job=a at=2026-06-18T12:00:00+00:00", "1 retire job=a at=0000-06-18T12:00:00Z",
    "1 start run=-x pid=1 at=2026-06-18T12:00:00Z", "1 start run=x pid=1e3 at=2026-06-18T12:00:00Z",
    "1 start run=x pid=2147483648 at=2026-06-18T12:00:00Z", "1 start run=x pid=+1 at=2026-06-18T12:00:00Z",
    "1 end run=x job=a outcome=fine ended_at=2026-06-18T12:00:00Z attempt=1",
    "1 end run=x job=a outcome=failed ended_at=2026-06-18T12:00:00Z attempt=1 output=no",
    "1 snapshot format=1 at=2026-06-18T12:00:00Z records=0",
    "1 snapshot format=1.0 at=2026-06-18T12:00:00Z records=-1",
    "1 missed job=a first=2026-06-18T12:00:00Z last=2026-06-18T12:00:00Z count=0 at=2026-06-18T12:00:00Z reason=down",
  ])
  func `a line that encoding never writes is refused`(body: String) {
    #expect(throws: RecordError.self) { try RecordCodec.decode(line: Self.line(body)[...]) }
  }

  @Test func `a key of a later version is passed over, a type of a later version kept`() throws {
    let known = try RecordCodec.decode(line: Self.line("1 retire job=a why=old at=2026-06-18T12:00:00Z")[...])
    #expect(known.record == .retire(job: "a", at: Samples.noon))
    let later = try RecordCodec.decode(line: Self.line("1 frob a=1 b=%20")[...])
    #expect(
      later.record
        == .unknown(type: "frob", fields: [RecordField(key: "a", value: "1"), RecordField(key: "b", value: " ")]))
    #expect(RecordCodec.encode(later.record, seq: 1) == Self.line("1 frob a=1 b=%20"))
  }

  @Test func `long free text is cut at a character`() throws {
    let message = String(repeating: "é", count: 5000)
    let line = RecordCodec.encode(.tickFailed(at: Samples.noon, message: message), seq: 1)
    let record = try RecordCodec.decode(line: line[...]).record
    #expect(record == .tickFailed(at: Samples.noon, message: String(repeating: "é", count: 1000)))
  }

  @Test func `any single changed byte is noticed`() {
    for record in Samples.everyRecord {
      let line = RecordCodec.encode(record, seq: 12)
      for offset in 0..<line.count - 1 {
        for change: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
          var changed = line
          changed[offset] ^= change
          let decoded = try? RecordCodec.decode(line: changed[...])
          #expect(decoded == nil, "\(record) offset \(offset)")
        }
      }
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `no mutation traps, and what decodes encodes to the same line`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var body = try #require(Samples.everyRecord.randomElement(using: &generator)).body(seq: .random(in: 0...99))
      for _ in 0..<Int.random(in: 0...4, using: &generator) where !body.isEmpty {
        let offset = Int.random(in: 0..<body.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: body[offset] = .random(in: 0...255, using: &generator)
        case 1: body.remove(at: offset)
        case 2: body.insert(.random(in: 32...127, using: &generator), at: offset)
        default: body.replaceSubrange(offset..., with: body[..<offset])
        }
      }
      // The checksum is right, so that the fields themselves are judged.
      let line = Array(Checksum.hexadecimal(Checksum.crc32c(body)).utf8) + [0x20] + body
      guard let decoded = try? RecordCodec.decode(line: line[...]) else { continue }
      let again = RecordCodec.encode(decoded.record, seq: decoded.seq)
      #expect(try RecordCodec.decode(line: again[...]) == decoded)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `random bytes are no record and never trap`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let bytes = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    #expect(throws: RecordError.self) { try RecordCodec.decode(line: bytes[...]) }
  }
}

extension Record {
  /// The record's line without checksum and newline.
  fileprivate func body(seq: UInt64) -> [UInt8] { Array(RecordCodec.encode(self, seq: seq).dropFirst(9).dropLast()) }
}

@Suite struct InstantTextTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `agrees with the calendar`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let range = Instant.distantPast.microseconds...Instant.distantFuture.microseconds
      var instant = Instant(microseconds: .random(in: range, using: &generator))
      if generator.happens(30) { instant = Instant(seconds: instant.seconds) }
      var text: [UInt8] = []
      InstantText.append(instant, to: &text)
      #expect(InstantText.parse(text[...]) == instant)
      #expect(String(decoding: text.prefix(19), as: UTF8.self) == String(instant.description.prefix(19)))
      #expect(Instant(rfc3339: String(decoding: text, as: UTF8.self)) == instant)
    }
  }

  @Test(arguments: [(.min, "0001-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59.999999Z")] as [(Int64, String)])
  func `instants that no date can name are written as the nearest`(microseconds: Int64, expected: String) {
    var text: [UInt8] = []
    InstantText.append(Instant(microseconds: microseconds), to: &text)
    #expect(String(decoding: text, as: UTF8.self) == expected)
  }
}

@Suite struct RunIdentifierTests {
  @Test func `identifiers sort by time and never repeat`() {
    var source = RunIdentifierSource(nextSequence: 31)
    let made = (0..<3000).map { source.next(at: Samples.at(Int64($0) / 10)) }
    #expect(Set(made).count == made.count)
    // The counter's lowest digits decide within one instant, so the order holds across instants.
    #expect(
      stride(from: 0, to: 3000, by: 10).map { made[$0] } == stride(from: 0, to: 3000, by: 10).map { made[$0] }.sorted())
    #expect(made.allSatisfy { RunIdentifier($0.text) == $0 && $0.text.utf8.count == 15 })
  }

  @Test func `the same microsecond after a restart gives another identifier`() {
    var before = RunIdentifierSource(nextSequence: 100)
    var after = RunIdentifierSource(nextSequence: 101)
    #expect(before.next(at: Samples.noon) != after.next(at: Samples.noon))
  }

  @Test(arguments: [Int64.min, -1, 0, .max])
  func `instants beyond what fits still give identifiers`(microseconds: Int64) {
    var source = RunIdentifierSource(nextSequence: .max)
    #expect(
      source.next(at: Instant(microseconds: microseconds)) != source.next(at: Instant(microseconds: microseconds)))
  }

  @Test(arguments: ["", "-a", ".a", "a/b", "a b", "é", String(repeating: "a", count: 65)])
  func `other text is no identifier`(text: String) { #expect(RunIdentifier(text) == nil) }
}
