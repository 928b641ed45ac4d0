/// The watcher's policy as a pure machine: restart the ticker for ever, judge its beats, escalate, tell the truth.
///
/// The owner performs the actions in order and reports back by events. There is one timer at most; each action list
/// that changes a deadline arms it anew.
public struct Supervision: Hashable, Sendable {
  private static let step: Int64 = 5_000_000_000
  private static let lateTimer: Int64 = 5_000_000_000
  private static let unkillableAfter: Int64 = 60_000_000_000
  private static let spawnRetry: Int64 = 1_000_000_000
  /// What a ticker may take for its last words once its drain is over.
  private static let afterDrain: Int64 = 800_000_000

  /// What is known about the ticker; `phase` is what status shows of it.
  private enum State: Hashable, Sendable {
    case idle
    case waiting(lastEnd: String)
    case spawning
    case starting
    case running
    case escalating(StallRemedy)
    case unkillable
    case asleep
    case misconfigured
    case stopping(killed: Bool)
    case stopped
  }

  private let settings: SupervisionSettings
  private var backOff: RestartBackOff
  private var state = State.idle
  private var deadline: Int64?
  private var aliveSince: Int64 = 0
  private var wasReady = false
  private var readySince: Int64 = 0
  private var stalled = false
  private var stopRequested = false

  /// A machine that has done nothing yet; feed it `.start`.
  public init(settings: SupervisionSettings) {
    self.settings = settings
    self.backOff = RestartBackOff(longestDelay: settings.restartDelayMax, seed: settings.seed)
  }

  /// What the watcher is doing about its ticker.
  public var phase: SupervisionPhase {
    switch state {
    case .idle: return .idle
    case .spawning, .starting: return .starting
    case .running: return .running
    case .escalating(let remedy): return .stalled(remedy)
    case .unkillable: return .unkillable
    case .asleep: return .asleep
    case .misconfigured: return .misconfigured
    case .stopping: return .stopping
    case .stopped: return .stopped
    case .waiting(let lastEnd):
      let at = deadline ?? 0
      let deaths = backOff.recentDeaths.count
      if deaths >= RestartBackOff.crashLoopDeaths { return .crashLooping(deaths: deaths, lastEnd: lastEnd, at: at) }
      return .restarting(lastEnd: lastEnd, at: at)
    }
  }

  /// Deaths of the ticker within the ten minutes before its newest death.
  public var recentDeaths: Int { backOff.recentDeaths.count }

  /// Takes one event and answers what to do, in order. Events that do not fit the state change nothing.
  public mutating func handle(_ event: SupervisionEvent) -> [SupervisionAction] {
    let before = phase
    var actions: [SupervisionAction]
    switch event {
    case .start(let now): actions = state == .idle ? spawn(now: now) : []
    case .spawned(let now): actions = spawned(now: now)
    case .spawnFailed(let message, let now): actions = spawnFailed(message, now: now)
    case .ready(let now): actions = ready(now: now)
    case .timer(let now, let beatAge): actions = timer(now: now, beatAge: beatAge)
    case .childState(let stopped, let now): actions = inspected(stopped: stopped, now: now)
    case .exited(let end, let now): actions = exited(end, now: now)
    case .wake(let now): actions = state == .asleep || state == .misconfigured ? spawn(now: now) : []
    case .stop(let drain, let now): actions = stop(patience: stopPatience(drain: drain), now: now)
    case .paused(let now): actions = paused(now: now)
    case .stopAtOnce(let now): actions = stop(patience: Self.afterDrain, now: now)
    }
    if phase != before { actions.append(.declare(phase)) }
    return actions
  }

  // MARK: - Starting

  private mutating func spawn(now: Int64) -> [SupervisionAction] {
    let deaths = backOff.deaths(within: RestartBackOff.deathWindow, now: now)
    state = .spawning
    deadline = nil
    return [.disarmTimer, .spawn(safeMode: settings.safeModeAfter > 0 && deaths >= settings.safeModeAfter)]
  }

  private mutating func spawned(now: Int64) -> [SupervisionAction] {
    aliveSince = now
    wasReady = false
    stalled = false
    // A stop that arrived while the spawn was under way could not be delivered yet.
    if case .stopping = state { return [.signal(.terminate), .signal(.continue)] }
    guard state == .spawning else { return [] }
    state = .starting
    return arm(now &+ settings.startLimit)
  }

