import CronTime

@testable import CronLedger

/// A legal history of a few jobs, and the segments that a ticker would have written of it.
struct AuditHistory {
  private(set) var state = LedgerState()
  var records: [SequencedRecord] = []
  private var nextRun = 1

  /// Appends a record at the next place.
  mutating func add(_ record: Record) {
    let sequenced = SequencedRecord(seq: state.nextSequence, record: record)
    // Mutilated histories are appended as well.
    do { try state.apply(sequenced) } catch {}
    records.append(sequenced)
  }

  /// Its runs get names that no other history gives.
  mutating func skipRuns() { nextRun = 500 }

  mutating func define(
    _ job: String, _ schedule: String, at: Int64, origin: Int64? = nil, zone: String = "UTC", zoneHash: UInt64 = 0
  ) {
    add(
      .define(
        Definition(
          job: job, schedule: schedule, zone: zone, zoneHash: zoneHash, origin: Samples.at(origin ?? at),
          at: Samples.at(at), commandDigest: 1)))
  }

  /// Claims an occurrence (nil = a manual run), `second` seconds after noon; returns its run.
  @discardableResult
  mutating func claim(
    _ job: String, _ second: Int64?, trigger: FireTrigger? = nil, attempt: Int = 1, at: Int64? = nil
  ) -> RunIdentifier {
    let trigger = trigger ?? (second == nil ? .manual : .schedule)
    nextRun += 1
    let run = Samples.run(nextRun)
    let at = Samples.at(at ?? second ?? 0, microseconds: 1_500)
    add(
      .claim(
        Claim(
          run: run, job: job, occurrence: second.map { Samples.at($0) }, trigger: trigger, attempt: attempt, at: at,
          bootIdentifier: "boot-1")))
    return run
  }

  mutating func start(_ run: RunIdentifier, at: Int64) {
    add(.start(RunStart(run: run, pid: 7, at: Samples.at(at, microseconds: 9_000))))
  }

  mutating func end(
    _ run: RunIdentifier, _ job: String, at: Int64, startedAt: Int64? = nil, outcome: Outcome = .succeeded,
    attempt: Int = 1, retryAt: Int64? = nil
  ) {
    add(
      .end(
        RunEnd(
          run: run, job: job, outcome: outcome, reason: outcome == .succeeded ? nil : "said so",
          startedAt: startedAt.map { Samples.at($0, microseconds: 9_000) },
          endedAt: Samples.at(at, microseconds: 20_000),
          attempt: attempt, retryAt: retryAt.map { Samples.at($0) })))
  }

  /// Claims, starts and ends.
  mutating func run(_ job: String, _ second: Int64, trigger: FireTrigger = .schedule, at: Int64? = nil) {
    let run = claim(job, second, trigger: trigger, at: at)
    start(run, at: at ?? second)
    end(run, job, at: (at ?? second) + 2, startedAt: at ?? second)
  }

  mutating func skip(_ job: String, _ first: Int64, _ last: Int64, _ count: Int, _ reason: SkipReason, at: Int64? = nil)
  {
    add(
      .skipped(
        NotRun(
          job: job, first: Samples.at(first), last: Samples.at(last), count: count, at: Samples.at(at ?? last),
          reason: reason)))
  }

  mutating func miss(_ job: String, _ first: Int64, _ last: Int64, _ count: Int, _ reason: MissReason) {
    add(
      .missed(
        NotRun(
          job: job, first: Samples.at(first), last: Samples.at(last), count: count, at: Samples.at(last),
          reason: reason)))
  }

  mutating func queue(_ job: String, _ second: Int64) {
    add(.queued(job: job, occurrence: Samples.at(second), at: Samples.at(second)))
  }

