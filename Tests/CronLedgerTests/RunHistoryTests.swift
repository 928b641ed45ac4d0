import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct RunHistoryTests {
  private static func storage(_ segments: [[UInt8]]) -> FakeLedgerStorage {
    var files: [String: [UInt8]] = [:]
    for (index, bytes) in segments.enumerated() { files[SegmentName.of(index + 1)] = bytes }
    return FakeLedgerStorage(files: files)
  }

  private static func read(_ segments: [[UInt8]], _ query: HistoryQuery = HistoryQuery()) -> RunHistory {
    var storage = storage(segments)
    return RunHistory.read(query, from: &storage)
  }

  private static let first = RecoveryTests.segment()
  private static let second: [UInt8] = {
    let state = LedgerState(applying: RecoveryTests.sequenced)
    var end = Samples.end(2, at: 300)
    end.outcome = .failed
    end.reason = "exit"
    end.exitCode = 3
    end.startedAt = Samples.at(182, microseconds: 250_999)
    end.output = true
    let records: [Record] = [
      .end(end),
      .skipped(
        NotRun(
          job: "backup", first: Samples.at(240), last: Samples.at(240), count: 1, at: Samples.at(241), reason: .overlap)
      ),
      .claim(Samples.claim(4, occurrence: nil, trigger: .manual)),
      .end(Samples.end(4, retryAt: 900)),
    ]
    return RecoveryTests.segment(
      state, records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 10), record: $0.element) })
  }()

  @Test func `rows are newest first, ranges and live runs included, each once`() {
    let history = Self.read([Self.first, Self.second])
    #expect(history.rows.map(\.sequence) == [12, 11, 8, 7, 6, 3])
    #expect(history.rows.map(\.run) == [4, nil, 3, 2, nil, 1].map { $0.map(Samples.run) })
    #expect(history.rows.map(\.outcome) == [.failed, .skipped, nil, .failed, .missed, .succeeded])
    #expect(history.rows.map(\.isFinal) == [false, true, false, true, true, true])
    #expect(history.findings.isEmpty)
  }

  @Test func `a run's row has all that is known of it`() throws {
    let row = try #require(Self.read([Self.first, Self.second]).rows.first { $0.run == Samples.run(2) })
    #expect(row.job == "backup" && row.occurrence == Samples.at(180) && row.occurrenceLast == nil && row.count == 1)
    #expect(row.trigger == .schedule && row.attempt == 1 && row.claimedAt == Samples.at(180, microseconds: 1500))
    #expect(row.startedAt == Samples.at(182, microseconds: 250_999) && row.finishedAt == Samples.at(300))
    #expect(row.latenessMilliseconds == 2250)
    #expect(row.reason == "exit" && row.exitCode == 3 && row.signal == nil && row.output)
  }

  @Test func `a live run has no outcome, and its process`() throws {
    let row = try #require(Self.read([Self.first, Self.second]).rows.first { $0.run == Samples.run(3) })
    #expect(row.isLive && row.pid == 12 && row.latenessMilliseconds == 1000 && row.finishedAt == nil)
  }

  @Test func `a range has no run, and says how many it stands for`() throws {
    let row = try #require(Self.read([Self.first]).rows.first { $0.outcome == .missed })
    #expect(row.run == nil && row.trigger == nil && row.attempt == nil && row.count == 2)
    #expect(row.occurrence == Samples.at(60) && row.occurrenceLast == Samples.at(120) && row.reason == "down")
  }

  @Test func `a manual run has no occurrence and no lateness`() throws {
    let row = try #require(Self.read([Self.first, Self.second]).rows.first)
    #expect(row.trigger == .manual && row.occurrence == nil && row.latenessMilliseconds == nil && !row.isFinal)
  }

  @Test func `lateness counts from the instant with its jitter`() {
    var claim = Samples.claim(1)
    claim.due = Samples.at(1)
    let records: [Record] = [.claim(claim), .start(RunStart(run: claim.run, pid: 1, at: Samples.at(3)))]
    let sequenced = records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 1), record: $0.element) }
    let rows = Self.read([RecoveryTests.segment(LedgerState(), sequenced)]).rows
    #expect(rows.map(\.latenessMilliseconds) == [2000])
  }

  @Test(arguments: 1...7)
  func `a limit keeps the newest`(limit: Int) {
    let all = Self.read([Self.first, Self.second], HistoryQuery(limit: 0)).rows
    #expect(Self.read([Self.first, Self.second], HistoryQuery(limit: limit)).rows == Array(all.prefix(limit)))
  }

  @Test func `a job or a run can be asked for`() {
    let segments = [Self.first, Self.second]
    #expect(Self.read(segments, HistoryQuery(job: "mail")).rows.map(\.run) == [Samples.run(3)])
    #expect(Self.read(segments, HistoryQuery(run: Samples.run(1))).rows.map(\.sequence) == [3])
    #expect(Self.read(segments, HistoryQuery(job: "nobody")).rows.isEmpty)
  }

  @Test func `old segments aren't read when the new ones hold enough`() {
    var storage = Self.storage([Self.first, Self.second])
    storage.refused = ["000001.log"]
    let few = RunHistory.read(HistoryQuery(limit: 2), from: &storage)
    #expect(few.rows.count == 2 && few.findings.isEmpty)
    let many = RunHistory.read(HistoryQuery(limit: 50), from: &storage)
    #expect(many.rows.map(\.sequence) == [12, 11, 8, 7])
    #expect(many.findings.map(\.kind) == [.unreadable])
  }

  @Test(.acceptance(63)) func `a removed job keeps its history`() {
    var records = RecoveryTests.sequenced
    records.append(SequencedRecord(seq: 10, record: .retire(job: "backup", at: Samples.at(400))))
    records.append(SequencedRecord(seq: 11, record: .end(Samples.end(2, at: 410))))
    let state = LedgerState(applying: records)
    #expect(state.jobs["backup"]?.definition == nil)
    let segments = [RecoveryTests.segment(LedgerState(), records), RecoveryTests.segment(state, [])]
    let rows = Self.read(segments, HistoryQuery(job: "backup")).rows
    #expect(rows.map(\.outcome) == [.succeeded, .missed, .succeeded])
  }

  @Test func `a run that a newer snapshot doesn't know any more is unknown, not alive`() {
    let rows = Self.read([Self.first, RecoveryTests.segment(LedgerState(), [])]).rows
    #expect(rows.filter(\.isLive).isEmpty)
    #expect(rows.first { $0.run == Samples.run(3) }?.outcome == .unknown)
    #expect(rows.first { $0.run == Samples.run(3) }?.reason == "damaged")
  }

  @Test func `what is written again after a failed sync is one row`() {
    let state = LedgerState(applying: RecoveryTests.sequenced)
    let again = RecoveryTests.segment(state, Array(RecoveryTests.sequenced[2..<6]))
    let rows = Self.read([Self.first, again]).rows
    #expect(rows.map(\.sequence) == [8, 7, 6, 3])
    #expect(rows.map(\.outcome) == [nil, nil, .missed, .succeeded])
  }

  @Test func `damage is said, and the rest shown`() {
    var damaged = Self.first
    damaged[250] ^= 0x10
    let history = Self.read([damaged])
    #expect(history.findings.map(\.kind) == [.damaged])
    #expect(history.rows.contains { $0.run == Samples.run(3) })
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `agrees with a plain walk over all records`(seed: UInt64) {
    var owner = LedgerOwner(storage: FakeLedgerStorage(), workload: Workload(seed: seed))
    var live: Set<RunIdentifier> = []
    var ended: Set<RunIdentifier> = []
    _ = owner.begin()
    for _ in 0..<150 {
      _ = owner.pass()
      let open = Set(owner.workload.state.open.keys)
      ended.formUnion(live.subtracting(open))
      live = open
    }
    let rows = RunHistory.read(HistoryQuery(limit: 0), from: &owner.storage).rows
    #expect(Set(rows.lazy.filter(\.isLive).compactMap(\.run)) == live)
    #expect(ended.isSubset(of: Set(rows.lazy.filter { !$0.isLive }.compactMap(\.run))))
    #expect(rows.map(\.sequence) == rows.map(\.sequence).sorted(by: >))
    for limit in [1, 5, 20] {
      let few = RunHistory.read(HistoryQuery(limit: limit), from: &owner.storage).rows
      #expect(few == Array(rows.prefix(limit)))
    }
  }
}
