import CronConfig
import CronEngine
import CronLedger
import CronTestRandom
public import CronTime

/// A world with one seed: the real engine, ledger and watcher policy over a fake disk, fake clocks and fake workers.
///
/// The disk tears, fails, hangs, fills up and forgets; clocks step and sleep; workers die, run long or never answer;
/// ticker, watcher and machine crash at any write, and between any two actions. At the end the checks, which know only
/// the schedules and what the fake jobs did, must find every occurrence once, or reported.
public final class Simulation {
  /// When it begins: 2026-06-18T12:00:00Z.
  public static let noon = Instant(seconds: 1_781_784_000)

  let seed: UInt64
  let climate: Climate
  let fault: PlantedFault?
  /// The crash that is still to come.
  var plannedCrash: PlannedCrash?
  let tellsStory: Bool
  var chance: SeededGenerator
  var clock = Moment(wall: noon, monotonicNanoseconds: 1_000_000_000, boottimeNanoseconds: 1_000_000_000)
  var table: [EngineJob] = []
  /// Jobs that were removed, and may come back under their name.
  var removed: [EngineJob] = []
  /// New jobs so far: each has a name of its own.
  var editCount = 0
  var zones: SimulatedZones
  var nextRequest: UInt64 = 0

  // The ticker.
  var engine = Engine(settings: EngineSettings(bootIdentifier: ""))
  var keeping: LedgerKeeping<SimulatedDisk, LedgerSpilling<SimulatedMemory>>?
  var inbox: [Event] = []
  var isTickerUp = false
  /// Where a crash waits between two actions.
  var dies = false
  var hang: TickerHang?
  var lastBeat: Int64 = 0
  /// Marks were set back: what zones became under the wrong clock is looked at again.
  var hasOldZones = false

  // The watcher.
  var supervision = Supervision(settings: SupervisionSettings())
  var timerAt: Int64?
  var isWatcherUp = false
  var downSince: Int64?
  var boot = 1

  // The disk and the workers.
  let disk: SimulatedDisk
  var memory: SimulatedMemory
  var workers: [RunIdentifier: SimulatedWorker] = [:]
  /// The place of the newest claim that a slot names.
  var newestOrder: UInt64 = 0
  /// Workers whose order was taken back, and that start it all the same, where that is planted.
  var ghosts: [SimulatedWorker] = []

  // What is known from outside.
  var starts: [String: Int] = [:]
  var facts: [RunIdentifier: RunFacts] = [:]
  /// Runs whose claim a loss of power may have taken although they were dispatched: kept in memory alone, and the mark
  /// of it not on the disk yet. The next ticker can't know of them.
  var unknowable: Set<String> = []
  /// Claims that a lost memory kept, without a mark, and that processes see but no sync has covered.
  var unmarked: [ClaimLine] = []
  /// Occurrences under whose run the machine went down.
  var mayRunAgain: Set<OccurrenceKey> = []
  /// The claims of the last runs, as they stand in the ledger.
  var recentLines: [ClaimLine] = []
  /// The ends of the last runs, as they stand in the ledger.
  var recentEnds: [(run: RunIdentifier, key: OccurrenceKey?, line: [UInt8])] = []
  /// How much the next ticker reads of the ledger until its time is over; nil = all.
  var readingLeft: Int?
  /// Something of the ledger was lost; it says so, but for the documented blind spot.
  var hasLost = false
  /// What has happened so far.
  public internal(set) var counts = SimulationCounts()
  /// The rules that were broken.
  public internal(set) var problems: [String] = []
  /// What happened, where it is told.
  public private(set) var story: [String] = []

  /// A world, perhaps with a crash that isn't left to chance.
  public init(seed: UInt64, fault: PlantedFault? = nil, crash: PlannedCrash? = nil, tellsStory: Bool = false) {
    plannedCrash = crash
    self.seed = seed
    self.fault = fault
    self.tellsStory = tellsStory
    chance = SeededGenerator(seed: seed)
    zones = SimulatedZones(using: &chance)
    climate = Climate.allCases[Int(seed % UInt64(Climate.allCases.count))]
    disk = SimulatedDisk(seed: seed &+ 0x5eed)
    disk.deathAt = crash?.change
    memory = SimulatedMemory(disk, capacity: 1 << 20)
  }

  /// Whether nothing of the ledger was lost on the way.
  public var isWhole: Bool { !hasLost && counts.rotten == 0 }

  // MARK: - The course

  /// Lives until so many runs were ordered, or through so many steps, lets everything end, and checks.
  public func run(fires: Int = 100, steps: Int = 5000) {
    table = firstTable()
    startWatcher()
    while problems.isEmpty, counts.fires < fires, counts.steps < steps { step() }
    if problems.isEmpty { settle() }
    if problems.isEmpty { check() }
    counts.seeds = 1
    counts.changes = disk.changes
    counts.digest = digest
  }

