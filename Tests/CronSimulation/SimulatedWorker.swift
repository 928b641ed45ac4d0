import CronConfig
import CronEngine
import CronLedger
import CronTime

/// A worker, its slot and its job: what is written there survives the ticker.
struct SimulatedWorker {
  enum Phase: Hashable {
    /// The order is in the slot.
    case ordered
    case running
    case ended(RunExit)
  }

  let order: RunOrder
  /// The claim as it stands in the ledger.
  let line: [UInt8]
  var phase = Phase.ordered
  var isAlive = true
  /// The ticker was told that it runs.
  var isTold = false
  /// How long the job takes, by the wall clock.
  var endsAt: Instant
  var wasStopped = false

  /// Names the try of an occurrence, or a manual run.
  var key: String { order.key }

  mutating func stop(at instant: Instant) {
    guard phase == .running || phase == .ordered else { return }
    wasStopped = true
    endsAt = min(endsAt, instant)
  }
}

extension RunOrder {
  /// Names the try of an occurrence, or a manual run.
  var key: String { occurrence.map { "\(job.name)@\($0) attempt \(attempt)" } ?? "\(job.name) \(run)" }
}

/// A claim as it stands in the ledger.
struct ClaimLine {
  var key: String
  var job: String
  var instant: Instant
  var line: [UInt8]
}

/// What the world knows about a run, whatever the ledger says.
struct RunFacts {
  var key: String
  /// The job executed, and how it ended; nil = it never ended, or nobody could see how.
  var wasStarted = false
  var exit: RunExit?
  /// Its worker died under it, or the power failed: nobody needs to know how it ended.
  var isBlurred = false
}

extension Simulation {
  /// The claims that workers have orders for, or had: as they stand in the ledger.
  var claimLines: [ClaimLine] {
    let waiting = workers.values.map {
      ClaimLine(key: $0.key, job: $0.order.job.name, instant: $0.order.occurrence ?? .distantPast, line: $0.line)
    }
    return waiting.sorted { $0.key < $1.key } + recentLines
  }

  /// A worker gets an order.
  func dispatch(_ order: RunOrder) {
    counts.fires += 1
    tell("dispatch \(order.run) of \(order.job.name)@\(order.occurrence.map(\.description) ?? "-")")
    guard let open = engine.ledger.open[order.run], open.claimSequence == order.claimSequence else {
      return fail("\(order.key) is dispatched without its claim")
    }
    let line = RecordCodec.encode(.claim(open.claim), seq: order.claimSequence)
    // A doubt that a loss has cast on it since is no other claim.
    var original = open.claim
    original.isDoubtful = false
    let lines = open.claim.isDoubtful ? [line, RecordCodec.encode(.claim(original), seq: order.claimSequence)] : [line]
    if !lines.contains(where: disk.surelyKeeps) {
      // While the disk refuses, what processes see of it or what the watcher keeps is enough, once that is marked.
      let isMarked = disk.mark || !memory.bytes.isEmpty
      let isSafe = isMarked && lines.contains { disk.shows($0) || memory.keeps($0) }
      if order.job.durability == .required || !isSafe { fail("\(order.key) is dispatched before its claim is durable") }
    }
    if let occurrence = order.occurrence, occurrence > clock.wall, order.trigger != .reboot {
      fail("\(order.key) is dispatched before its instant")
    }
    recentLines.append(
      ClaimLine(key: order.key, job: order.job.name, instant: order.occurrence ?? .distantPast, line: line))
    if recentLines.count > 400 { recentLines.removeFirst(200) }
    facts[order.run] = RunFacts(key: order.key)
    newestOrder = max(newestOrder, order.claimSequence)
    let length = pick([0, 1, 5, 20, 120] as [Int64])
    workers[order.run] = SimulatedWorker(order: order, line: line, endsAt: clock.wall.adding(seconds: length))
  }

  /// Workers start jobs, jobs end, and the ticker is told, where there is one.
  func workersAct() {
    for ghost in ghosts { started(ghost.order.run, ghost) }
    ghosts = []
    for run in workers.keys.sorted() {
      guard var worker = workers[run] else { continue }
      let before = worker
      switch worker.phase {
      case .ordered: begin(run, &worker)
      case .running:
        // A clock that stepped must not keep a job for ever: length is real time, which the wall only approximates.
        if worker.endsAt <= clock.wall || rolls(3) { end(run, &worker) }
      case .ended: break
      }
      if worker.phase != before.phase || worker.isTold != before.isTold { workers[run] = worker }
      report(run)
    }
  }

  private func begin(_ run: RunIdentifier, _ worker: inout SimulatedWorker) {
    guard worker.isAlive, rolls(70) else { return }
    if let deadline = worker.order.startDeadline, clock.wall > deadline {
      worker.phase = .ended(.declined)
      return
    }
    let times = fault == .startsTwice && rolls(5) ? 2 : 1
    for _ in 0..<times { started(run, worker) }
    worker.phase = .running
  }

