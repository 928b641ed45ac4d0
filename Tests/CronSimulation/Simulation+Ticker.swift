import CronEngine
import CronLedger
import CronTime

/// A ticker that makes no progress.
enum TickerHang { case stopped, stuck }

/// The ticker: recovers, hands events to the engine, and performs what it decides.
extension Simulation {
  /// Whether the ticker lives and runs.
  var canAct: Bool { isTickerUp && hang == nil && !dies && !disk.isDead }

  /// Replays the ledger, looks at every slot, and begins; false when it died on its way.
  func startTicker(safeMode: Bool) -> Bool {
    disk.reopen()
    (dies, hang, inbox, hasOldZones) = (false, nil, [], false)
    zones.forget()
    // No process starts in no time; a run's identifier is its instant's and a number.
    move(nanoseconds: Int64.random(in: 1_000_000...3_000_000, using: &chance))
    isTickerUp = true
    lastBeat = clock.monotonicNanoseconds
    counts.tickers += 1
    if fault == .forgetsMemory { memory = SimulatedMemory(disk, capacity: 1 << 20); _ = disk.setMark(false) }
    var spilling = LedgerSpilling(memory)
    var storage = disk
    var recovery = Recovery.recover(storage: &storage, spilled: spilling.read(), boot: "boot-\(boot)") { [self] in
      guard let left = readingLeft else { return false }
      readingLeft = left - 1
      return left <= 0
    }
    readingLeft = nil
    if fault == .forgetsLedger { recovery.state = LedgerState() }
    if fault == nil { recovery.noteOrder(sequence: newestOrder) }
    if recovery.needsBaseline {
      recovery.setBaseline(clock.wall)
      // Nothing may be lost where the disk keeps what it has synced; of a first start cut short, there was nothing.
      if !climate.troublesDisk, !hasLost, disk.hasSynced { fail("part of the ledger is lost: \(recovery.findings)") }
      noteLoss(recovered: recovery.state)
      for run in lostRuns(known: recovery.state) { recovery.restore(run) }
      counts.baselines += 1
      tell("part of the ledger is lost: the baseline is now")
    }
    for finding in recovery.findings { tell("found: \(finding)") }
    tell("memory has \(memory.bytes.count) bytes; \(recovery.recordCount) records are read; disk: \(disk.description)")
    let ledger = recovery.state
    let disk = self.disk
    keeping = LedgerKeeping(disk, recovery: recovery, memory: spilling) { target, token throws(StorageError) in
      try disk.beginSync(target, token: token)
    }
    keeping?.segmentBytes = 4096 << Int(seed / 4 % 3)
    let now = clock.wall
    keeping?.snapshot = { ledger.snapshotRecords(at: now) }
    keeping?.begin(baseline: recovery.needsBaseline ? now : nil)
    engine = Engine(
      settings: EngineSettings(
        workersMax: 6, queueLimit: 20, bootIdentifier: "boot-\(boot)", safeMode: safeMode))
    keeping?.snapshot = { [unowned self] in engine.ledger.snapshotRecords(at: clock.wall) }
    let isSameBoot = ledger.lastRestart.map { $0.boot == "boot-\(boot)" } ?? false
    let runs = ledger.open.values.sorted { $0.claimSequence < $1.claimSequence }.map {
      RecoveredRun(run: $0.claim.run, finding: finding(of: $0))
    }
    deliver(.recovered(ledger, runs: runs, sameBoot: isSameBoot, seenClock))
    load(isFirst: true)
    guard canAct else { return false }
    keeping?.syncBeginning(nowNanoseconds: clock.monotonicNanoseconds)
    // What the slots had to say is in the ledger.
    for run in workers.keys where engine.ledger.open[run] == nil { workers[run] = nil }
    prune()
    return canAct
  }

  /// Old segments go at a start and as new ones come.
  func prune() {
    guard canAct else { return }
    _ = keeping?.prune(now: clock.wall, keepSeconds: 86_400)
  }