  func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: 0..<elements.count, using: &chance)] }

  func rolls(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &chance) < percent }

  private func step() {
    counts.steps += 1
    pass(microseconds: Int64.random(in: 0...90_000_000, using: &chance))
    workersAct()
    trouble()
    tick()
    // Some of what happens finds a sync under way.
    if rolls(80) { endSyncs() }
    happening()
    if rolls(85) { endSyncs() }
    if keeping?.needsRetry == true, canAct, rolls(60) { keeping?.retry(nowNanoseconds: clock.monotonicNanoseconds) }
    if keeping?.hasNewSegment == true { prune() }
    notice()
  }

  func tick() {
    guard canAct else { return }
    deliver(.tick(seenClock))
    if canAct { lastBeat = clock.monotonicNanoseconds }
    guard hasOldZones else { return }
    hasOldZones = false
    load()
  }

  /// One thing that users, clocks or machines do.
  private func happening() {
    switch Int.random(in: 0..<1000, using: &chance) {
    case 0..<40: crashTicker("the ticker crashes")
    case 40..<60 where climate.losesPower: losePower()
    case 60..<70: crashWatcher(withTicker: rolls(50))
    case 70..<80: hangTicker()
    case 80..<100: stepClock()
    case 100..<120: suspend()
    case 120..<150: reload()
    case 150..<180: deliver(.manualRun(job: pick(table).definition.name, request: takeRequest(), seenClock))
    case 180..<210: fireOne()
    case 210..<230: pauseOrResume()
    case 230..<240: pass(microseconds: Int64.random(in: 0...20_000_000_000, using: &chance))
    case 240..<243 where climate == .storm: rotABit()
    case 243..<260: disk.writeBack()
    case 260..<275: changeZoneData()
    default: break
    }
  }

  /// Tickers died reading back the newest segment: until the watcher is another one, none reads it.
  private func quarantineSegment() {
    guard disk.refused.isEmpty, let newest = (try? disk.list())?.last(where: { SegmentName.number($0) != nil }) else {
      return
    }
    disk.refused = [newest]
    counts.quarantines += 1
    tell("\(newest) is quarantined")
    crashTicker("the ticker crashes")
  }

  /// The next ticker has no time to read the ledger back to its end.
  private func readSlowly() {
    let steps = Int.random(in: 0...300, using: &chance)
    readingLeft = steps
    counts.slowReadings += 1
    tell("the next ticker reads no more than \(steps) records of the ledger")
    crashTicker("the ticker crashes")
  }

  /// What is damaged tells no whole story any more; nothing may run twice for it.
  private func rotABit() {
    if seed % 3 == 0 { return quarantineSegment() }
    if seed % 6 == 1 { return readSlowly() }
    guard disk.rot() else { return }
    counts.rotten += 1
    tell("a bit of the ledger turns over")
    crashTicker("the ticker crashes")
  }

  /// The disk gets worse, or well again.
  private func trouble() {
    if rolls(30) {
      disk.refusal = nil
      disk.isFull = false
      disk.syncMode = .works
    }
    // A sound disk does nothing but run at a bad moment.
    switch Int.random(in: climate.troublesDisk ? 0..<200 : 16..<200, using: &chance) {
    case 0..<4: disk.isFull = true; tell("the disk is full"); counts.diskTroubles += 1
    case 4..<6: disk.refusal = StorageError(.readOnly, "EROFS"); tell("the disk is read-only"); counts.diskTroubles += 1
    case 6..<8: disk.refusal = StorageError(.failed, "EIO"); tell("the disk fails"); counts.diskTroubles += 1
    case 8..<13: disk.syncMode = .fails; tell("syncs fail"); counts.diskTroubles += 1
    case 13..<16: disk.syncMode = .hangs; tell("syncs hang"); counts.diskTroubles += 1
    case 16..<30 where plannedCrash == nil: disk.deathAt = disk.changes + Int.random(in: 1...6, using: &chance)
    default: break
    }
  }

  // MARK: - Users

  private func takeRequest() -> UInt64 {
    nextRequest += 1
    return nextRequest
  }

  private func fireOne() {
    let job = pick(table)
    guard let origin = engine.ledger.jobs[job.definition.name]?.origin else { return }
    let from = clock.wall.adding(seconds: -Int64.random(in: 0...900, using: &chance))
    guard let instant = job.definition.schedules.first?.next(after: from, in: job.zone, origin: origin) else { return }
    deliver(.fire(job: job.definition.name, at: instant, request: takeRequest(), seenClock))
  }

  private func pauseOrResume() {
    let name = pick(table).definition.name
    if engine.ledger.jobs[name]?.pause == nil {
      let until = rolls(50) ? clock.wall.adding(seconds: 300) : nil
      deliver(.pause(job: name, until: until, reason: nil, request: takeRequest(), seenClock))
    } else {
      deliver(.resume(job: name, request: takeRequest(), seenClock))
    }
  }

  // MARK: - Clocks

  /// What the ticker reads.
  var seenClock: Moment {
    guard fault == .firesEarly else { return clock }
    var fast = clock
    fast.wall = clock.wall.adding(seconds: 3)
    return fast
  }

  /// Time goes by; the watcher's timer and the ticker's patience with the disk ring on their way.
  func pass(microseconds: Int64) {
    var left = microseconds * 1000
    while let ring = nextRing, ring <= clock.monotonicNanoseconds + left {
      let step = max(0, ring - clock.monotonicNanoseconds)
      move(nanoseconds: step)
      left -= step
      ringBells()
    }
    move(nanoseconds: left)
  }

  private var nextRing: Int64? {
    [isWatcherUp ? timerAt : nil, canAct ? keeping?.patienceEndsNanoseconds : nil].compactMap(\.self).min()
  }

  func move(nanoseconds: Int64) {
    clock.wall = clock.wall.adding(microseconds: nanoseconds / 1000)
    clock.monotonicNanoseconds += nanoseconds
    clock.boottimeNanoseconds += nanoseconds
  }

  private func ringBells() {
    let now = clock.monotonicNanoseconds
    // A sound disk has synced long before; one in trouble, perhaps.
    if !climate.troublesDisk || rolls(70) { endSyncs() }
    if canAct, let ends = keeping?.patienceEndsNanoseconds, ends <= now {
      if let token = keeping?.stopWaiting(nowNanoseconds: now) {
        deliver(.synced(token: token, .keptInMemory, seenClock))
      }
    }
    guard isWatcherUp, let timer = timerAt, timer <= now else { return }
    timerAt = nil
    // A ticker that isn't hung beats between the steps of this world too.
    let age = hang == nil ? Int64.random(in: 0...5_000_000_000, using: &chance) : now - lastBeat
    supervise(.timer(now: now, beatAge: isTickerUp ? age : nil))
  }

  /// Small steps go either way. A wrong far future begins while no mark lies ahead of the clock: whoever sets it back
  /// first can't be told from whoever corrects it (docs/decisions/marks-and-clocks.md).
  func stepClock() {
    let isAhead = engine.ledger.jobs.values.contains { ($0.lastDecided ?? .distantPast) > clock.wall }
    let far = rolls(10) && !isAhead
    let range: ClosedRange<Int64> = far ? 87_000...100_000 : -1200...1200
    let seconds = Int64.random(in: range, using: &chance)
    clock.wall = clock.wall.adding(seconds: seconds)
    counts.clockSteps += 1
    tell("the clock steps by \(seconds) s")
    if rolls(50) { deliver(.clockStepped(byMicroseconds: seconds * 1_000_000, seenClock)) }
    // A wrong clock is corrected again, mostly soon.
    if far, rolls(80) {
      pass(microseconds: Int64.random(in: 0...300_000_000, using: &chance))
      tick()
      if rolls(20) { changeZoneData() }
      clock.wall = clock.wall.adding(seconds: -seconds)
      // What that future decided is owed again when it comes.
      unknowable.formUnion(claimLines.filter { $0.instant > clock.wall }.map(\.key))
      tell("the clock steps back by \(seconds) s")
    }
  }

  private func suspend() {
    let seconds = Int64.random(in: 10...1500, using: &chance)
    clock.wall = clock.wall.adding(seconds: seconds)
    clock.boottimeNanoseconds += seconds * 1_000_000_000
    counts.suspensions += 1
    tell("the machine sleeps for \(seconds) s")
  }

  // MARK: - The story

  func tell(_ text: @autoclosure () -> String) {
    guard tellsStory else { return }
    let text = text()
    story.append("\(clock.wall.milliseconds3339) \(text)")
  }

  func fail(_ text: String) { problems.append(text) }

  /// What world and ledger said of the job of the first problem.
  public var excerpt: String {
    let words = problems.first.map { $0.split { $0 == "@" || $0 == " " } } ?? []
    let job = words.first { $0.hasPrefix("job") }.map(String.init)
    let lines = story.filter { line in
      guard let job else { return true }
      return line.contains("job=\(job) ") || line.contains("\(job)@") || !line.contains("job")
    }
    return lines.suffix(400).joined(separator: "\n")
  }
}
