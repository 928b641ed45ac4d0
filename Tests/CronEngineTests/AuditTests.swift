import CronConfig
import CronEngine
import CronLedger
import CronSimulation
import CronTestRandom
import CronTestSupport
import CronTime
import Testing

/// What is taken away from a real engine's ledger must be missed by the audit.
@Suite struct EngineAuditTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func `a decision that is taken away and whose place is closed up is missed`(_ block: UInt64) throws {
    var found = 0
    // Calm worlds: of the others' ledgers a part may be lost.
    for seed in (block * 2..<block * 2 + 2).map({ $0 * UInt64(Climate.allCases.count) }) {
      let world = Simulation(seed: seed)
      world.run(fires: 25)
      try #require(world.problems.isEmpty)
      let records = world.records
      var chance = SeededGenerator(seed: seed)
      for _ in 0..<8 {
        guard let victim = Self.decisions(records).randomElement(using: &chance) else { continue }
        var rest = records
        let removed = rest.remove(at: victim)
        for place in victim..<rest.count { rest[place].seq -= 1 }
        let (items, _) = try audit(try MemoryLedger(rest, segments: 1), of: world)
        guard items.contains(where: { $0.kind.isFinding && $0.kind != .sequence }) else {
          Issue.record("seed \(seed): nobody missed \(removed)")
          return
        }
        found += 1
      }
    }
    #expect(found > 8)
  }

  /// Places of the decisions that a later one of the same job, or its end, must make noticed.
  ///
  /// What was queued is left out: without its second decision it goes on waiting. So is what the job's next definition
  /// precedes, because the clock was set back in between: by the clock the old one never named it.
  private static func decisions(_ records: [SequencedRecord]) -> [Int] {
    var queued: Set<OccurrenceKey> = []
    var places: [(place: Int, job: String, first: Instant)] = []
    var noticed: Set<Int> = []
    var last: [String: Instant] = [:]
    var redefined: [String: [(place: Int, at: Instant)]] = [:]
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
      case .define(let definition): redefined[definition.job, default: []].append((place, definition.at))
      default: break
      }
    }
    places.removeAll { decision in
      redefined[decision.job, default: []].contains { $0.place > decision.place && $0.at < decision.first }
    }
    for (place, job, first) in places where !queued.contains(OccurrenceKey(job: job, instant: first)) {
      if let last = last[job], first < last { noticed.insert(place) }
    }
    return noticed.sorted()
  }

  private func audit(_ ledger: MemoryLedger, of world: Simulation) throws -> (items: [AuditItem], summary: AuditSummary)
  {
    var reader = ledger
    let heard = Heard()
    let summary = try LedgerAudit.run(&reader, zone: { world.zone($0, hash: $1) }, report: { heard.items.append($0) })
    #expect(summary.findings == heard.items.count { $0.kind.isFinding })
    return (heard.items, summary)
  }
}

private final class Heard {
  var items: [AuditItem] = []
}
