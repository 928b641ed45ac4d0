import CronTestSupport
import CronTime
import Glibc
import Testing

@testable import CronLedger

/// A ledger file that another program wrote, kept to show that the format doesn't drift.
@Suite struct LedgerFixtureTests {
  private static func fixture(_ name: String) throws -> [UInt8] {
    let path = "\(#filePath)".split(separator: "/").dropLast(2).joined(separator: "/")
    let file = try #require(fopen("/\(path)/Fixtures/\(name)", "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
  }

  @Test func `every line of format 1_0 is read, and written back byte for byte`() throws {
    let bytes = try Self.fixture("ledgers/format-1.0.log")
    var scanner = SegmentScanner(bytes)
    var types: [String] = []
    while let item = scanner.next() {
      guard case .record(let record, let range) = item else {
        Issue.record("\(item)")
        return
      }
      types.append(record.record.typeName)
      #expect(RecordCodec.encode(record.record, seq: record.seq) == Array(bytes[range]))
    }
    #expect(
      types == [
        "snapshot", "through", "restart", "define", "claim", "start", "queued", "end", "skipped", "missed",
        "tick-failed", "clock-step", "pause", "resume", "retire", "later-type",
      ])
  }

  @Test func `format 1_0 is replayed without findings`() throws {
    var storage = FakeLedgerStorage(files: ["000001.log": try Self.fixture("ledgers/format-1.0.log")])
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings.isEmpty && result.recordCount == 16)
    #expect(result.state.nextSequence == 15 && result.state.open.isEmpty)
    #expect(result.state.jobs.values.allSatisfy { $0.definition == nil })
    #expect(result.state.through == Instant(rfc3339: "2026-06-18T11:58:00Z"))
    let rows = RunHistory.read(HistoryQuery(), from: &storage).rows
    #expect(rows.map(\.outcome) == [.missed, .skipped, .timedOut])
    #expect(rows.last?.latenessMilliseconds == 250 && rows.last?.isFinal == false && rows.last?.signal == "KILL")
  }

  /// See EndToEndTests/VersionTests for what is to be done when this fails.
  @Test(arguments: ["0.1.0"])
  func `every line that a released version wrote is read, and written back byte for byte`(version: String) throws {
    let bytes = try Self.fixture("versions/\(version)/ledger/000001.log")
    var scanner = SegmentScanner(bytes)
    var count = 0
    while let item = scanner.next() {
      guard case .record(let record, let range) = item else {
        Issue.record("\(item)")
        return
      }
      count += 1
      #expect(RecordCodec.encode(record.record, seq: record.seq) == Array(bytes[range]))
    }
    // How far the file was synced is said between the records.
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.contains(" synced ") }
    #expect(count == lines.count && count > 50)
    var storage = FakeLedgerStorage(files: ["000001.log": bytes])
    let result = Recovery.recover(storage: &storage)
    #expect(result.findings.isEmpty && result.state.open.values.contains { $0.claim.job == "long" })
  }
}
