import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

/// What the real engine writes must stand its own audit, and what is taken away from it must be missed.
@Suite struct EngineAuditTests {
  private static let seedsPerBlock: UInt64 = 15

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `the ledger of any simulated life has no findings`(_ block: UInt64) throws {
    var occurrences = 0
    for seed in (block * Self.seedsPerBlock)..<((block + 1) * Self.seedsPerBlock) {
      var world = Simulation(seed: seed)
      try world.run(steps: 60)
      try #require(world.problems.isEmpty)
      let segments = 1 + Int(seed % 4)
      let (items, summary) = try audit(try MemoryLedger(world.disk, segments: segments))
      guard items.filter(\.kind.isFinding).isEmpty else {
        Issue.record("seed \(seed): \(items.filter(\.kind.isFinding).prefix(5))")
        return
      }
      #expect(!items.contains { $0.kind == .open || $0.kind == .notRecomputed })
      occurrences += summary.totals.occurrences
    }
    // An account of nothing proves nothing.
    #expect(occurrences > Int(Self.seedsPerBlock) * 50)
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `a decision that is taken away and whose place is closed up is missed`(_ block: UInt64) throws {
    var found = 0
    for seed in (block * 8)..<(block * 8 + 8) {
      var world = Simulation(seed: 1000 + seed)
      try world.run(steps: 40)
      try #require(world.problems.isEmpty)
      var chance = SeededGenerator(seed: seed)
      for _ in 0..<4 {
        guard let victim = Self.decisions(world.disk).randomElement(using: &chance) else { continue }
        var records = world.disk
        let removed = records.remove(at: victim)
        for place in victim..<records.count { records[place].seq -= 1 }
        let (items, _) = try audit(try MemoryLedger(records, segments: 1))
        guard items.contains(where: { $0.kind.isFinding && $0.kind != .sequence }) else {
          Issue.record("seed \(1000 + seed): nobody missed \(removed)")
          return
        }
        found += 1
      }
    }
    #expect(found > 20)
  }

  /// Places of the decisions that a later one of the same job, or its end, must make noticed.
  ///
  /// What was queued is left out: without its second decision it goes on waiting.
  private static func decisions(_ records: [SequencedRecord]) -> [Int] {
    var queued: Set<OccurrenceKey> = []
    var places: [(place: Int, job: String, first: Instant)] = []
    var noticed: Set<Int> = []
    var last: [String: Instant] = [:]
    for (place, sequenced) in records.enumerated() {
      switch sequenced.record {
      case .queued(let job, let instant, _): queued.insert(OccurrenceKey(job: job, instant: instant))
      case .claim(let claim):
        noticed.insert(place)
        if let occurrence = claim.occurrence { last[claim.job] = occurrence }
      case .skipped(let range):
        places.append((place, range.job, range.first))
        last[range.job] = max(last[range.job] ?? range.last, range.last)
      case .missed(let range):
        places.append((place, range.job, range.first))
        last[range.job] = max(last[range.job] ?? range.last, range.last)
      default: break
      }
    }
    for (place, job, first) in places where !queued.contains(OccurrenceKey(job: job, instant: first)) {
      if let last = last[job], first < last { noticed.insert(place) }
    }
    return noticed.sorted()
  }

  private func audit(_ ledger: MemoryLedger) throws -> (items: [AuditItem], summary: AuditSummary) {
    var reader = ledger
    let heard = Heard()
    let summary = try LedgerAudit.run(&reader, zone: { _ in nil }, report: { heard.items.append($0) })
    #expect(summary.findings == heard.items.count { $0.kind.isFinding })
    return (heard.items, summary)
  }
}

private final class Heard {
  var items: [AuditItem] = []
}

/// A ledger's files in memory, written as a ticker does: a snapshot at the head of each segment.
struct MemoryLedger: LedgerReading {
  private var files: [String: [UInt8]] = [:]

  init(_ records: [SequencedRecord], segments: Int) throws {
    var state = LedgerState()
    let length = max(1, (records.count + segments - 1) / segments)
    var number = 0
    for (place, record) in records.enumerated() {
      if place % length == 0 {
        number += 1
        var head: [UInt8] = []
        for restated in state.snapshotRecords(at: record.record.at ?? Bench.noon) {
          RecordCodec.append(restated.record, seq: restated.seq, to: &head)
        }
        files[SegmentName.of(number)] = head
      }
      // The mutilated ones contradict themselves, and are written all the same.
      do { try state.apply(record) } catch {}
      RecordCodec.append(record.record, seq: record.seq, to: &files[SegmentName.of(number), default: []])
    }
  }

  mutating func list() -> [String] { Array(files.keys) }

  mutating func size(_ name: String) -> Int { files[name]?.count ?? 0 }

  mutating func read(_ name: String, from offset: Int, count: Int) -> [UInt8] {
    Array((files[name] ?? []).dropFirst(offset).prefix(count))
  }
}
