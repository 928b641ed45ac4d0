import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct RunStateTests {
  static let legal: [RunState: [RunState.Step: RunState]] = [
    .unclaimed: [.claim: .claimed],
    .claimed: [.start: .started, .end: .ended],
    .started: [.end: .ended],
  ]

  @Test(arguments: RunState.allCases, RunState.Step.allCases)
  func `only the listed transitions are legal`(state: RunState, step: RunState.Step) {
    if let expected = Self.legal[state]?[step] {
      #expect((try? state.next(after: step)) == expected)
    } else {
      #expect(throws: IllegalTransition(problem: .step(from: state, step: step))) { try state.next(after: step) }
    }
  }

  @Test(
    .acceptance(58),
    arguments: [
      ([.end(Samples.end(1))], .step(from: .unclaimed, step: .end)),
      ([.start(RunStart(run: Samples.run(1), pid: 1, at: Samples.noon))], .step(from: .unclaimed, step: .start)),
      ([.claim(Samples.claim(1)), .claim(Samples.claim(1))], .step(from: .claimed, step: .claim)),
      (
        [.claim(Samples.claim(1)), .end(Samples.end(1)), .end(Samples.end(1))], .step(from: .unclaimed, step: .end)
      ),
      ([.claim(Samples.claim(1)), .claim(Samples.claim(2))], .occurrenceIsOpen(Samples.run(1))),
      ([.claim(Samples.claim(1)), .claim(Samples.claim(2, attempt: 2))], .occurrenceIsOpen(Samples.run(1))),
      (
        [.define(Samples.define()), .claim(Samples.claim(1)), .end(Samples.end(1)), .claim(Samples.claim(2))],
        .alreadyDecided
      ),
      ([.through(at: Samples.at(60)), .claim(Samples.claim(1))], .alreadyDecided),
    ] as [([Record], IllegalTransition.Problem)])
  func `contradictions are counted and named, never fatal`(records: [Record], problem: IllegalTransition.Problem) {
    var state = LedgerState()
    var thrown: [IllegalTransition] = []
    for (index, record) in records.enumerated() {
      do throws(IllegalTransition) {
        try state.apply(SequencedRecord(seq: UInt64(index + 1), record: record))
      } catch {
        thrown.append(error)
      }
    }
    #expect(thrown.map(\.problem) == [problem])
    #expect(thrown.first?.sequence == UInt64(records.count))
    #expect(state.illegalTransitions == 1)
    #expect(state.lastIllegalTransition == thrown.first)
    #expect(state.nextSequence == UInt64(records.count + 1))
  }
}

@Suite struct LedgerStateTests {
  private static func state(_ records: [Record]) -> LedgerState {
    LedgerState(applying: records.enumerated().map { SequencedRecord(seq: UInt64($0.offset + 1), record: $0.element) })
  }

  private static func key(_ seconds: Int64, _ job: String = "backup") -> OccurrenceKey {
    OccurrenceKey(job: job, instant: Samples.at(seconds))
  }

  @Test func `a key prints as its job and its instant`() {
    #expect(Self.key(0).description == "backup@2026-06-18T12:00:00Z")
  }

