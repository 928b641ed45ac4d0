internal import CronEngine
internal import CronSystem

/// The watcher: keeps one ticker alive, answers status, relays requests, reaps strangers.
///
/// It parses nothing that users write. One thread, one loop. What to do about the ticker is decided by the pure
/// `Supervision`; here it is only done.
final class Watcher {
  /// The poller's tokens below 100; a ticker's channel and the control server's clients have ranges of their own.
  enum Token: UInt64 { case signals = 1, changes }
  static let crashTokens: UInt64 = 1 << 39
  static let channelTokens: UInt64 = 1 << 40
  static let controlTokens: UInt64 = 1 << 41
  static let guestTokens: UInt64 = 1 << 42
  static let beatNanoseconds: Int64 = 5_000_000_000
  /// What deaths, starts and reports take and give back, with room to spare: the kernel isn't asked for it in between.
  private static let reservedBytes = 192 * 1024
  /// Its loop turns at least once a beat: a gap so much longer means that it was stopped or suspended.
  static let pauseNanoseconds: Int64 = 10_000_000_000

  let arguments: WatcherArguments
  let state: StateDirectory
  let log: Logger
  let logFile: LogFile
  let manager: ServiceManager
  let readyPipe: ReadyPipe
  let poller: Poller
  let signals: SignalDescriptor
  let watcherBeat: HeartbeatFile
  let tickerBeat: HeartbeatFile
  let deaths: Deaths
  let reaped: ReapedRing
  let metrics: MetricsWriter?
  /// Handed to every ticker: what the disk refuses outlives each of them. nil when there is no memory for it.
  var spill: FileDescriptor?
  var lock: RoleLock
  var control: ControlServer?
  /// For the group that may ask for status.
  var guests: ControlServer?
  var relays = RelayBook()
  var ticker: TickerProcess?
  var takeover: Takeover?
  var restartInPlace: RestartInPlace?
  var supervision: Supervision
  /// Which inputs kill tickers.
  var suspects = Suspects()
  /// Where each ticker says what it is at.
  let trail: Trail
  /// What tickers watch for changes with. It is kept open here, because the kernel lets nobody see the end of a process
  /// before its last watches are gone, which takes up to 25 ms; nil when there is none to be had.
  var changes: INotify?
  /// Whether the watcher itself listens to it, because no ticker does.
  var hearsChanges = false
  /// When a change of the configuration will have come to rest, by CLOCK_MONOTONIC; nil = none was heard.
  var changeRestsNanoseconds: Int64?
  /// What the machine is still to be told; the first is being handled.
  var events: [SupervisionEvent] = []
  var phase = BeatPhase.watching
  /// Tickers that were started after the first.
  var restarts: UInt64 = 0
  var starts: UInt64 = 0
  var wasReady = false
  /// The service manager was told of a reload, and not yet of its end.
  var isReloading = false
  /// Ends that were written down since the state directory was last known to be in order: they may have gone with it.
  var freshDeaths: [DeathRecord] = []
  /// The last ticker found no usable configuration; that others find the same isn't written down again.
  var wasMisconfigured = false
  /// Starts of a ticker that failed before there was a process, one after the other.
  var spawnFailures = 0
  var isStopping = false
  /// How the ticker is to treat its runs when it stops.
  var stopOrder = StopOrder()
  /// Ended children are left for the loop's next turn: a program before us in this process may have left some too.
  var hasMoreToReap = true
  /// What the process ends with; nil = go on.
  var exitStatus: Int32?
  /// The deadlines below are CLOCK_MONOTONIC in nanoseconds; nil = none.
  var supervisionNanoseconds: Int64?
  var lockLookNanoseconds: Int64?
  /// Whether the ticker that is being started must be careful, because others died often.
  var startsInSafeMode = false
  /// The ticker of an earlier watcher lived when this one began: it served the control socket, and may do so once more.
  var mayMeetOldTicker = false
  /// When the loop last woke.
  private var wokeNanoseconds: Int64 = .max
  var nextBeatNanoseconds: Int64 = 0
  var nextHouseNanoseconds: Int64 = 0
  var nextWatchdogNanoseconds: Int64?
  /// The wall second of the next start of a ticker, while it waits.
  var nextStartSeconds: Int64?
  var lastStatus: (text: String, atNanoseconds: Int64)?
  /// The sign under which the verdict was `healthy`; nil = it was another, or nobody knows.
  var healthySign: StatusSign?

  init(
    _ arguments: WatcherArguments, state: StateDirectory, lock: RoleLock, ready: ReadyPipe,
    signals: consuming SignalDescriptor, trail: Trail
  ) throws(Errno) {
    self.arguments = arguments
    self.state = state
    self.lock = lock
    self.signals = signals
    self.trail = trail
    readyPipe = ready
    logFile = LogFile(state)
    log = Logger(role: "watcher", settings: arguments.log, file: logFile)
    manager = ServiceManager(environment: Environment.get)
    poller = try Poller()
    watcherBeat = HeartbeatFile(state, .watcher)
    tickerBeat = HeartbeatFile(state, .ticker)
    deaths = Deaths(state)
    reaped = ReapedRing(state)
    metrics = MetricsWriter(
      arguments.metricsFile, state: state, beatMilliseconds: arguments.intervalMilliseconds)
    do throws(Errno) {
      if let raw = arguments.spillDescriptor {
        spill = try FileDescriptor.inherited(raw)
      } else {
        spill = try Memfd.create(name: "cronwatch-spill")
      }
    } catch {
      spill = nil
    }
    do throws(Errno) { changes = try INotify() } catch { changes = nil }
    supervision = Supervision(settings: arguments.supervision(seed: UInt64(bitPattern: SystemClock.wall())))
    try poller.add(self.signals.raw, token: Token.signals.rawValue)
    try CurrentProcess.setChildSubreaper()
  }

