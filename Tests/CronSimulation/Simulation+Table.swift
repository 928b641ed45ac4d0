import CronConfig
import CronEngine
import CronLedger
import CronTime

/// The table of jobs and the zone data, which users and upgrades change at any time.
extension Simulation {
  private static let schedules = [
    "* * * * *", "*/2 * * * *", "*/5 * * * *", "@every 45s", "@every 7m", "3-59/4 * * * *", "@hourly",
    "*/20 * * * * *", "5,25,45 10-16 * * *", "0-59/10 12,13,14 * * *",
  ]

  /// A few jobs that fire often, so that a world needn't last for days.
  private static let busySchedules = ["* * * * *", "@every 45s", "*/20 * * * * *"]

  func firstTable() -> [EngineJob] {
    let count = 2 + Int.random(in: 0..<8, using: &chance)
    return [randomJob("job0", among: Self.busySchedules)] + (1..<count).map { randomJob("job\($0)") }
  }

  private func randomJob(_ name: String, among schedules: [String] = schedules) -> EngineJob {
    let text = pick(schedules)
    guard let schedule = try? Schedule.parse(text, dialect: .any, seed: name) else {
      preconditionFailure("\(text) is no schedule")
    }
    let definition = JobDefinition(
      name: name, schedules: [schedule], zone: pick([nil, nil] + SimulatedZones.names), command: .shellLine("true"),
      graceSeconds: pick([nil, nil, 30, 600]), overlap: pick(OverlapPolicy.allCases),
      catchUp: pick([.skip, .once, .all(limit: 3)]), onInterrupt: pick(InterruptPolicy.allCases),
      durability: pick(DurabilityPolicy.allCases), randomDelayMinutes: pick([0, 0, 0, 2]))
    return EngineJob(definition: definition, zone: .utc, jitterSeed: 5)
  }

  /// Hands the ticker the table with its zones as they are now.
  func load(isFirst: Bool = false) {
    guard canAct else { return }
    let defined = isFirst ? engine.ledger.zonesLastDefined : [:]
    let before = isFirst ? engine.ledger.definedZones.keys.sorted() : []
    let former = before.compactMap { zones.zone($0.name, hash: $0.hash) }
    var named: [String: Zone] = [:]
    for name in Set(table.compactMap(\.definition.zone)).sorted() {
      let decided = engine.ledger.decidedThrough(zone: name, now: seenClock.wall)
      named[name] = zones.use(name, defined: defined[name], decidedThrough: decided)
    }
    for index in table.indices { table[index].zone = table[index].definition.zone.flatMap { named[$0] } ?? .utc }
    deliver(.loaded(jobs: table, former: former, seenClock))
  }

  func reload() {
    editTable()
    load()
  }

  private func editTable() {
    let index = Int.random(in: 0..<table.count, using: &chance)
    switch Int.random(in: 0..<5, using: &chance) {
    case 0: table[index] = randomJob(table[index].definition.name)
    case 1 where table.count > 1: removed.append(table.remove(at: index))
    case 2 where !removed.isEmpty: table.append(removed.removeLast())
    case 3 where table.count > 1 && canAct:
      // Removed and back again, perhaps across a step of the clock.
      let job = table.remove(at: index)
      load()
      if rolls(50) { stepClock() }
      table.append(job)
    default:
      editCount += 1
      table.append(randomJob("job\(nextRequest)x\(counts.steps)x\(editCount)"))
    }
  }

  /// The system's data of a zone is replaced; mostly the ticker sees it at once.
  func changeZoneData() {
    let name = zones.change(using: &chance)
    counts.zoneChanges += 1
    tell("other data of \(name)")
    if rolls(80) { load() }
  }

  /// What users and upgrades do while no ticker runs.
  func changeWhileDown() {
    if rolls(8) {
      counts.changesWhileDown += 1
      tell("the table is edited while nothing runs")
      editTable()
    }
    if rolls(8) { changeZoneData() }
  }
}
