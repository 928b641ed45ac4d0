import CronEngine
import CronSystem

/// The ticker's workers: hands out orders, hears how runs begin and end, and judges what dead workers left behind.
///
/// It decides nothing about jobs: what it learns becomes events. A slot holds one run at a time, and serves again once
/// the end of its run is in the ledger (`settle`).
final class WorkerPool {
  /// How long a worker may stay silent where it should act: no `started` after the doorbell, no `ended` after the end.
  static let patience: Int64 = 5_000_000_000
  /// How long the status of a job that somebody else reaped is looked for.
  static let statusPatience: Int64 = 2_000_000_000
  /// How soon a slot that couldn't be judged is looked at again.
  static let recheck: Int64 = 20_000_000
  /// Workers that are being started at one time: more would only wait for the processors.
  static let startingAtOnce = 4

  let loop: TickerLoop
  let state: StateDirectory
  let launchArguments: (Int) -> WorkerArguments
  let reaped: ReapedRing
  private(set) var slots: [Int: WorkerSlot] = [:]
  private var slotOfWorker: [Int32: Int] = [:]
  private var slotOfRun: [String: Int] = [:]
  /// Orders that wait for a worker, first come first served.
  private(set) var waiting: [SlotOrder] = []
  /// How strangers ended that we reaped: jobs of dead workers whose slot wasn't judged yet.
  private var strangers = RecentDeaths(capacity: 256)
  var events: [WorkerEvent] = []
  /// Slots of an earlier ticker that can't be read, and why; −1 = their directory.
  var unread: [Int: Errno] = [:]
  /// Claims that may stand in one of them, or in one that doesn't tell whose run it holds.
  var undecided: Set<SlotClaim> = []
  /// Claims that were given up, and whose end the ledger hasn't got yet.
  var unsettled: Set<SlotClaim> = []
  /// Which job a run is of, for a slot that doesn't tell any more.
  var jobOfRun: (String) -> String? = { _ in nil }
  static let unreadPause: Int64 = 1_000_000_000
  static let unreadPatience: Int64 = 60_000_000_000
  /// What is wrong with the pool though runs go on; nil = nothing.
  var problem: String? {
    if let first = unread.min(by: { $0.key < $1.key }) {
      return "\(unread.count) of the workers' slots can't be read: \(first.value)"
    }
    let illegible = slots.values.count(where: \.isIllegible)
    if illegible > 0, !undecided.isEmpty {
      return "\(illegible) of the workers' slots are damaged: \(undecided.count) runs may be what goes on there"
    }
    let lost = slots.values.compactMap(\.judgementProblem)
    let who =
      lost.count == 1
      ? "a worker is gone, and what its job does" : "\(lost.count) workers are gone, and what their jobs do"
    return lost.first.map { "\(who) can't be told yet: \($0)" }
  }
  /// Ends of adopted workers that their reaper hasn't told yet.
  var unseen: [UnseenEnd] = []
  /// Where it says whose order it hands out.
  var trail = Trail(nil)
  /// Where workers log.
  var logRaw: Int32 = 2
  /// Workers kept warm while nothing is to be done.
  var wantedIdle = 2
  /// After so many runs a worker is replaced.
  var runsPerWorker = 1_000
  private var isDraining = false

  init(
    loop: TickerLoop, state: StateDirectory, reaped: ReapedRing, launchArguments: @escaping (Int) -> WorkerArguments
  ) {
    self.loop = loop
    self.state = state
    self.reaped = reaped
    self.launchArguments = launchArguments
  }

  /// Takes what was learnt since the last call.
  func takeEvents() -> [WorkerEvent] {
    defer { events = [] }
    return events
  }

  // MARK: Orders

  /// Gives the order to an idle worker, or starts one for it.
  func dispatch(_ order: SlotOrder) {
    if let slot = idleSlot {
      give(order, to: slot)
    } else {
      waiting.append(order)
      startWorkers()
    }
  }

