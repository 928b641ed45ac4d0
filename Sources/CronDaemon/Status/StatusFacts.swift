public import CronTime

/// What a lock query and the holder's identity said about a role; plain values.
public struct RoleFacts: Hashable, Sendable {
  /// Whether the role's lock is held: the one proof of life.
  public var isHeld: Bool
  /// The holder's pid; nil when the lock is free or its holder can't be told.
  public var pid: Int32?
  /// When the holder started.
  public var startedAt: Instant?
  /// Seconds since the holder started; nil = can't be told.
  public var uptimeSeconds: Double?

  /// Facts about a role.
  public init(isHeld: Bool, pid: Int32? = nil, startedAt: Instant? = nil, uptimeSeconds: Double? = nil) {
    self.isHeld = isHeld
    self.pid = pid
    self.startedAt = startedAt
    self.uptimeSeconds = uptimeSeconds
  }

  /// A role that nobody holds.
  public static let absent = RoleFacts(isHeld: false)
}

/// A heartbeat file as status sees it.
public struct BeatFacts: Hashable, Sendable {
  /// The beat; nil = missing, damaged or unreadable.
  public var beat: Beat?
  /// Its age.
  public var age: BeatAge
  /// Whether it was written by the process that holds the role's lock now.
  public var isOfHolder: Bool

  /// Facts about a heartbeat file.
  public init(beat: Beat?, age: BeatAge, isOfHolder: Bool) {
    self.beat = beat
    self.age = age
    self.isOfHolder = isOfHolder
  }

  /// No beat.
  public static let none = BeatFacts(beat: nil, age: .unknown, isOfHolder: false)
}

/// The content of `heartbeat/error`: the last tick that failed.
public struct TickFailure: Hashable, Sendable {
  /// When.
  public var at: Instant
  /// Why.
  public var message: String

  /// A tick that failed.
  public init(at: Instant, message: String) {
    self.at = at
    self.message = message
  }
}

/// Everything that the verdict depends on, gathered by `StatusCollector`; plain values, so that the verdict is pure.
public struct StatusFacts: Hashable, Sendable {
  /// The state directory's path.
  public var stateDirectory: String
  /// Now.
  public var now: Instant
  /// The watcher's lock.
  public var watcher: RoleFacts
  /// The ticker's lock.
  public var ticker: RoleFacts
  /// `heartbeat/ticker`.
  public var tickerBeat: BeatFacts = .none
  /// `heartbeat/success`: the last clean tick, of whichever ticker.
  public var success: BeatFacts = .none
  /// `heartbeat/watcher`.
  public var watcherBeat: BeatFacts = .none
  /// `heartbeat/error`.
  public var lastError: TickFailure?
  /// Seconds since this ticker's READY; nil = can't be told, then its uptime counts.
  public var readyForSeconds: Double?
  /// Unwanted ends of tickers within the last ten minutes.
  public var recentDeaths = 0
  /// The last unwanted end of a ticker, in words ("killed by KILL").
  public var lastDeath: String?
  /// Why the metrics file isn't written as it should be; nil = it is, or none is wanted.
  public var metricsProblem: String?
  /// The path of the program that runs, when nothing stands there any more.
  public var removedProgram: String?
  /// What somebody did to the state directory and the watcher mended, in the last ten minutes.
  public var notice: String?
  /// What the ticker said about itself; nil when it never did.
  public var summary: TickerSummary?
  /// Whether the watcher itself answered; false = evaluated from files by the command.
  public var answeredByWatcher = false

  /// Facts of a state directory where nothing is known beyond its locks.
  public init(stateDirectory: String, now: Instant, watcher: RoleFacts, ticker: RoleFacts) {
    self.stateDirectory = stateDirectory
    self.now = now
    self.watcher = watcher
    self.ticker = ticker
  }

  /// The summary without what only a live ticker can mean: who runs and works, and what nobody will fire.
  var currentSummary: TickerSummary? {
    guard var current = summary else { return nil }
    if !ticker.isHeld {
      current.running = []
      current.workers = []
      if !watcher.isHeld, tickerBeat.beat?.phase != .asleep { (current.next, current.coming) = ([], []) }
    }
    return current
  }

  /// Tickers that the watcher restarted.
  var restarts: UInt64 { watcherBeat.beat?.tick ?? 0 }

  /// The age limit of the ticker's beat, in seconds.
  var staleAfterSeconds: Int64 { tickerBeat.beat?.staleAfterSeconds ?? Beat.staleAfter(intervalSeconds: 5) }

  /// The age limit of the last clean tick, in seconds.
  var successAfterSeconds: Int64 { summary?.successThresholdSeconds ?? staleAfterSeconds }

  /// The earliest undecided due instant, and how many seconds late it may fire.
  var earliestDue: (at: Instant, graceSeconds: Int64)? {
    // The beat is written after every tick, the summary after changes only: the later of the two is the newer word.
    let beaten = tickerBeat.beat?.nextDue.map { Instant(seconds: $0) }
    guard let due = [beaten, summary?.earliestDue].compactMap({ $0 }).max() else { return nil }
    return (due, max(summary?.earliestDueGraceSeconds ?? 120, 0))
  }

  /// Whether the earliest due instant is past its grace.
  var isOverdue: Bool {
    guard let due = earliestDue else { return false }
    return now > due.at.adding(seconds: due.graceSeconds)
  }
}
