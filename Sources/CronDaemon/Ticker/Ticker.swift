import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime
import CronWire

/// The ticker: waits for what happens, hands it to the engine, and performs what the engine decides.
///
/// One thread and one loop; the trigger drives it through `TickLoop`. It never waits for a job, a disk, a user database
/// or a file that users name: workers, the sync thread and readers do.
final class Ticker {
  /// Changes of source files are read once they have been at rest for so long.
  static let debounce: Int64 = 200_000_000
  /// The least time from a failed tick to the next one.
  static let failurePauseMicroseconds: Int64 = 1_000_000

  let arguments: TickerArguments
  let state: StateDirectory
  let lock: RoleLock
  let log: Logger
  let loop: TickerLoop
  let pool: WorkerPool
  let keeper: LedgerKeeper
  let beats: HeartbeatFile
  let successes: HeartbeatFile
  let failures: TickErrorFile
  let summaryFile: SummaryFile
  let deaths: Deaths
  let trail: Trail
  let quarantine: Quarantine
  /// The table that tickers died of; nil = none did, or there was none.
  var refusedTable: RefusedTable?
  let channel: FileDescriptor
  let witness: WatcherWitness
  var engine: Engine
  var table = JobTable()
  let sources = SourceWatch()
  var zonesInUse = ZonesInUse()
  var reader: ReaderChild?
  /// Readers that SIGKILL hasn't ended, for what they read hangs in the kernel; each with its source, if it is known.
  var stuckReaders: [Int32: String?] = [:]
  /// How many jobs there should be; nil = none were loaded yet.
  var jobLoss: JobLoss?
  /// Readers that died by a signal, one after the other.
  var readerDeaths = 0
  /// Sources that kill readers.
  var readerSuspects = Suspects()
  /// Events of our own making that wait for their turn.
  var inbox: [Event] = []
  /// Requests that wait for the engine's answer, by its number: the client's.
  var clients: [UInt64: UInt64] = [:]
  var nextRequest: UInt64 = 1
  /// Fires of an external trigger that wait for their answer, and the answers.
  var pendingFires: Set<UInt64> = []
  var fireAnswers: [UInt64: EngineAnswer] = [:]
  var control: ControlServer?
  var tickCount: UInt64 = 0
  var isReady = false
  var isDraining = false
  /// How the drain treats runs.
  var stopOrder = StopOrder()
  var mustEnd = false
  /// Another ticker has the lock: nothing is written or started any more.
  private(set) var isDispossessed = false
  var isAlone = false
  var lastTickFailed: String?
  var freeMemory = FreeMemory()
  var recordedFailures = RecordedFailures()
  var lastSummary: TickerSummary?
  var pace = ReportPace()
  let metrics: TickerMetrics
  private var lastLedgerProblem: String?
  /// The exit status of a start that found nothing to run.
  var failedStatus: Int32?
  /// The jobs of runs whose output was kept just now.
  var jobsWithOutput: [String: String] = [:]
  /// What is wrong though jobs fire, by cause.
  var problems: [String: String] = [:]

  init(
    _ arguments: TickerArguments, state: StateDirectory, lock: RoleLock, log: Logger, loop: TickerLoop,
    keeper: LedgerKeeper, pool: WorkerPool, engine: Engine
  ) throws(Errno) {
    self.arguments = arguments
    self.state = state
    self.lock = lock
    self.log = log
    self.loop = loop
    self.keeper = keeper
    self.pool = pool
    self.engine = engine
    channel = FileDescriptor(owning: 4)
    witness = WatcherWitness(state)
    beats = HeartbeatFile(state, .ticker)
    successes = HeartbeatFile(state, .success)
    failures = TickErrorFile(state)
    summaryFile = SummaryFile(state)
    deaths = Deaths(state)
    metrics = TickerMetrics(state)
    trail = pool.trail
    quarantine = Quarantine(arguments.quarantined)
    if let timeout = arguments.readTimeoutMilliseconds { table.settings.crontabReadTimeoutMilliseconds = timeout }
    listenToEngine()
    try channel.setNonBlocking(true)
    try loop.poller.add(channel.raw, token: PollToken.channel.rawValue)
    if let raw = keeper.completionRaw { try loop.poller.add(raw, token: PollToken.ledgerSync.rawValue) }
  }

  /// One reading of all clocks.
  func moment() -> Moment {
    Moment(
      wall: Instant(microseconds: SystemClock.wall()), monotonicNanoseconds: SystemClock.monotonic(),
      boottimeNanoseconds: SystemClock.boottime())
  }

  // MARK: Events in, actions out

  /// Hands an event to the engine and performs what it decides, and whatever that leads to.
  func deliver(_ event: Event) {
    inbox.append(event)
    while !inbox.isEmpty {
      let next = inbox.removeFirst()
      for action in decide(next) { perform(action) }
      takePoolEvents()
    }
  }

  /// What the engine makes of an event. What follows is no job's fault any more.
  private func decide(_ event: Event) -> [Action] {
    defer { trail.clear() }
    return engine.handle(event)
  }