  /// The end of the slot's run is in the ledger: the slot may serve again.
  func settle(_ claim: SlotClaim) {
    settleIllegible(claim)
    guard let number = slotOfRun.removeValue(forKey: claim.run), let slot = slots[number] else { return }
    if slot.mustVoid { void(slot, claim) }
    slot.owes = nil
    serveWaiting()
    trim()
  }

  /// A run that couldn't be started is tried again, perhaps elsewhere: nothing here may speak for it any more.
  private func void(_ slot: WorkerSlot, _ claim: SlotClaim) {
    slot.mustVoid = false
    do throws(Errno) {
      if slot.record != nil { return try slot.record?.void(claim) ?? () }
      let directory = try state.slot(slot.number)
      try WorkerRecord.open(in: directory).void(claim)
    } catch {
      // Then it still says that the run was not started, and a live one in another slot outweighs that.
    }
  }

  /// Asks for the end of a run.
  func stop(run: String, cause: ExitFact.Cause) {
    if let position = waiting.firstIndex(where: { $0.claim.run == run }) {
      let order = waiting.remove(at: position)
      let now = loop.wall()
      events.append(.ended(order.claim, ExitFact(cause: .stopped, startedAt: now, endedAt: now)))
      return
    }
    guard let number = slotOfRun[run], let slot = slots[number] else { return }
    switch slot.state {
    case .running: _ = slot.send("stop \(cause == .timedOut ? "timeout" : "requested")")
    case .adopted(let claim?, _): stopAdopted(slot, claim)
    case .jobAlone(let claim, var job):
      begin(&job, cause: cause)
      slot.state = .jobAlone(claim, job)
      setDeadline(slot, job)
    default: break
    }
  }

  /// Starts as many workers as are kept warm.
  func warm() {
    let alive = slots.values.count { $0.isIdle || $0.isStarting }
    for _ in 0..<max(0, min(wantedIdle, 64) - alive) { spawn() }
  }

  /// Tells every worker of ours to end once it has nothing to do. What was claimed before still gets a worker.
  func drain() {
    isDraining = true
    if waiting.isEmpty { for slot in slots.values where slot.isIdle { retire(slot) } }
  }

  /// The workers of ours that live: their pids and runs.
  var processes: [(pid: Int32, claim: SlotClaim?, job: String?)] {
    slots.values.sorted { $0.number < $1.number }.compactMap { slot in
      let order: SlotOrder? = if case .running(let order, _) = slot.state { order } else { nil }
      if let pid = slot.workerPID { return (pid, order?.claim, order?.job) }
      switch slot.state {
      case .adopted(let claim, let identity): return (identity.pid, claim, nil)
      case .illegible(.held(let worker?, _), _): return (worker.pid, nil, nil)
      default: return nil
      }
    }
  }

  private func give(_ order: SlotOrder, to slot: WorkerSlot) {
    trail.drop(.dispatching, order.job)
    defer { trail.clear() }
    Fault.point("order.begin", of: order.job)
    do {
      try slot.record?.write(order)
    } catch {
      // What there is of it must not be taken for an order that was damaged later.
      do { try slot.record?.void(order.claim) } catch {}
      retire(slot)
      if StandIn.helps(against: error) {
        // Another slot may have its place where something can be written.
        waiting.append(order)
        startWorkers()
      } else {
        events.append(.noWorker(order.claim, reason: "the slot can't be written: \(error)"))
      }
      return
    }
    Fault.point("order.written")
    slot.state = .running(order, pid: nil)
    slot.jobIdentity = nil
    slotOfRun[order.claim.run] = slot.number
    loop.deadlines.set(.slot(slot.number), at: loop.monotonic() &+ Self.patience)
    // A worker that can't hear is dead or dying: its end, which we hear as its parent, decides what becomes of the run.
    _ = slot.send("run")
    Fault.point("order.rung")
  }

  /// The lowest, so that those which few runs need are idle long enough to end.
  private var idleSlot: WorkerSlot? { slots.values.lazy.filter(\.isIdle).min { $0.number < $1.number } }

  private func serveWaiting() {
    while !waiting.isEmpty, let slot = idleSlot { give(waiting.removeFirst(), to: slot) }
    startWorkers()
  }

