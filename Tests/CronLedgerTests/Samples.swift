import CronTestRandom
import CronTestSupport
import CronTime

@testable import CronLedger

/// Values that many tests need.
enum Samples {
  static let noon = Instant(seconds: 1_781_784_000)  // 2026-06-18T12:00:00Z

  static func at(_ seconds: Int64, microseconds: Int64 = 0) -> Instant {
    noon.adding(seconds: seconds).adding(microseconds: microseconds)
  }

  static func run(_ number: Int) -> RunIdentifier {
    var source = RunIdentifierSource(nextSequence: UInt64(number))
    return source.next(at: noon)
  }

  static func claim(
    _ number: Int, job: String = "backup", occurrence: Int64? = 0, attempt: Int = 1, trigger: FireTrigger = .schedule
  ) -> Claim {
    Claim(
      run: run(number), job: job, occurrence: occurrence.map { at($0) }, trigger: trigger, attempt: attempt,
      at: at(occurrence ?? 0, microseconds: 1500), bootIdentifier: "boot-1")
  }

  static func end(_ number: Int, job: String = "backup", at seconds: Int64 = 10, retryAt: Int64? = nil) -> RunEnd {
    RunEnd(
      run: run(number), job: job, outcome: retryAt == nil ? .succeeded : .failed, exitCode: retryAt == nil ? 0 : 1,
      startedAt: at(1), endedAt: at(seconds), attempt: 1, retryAt: retryAt.map { at($0) })
  }

  static func define(_ job: String = "backup", origin: Int64 = -60) -> Definition {
    Definition(
      job: job, schedule: "* * * * *", zone: "Europe/Zürich", zoneHash: 0xFEED_BEEF, origin: at(origin),
      at: at(origin), commandDigest: .max)
  }

  /// One record of every type, with and without its optional fields.
  static let everyRecord: [Record] = [
    .define(define()),
    .retire(job: "alice/backup", at: noon),
    .pause(job: "backup", at: noon),
    .pause(job: "backup", at: noon, until: at(60), reason: "too loud = stop\n100 %"),
    .resume(job: "backup", at: noon),
    .claim(claim(1)),
    .claim(
      Claim(
        run: run(2), job: "b", occurrence: nil, trigger: .manual, attempt: 3, at: .distantPast,
        bootIdentifier: "", startDeadline: .distantFuture, due: at(1, microseconds: 1))),
    .start(RunStart(run: run(1), pid: 4711, at: noon)),
    .end(end(1)),
    .end(
      RunEnd(
        run: run(1), job: "b", outcome: .timedOut, reason: "timeout", signal: "KILL", endedAt: at(-1),
        attempt: 2, retryAt: at(9), output: true)),
    .queued(job: "b", occurrence: noon, at: at(1)),
    .skipped(NotRun(job: "b", first: noon, last: noon, count: 1, at: noon, reason: .queueFull)),
    .missed(NotRun(job: "b", first: noon, last: at(600), count: 11, at: at(601), reason: .couldNotStart)),
    .tickFailed(at: noon, message: "EIO: Input/output error"),
    .clockStep(at: noon, byMicroseconds: .min),
    .restart(at: noon, boot: "0f", pid: 1, version: "1.0.0"),
    .through(at: noon), .through(at: noon, job: "b", boot: "0f"),
    .snapshot(at: noon, records: 0),
    .unknown(type: "moon-phase", fields: []),
    .unknown(
      type: "later", fields: [RecordField(key: "a", value: ""), RecordField(key: "b-2", value: " ü=%\0")]),
  ]
}

extension LedgerState {
  /// Without what a snapshot need not carry: the time of its last record, and counts of contradictions.
  var essence: LedgerState {
    var copy = self
    copy.lastRecordAt = nil
    copy.illegalTransitions = 0
    copy.lastIllegalTransition = nil
    return copy
  }

  /// The state after the records, contradictions ignored.
  init(applying records: some Sequence<SequencedRecord>) {
    self.init()
    for record in records { try? apply(record) }
  }
}

extension SeededGenerator {
  /// Whether an event of this probability (percent) happens.
  mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
