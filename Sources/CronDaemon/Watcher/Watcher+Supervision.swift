internal import CronEngine
internal import CronSystem

/// The hands of `Supervision`: events in, actions out, nothing decided here.
extension Watcher {
  /// Feeds the machine and does what it says, in order; an event that an action causes comes after its list.
  func supervise(_ event: SupervisionEvent) {
    events.append(event)
    if events.count > 1 { return }
    while let next = events.first {
      for action in supervision.handle(next) { perform(action) }
      events.removeFirst()
    }
  }

  private func perform(_ action: SupervisionAction) {
    let now = SystemClock.monotonic()
    switch action {
    case .spawn(let safeMode): startTicker(safeMode: safeMode, now)
    case .inspect: supervise(.childState(stopped: ticker?.state == "T", now: now))
    case .signal(let signal): send(signal)
    case .armTimer(let at): supervisionNanoseconds = at
    case .disarmTimer: supervisionNanoseconds = nil
    case .declare(let phase): declare(phase, now)
    }
  }

  /// The age of this ticker's newest beat in nanoseconds; nil = unknown, which is not dead.
  func tickerBeatAge() -> Int64? {
    guard let beat = tickerBeat.read().beat, let identity = ticker?.identity, beat.identity == identity else {
      return nil
    }
    let age = SystemClock.monotonic() - beat.monotonicNanoseconds
    return age >= 0 ? age : nil
  }

  private func send(_ signal: SupervisionSignal) {
    guard let ticker else { return }
    switch signal {
    case .terminate:
      // The channel says it in order with what was said before; a ticker that doesn't listen there gets the signal.
      if !ticker.send(.stop(stopOrder)) { ticker.signal(Signal.terminate) }
    case .continue:
      if !isStopping { log.warning("the ticker is stopped and does not beat: SIGCONT", LogField("pid", ticker.pid)) }
      ticker.signal(Signal.resume)
    case .abort:
      ticker.endReason = ticker.readyNanoseconds == nil ? "start-limit" : "stalled"
      log.error("the ticker makes no progress: SIGABRT", LogField("pid", ticker.pid))
      ticker.signal(Signal.abort)
    case .kill:
      log.error("the ticker does not end: SIGKILL", LogField("pid", ticker.pid))
      ticker.signal(Signal.kill)
    }
  }

  /// Tells what the machine is at: the beat for status, the log for people.
  private func declare(_ declared: SupervisionPhase, _ now: Int64) {
    nextStartSeconds = nil
    listenToChanges(declared == .misconfigured)
    switch declared {
    case .idle, .starting, .running, .asleep, .stalled(.inspecting): phase = .watching
    case .restarting(let lastEnd, let at):
      wait(until: at, now, as: spawnFailures > 0 ? .unstartable : .waiting)
      log.warning("the ticker is started again after a pause", LogField("last", lastEnd), pause(at, now))
    case .crashLooping(let deaths, let lastEnd, let at):
      wait(until: at, now, as: spawnFailures > 0 ? .unstartable : .waiting)
      let last = LogField("last", lastEnd)
      log.error("the ticker dies again and again", LogField("deaths", deaths), last, pause(at, now))
      if readyPipe.isWaiting {
        readyPipe.failed(70, "the ticker died \(deaths) times, last: \(lastEnd); it is tried on, the log says more")
      }
    case .misconfigured:
      wait(until: supervisionNanoseconds ?? now, now, as: .misconfigured)
      log.error("the configuration is bad and there is no last good copy; waiting for a change")
    case .stalled(.continued): phase = .continuing
    case .stalled(.aborted): phase = .aborting
    case .stalled(.killed): phase = .killing
    case .unkillable: phase = .unkillable
    case .stopping: phase = .stopping
    case .stopped: exitStatus = 0
    }
    if case .unkillable = declared {
      log.error("SIGKILL does not end the ticker (it waits for a device?)", LogField("pid", ticker?.pid ?? 0))
      if isStopping { exitStatus = 75 }
    }
    beat(now)
  }

  private func wait(until at: Int64, _ now: Int64, as waiting: BeatPhase) {
    phase = waiting
    // Rounded up, so that nobody is told of a try before it is made.
    nextStartSeconds = BeatMoment.now().wallSeconds + max((at - now + 999_999_999) / 1_000_000_000, 0)
  }

  private func pause(_ at: Int64, _ now: Int64) -> LogField {
    LogField("pause_ms", max((at - now) / 1_000_000, 0))
  }
}
