import CronEngine
import CronLedger
import CronSystem
import CronTime

/// Brings a ticker to where the last one was: the ledger is replayed, then every slot is looked at.
///
/// Nothing of it can keep the loop from starting: what can't be read is said, and firing begins.
struct Recoverer {
  let arguments: TickerArguments
  let state: StateDirectory
  let lock: RoleLock
  let log: Logger
  /// Whether another ticker lived in this boot, as its beat tells.
  let isLaterInBoot: Bool
  /// Whether one had a clean tick in it: one that only began has decided nothing where there is no ledger.
  let hasTickedInBoot: Bool
  /// How long the ledger may take to be read back; what is left of it is given up, and a baseline stands in for it.
  static let ledgerNanoseconds: Int64 = 10_000_000_000
  /// How long ledger and slots may take together until the first tick; slots that are left are looked at behind it.
  ///
  /// However slow the ledger is, some of it is the slots': they tell which runs go on that it would have named.
  static let budgetNanoseconds: Int64 = 15_000_000_000

  func recover() throws(Errno) -> Ticker {
    let loop = try TickerLoop()
    let began = loop.monotonic()
    let end = began &+ Self.budgetNanoseconds
    let trail = Trail(arguments.hasTrail ? FileDescriptor(owning: Trail.descriptor) : nil)
    var files = LedgerFiles(state)
    files.refused = Set(arguments.quarantined.filter { $0.step == .replaying }.compactMap(\.input))
    files.willRead = { trail.drop(.replaying, $0) }
    Fault.point("recovery.begin")
    var spill = LedgerSpilling(LedgerSpill(state, memory: try spillMemory()))
    let boot = try Self.bootIdentifier()
    var recovery = Recovery.recover(storage: &files, spilled: spill.read(), boot: boot) {
      Fault.fails("recovery.time") || loop.monotonic() &- began >= Self.ledgerNanoseconds
    }
    files.willRead = nil
    trail.clear()
    let now = Instant(microseconds: SystemClock.wall())
    recovery.noteOrder(sequence: SlotPlaces(state: state).highest(untilNanoseconds: end))
    settleLoss(&recovery, boot: boot, at: now, until: end)
    for finding in recovery.findings { log.warning("the ledger isn't as it should be", LogField("what", finding)) }
    let ledger = recovery.state
    let keeper = try LedgerKeeper(files, recovery: recovery, spill: spill)
    keeper.snapshot = { ledger.snapshotRecords(at: now) }
    keeper.begin(baseline: recovery.needsBaseline ? now : nil)

    let pool = makePool(loop, trail)
    let engine = Engine(
      settings: EngineSettings(
        bootIdentifier: boot, pid: CurrentProcess.identifier, version: Version.text,
        earliestPlausible: Self.buildTime(),
        safeMode: arguments.isSafeMode))
    let ticker = try Ticker(
      arguments, state: state, lock: lock, log: log, loop: loop, keeper: keeper, pool: pool, engine: engine)
    keeper.snapshot = { [unowned ticker] in
      ticker.engine.ledger.snapshotRecords(at: Instant(microseconds: SystemClock.wall()))
    }
    pool.jobOfRun = { RunIdentifier($0).flatMap { ledger.open[$0]?.claim.job } }
    let runs = findings(ledger, boot: boot, pool: pool, until: end, at: ticker.moment())
    pool.jobOfRun = { [unowned ticker] in RunIdentifier($0).flatMap { ticker.engine.ledger.open[$0]?.claim.job } }
    if arguments.isSafeMode {
      ticker.problems["safe mode"] = "safe mode after several crashes: nothing is caught up for ten minutes"
      loop.deadlines.set(.safeMode, at: loop.monotonic() &+ 600_000_000_000)
    }
    let isSameBoot = ledger.lastRestart.map { $0.boot == boot } ?? false
    ticker.deliver(.recovered(ledger, runs: runs, sameBoot: isSameBoot, ticker.moment()))
    if recovery.needsBaseline {
      let cause = recovery.findings.first { $0.meansLoss }?.description ?? "the ledger: its first snapshot is gone"
      ticker.problems["ledger"] = "\(cause); nothing before \(now) is caught up"
    }
    return ticker
  }

  /// What is decided where records are lost: everything up to now, and what this boot owed if it ever had a ticker.
  /// What still runs is taken over.
  private func settleLoss(_ recovery: inout RecoveryResult, boot: String, at now: Instant, until end: Int64) {
    if recovery.needsBaseline {
      recovery.setBaseline(now, boot: isLaterInBoot ? boot : nil)
    } else if recovery.state.lastRestart == nil, hasTickedInBoot {
      // No damage, but nothing at all: somebody removed the ledger.
      recovery.settle(boot: boot, at: now)
    } else {
      return
    }
    for run in LostRuns(state: state, boot: boot).find(known: recovery.state, at: now, untilNanoseconds: end) {
      log.warning(
        "a run goes on that the ledger has lost", LogField("job", run.claim.job), LogField("run", run.claim.run))
      recovery.restore(run)
    }
  }

