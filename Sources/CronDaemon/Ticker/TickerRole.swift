import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime

/// `cronwatch role ticker …`: from an empty process to a loop that fires.
public enum TickerRole {
  /// Runs the ticker and returns its exit status.
  public static func run(_ words: [String]) -> Int32 {
    guard let arguments = TickerArguments(words) else { return 64 }
    do throws(Errno) {
      try SignalDescriptor.blockSignals()
      try CurrentProcess.setChildSubreaper()
    } catch {
      invariantFailure("the ticker's process can't be set up: \(error)")
    }
    let state: StateDirectory
    do throws(StateError) {
      state = try StateDirectory.open(arguments.state, create: true)
    } catch {
      Logger(role: "ticker", settings: arguments.log).error("\(error)")
      return error.exitStatus
    }
    let log = Logger(
      role: "ticker", settings: arguments.log, file: LogFile(state, descriptor: arguments.log.descriptor))
    do throws(Errno) {
      return try start(arguments, state, log)
    } catch {
      log.error("the ticker can't run", LogField("cause", error))
      return 75
    }
  }

  private static func start(
    _ arguments: TickerArguments, _ state: StateDirectory, _ log: Logger
  ) throws(Errno) -> Int32 {
    let lock: RoleLock
    switch try RoleLock.take(.ticker, in: state) {
    case .taken(let taken): lock = taken
    case .busy(let holder):
      // It must not beat: the beat belongs to the one who has the lock.
      log.error("another ticker holds ticker.lock", LogField("pid", holder?.pid.description ?? "unknown"))
      return 69
    }
    try raiseOpenFiles()
    let isLaterInBoot = try isOfThisBoot(HeartbeatFile(state, .ticker))
    let hasTickedInBoot = try isOfThisBoot(HeartbeatFile(state, .success))
    HeartbeatFile(state, .ticker).write(
      Beat.now(
        tick: 0, phase: .starting, intervalSeconds: arguments.intervalMilliseconds / 1_000, nextDue: nil))
    Fault.point("ticker.locked")
    let recoverer = Recoverer(
      arguments: arguments, state: state, lock: lock, log: log, isLaterInBoot: isLaterInBoot,
      hasTickedInBoot: hasTickedInBoot)
    let ticker = try recoverer.recover()
    Fault.point("ticker.recovered")
    ticker.setTableAside()
    // After a crash the table of a moment ago fires at once; at a first start only what is written now may.
    if ticker.isRestart { ticker.loadTable() }
    ticker.startReader()
    let (trigger, _) = TriggerResolver.resolve(provider: ticker.table.settings.triggerProvider, discovered: [])
    _ = trigger.start(ticker)
    return finish(ticker)
  }

  private static func isOfThisBoot(_ file: HeartbeatFile) throws(Errno) -> Bool {
    guard let beat = file.read().beat else { return false }
    return try Recoverer.isOfThisBoot(beat)
  }

  /// The last words: everything decided is on disk, and the beat says how we went.
  private static func finish(_ ticker: Ticker) -> Int32 {
    ticker.pool.drain()
    ticker.pool.endIdle()
    ticker.keeper.syncNow()
    ticker.control?.close(poller: ticker.loop.poller)
    ticker.sayFarewell()
    ticker.log.info("ended", LogField("running", ticker.engine.summary.running.count))
    return ticker.failedStatus ?? 0
  }

  private static func raiseOpenFiles() throws(Errno) {
    let limits = try ResourceLimits.openFiles()
    try ResourceLimits.raiseOpenFiles(to: min(limits.hard, 65_536))
  }
}