  @Test(.acceptance(58)) func `what is claimed, skipped or missed is decided; the later isn't, nor another job's`() {
    let state = Self.state([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 60)),
      .missed(
        NotRun(
          job: "backup", first: Samples.at(120), last: Samples.at(240), count: 3, at: Samples.at(250), reason: .down)),
      .define(Samples.define("other")),
    ])
    #expect([60, 120, 180, 240].allSatisfy { state.isClaimed(Self.key($0)) })
    #expect(!state.isClaimed(Self.key(300)))
    #expect(!state.isClaimed(Self.key(60, "other")))
    #expect(state.jobs["backup"]?.lastDecided == Samples.at(240))
  }

  @Test func `a queued occurrence is undecided until it is claimed, skipped or missed`() {
    var records: [Record] = [
      .define(Samples.define()),
      .queued(job: "backup", occurrence: Samples.at(60), at: Samples.at(60)),
      .queued(job: "backup", occurrence: Samples.at(120), at: Samples.at(120)),
      .claim(Samples.claim(1, occurrence: 180)),
    ]
    #expect(Self.state(records).queued == [Self.key(60), Self.key(120)])
    #expect(!Self.state(records).isClaimed(Self.key(60)))
    records.append(.claim(Samples.claim(2, occurrence: 60)))
    #expect(Self.state(records).illegalTransitions == 0)
    #expect(Self.state(records).isClaimed(Self.key(60)))
    records.append(
      .skipped(
        NotRun(
          job: "backup", first: Samples.at(120), last: Samples.at(120), count: 1, at: Samples.at(200), reason: .overlap)
      ))
    #expect(Self.state(records).queued == [])
    #expect(Self.state(records).isClaimed(Self.key(120)))
  }

  @Test(.acceptance(59)) func `a manual run decides no occurrence`() {
    let before = Self.state([.define(Samples.define()), .claim(Samples.claim(1, occurrence: 0))])
    let after = Self.state([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 0)),
      .claim(Samples.claim(2, occurrence: nil, trigger: .manual)),
      .end(Samples.end(2)),
    ])
    #expect(after.jobs == before.jobs)
    #expect(!after.isClaimed(Self.key(60)))
    #expect(after.illegalTransitions == 0)
  }

  @Test func `a failed attempt waits for its next one, which takes its place`() {
    var records: [Record] = [
      .define(Samples.define()), .claim(Samples.claim(1)), .end(Samples.end(1, retryAt: 40)),
    ]
    #expect(Self.state(records).retries[Samples.run(1)]?.end.retryAt == Samples.at(40))
    records.append(.claim(Samples.claim(2, attempt: 2, trigger: .retry)))
    let state = Self.state(records)
    #expect(state.retries.isEmpty && state.open.count == 1 && state.illegalTransitions == 0)
  }

  @Test func `a pause holds until the resume, which moves the origin`() {
    let records: [Record] = [
      .define(Samples.define()), .pause(job: "backup", at: Samples.noon, until: Samples.at(90), reason: "moving"),
    ]
    #expect(Self.state(records).jobs["backup"]?.pausedUntil == Samples.at(90))
    let resumed = Self.state(records + [.resume(job: "backup", at: Samples.at(30))])
    #expect(resumed.jobs["backup"]?.pausedUntil == nil)
    #expect(resumed.jobs["backup"]?.origin == Samples.at(30))
    let endless = Self.state([.pause(job: "backup", at: Samples.noon)])
    #expect(endless.jobs["backup"]?.pausedUntil == .distantFuture)
  }

  @Test func `memory doesn't grow with history, nor with jobs that came and went`() {
    var state = LedgerState()
    var seq: UInt64 = 0
    func records(_ number: Int) -> [Record] {
      let job = "job\(number)"
      return [
        .define(Samples.define(job, origin: Int64(number) * 600 - 60)),
        .claim(Samples.claim(number, job: job, occurrence: Int64(number) * 600)),
        .end(Samples.end(number, job: job)), .retire(job: job, at: Samples.at(Int64(number) * 600)),
      ]
    }
    for number in 0..<10_000 {
      for record in records(number) {
        seq += 1
        #expect(throws: Never.self) { try state.apply(SequencedRecord(seq: seq, record: record)) }
      }
    }
    #expect(state.jobs.count < 5000 && state.open.isEmpty)
    // The latest marks stay, in case that the clock is set back and a name comes again.
    state.disposeOfRetired()
    #expect(state.jobs.count == 512 && state.jobs["job9999"] != nil && state.jobs["job9487"] == nil)
    #expect(state.snapshotRecords(at: Samples.noon).count < 1100)
  }

  @Test func `the boot whose reboot jobs ran is remembered`() {
    let state = Self.state([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: nil, trigger: .reboot)), .end(Samples.end(1)),
    ])
    #expect(state.jobs["backup"]?.rebootClaimed == "boot-1")
    let again = LedgerState(applying: state.snapshotRecords(at: Samples.noon))
    #expect(again.jobs["backup"]?.rebootClaimed == "boot-1")
    #expect(again.jobs["backup"]?.lastDecided == nil)
  }

  @Test func `a mark can be set back, for a clock that was far ahead`() {
    let state = Self.state([
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 1_000_000)), .end(Samples.end(1)),
      .through(at: Samples.at(1_000_000)),
      .clockStep(at: Samples.noon, byMicroseconds: -1_000_000_000_000),
      .through(at: Samples.noon), .through(at: Samples.noon, job: "backup"),
    ])
    #expect(!state.isClaimed(Self.key(60)))
    #expect(state.isClaimed(Self.key(0)))
  }

  @Test(.acceptance(57), arguments: 0..<40 as Range<UInt64>)
  func `a snapshot restates the whole state`(seed: UInt64) {
    var workload = Workload(seed: seed)
    for _ in 0..<60 { _ = workload.batch() }
    let snapshot = workload.state.snapshotRecords(at: Samples.noon)
    let again = LedgerState(applying: snapshot)
    #expect(again.essence == workload.state.essence)
    #expect(again.restatements == 0 && again.illegalTransitions == 0)
    #expect(snapshot.first?.record == .snapshot(at: Samples.noon, records: snapshot.count - 1))
  }
}