  /// The watcher's; where it had none to give, a ticker's own, which a crash loses.
  private func spillMemory() throws(Errno) -> FileDescriptor {
    if arguments.hasSpill { return FileDescriptor(owning: TickerProcess.spillDescriptor) }
    return try Memfd.create(name: "cronwatch-spill")
  }

  private func makePool(_ loop: TickerLoop, _ trail: Trail) -> WorkerPool {
    let (arguments, escapes) = (self.arguments, arguments.isForeground && CurrentProcess.isTerminal(1))
    let pool = WorkerPool(loop: loop, state: state, reaped: ReapedRing(state)) { number in
      var own = WorkerArguments(
        state: arguments.state, slot: number, forwardsOutput: arguments.isForeground, escapesOutput: escapes,
        openFiles: arguments.openFiles)
      own.logLevel = arguments.log.level.rawValue
      own.logFormat = arguments.log.format.rawValue
      own.isForJournal = arguments.log.journald
      return own
    }
    pool.logRaw = arguments.log.descriptor
    pool.trail = trail
    return pool
  }

  /// What the slots say of each claim without an end.
  private func findings(
    _ ledger: LedgerState, boot: String, pool: WorkerPool, until end: Int64, at moment: Moment
  ) -> [RecoveredRun] {
    let open = ledger.open.values.sorted { $0.claimSequence < $1.claimSequence }
    func slotClaim(_ run: OpenRun) -> SlotClaim { SlotClaim(run: run.claim.run.text, sequence: run.claimSequence) }
    let here = open.filter { $0.claim.bootIdentifier == boot }
    let found = pool.adopt(Set(here.map(slotClaim)), untilNanoseconds: end)
    let earlier = open.filter { $0.claim.bootIdentifier != boot }
    let exits = earlier.isEmpty ? [:] : pool.exits(of: Set(earlier.map(slotClaim)), untilNanoseconds: end)
    // What a slot could say at once is taken here; what is still open is said later, as events of the pool.
    var settled: [SlotClaim: RecoveredRun.Finding] = [:]
    for event in pool.takeEvents() {
      guard let claim = event.claim, let finding = event.finding(at: moment) else { continue }
      settled[claim] = finding
      pool.settle(claim)
    }
    return open.map { run in
      let claim = slotClaim(run)
      let finding: RecoveredRun.Finding
      if run.claim.bootIdentifier != boot {
        finding = exits[claim].flatMap { $0.finding(at: moment) } ?? .interrupted
      } else if case .alive(let pid?, let isSupervised) = found[claim] {
        // A slot in which it couldn't be started says nothing against one in which it runs.
        finding = .adopted(pid: pid, supervised: isSupervised)
      } else if let known = settled[claim] {
        finding = known
      } else {
        switch found[claim] {
        case .alive(let pid?, let isSupervised): finding = .adopted(pid: pid, supervised: isSupervised)
        case .alive(nil, _), .pending: finding = .accepted
        case nil: finding = .notStarted
        }
      }
      return RecoveredRun(run: run.claim.run, finding: finding)
    }
  }

  /// When our program was written: an earlier clock is not set yet.
  private static func buildTime() -> Instant? {
    do throws(Errno) {
      return Instant(microseconds: try FileStatus.of(path: "/proc/self/exe").modifiedMicroseconds)
    } catch {
      return nil
    }
  }

  /// Whether the beat's process lived in this boot: in a container not before its PID 1.
  static func isOfThisBoot(_ beat: Beat) throws(Errno) -> Bool {
    guard beat.boot == BootIdentifier.current else { return false }
    return beat.startTime >= (try ProcessStatus.examine(1)?.startTime ?? 0)
  }

  /// Names this boot; in a container that keeps the kernel's boot id, PID 1's start time tells restarts apart.
  ///
  /// Throws when it can't be told just now: another name would make every open run one of another boot.
  static func bootIdentifier() throws(Errno) -> String {
    "\(BootIdentifier.current).\(try ProcessStatus.examine(1)?.startTime ?? 0)"
  }
}

extension ExitFact {
  /// What recovery makes of an exit; nil for one that must be tried again.
  fileprivate func finding(at moment: Moment) -> RecoveredRun.Finding? {
    guard let run = RunIdentifier("r") else { return nil }
    switch event(run, at: moment) {
    case .ended(_, let exit, _): return .ended(exit)
    case .couldNotStart: return .notStarted
    default: return nil
    }
  }
}

extension WorkerEvent {
  fileprivate func finding(at moment: Moment) -> RecoveredRun.Finding? {
    switch self {
    case .ended(_, let exit): exit.finding(at: moment)
    case .unknown: .unknown
    case .neverRan, .noWorker: .notStarted
    case .started, .workerDied: nil
    }
  }
}
