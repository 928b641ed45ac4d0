public import CronLedger
public import CronTime

/// Decides what becomes of every occurrence: events in, actions out, no clock and no file anywhere.
///
/// A claim is appended, then synced, and only then dispatched. One sync is under way at a time; what is claimed
/// meanwhile shares the next one, so a slow disk delays fires and never the loop. What an event costs grows with the
/// jobs that it concerns, not with the jobs that exist.
public struct Engine: Sendable {
  /// Limits may change with a new table; they hold from the next event on.
  public var settings: EngineSettings
  /// Told at which job the engine is before it computes with that job's schedule, and of no job once that is over.
  ///
  /// Whoever finds the process dead reads there what it died of. It decides nothing, and nothing depends on it.
  public var trail: (@Sendable (Breadcrumb) -> Void)?
  /// The ledger as of the last action; what a new segment must restate.
  public internal(set) var ledger = LedgerState()

  var jobs: [String: JobState] = [:]
  var runs: [RunIdentifier: LiveRun] = [:]
  var due = DueQueue<DueEntry>()
  var ready = DueQueue<ReadyEntry>()
  var readyCatchUps = DueQueue<ReadyEntry>()
  var held = DueQueue<HeldEntry>()
  var timers = DueQueue<TimerEntry>()
  var batch = SyncBatch()
  var identifiers = RunIdentifierSource(nextSequence: 1)

  var liveCatchUps = 0
  var waitingCount = 0
  var pausedCount = 0
  var lastTicket: UInt64 = 0
  var lastGeneration: UInt64 = 0
  var isRecovered = false
  var isLoaded = false
  var isDraining = false
  var isPoolFull = false
  /// Jobs whose `@reboot` is owed, and whether this ticker's start is recorded yet.
  var owedReboots: [String] = []
  var isRestartRecorded = false
  var isSameBoot = true
  var clockHeldUntil: Int64?
  /// A clock that was far ahead of this one wrote what was recovered.
  var wasLedgerAhead = false
  var largestJitterSeconds: Int64 = 0
  var recentFailures: [EngineSummary.Failure] = []
  var now: Moment
  /// Why what is too late now wasn't seen in time.
  var lateness = MissReason.down
  var output = Output()

  /// An engine that knows nothing yet; its first event is `recovered`.
  public init(settings: EngineSettings) {
    self.settings = settings
    now = Moment(wall: .distantPast, monotonicNanoseconds: 0, boottimeNanoseconds: 0)
  }

  /// What one event has led to so far.
  struct Output: Sendable {
    var records: [SequencedRecord] = []
    var actions: [Action] = []
    var dispatches: [Action] = []
  }

  /// Takes one event and answers what to do, in order: append, sync, dispatch among the rest.
  public mutating func handle(_ event: Event) -> [Action] {
    output = Output()
    enter(event.moment, first: event.isRecovery)
    switch event {
    case .recovered(let state, let found, let sameBoot, _): recover(state, found: found, sameBoot: sameBoot)
    case .loaded(let table, let former, _): load(table, former: former)
    case .tick, .clockStepped: break
    // Before the first table it would stand before its own ticker's beginning.
    case .tickFailed(let message, _): if isLoaded { _ = record(.tickFailed(at: now.wall, message: message)) }
    case .synced(let token, let result, _): synced(token: token, result)
    case .started(let run, let pid, let at, _): started(run, pid: pid, at: at)
    case .ended(let run, let exit, _): ended(run, exit: exit)
    case .couldNotStart(let run, let failure, _): couldNotStart(run, failure: failure)
    case .manualRun(let job, let request, _): runManually(job, request: request)
    case .fire(let job, let at, let request, _): fire(OccurrenceKey(job: job, instant: at), request: request)
    case .stopRun(let run, let request, _): stopRun(run, request: request)
    case .pause(let job, let until, let reason, let request, _):
      pause(job, until: until, reason: reason, request: request)
    case .resume(let job, let request, _): resume(job, request: request)
    case .drain: drain()
    }
    if event.decides { decideAllDue() }
    fireTimers()
    pump()
    beginSync()
    dropStaleEntries()
    return finish()
  }

  /// The earliest wall instant at which a tick has work; nil = none until something happens.
  public var nextWake: Instant? {
    var wake: Instant?
    func consider(_ instant: Instant?) {
      guard let instant else { return }
      wake = min(wake ?? instant, instant)
    }
    if !isDraining, clockHeldUntil == nil { consider(due.first?.at) }
    consider(held.first?.at)
    if let timer = timers.first {
      // One microsecond more: the monotonic instant must have passed, not nearly.
      consider(now.wall.adding(microseconds: max(0, timer.at &- now.monotonicNanoseconds) / 1000 + 1))
    }
    return wake
  }

  /// The earliest due instant that nobody has decided, past or to come; nil = none, or nothing is decided any more.
  ///
  /// It stays in the past while fires are held or fail, unlike `nextWake`, which then tells when to look again.
  public var earliestDue: Instant? { isDraining ? nil : due.first?.at }

  /// No run lives and nothing waits that would still be started.
  public var isIdle: Bool { runs.isEmpty && (isDraining || waitingCount == 0) }

  // MARK: - Output

  /// Gives the record its place, takes it into the ledger's state and queues it for the one append of this event.
  ///
  /// Returns its place, or nil if the ledger's rules refuse it: then it is not appended, and nothing may follow it.
  mutating func record(_ record: Record) -> UInt64? {
    let sequenced = SequencedRecord(seq: ledger.nextSequence, record: record)
    do {
      try ledger.apply(sequenced)
    } catch {
      notice(.illegalTransition(error.description))
      return nil
    }
    output.records.append(sequenced)
    return sequenced.seq
  }

  /// Says which job's schedule is computed with next; nil = none any more.
  func say(_ step: Breadcrumb.Step, _ job: String? = nil) {
    if let trail { trail(Breadcrumb(step, job)) }
  }

  mutating func notice(_ notice: EngineNotice) { output.actions.append(.notice(notice)) }

  mutating func answer(_ request: UInt64?, _ answer: EngineAnswer) {
    guard let request else { return }
    output.actions.append(.answer(request: request, answer))
  }

  private mutating func finish() -> [Action] {
    var actions: [Action] = []
    if !output.records.isEmpty { actions.append(.append(output.records)) }
    actions += output.actions
    actions += output.dispatches
    output = Output()
    return actions
  }
}

extension Event {
  /// The clocks as of this event.
  var moment: Moment {
    switch self {
    case .recovered(_, _, _, let moment), .loaded(_, _, let moment), .tick(let moment), .tickFailed(_, let moment),
      .synced(_, _, let moment), .started(_, _, _, let moment), .ended(_, _, let moment),
      .couldNotStart(_, _, let moment), .manualRun(_, _, let moment), .fire(_, _, _, let moment),
      .stopRun(_, _, let moment), .pause(_, _, _, _, let moment), .resume(_, _, let moment),
      .clockStepped(_, let moment), .drain(let moment):
      moment
    }
  }

  fileprivate var isRecovery: Bool {
    if case .recovered = self { return true }
    return false
  }

  /// Whether everything due is decided after this event.
  fileprivate var decides: Bool {
    switch self {
    case .loaded, .tick, .clockStepped: true
    default: false
    }
  }
}