  /// The job executes: here, and only here, something happens outside.
  private func started(_ run: RunIdentifier, _ worker: SimulatedWorker) {
    counts.starts += 1
    facts[run]?.wasStarted = true
    starts[worker.key, default: 0] += 1
    tell("\(worker.key) executes as \(run)")
    if let times = starts[worker.key], times > 1, !unknowable.contains(worker.key) {
      fail("\(worker.key) ran \(times) times")
    }
    if worker.order.attempt > 1, let occurrence = worker.order.occurrence {
      let key = OccurrenceKey(job: worker.order.job.name, instant: occurrence)
      if !mayRunAgain.contains(key) { fail("\(worker.key): nothing had interrupted the attempt before") }
    }
  }

  private func end(_ run: RunIdentifier, _ worker: inout SimulatedWorker) {
    let code = rolls(80) ? 0 : 1
    var exit = RunExit.exited(code: code, at: clock.wall, startedAt: nil)
    if worker.wasStopped { exit = .stopped(code: nil, signal: "TERM", at: clock.wall, startedAt: nil) }
    // Without its worker a job's end is seen by a sub-reaper, mostly.
    if !worker.isAlive, rolls(30) { exit = .unknown(reason: "lost") }
    worker.phase = .ended(exit)
    facts[run]?.exit = exit
  }

  /// What the ticker learns of a run, as events.
  private func report(_ run: RunIdentifier) {
    guard canAct, let worker = workers[run] else { return }
    switch worker.phase {
    case .ordered where !worker.isAlive:
      workers[run] = nil
      deliver(.couldNotStart(run, StartFailure(message: "its worker died", isRetryable: true), seenClock))
    case .ordered where rolls(3):
      // The system refuses: nothing executed.
      workers[run] = nil
      deliver(.couldNotStart(run, StartFailure(message: "EAGAIN", isRetryable: rolls(80)), seenClock))
    case .ordered: break
    case .running where !worker.isTold:
      workers[run]?.isTold = true
      deliver(.started(run, pid: 9, at: clock.wall, seenClock))
    case .running: break
    case .ended(let exit):
      deliver(.ended(run, exit, seenClock))
      // A slot is free once its end is in the ledger.
      if canAct { workers[run] = nil }
    }
  }

  func killWorker(_ run: RunIdentifier) {
    guard workers[run]?.isAlive == true else { return }
    workers[run]?.isAlive = false
    facts[run]?.isBlurred = true
    counts.workerDeaths += 1
    tell("the worker of \(run) dies")
  }

  /// Every worker and job ends; what slots say of ends survives by chance.
  func workersLosePower() {
    // Nothing of a slot is synced.
    if rolls(50) { newestOrder = 0 }
    for (run, fact) in facts where fact.exit == nil { facts[run]?.isBlurred = true }
    // An end that wasn't synced yet may be gone, and its slot may serve another run: nobody knows any more.
    for end in recentEnds {
      facts[end.run]?.isBlurred = true
      if let key = end.key { mayRunAgain.insert(key) }
    }
    recentEnds = []
    for open in engine.ledger.open.values {
      facts[open.claim.run]?.isBlurred = true
      if let key = open.claim.key { mayRunAgain.insert(key) }
    }
    for run in workers.keys.sorted() {
      guard let worker = workers[run] else { continue }
      facts[run]?.isBlurred = true
      if let occurrence = worker.order.occurrence {
        mayRunAgain.insert(OccurrenceKey(job: worker.order.job.name, instant: occurrence))
      }
      if case .ended = worker.phase, rolls(50) { continue }
      workers[run] = nil
    }
  }

  /// Runs that go on in slots although the ledger has lost them, as `LostRuns` finds them.
  func lostRuns(known: LedgerState) -> [OpenRun] {
    let going = workers.values.filter { worker in
      known.open[worker.order.run] == nil && (worker.phase == .running || worker.phase == .ordered && worker.isAlive)
    }
    return going.sorted { $0.order.claimSequence < $1.order.claimSequence }.map { worker in
      let order = worker.order
      var claim = Claim(
        run: order.run, job: order.job.name, occurrence: order.occurrence,
        trigger: order.occurrence == nil ? .manual : .schedule, attempt: order.attempt, at: clock.wall,
        bootIdentifier: "boot-\(boot)")
      claim.isDoubtful = true
      return OpenRun(claim: claim, claimSequence: order.claimSequence)
    }
  }

  /// What the slots say of a claim without an end.
  func finding(of open: OpenRun) -> RecoveredRun.Finding {
    let run = open.claim.run
    let isEarlierBoot = open.claim.bootIdentifier != "boot-\(boot)"
    if isEarlierBoot, let key = open.claim.key { mayRunAgain.insert(key) }
    guard fault != .skipsSlots, let worker = workers[run], worker.order.claimSequence == open.claimSequence else {
      return isEarlierBoot ? .interrupted : .notStarted
    }
    switch worker.phase {
    // The slot is read again at the next start, should this ticker die before the end is appended.
    case .ended(let exit): return .ended(exit)
    case .ordered where isEarlierBoot, .running where isEarlierBoot: return .interrupted
    case .ordered:
      if worker.isAlive { return .accepted }
      // VOID: whoever finds the order later takes it for none.
      workers[run] = nil
      if fault == .ignoresVoid { ghosts.append(worker) }
      return .notStarted
    case .running:
      workers[run]?.isTold = true
      return .adopted(pid: 9, supervised: worker.isAlive)
    }
  }
}