  private mutating func spawnFailed(_ message: String, now: Int64) -> [SupervisionAction] {
    if case .stopping = state { return finishStop() }
    guard state == .spawning else { return [] }
    state = .waiting(lastEnd: "could not be started: \(message)")
    return arm(now &+ Self.spawnRetry)
  }

  private mutating func ready(now: Int64) -> [SupervisionAction] {
    wasReady = true
    readySince = now
    guard state == .starting else { return [] }
    state = .running
    return arm(now &+ settings.staleThreshold &+ 1)
  }

  // MARK: - The timer

  private mutating func timer(now: Int64, beatAge: Int64?) -> [SupervisionAction] {
    guard let armed = deadline else { return [] }
    // An early wake-up (another timer armed meanwhile) decides nothing.
    guard now >= armed else { return [.armTimer(armed)] }
    let late = now &- armed > Self.lateTimer
    switch state {
    case .waiting: return spawn(now: now)
    case .misconfigured: return spawn(now: now)
    case .starting: return judgeStart(now: now, beatAge: beatAge, late: late)
    case .running: return judgeBeat(now: now, beatAge: beatAge, late: late)
    case .escalating(let remedy): return escalate(after: remedy, now: now, beatAge: beatAge, late: late)
    case .stopping(let killed): return forceStop(killed: killed, now: now, late: late)
    case .idle, .spawning, .unkillable, .asleep, .stopped:
      deadline = nil
      return [.disarmTimer]
    }
  }

  /// The watcher itself stood still (SIGSTOP, a suspended machine, a disk that hung): what it waited for may have stood
  /// still as well, so each gets its whole time once more instead of a judgement.
  private mutating func paused(now: Int64) -> [SupervisionAction] {
    guard deadline != nil else { return [] }
    switch state {
    case .starting: return arm(now &+ settings.startLimit)
    case .running: return arm(now &+ settings.staleThreshold &+ 1)
    case .escalating(.killed), .stopping(killed: true): return arm(now &+ Self.unkillableAfter)
    case .escalating: return arm(now &+ Self.step)
    case .stopping(killed: false): return arm(max(deadline ?? 0, now &+ Self.step))
    // What only waits to be tried again needs no more time.
    case .waiting, .misconfigured, .idle, .spawning, .unkillable, .asleep, .stopped: return []
    }
  }

  private mutating func judgeStart(now: Int64, beatAge: Int64?, late: Bool) -> [SupervisionAction] {
    // A ticker that beats is making progress in its recovery, however long that takes.
    if let beatAge, beatAge <= settings.startLimit { return arm(now &+ settings.startLimit &- max(0, beatAge) &+ 1) }
    if late { return arm(now &+ settings.startLimit) }
    return beginEscalation(now: now)
  }

  private mutating func judgeBeat(now: Int64, beatAge: Int64?, late: Bool) -> [SupervisionAction] {
    let threshold = settings.staleThreshold
    // Unknown is not dead: an unreadable heartbeat file must not kill a ticker that fires.
    guard let beatAge else { return arm(now &+ threshold &+ 1) }
    // Strictly older than the threshold is stale; the next look is when this very beat would become so.
    if beatAge <= threshold { return arm(now &+ threshold &- max(0, beatAge) &+ 1) }
    // We slept too (a stopped or suspended machine): the ticker gets the time that it never had.
    if late { return arm(now &+ threshold &+ 1) }
    return beginEscalation(now: now)
  }

  // MARK: - Escalation

  private mutating func beginEscalation(now: Int64) -> [SupervisionAction] {
    stalled = true
    state = .escalating(.inspecting)
    return [.inspect] + arm(now &+ Self.step)
  }

  private mutating func inspected(stopped: Bool, now: Int64) -> [SupervisionAction] {
    guard state == .escalating(.inspecting) else { return [] }
    guard stopped else { return abort(now: now) }
    state = .escalating(.continued)
    return [.signal(.continue)] + arm(now &+ Self.step)
  }