/// An occurrence is decided once: by a claim, or by what says why it was left out.
@Suite struct OccurrenceStateTests {
  @Test(.acceptance(61), arguments: OccurrenceState.allCases, OccurrenceState.Step.allCases)
  func `what is decided stays so, and an announced attempt is no first one`(
    _ state: OccurrenceState, _ step: OccurrenceState.Step
  ) {
    let isLegal =
      switch step {
      case .claim: state == .undecided || state == .queued
      case .leaveOut: state != .decided
      case .queue: state == .undecided
      }
    if isLegal {
      let next: OccurrenceState = step == .queue ? .queued : .decided
      #expect(throws: Never.self) { try #expect(state.next(after: step) == next) }
    } else {
      let problem: IllegalTransition.Problem =
        (state, step) == (.queued, .queue) ? .alreadyQueued : .alreadyDecided
      #expect(throws: IllegalTransition(problem: problem)) { try state.next(after: step) }
    }
  }

  /// A queued record with a right checksum, of an occurrence that had run, made the next start run it again.
  @Test func `an occurrence that ran isn't queued again`() throws {
    var state = LedgerState()
    let records: [Record] = [
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 60)), .end(Samples.end(1)),
      .queued(job: "backup", occurrence: Samples.at(60), at: Samples.at(70)),
    ]
    for (number, record) in records.dropLast().enumerated() {
      try state.apply(SequencedRecord(seq: UInt64(number + 1), record: record))
    }
    let key = OccurrenceKey(job: "backup", instant: Samples.at(60))
    let expected = IllegalTransition(problem: .alreadyDecided, key: key, sequence: 4)
    #expect(throws: expected) { try state.apply(SequencedRecord(seq: 4, record: records[3])) }
    #expect(state.isClaimed(key) && state.queued.isEmpty && state.illegalTransitions == 1)
  }

  /// It was taken as it came: only a claim was refused.
  @Test func `an occurrence that ran isn't left out as well`() throws {
    var state = LedgerState()
    let records: [Record] = [
      .define(Samples.define()), .claim(Samples.claim(1, occurrence: 60)), .end(Samples.end(1)),
    ]
    for (place, record) in records.enumerated() {
      try state.apply(SequencedRecord(seq: UInt64(place + 1), record: record))
    }
    let again = NotRun<MissReason>(
      job: "backup", first: Samples.at(60), last: Samples.at(60), count: 1, at: Samples.at(70), reason: .down)
    #expect(throws: IllegalTransition.self) { try state.apply(SequencedRecord(seq: 9, record: .missed(again))) }
    #expect(state.illegalTransitions == 1)
  }
}