  /// Every kind of record, in a story without a contradiction; all of it happens within the hour after noon.
  static func story() -> AuditHistory {
    var story = AuditHistory()
    story.define("minute", "* * * * *", at: 0)
    story.define("beat", "@every 30s", at: 5)
    story.define("boot", "@reboot", at: 5)
    story.run("boot", 6, trigger: .reboot)
    story.add(.restart(at: Samples.at(6), boot: "boot-1", pid: 7, version: "1"))
    story.run("beat", 35)
    story.run("minute", 60)
    story.run("beat", 65)
    story.run("beat", 95)
    story.run("minute", 120)
    story.skip("minute", 180, 300, 3, .overlap)
    story.miss("beat", 125, 305, 7, .down)
    story.add(.through(at: Samples.at(300)))
    story.queue("minute", 360)
    let manual = story.claim("minute", nil, trigger: .manual, at: 361)
    story.start(manual, at: 361)
    story.end(manual, "minute", at: 370, startedAt: 361)
    story.run("minute", 360, at: 371)
    story.run("beat", 335)
    story.add(.pause(job: "minute", at: Samples.at(400)))
    story.skip("minute", 420, 540, 3, .paused, at: 570)
    story.add(.resume(job: "minute", at: Samples.at(570)))
    story.run("minute", 600)
    let failing = story.claim("minute", 660)
    story.end(failing, "minute", at: 665, startedAt: 660, outcome: .failed, retryAt: 670)
    let again = story.claim("minute", 660, trigger: .retry, attempt: 2, at: 670)
    story.end(again, "minute", at: 675, startedAt: 670, attempt: 2)
    story.miss("beat", 365, 695, 12, .suspend)
    story.define("minute", "*/5 * * * *", at: 700)
    story.add(.clockStep(at: Samples.at(701), byMicroseconds: 3_000_000))
    story.run("beat", 725)
    story.miss("beat", 755, 905, 6, .grace)
    story.run("minute", 900)
    story.add(.retire(job: "minute", at: Samples.at(930)))
    story.add(.through(at: Samples.at(930)))
    story.run("beat", 935)
    story.queue("beat", 965)
    story.start(story.claim("beat", 995), at: 995)
    return story
  }

  /// The places of the records that a predicate chooses.
  func places(_ chosen: (Record) -> Bool) -> [Int] { records.indices.filter { chosen(records[$0].record) } }

  /// The segments of the records, each with its snapshot; `cuts` are places at which another one begins.
  func files(cuts: [Int] = []) -> [String: [UInt8]] {
    Self.files(records, cuts: cuts)
  }

  /// The segments of records that may have holes and contradictions.
  static func files(_ records: [SequencedRecord], cuts: [Int] = []) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    var state = LedgerState()
    var number = 0
    for (place, record) in records.enumerated() {
      if place == 0 || cuts.contains(place) {
        number += 1
        var head: [UInt8] = []
        for restated in state.snapshotRecords(at: state.lastRecordAt ?? Samples.noon) {
          RecordCodec.append(restated.record, seq: restated.seq, to: &head)
        }
        files[SegmentName.of(number)] = head
      }
      do { try state.apply(record) } catch {}
      RecordCodec.append(record.record, seq: record.seq, to: &files[SegmentName.of(number), default: []])
    }
    return files
  }
}

/// What an audit said of some files.
struct Audited {
  var items: [AuditItem] = []
  var summary = AuditSummary()

  private final class Ear { var items: [AuditItem] = [] }

  init(_ files: [String: [UInt8]], verifies: Bool = false, zone: @escaping (String, UInt64) -> Zone? = { _, _ in nil })
    throws
  {
    var storage = FakeLedgerStorage(files: files)
    self = try Audited(&storage, verifies: verifies, zone: zone)
  }

  init(
    _ storage: inout FakeLedgerStorage, verifies: Bool = false,
    zone: @escaping (String, UInt64) -> Zone? = { _, _ in nil }
  ) throws {
    let ear = Ear()
    var options = LedgerAudit.Options()
    options.verifies = verifies
    summary = try LedgerAudit.run(&storage, options: options, zone: zone) { ear.items.append($0) }
    items = ear.items
  }

  var findings: [AuditItem] { items.filter(\.kind.isFinding) }

  /// `kind job second`, for comparison with a table; findings only.
  var words: [String] {
    findings.map { item in
      let second = item.occurrence.map { " \(Instant.microseconds(from: Samples.noon, to: $0) / 1_000_000)" } ?? ""
      return item.kind.rawValue + (item.job.map { " \($0)" } ?? "") + second
    }
  }
}