  /// What the pool has learnt becomes events; a slot serves again once the ledger has the end of its run.
  private func takePoolEvents() {
    // What the engine decides may be news for the pool, and the other way round, until both are at rest.
    var events = pool.takeEvents()[...]
    while let event = events.popFirst() {
      defer { if events.isEmpty { events = pool.takeEvents()[...] } }
      if case .workerDied(let death) = event { note(death) }
      guard let engineEvent = event.event(at: moment()) else { continue }
      for action in decide(engineEvent) { perform(action) }
      if event.isFinal, let claim = event.claim {
        pool.settle(claim)
        pruneOutput(ofRun: claim.run)
      }
    }
  }

  private func perform(_ action: Action) {
    if isDispossessed { return }
    switch action {
    case .append(let records):
      if records.contains(where: { if case .claim = $0.record { true } else { false } }), !holdsLock() { return }
      for record in records {
        if case .end(let end) = record.record, end.output { jobsWithOutput[end.run.text] = end.job }
      }
      keeper.append(records)
      metrics.take(records)
      Fault.point("claim.appended")
    case .sync(let token):
      if let result = keeper.beginSync(token: token) {
        inbox.append(.synced(token: token, result, moment()))
      }
    case .dispatch(let order):
      Fault.point("claim.synced")
      if !holdsLock() || refuses(order) { return }
      trail.drop(.dispatching, order.job.name)
      pool.dispatch(SlotOrder(order, settings: table.settings))
      freeMemory.grows(at: loop.monotonic())
      trail.clear()
    case .stop(let run, let reason):
      pool.stop(run: run.text, cause: reason == .timeout ? .timedOut : .stopped)
    case .answer(let request, let answer): reply(request, answer)
    case .notice(let notice): note(notice)
    }
  }

  /// Takes the syncs that have ended.
  func takeSyncs() {
    do { takeSyncs(try keeper.takeCompletions()) } catch { takeSyncs(replaceSyncThread(error)) }
  }

  private func takeSyncs(_ ended: [(token: UInt64, result: SyncResult)]) {
    for (token, result) in ended {
      Fault.point("claim.durable")
      if result != .durable {
        log.error("the ledger couldn't be synced", LogField("cause", keeper.problem ?? "unknown"))
      }
      deliver(.synced(token: token, result, moment()))
    }
  }

  /// Goes on with another helper thread; until one can be made, decisions are kept in memory.
  private func replaceSyncThread(_ cause: Errno) -> [(token: UInt64, result: SyncResult)] {
    log.error("the helper thread of the ledger is gone", LogField("cause", cause))
    if let raw = keeper.completionRaw { do { try loop.poller.remove(raw) } catch {} }
    let ended = keeper.replaceHelper()
    if let raw = keeper.completionRaw {
      // Unheard, its syncs are found when their time is over.
      do { try loop.poller.add(raw, token: PollToken.ledgerSync.rawValue) } catch {}
    }
    return ended
  }

  /// Whether the lock is still ours: looked at before each claim and each dispatch, for another ticker may fire from
  /// the very moment on in which the file was replaced.
  private func holdsLock() -> Bool {
    if isDispossessed { return false }
    do throws(Errno) {
      if try lock.isCurrent() { return true }
    } catch {
      // It can't be looked at just now; the tick says so, and nobody else is known to have it.
      return true
    }
    isDispossessed = true
    log.error("nothing more is started", LogField("cause", sayLostLock()))
    return false
  }

  /// Ends this ticker, and tells status and whoever reads of its death why.
  func sayLostLock() -> String {
    let cause = "ticker.lock was removed or replaced: another ticker may fire, so this one ends"
    if mustEnd { return cause }
    mustEnd = true
    NoticeFile(state).say(cause, nowNanoseconds: loop.monotonic())
    // Kept with its death.
    do { try StandardError.write(cause + "\n") } catch {}
    return cause
  }

  /// Goes on without a sync that takes too long: a hung disk must not stop cron.
  private func syncIsLate() {
    takeSyncs()
    let token = keeper.stopWaiting(nowNanoseconds: loop.monotonic())
    if let problem = keeper.problem { log.error("a sync of the ledger hangs", LogField("cause", problem)) }
    if let token { deliver(.synced(token: token, .keptInMemory, moment())) }
  }

  /// Logs once what is wrong with the ledger, and that it is over.
  private func noteLedger() {
    let problem = keeper.problem ?? keeper.reserveProblem
    if problem == lastLedgerProblem { return }
    lastLedgerProblem = problem
    if let problem {
      log.warning("the ledger isn't written as it should be", LogField("cause", problem))
    } else {
      log.info("the ledger is written as it should be again")
    }
  }

  // MARK: Waiting