  private mutating func abort(now: Int64) -> [SupervisionAction] {
    state = .escalating(.aborted)
    return [.signal(.abort)] + arm(now &+ Self.step)
  }

  private mutating func escalate(
    after remedy: StallRemedy, now: Int64, beatAge: Int64?, late: Bool
  ) -> [SupervisionAction] {
    // Beating again after SIGCONT is recovery; after SIGABRT it is not: its state may be torn (a crash tracer may
    // have kept it alive), so it is killed all the same.
    if remedy == .inspecting || remedy == .continued, let beatAge, beatAge <= Self.step &* 2 {
      stalled = false
      state = wasReady ? .running : .starting
      return arm(now &+ (wasReady ? settings.staleThreshold : settings.startLimit) &- max(0, beatAge) &+ 1)
    }
    if late { return arm(now &+ Self.step) }
    switch remedy {
    case .inspecting, .continued: return abort(now: now)
    case .aborted:
      state = .escalating(.killed)
      return [.signal(.kill)] + arm(now &+ Self.unkillableAfter)
    case .killed:
      state = .unkillable
      deadline = nil
      return [.disarmTimer]
    }
  }

  // MARK: - Ends

  private mutating func exited(_ end: TickerEnd, now: Int64) -> [SupervisionAction] {
    switch state {
    case .unkillable where stopRequested: return finishStop()
    case .starting, .running, .escalating, .unkillable: break
    case .stopping: return finishStop()
    case .idle, .waiting, .spawning, .asleep, .misconfigured, .stopped: return []
    }
    switch end {
    case .asleep where !stalled:
      state = .asleep
      deadline = nil
      return [.disarmTimer]
    case .misconfigured:
      // Waits for a change; looks again by itself too, for a change that no watch can see.
      state = .misconfigured
      return arm(now &+ max(Self.spawnRetry, settings.restartDelayMax))
    case .stopped: return restart(after: "ended without being asked", now: now)
    case .asleep: return restart(after: "stalled", now: now)
    case .died(let cause): return restart(after: stalled ? "stalled, \(cause)" : cause, now: now)
    }
  }

  private mutating func restart(after cause: String, now: Int64) -> [SupervisionAction] {
    let wasHealthy = wasReady && now &- readySince >= RestartBackOff.healthyAge
    let delay = backOff.died(at: now, lived: now &- aliveSince, wasHealthy: wasHealthy)
    if delay == 0 { return spawn(now: now) }
    state = .waiting(lastEnd: cause)
    return arm(now &+ delay)
  }

  // MARK: - Stopping

  private mutating func stop(patience: Int64, now: Int64) -> [SupervisionAction] {
    stopRequested = true
    switch state {
    case .idle, .waiting, .asleep, .misconfigured: return finishStop()
    case .stopping(killed: true), .stopped: return []
    case .spawning:
      state = .stopping(killed: false)
      return arm(now &+ patience)
    case .starting, .running, .escalating, .unkillable, .stopping(killed: false):
      // Another request may give the ticker more time, or less.
      state = .stopping(killed: false)
      // A stopped process would keep SIGTERM pending for ever; SIGCONT harms nobody else.
      return [.signal(.terminate), .signal(.continue)] + arm(now &+ patience)
    }
  }

  /// SIGKILL comes at four fifths of the limit, so that the end itself lies within the limit; but not before the drain
  /// is over, which a ticker that lives ends with.
  private func stopPatience(drain: Int64) -> Int64 {
    max(settings.stopTimeout / 5 * 4, min(max(0, drain), 86_400_000_000_000) + Self.afterDrain)
  }

  private mutating func forceStop(killed: Bool, now: Int64, late: Bool) -> [SupervisionAction] {
    if killed {
      state = .unkillable
      deadline = nil
      return [.disarmTimer]
    }
    if late { return arm(now &+ settings.stopTimeout / 5 * 4) }
    state = .stopping(killed: true)
    return [.signal(.kill)] + arm(now &+ Self.unkillableAfter)
  }

  private mutating func finishStop() -> [SupervisionAction] {
    state = .stopped
    deadline = nil
    return [.disarmTimer]
  }

  private mutating func arm(_ at: Int64) -> [SupervisionAction] {
    deadline = at
    return [.armTimer(at)]
  }
}