  /// Runs until it is stopped; returns what the process ends with.
  func run() -> Int32 {
    prepare()
    while true {
      if let exitStatus { return finish(exitStatus) }
      do throws(Errno) {
        let wanted = hasMoreToReap ? 0 : nextDeadlineNanoseconds
        let ready = try poller.wait(timeoutMilliseconds: Self.milliseconds(until: wanted))
        noticePause()
        for event in ready { handle(event) }
        Fault.point("watcher.turn")
      } catch {
        log.error("the loop can't wait", LogField("error", error))
        return finish(70)
      }
      advance()
    }
  }

  /// Whoever didn't run while the deadlines passed has seen nothing of what it would judge.
  private func noticePause() {
    let now = SystemClock.monotonic()
    defer { wokeNanoseconds = now }
    guard wokeNanoseconds < now, now - wokeNanoseconds >= Self.pauseNanoseconds else { return }
    log.warning("the watcher stood still", LogField("for_ms", (now - wokeNanoseconds) / 1_000_000))
    supervise(.paused(now: now))
  }

  private func prepare() {
    CurrentProcess.reserveMemory(bytes: Self.reservedBytes)
    // Without privilege the score can't be lowered, and nothing depends on it.
    do { try CurrentProcess.setOOMScore(-900) } catch {}
    let now = SystemClock.monotonic()
    nextWatchdogNanoseconds = manager.watchdogMilliseconds.map { _ in now }
    // Before our own lines stand between those of the one before.
    notePredecessors()
    log.info("started", LogField("pid", CurrentProcess.identifier), LogField("state", state.path))
    // What can't be told is answered by the start of a ticker.
    do throws(Errno) { mayMeetOldTicker = try RoleLock.query(.ticker, in: state).isHeld } catch {}
    openControl()
    openToGuests()
    beat(now)
    supervise(.start(now: now))
  }

  private func handle(_ event: Ready) {
    let now = SystemClock.monotonic()
    if event.token == Token.signals.rawValue {
      readSignals(now)
    } else if event.token == Token.changes.rawValue {
      hearChange(now)
    } else if event.token >= Self.controlTokens {
      takeIn(event, now)
    } else if event.token == Self.channelTokens + starts {
      readChannel(now)
    } else if event.token == Self.crashTokens + starts {
      readCrash()
    }
  }

  /// Does what the clock asks for.
  private func advance() {
    let now = SystemClock.monotonic()
    if hasMoreToReap { reap(now) }
    control?.expire(poller: poller, nowNanoseconds: now)
    guests?.expire(poller: poller, nowNanoseconds: now)
    for client in relays.takeExpired(nowNanoseconds: now) {
      answer(client, ControlReply.failure(exit: 75, "the ticker did not answer within 10 s"), now)
    }
    if takeover != nil || lockLookNanoseconds != nil { continueTakeover(now) }
    restartIsLate(now)
    if let changeRestsNanoseconds, changeRestsNanoseconds <= now { changeIsAtRest(now) }
    if let supervisionNanoseconds, supervisionNanoseconds <= now {
      supervise(.timer(now: now, beatAge: tickerBeatAge()))
    }
    // With the beat, so that both wake the processor once; a change of the phase puts only the beat off.
    if min(nextHouseNanoseconds, nextBeatNanoseconds) <= now { keepHouse(now) }
    if nextBeatNanoseconds <= now { beat(now) }
    metrics?.advance(now)
    if let nextWatchdogNanoseconds, nextWatchdogNanoseconds <= now, let every = manager.watchdogMilliseconds {
      manager.send(.watchdog)
      self.nextWatchdogNanoseconds = now + every * 1_000_000
    }
  }

  private var nextDeadlineNanoseconds: Int64 {
    let others = [
      supervisionNanoseconds, lockLookNanoseconds, nextWatchdogNanoseconds,
      restartInPlace?.deadlineNanoseconds, takeover?.nextLookNanoseconds, relays.nextDeadlineNanoseconds,
      control?.nextDeadlineNanoseconds,
      metrics?.deadlineNanoseconds, guests?.nextDeadlineNanoseconds, changeRestsNanoseconds,
    ]
    return others.compactMap { $0 }.reduce(min(nextBeatNanoseconds, nextHouseNanoseconds), min)
  }

  private static func milliseconds(until deadline: Int64) -> Int {
    // Rounded up: waking a moment early would only mean another turn of the loop.
    Int(max((deadline - SystemClock.monotonic() + 999_999) / 1_000_000, 0))
  }

  private func finish(_ status: Int32) -> Int32 {
    metrics?.finish(SystemClock.monotonic())
    control?.close(poller: poller)
    guests?.close(poller: poller)
    if readyPipe.isWaiting { readyPipe.failed(status == 0 ? 75 : status, "stopped before it was ready") }
    sayFarewell()
    log.info("ended", LogField("exit", status))
    return status
  }
}