  private func startWorkers() {
    let starting = slots.values.count(where: \.isStarting)
    for _ in 0..<max(0, min(waiting.count, Self.startingAtOnce) - starting) { spawn() }
  }

  func retire(_ slot: WorkerSlot) {
    slot.isRetired = true
    _ = slot.send("bye")
  }

  // MARK: Workers come and go

  private func spawn() {
    do throws(Errno) {
      try spawn(from: 0)
    } catch {
      guard StandIn.helps(against: error) else { return failWaiting("no worker can be started: \(error)") }
      do throws(Errno) { try spawn(from: StandIn.firstSlot) } catch {
        failWaiting("no worker can be started: \(error)")
      }
    }
  }

  /// Starts a worker in the first free slot from a number on.
  private func spawn(from first: Int) throws(Errno) {
    let number = (first...).first { slots[$0]?.isFree ?? true } ?? first
    let slot = slots[number] ?? WorkerSlot(number: number)
    let record = try WorkerRecord.open(in: try state.slot(number))
    guard try FileLock.tryLock(record.descriptor) else {
      // A worker that we don't know acts there: leave the place to it.
      slot.state = .orphaned(SlotClaim(run: "", sequence: 0), since: loop.monotonic())
      slots[number] = slot
      loop.deadlines.set(.slot(number), at: loop.monotonic() &+ Self.patience)
      return try spawn(from: first)
    }
    // What an earlier worker was told is not for this one.
    try record.void(SlotClaim(run: "-", sequence: 0))
    var arguments = launchArguments(number)
    arguments.runsPerWorker = runsPerWorker
    var pair = try SocketPair(.sequencedPackets)
    var errors = try Pipe(nonBlocking: true)
    let pid = try Spawn.start(
      "/proc/self/exe", arguments: ["cronwatch", "role", "worker"] + arguments.words + CrashPipe.logWords,
      environment: ServiceManager.withoutNotify(Environment.entries()),
      descriptors: [
        .init(child: 1, raw: 1), .init(child: 2, raw: errors.writeRaw),
        .init(child: 3, raw: record.descriptor.raw), .init(child: 4, raw: pair.secondRaw),
        .init(child: CrashPipe.logDescriptor, raw: logRaw),
      ])
    try loop.poller.add(pair.firstRaw, token: PollToken.doorbell(slot: number).rawValue)
    slot.record = consume record
    slot.doorbell = pair.takeFirst()
    // Read at its death only: until then the pipe keeps what was said, and costs nobody a wake-up.
    slot.crash = CrashPipe(errors.takeReadEnd())
    slot.endReason = nil
    slot.workerPID = pid
    slot.spawnedAt = loop.monotonic()
    slot.isRetired = false
    slot.state = .starting
    slots[number] = slot
    slotOfWorker[pid] = number
    loop.deadlines.set(.slot(number), at: slot.spawnedAt &+ Self.patience)
  }

  /// Orders for which no worker is being started can't wait here: the engine knows how long, and how often, they may be
  /// tried again.
  func failWaiting(_ reason: String) {
    let starting = slots.values.count(where: \.isStarting)
    for order in waiting.dropFirst(starting) { events.append(.noWorker(order.claim, reason: reason)) }
    waiting = Array(waiting.prefix(starting))
  }

  /// Reads what a worker says.
  func doorbellRang(slot number: Int) {
    guard let slot = slots[number] else { return }
    while slot.doorbell != nil {
      do {
        switch try slot.doorbell?.receive(upTo: 4096) ?? .endOfStream {
        case .wouldBlock: return
        case .endOfStream:
          closeDoorbell(slot)
          return
        case .bytes(let bytes, _): heard(String(decoding: bytes, as: UTF8.self), slot)
        }
      } catch {
        closeDoorbell(slot)
        return
      }
    }
  }

  private func closeDoorbell(_ slot: WorkerSlot) {
    if let raw = slot.doorbell?.raw { do { try loop.poller.remove(raw) } catch {} }
    slot.doorbell = nil
  }