  /// Hands an event to the engine and performs what it decides, and whatever that leads to.
  func deliver(_ event: Event) {
    guard canAct else { return }
    inbox.append(event)
    while canAct, !inbox.isEmpty {
      let actions = engine.handle(inbox.removeFirst())
      let crashBefore = rolls(1) ? Int.random(in: 0...actions.count, using: &chance) : nil
      for (index, action) in actions.enumerated() {
        if index == crashBefore {
          tell("a crash between two actions")
          dies = true
        }
        if !canAct { return }
        perform(action)
      }
    }
  }

  private func perform(_ action: Action) {
    switch action {
    case .append(let records): append(records)
    case .sync(let token):
      if fault == .dispatchesBeforeSync {
        _ = keeping?.beginSync(token: token, nowNanoseconds: clock.monotonicNanoseconds)
        inbox.append(.synced(token: token, .durable, seenClock))
      } else if let result = keeping?.beginSync(token: token, nowNanoseconds: clock.monotonicNanoseconds) {
        inbox.append(.synced(token: token, result, seenClock))
      }
    case .dispatch(let order): dispatch(order)
    case .stop(let run, _): workers[run]?.stop(at: clock.wall.adding(seconds: 1))
    case .notice(.illegalTransition(let text)): fail("illegal transition: \(text)")
    case .notice(.marksRebased): hasOldZones = true
    case .answer, .notice: break
    }
  }

  private func append(_ records: [SequencedRecord]) {
    for record in records {
      guard case .end(let end) = record.record else { continue }
      let key = workers[end.run]?.order.occurrence.map { OccurrenceKey(job: end.job, instant: $0) }
      recentEnds.append((end.run, key, RecordCodec.encode(record.record, seq: record.seq)))
      if recentEnds.count > 200 { recentEnds.removeFirst(100) }
    }
    var kept = records
    if fault == .dropsDecisions {
      kept.removeAll {
        switch $0.record {
        case .missed, .skipped: true
        default: false
        }
      }
    }
    if fault == .dropsEnds { kept.removeAll { if case .end = $0.record { true } else { false } } }
    for record in kept where tellsStory {
      tell(String(decoding: RecordCodec.encode(record.record, seq: record.seq).dropFirst(9).dropLast(), as: UTF8.self))
    }
    counts.records += kept.count
    keeping?.append(kept)
  }

  /// Ends the syncs that are under way, unless the disk hangs.
  func endSyncs() {
    let lies = fault == .liesAboutSyncs
    while canAct, let end = lies ? disk.pretendSync() : disk.endSync() {
      let answer = keeping?.completed(
        token: end.token, failure: end.failure, nowNanoseconds: clock.monotonicNanoseconds)
      if let (token, result) = answer { deliver(.synced(token: token, result, seenClock)) }
    }
  }

  /// The ticker is killed; the watcher learns of it.
  func crashTicker(_ why: String) {
    guard isTickerUp else { return }
    tell(why)
    counts.tickerCrashes += 1
    // Workers may go with it.
    for run in workers.keys.sorted() where rolls(20) { killWorker(run) }
    endTicker(.died("signal KILL"))
  }

  /// The ticker's process is gone.
  func endTicker(_ end: TickerEnd) {
    isTickerUp = false
    (dies, hang, inbox, keeping) = (false, nil, [], nil)
    disk.isDead = true
    downSince = downSince ?? clock.monotonicNanoseconds
    changeWhileDown()
    supervise(.exited(end, now: clock.monotonicNanoseconds))
  }

  /// A death that happened amid an action is noticed.
  func notice() {
    if let crash = plannedCrash, disk.changes >= crash.change {
      plannedCrash = nil
      if crash.takesPower { return losePower() }
    }
    guard isTickerUp, dies || disk.isDead else { return }
    if climate.losesPower, rolls(15) { losePower() } else { crashTicker("the ticker is dead") }
  }

  func hangTicker() {
    guard canAct else { return }
    hang = rolls(50) ? .stopped : .stuck
    lastBeat = clock.monotonicNanoseconds
    counts.hangs += 1
    tell("the ticker hangs")
  }
}
