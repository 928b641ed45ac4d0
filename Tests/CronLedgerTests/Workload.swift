import CronTestRandom
import CronTestSupport
import CronTime

@testable import CronLedger

/// Random but legal decisions, as a ticker would make them, and the live state that they lead to.
struct Workload {
  private(set) var generator: SeededGenerator
  private(set) var state = LedgerState()
  private var clock: Int64 = 0
  private var nextRun = 1
  private let jobs = ["backup", "alice/mail", "sync", "reports"]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Goes on from what a recovery found.
  mutating func resume(from recovered: LedgerState) {
    state = recovered
    clock += 5
  }

  var now: Instant { Samples.at(clock) }

  /// The records of one pass, already applied to the live state.
  mutating func batch() -> [SequencedRecord] {
    var records: [SequencedRecord] = []
    clock += Int64.random(in: 1...90, using: &generator)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      guard let record = decide() else { continue }
      let sequenced = SequencedRecord(seq: state.nextSequence, record: record)
      let before = state.illegalTransitions
      try? state.apply(sequenced)
      precondition(state.illegalTransitions == before, "the workload is legal: \(record)")
      records.append(sequenced)
      clock += 1
    }
    return records
  }

  private mutating func decide() -> Record? {
    guard let job = jobs.randomElement(using: &generator) else { return nil }
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<12: return .define(Samples.define(job, origin: clock))
    case 12..<15: return state.jobs[job]?.definition == nil ? nil : .retire(job: job, at: now)
    case 15..<18: return .pause(job: job, at: now, until: generator.happens(50) ? Samples.at(clock + 500) : nil)
    case 18..<22: return .resume(job: job, at: now)
    case 22..<42: return claim(job, occurrence: now, trigger: .schedule)
    case 42..<47: return claim(job, occurrence: nil, trigger: generator.happens(30) ? .reboot : .manual)
    case 47..<52:
      return state.queued.randomElement(using: &generator).map {
        claim($0.job, occurrence: $0.instant, trigger: .catchUp)
      }
    case 52..<66: return start()
    case 66..<80: return end()
    case 80..<83: return retry()
    case 83..<87: return .queued(job: job, occurrence: now, at: now)
    case 87..<91:
      return .skipped(NotRun(job: job, first: now, last: now, count: 1, at: now, reason: .overlap))
    case 91..<94:
      let first = Samples.at(clock - 30)
      return .missed(NotRun(job: job, first: first, last: now, count: 3, at: now, reason: .down))
    case 94..<95: return .tickFailed(at: now, message: "no luck\n")
    case 95..<96: return .clockStep(at: now, byMicroseconds: -5)
    case 96..<97: return .restart(at: now, boot: "boot-\(clock)", pid: 7, version: "1.0.0")
    case 97..<99: return .through(at: now)
    default: return .unknown(type: "later", fields: [RecordField(key: "a", value: "b c")])
    }
  }

  private mutating func claim(
    _ job: String, occurrence: Instant?, trigger: FireTrigger, attempt: Int = 1
  ) -> Record {
    nextRun += 1
    var source = RunIdentifierSource(nextSequence: UInt64(nextRun))
    return .claim(
      Claim(
        run: source.next(at: now), job: job, occurrence: occurrence, trigger: trigger, attempt: attempt, at: now,
        bootIdentifier: "boot", startDeadline: generator.happens(50) ? Samples.at(clock + 60) : nil))
  }

  private mutating func anyOpen(where isWanted: (OpenRun) -> Bool) -> OpenRun? {
    let candidates = state.open.values.filter(isWanted).sorted { $0.claim.run < $1.claim.run }
    return candidates.randomElement(using: &generator)
  }

  private mutating func start() -> Record? {
    anyOpen { $0.start == nil }.map { .start(RunStart(run: $0.claim.run, pid: 100, at: now)) }
  }

  private mutating func end() -> Record? {
    guard let run = anyOpen(where: { _ in true }) else { return nil }
    let retries = generator.happens(20) && state.jobs[run.claim.job]?.definition != nil
    return .end(
      RunEnd(
        run: run.claim.run, job: run.claim.job, outcome: retries ? .failed : .succeeded, exitCode: retries ? 1 : 0,
        startedAt: run.start?.at, endedAt: now, attempt: run.claim.attempt,
        retryAt: retries ? Samples.at(clock + 10) : nil))
  }

  private mutating func retry() -> Record? {
    let waiting = state.retries.values.sorted { $0.claim.run < $1.claim.run }
    guard let retry = waiting.randomElement(using: &generator) else { return nil }
    return claim(
      retry.claim.job, occurrence: retry.claim.occurrence, trigger: .retry, attempt: retry.claim.attempt + 1)
  }
}