  private func heard(_ message: String, _ slot: WorkerSlot) {
    let words = message.split(separator: " ")
    switch words.first {
    case "idle":
      slot.state = slot.isRetired ? .settling : .idle
      slot.idleSince = loop.monotonic()
      loop.deadlines.clear(.slot(slot.number))
      serveWaiting()
      if slot.isRetired || (isDraining && slot.isIdle) { retire(slot) }
    case "started":
      guard case .running(let order, _) = slot.state, words.count > 2, let pid = Int32(words[2]) else { return }
      slot.state = .running(order, pid: pid)
      loop.deadlines.clear(.slot(slot.number))
      watchJob(slot, claim: order.claim)
      events.append(.started(order.claim, pid: pid, at: loop.wall()))
    case "ended", "declined", "failed":
      guard case .running(let order, _) = slot.state, let exit = slot.record?.readExit(order.claim) else { return }
      finished(slot, order.claim, exit)
    default: break
    }
  }

  /// The worker is done with the run; until the ledger has its end, the record stays as it is.
  private func finished(_ slot: WorkerSlot, _ claim: SlotClaim, _ exit: ExitFact) {
    unwatchJob(slot)
    slot.state = .settling
    slot.owes = claim
    slot.mustVoid = exit.cause == .notStarted
    loop.deadlines.clear(.slot(slot.number))
    if exit.leftovers > 0 { slot.isRetired = true }
    events.append(.ended(claim, exit))
  }

  /// One of our children has ended and is about to be reaped; false when it is none that we know.
  func childEnded(_ child: EndedChild) -> Bool {
    if let number = slotOfWorker.removeValue(forKey: child.pid), let slot = slots[number] {
      doorbellRang(slot: number)
      closeDoorbell(slot)
      slot.workerPID = nil
      noteEnd(of: slot, child)
      workerIsGone(slot)
      return true
    }
    for slot in slots.values {
      if case .jobAlone(let claim, let job) = slot.state, job.identity.pid == child.pid,
        job.identity.startTime == child.startTime
      {
        endedAlone(slot, claim, job, cause: child.cause, usage: child.usage)
        return true
      }
    }
    strangers.insert(child)
    return false
  }

  // MARK: Bookkeeping

  func report(_ event: WorkerEvent) { events.append(event) }

  func insert(_ slot: WorkerSlot) { slots[slot.number] = slot }

  func remove(_ slot: WorkerSlot) { slots[slot.number] = nil }

  func register(_ claim: SlotClaim, _ slot: WorkerSlot) { slotOfRun[claim.run] = slot.number }

  func slotIsFree() { startWorkers() }

  /// How a process ended that we reaped before we knew whose it was.
  func stranger(_ identity: ProcessIdentity) -> EndedChild? {
    strangers.find(pid: identity.pid, startTime: identity.startTime)
  }

  /// Watches the job beside its worker: if the worker doesn't speak soon after the job's end, it hangs.
  func watchJob(_ slot: WorkerSlot, claim: SlotClaim) {
    guard let identity = slot.record?.readExec(claim) else { return }
    slot.jobIdentity = identity
    do {
      guard let job = try ProcessDescriptor(identity) else { return }
      try loop.poller.add(job.raw, token: PollToken.job(slot: slot.number).rawValue)
      slot.jobProcess = consume job
    } catch {
      // Without it only a worker that hangs just then would be noticed later.
    }
  }

  func unwatchJob(_ slot: WorkerSlot) {
    if let raw = slot.jobProcess?.raw { do { try loop.poller.remove(raw) } catch {} }
    slot.jobProcess = nil
  }

  func unwatchWorker(_ slot: WorkerSlot) {
    if let raw = slot.workerProcess?.raw { do { try loop.poller.remove(raw) } catch {} }
    slot.workerProcess = nil
  }

  /// A worker of an earlier ticker has ended.
  func adoptedWorkerEnded(slot number: Int) {
    guard let slot = slots[number] else { return }
    noteUnseenEnd(of: slot)
    workerIsGone(slot)
  }
}