  /// Waits until something is to be done, and does what isn't a tick's business.
  func waitOnce() throws(Errno) {
    noteLedger()
    if keeper.hasNewSegment { prune() }
    if try arm() { return }
    var ready: [Ready] = []
    if let patience = pace.patienceMilliseconds(at: loop.monotonic()) {
      ready = try loop.poller.wait(timeoutMilliseconds: patience)
      if ready.isEmpty {
        // Who was stopped meanwhile looks at its lock, and at what is due, before it says that all is well.
        if pace.isOverdue(at: loop.monotonic()) { return }
        report(nil)
        if try arm() { return }
      }
    }
    if ready.isEmpty { ready = try loop.poller.wait(timeoutMilliseconds: nil) }
    for ready in ready {
      if let control, control.owns(token: ready.token) {
        serve(control, ready)
      } else if let token = PollToken(rawValue: ready.token) {
        try handle(token)
      }
    }
    for deadline in loop.deadlines.passed(at: loop.monotonic()) { handle(deadline) }
    takePoolEvents()
  }

  /// Sets the alarms; true = the wall clock was found to have jumped.
  private func arm() throws(Errno) -> Bool {
    let now = loop.monotonic()
    loop.deadlines.setIfNone(.beat, at: now &+ arguments.intervalMilliseconds &* 1_000_000)
    if keeper.needsRetry { loop.deadlines.setIfNone(.storage, at: now &+ 5_000_000_000) }
    if let at = keeper.patienceEndsNanoseconds {
      loop.deadlines.set(.sync, at: at)
    } else {
      loop.deadlines.clear(.sync)
    }
    return try loop.arm(wallMicroseconds: nextWake(at: Instant(microseconds: loop.wall()))?.microseconds)
  }

  /// When the next tick is due by the wall clock; nil = no instant lies ahead.
  private func nextWake(at now: Instant) -> Instant? {
    guard isReady, let next = engine.nextWake else { return nil }
    return lastTickFailed == nil ? next : Self.wakeAfterFailure(next: next, now: now)
  }

  /// What a failed tick left undone is still due: without a pause the ticks would follow each other at full speed.
  static func wakeAfterFailure(next: Instant, now: Instant) -> Instant {
    max(next, Instant(microseconds: now.microseconds &+ failurePauseMicroseconds))
  }

  private func handle(_ token: PollToken) throws(Errno) {
    switch token {
    case .signals: try readSignals()
    case .wallTimer:
      // Whether it rang or the clock jumped, the tick that follows finds out what is due now.
      _ = try loop.readWallTimer()
    case .monotonicTimer: try loop.readMonotonicTimer()
    case .channel: try readChannel()
    case .ledgerSync: takeSyncs()
    case .sources: sourcesChanged()
    case .control, .client: break
    case .doorbell(let slot): pool.doorbellRang(slot: slot)
    case .worker(let slot): pool.adoptedWorkerEnded(slot: slot)
    case .job(let slot): pool.jobEnded(slot: slot)
    case .output(let slot): pool.outputGrew(slot: slot)
    }
  }

  private func handle(_ deadline: Deadline) {
    switch deadline {
    case .beat: break
    case .reader: readerIsLate()
    case .sourcesChanged: startReader()
    case .zonesChanged: reloadZones()
    case .slot(let number): pool.deadlinePassed(slot: number)
    case .unseenEnds: pool.lookForUnseenEnds()
    case .surplus: pool.trim()
    case .drain: drainIsOver()
    case .storage:
      if keeper.completionRaw == nil { takeSyncs(replaceSyncThread(.brokenPipe)) }
      keeper.retry()
    case .sync: syncIsLate()
    case .retention: onceAnHour()
    case .safeMode: endSafeMode()
    }
  }

  /// Removes what is older than it must be kept, and looks for zone data that changed where no watch sees it.
  func onceAnHour() {
    prune()
    reloadZones()
    pool.leaveMemory()
    loop.deadlines.set(.retention, at: loop.monotonic() &+ 3_600_000_000_000)
  }

  /// Removes old segments of the ledger, a few at a time; how long they are kept only a loaded table says.
  private func prune() {
    // In safe mode nothing is done that can wait.
    if engine.settings.safeMode || !isReady { return }
    for kept in keeper.prune(now: moment().wall, keepSeconds: table.settings.ledgerKeepSeconds) {
      log.warning(
        "an old segment of the ledger is kept: it can't be told to be one of ours",
        LogField("file", "ledger/\(kept.segment)"), LogField("cause", kept.reason))
    }
    problems["retention"] = keeper.retentionProblem
  }

  private func readSignals() throws(Errno) {
    for number in try loop.signals.read() {
      switch number {
      case Signal.child: try reapChildren()
      case Signal.terminate, Signal.interrupt:
        // Without a watcher it is a new one that asks: runs go on with their workers, which its ticker adopts.
        // One that is stopping already stops at once.
        if isAlone || isDraining { mustEnd = true } else { drain(StopOrder()) }
      case Signal.hangUp: reloadIsAsked()
      case Signal.quit: dump()
      case Signal.user1: log.reopenFile()
      default: break
      }
    }
  }

  private func reapChildren() throws(Errno) {
    while let child = try Reaper.peek() {
      if reader?.pid == child.pid {
        try Reaper.reap(child.pid)
        readerEnded(child.cause)
        continue
      }
      if stuckReaders.keys.contains(child.pid) {
        try Reaper.reap(child.pid)
        stuckReaderEnded(child.pid)
        continue
      }
      _ = pool.childEnded(child)
      takePoolEvents()
      try Reaper.reap(child.pid)
    }
  }
}
