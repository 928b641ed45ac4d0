import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// What the simulation found: decisions that a loss, a wrong clock or a removed job made the ledger forget.
@Suite struct LossTests {
  private static func numbered(_ records: [Record], from first: UInt64 = 1) -> [SequencedRecord] {
    records.enumerated().map { SequencedRecord(seq: first + UInt64($0.offset), record: $0.element) }
  }

  private static func lines(_ records: [SequencedRecord]) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records { RecordCodec.append(record.record, seq: record.seq, to: &bytes) }
    return bytes
  }

  @Test(.acceptance(57)) func `what waited when records were lost is missed, for it may have run`() throws {
    let records = Self.numbered([
      .define(Samples.define()), .queued(job: "backup", occurrence: Samples.at(60), at: Samples.at(61)),
      .claim(Samples.claim(1)), .end(Samples.end(1, retryAt: 20)),
    ])
    var storage = FakeLedgerStorage(files: ["000001.log": RecoveryTests.segment(LedgerState(), records)])
    var result = Recovery.recover(storage: &storage, spilled: SpilledRecords(lines: [], isIncomplete: true))
    try #require(result.needsBaseline)
    result.setBaseline(Samples.at(100))
    #expect(result.state.queued.isEmpty && result.state.retries.isEmpty)
    let text = String(decoding: result.settledLines, as: UTF8.self)
    #expect(text.split(separator: "\n").count == 2 && text.contains("5 missed job=backup"))
    #expect(text.contains("first=2026-06-18T12:01:00Z") && text.contains("first=2026-06-18T12:00:00Z"))
    // Whoever replays them behind the next snapshot comes to the same.
    let again = result.state.snapshotRecords(at: Samples.at(101))
    #expect(LedgerState(applying: again).isClaimed(OccurrenceKey(job: "backup", instant: Samples.at(60))))
  }

  @Test(.acceptance(57)) func `a baseline holds for each job also when the clock is set back behind it`() throws {
    var state = LedgerState(applying: Self.numbered([.define(Samples.define())]))
    state.setBaseline(Samples.at(600))
    try state.apply(SequencedRecord(seq: 2, record: .through(at: Samples.at(0))))
    #expect(state.isClaimed(OccurrenceKey(job: "backup", instant: Samples.at(540))))
  }

  /// Its job's mark was set back with that future then, to before what the ledger still told.
  @Test(.acceptance(57)) func `a run of a wrong clock's future that goes on moves no mark when the ledger is lost`() {
    var result = RecoveryResult()
    result.setBaseline(Samples.at(100))
    for (number, seconds) in [(1, 1_020), (2, 95_000)] as [(Int, Int64)] {
      var claim = Samples.claim(number)
      (claim.occurrence, claim.at) = (Samples.at(seconds), Samples.at(100))
      result.restore(OpenRun(claim: claim, claimSequence: UInt64(number)))
    }
    #expect(result.state.open.count == 2 && result.state.jobs["backup"]?.openRuns.count == 2)
    #expect(result.state.jobs["backup"]?.lastDecided == Samples.at(1_020))
    let again = LedgerState(applying: result.state.snapshotRecords(at: Samples.at(101)))
    #expect(again.open.count == 2 && again.jobs["backup"]?.lastDecided == Samples.at(1_020))
  }

  /// A newest segment that somebody emptied looks like one whose head a crash cut: what it had claimed ran again.
  @Test(.acceptance(57)) func `an order in a slot proves that the ledger went further than what is left of it`() {
    let records = Self.numbered([.define(Samples.define()), .claim(Samples.claim(1))])
    for (sequence, isLost) in [(0, false), (2, false), (3, true), (900, true)] as [(UInt64, Bool)] {
      var storage = FakeLedgerStorage(files: ["000001.log": RecoveryTests.segment(LedgerState(), records)])
      var result = Recovery.recover(storage: &storage)
      result.noteOrder(sequence: sequence)
      #expect(result.needsBaseline == isLost)
      #expect(result.findings.map(\.kind) == (isLost ? [.gap] : []))
      #expect(result.state.open.values.allSatisfy { $0.claim.isDoubtful == isLost })
      // No place is given a second time.
      #expect(result.state.nextSequence == max(3, sequence + 1))
    }
  }

  /// Its run began, although the ledger said that its occurrence had been decided.
  @Test(.acceptance(57)) func `the run of a claim that contradicts what is known is in doubt, and won't begin`() throws
  {
    var state = LedgerState(applying: Self.numbered([.define(Samples.define()), .claim(Samples.claim(1))]))
    #expect(throws: IllegalTransition.self) {
      try state.apply(SequencedRecord(seq: 3, record: .claim(Samples.claim(2))))
    }
    try state.apply(SequencedRecord(seq: 4, record: .end(Samples.end(1))))
    #expect(throws: IllegalTransition.self) {
      try state.apply(SequencedRecord(seq: 5, record: .claim(Samples.claim(3))))
    }
    #expect(state.open.values.map(\.claim.isDoubtful) == [true, true])
  }

  @Test func `a baseline settles what a boot owed only if a ticker lived in it before`() {
    var result = RecoveryResult()
    result.setBaseline(Samples.at(600))
    #expect(result.state.lastRestart == nil)
    result.setBaseline(Samples.at(600), boot: "boot-1")
    #expect(result.state.lastRestart?.boot == "boot-1")
    let again = LedgerState(applying: result.state.snapshotRecords(at: Samples.at(601)))
    #expect(again.lastRestart?.boot == "boot-1")
    // Where there is no ledger any more, what is known of the boot alone says it.
    var gone = RecoveryResult()
    gone.settle(boot: "boot-1", at: Samples.at(600))
    #expect(gone.state.lastRestart?.boot == "boot-1" && gone.state.through == nil)
  }

  @Test(.acceptance(57)) func `the doubt about a run outlives the snapshot that restates it`() {
    var state = LedgerState(applying: RecoveryTests.sequenced)
    state.doubtOpenRuns()
    var storage = FakeLedgerStorage(files: ["000002.log": RecoveryTests.segment(state, [])])
    #expect(Recovery.recover(storage: &storage).state.open[Samples.run(2)]?.isDoubtful == true)
  }

  @Test(.acceptance(58)) func `a watermark that was kept in memory is no baseline`() {
    // The mark of a wrong clock, and the record that set it back; both were kept in memory while the disk was full.
    let far = Samples.at(4 * 86_400)
    let records = Self.numbered([.define(Samples.define()), .through(at: far), .through(at: Samples.at(60))])
    var storage = FakeLedgerStorage(files: [
      "000001.log": RecoveryTests.segment(LedgerState(), Array(records.prefix(1))),
      "000002.log": RecoveryTests.segment(LedgerState(applying: records), []),
    ])
    let result = Recovery.recover(storage: &storage, spilled: SpilledRecords(lines: Self.lines(records)))
    #expect(result.state.through == Samples.at(60))
  }

  @Test(.acceptance(58)) func `a claim that is written again behind a snapshot doesn't move a mark that was set back`()
  {
    let far: Int64 = 4 * 86_400
    let records = Self.numbered([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: far)), .end(Samples.end(1)),
      .through(at: Samples.at(60), job: "backup"),
    ])
    let segment = RecoveryTests.segment(LedgerState(applying: records), records)
    var storage = FakeLedgerStorage(files: ["000002.log": segment])
    #expect(Recovery.recover(storage: &storage).state.jobs["backup"]?.lastDecided == Samples.at(60))
  }

  @Test(.acceptance(58)) func `a job that is removed and comes again has not forgotten what it ran`() {
    let records = Self.numbered([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 600)), .end(Samples.end(1, at: 610)),
      .retire(job: "backup", at: Samples.at(620)),
    ])
    let state = LedgerState(applying: records)
    #expect(state.jobs["backup"]?.lastDecided == Samples.at(600))
    var storage = FakeLedgerStorage(files: ["000002.log": RecoveryTests.segment(state, [])])
    var restarted = Recovery.recover(storage: &storage).state
    #expect(restarted.jobs["backup"]?.lastDecided == Samples.at(600))
    // A clock that says that months have gone by may be wrong, and be set right again.
    try? restarted.apply(SequencedRecord(seq: 9, record: .tickFailed(at: Samples.at(9_000_000), message: "")))
    restarted.disposeOfRetired()
    let kept = LedgerState(applying: restarted.snapshotRecords(at: Samples.at(9_000_000)))
    #expect(kept.jobs["backup"]?.lastDecided == Samples.at(600))
  }

  @Test(.acceptance(58)) func `another attempt moves no mark that was set back behind a wrong clock`() throws {
    let tomorrow: Int64 = 90_000
    var state = LedgerState(
      applying: Self.numbered([
        .define(Samples.define()), .claim(Samples.claim(1, occurrence: tomorrow)),
        .through(at: Samples.at(10), job: "backup"), .end(Samples.end(1, retryAt: 20)),
        .claim(Samples.claim(2, occurrence: tomorrow, attempt: 2, trigger: .rerun)),
      ]))
    #expect(state.jobs["backup"]?.lastDecided == Samples.at(10))
    state = LedgerState(applying: state.snapshotRecords(at: Samples.at(30)))
    #expect(state.jobs["backup"]?.lastDecided == Samples.at(10))
    #expect(state.open[Samples.run(2)] != nil)
  }
}
