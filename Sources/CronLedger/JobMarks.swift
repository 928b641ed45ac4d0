public import CronTime

/// What the ledger knows of one job: never all its occurrences, only the mark up to which they are decided.
public struct JobMarks: Hashable, Sendable {
  /// What the job was last defined as; nil when it is retired, or was never defined.
  public internal(set) var definition: Definition?
  /// All its occurrences at or before are decided, except the queued ones; nil when none is.
  public internal(set) var lastDecided: Instant?
  private var box: Box?

  /// What few jobs have at one time; a hundred thousand others don't pay for it.
  private struct Rest: Hashable {
    var retiredAt: Instant?
    var pause: JobPause?
    var rebootClaimed: String?
    var openRuns: Set<RunIdentifier> = []
    var retries: Set<RunIdentifier> = []
    var queued: [Instant: QueuedMark] = [:]
  }

  private final class Box: Sendable {
    let rest: Rest

    init(_ rest: Rest) { self.rest = rest }
  }

  private static let none = Rest()

  private var rest: Rest {
    get { box?.rest ?? Self.none }
    set { box = newValue == Self.none ? nil : Box(newValue) }
  }

  /// When it was retired; nil while it is defined.
  public internal(set) var retiredAt: Instant? {
    get { rest.retiredAt }
    set { if newValue != nil || box != nil { rest.retiredAt = newValue } }
  }
  /// The pause that holds; nil when the job isn't paused.
  public internal(set) var pause: JobPause? {
    get { rest.pause }
    set { rest.pause = newValue }
  }
  /// The boot whose `@reboot` was claimed last.
  public internal(set) var rebootClaimed: String? {
    get { rest.rebootClaimed }
    set { rest.rebootClaimed = newValue }
  }
  /// Its runs that are claimed and not ended.
  public internal(set) var openRuns: Set<RunIdentifier> {
    get { rest.openRuns }
    set { rest.openRuns = newValue }
  }
  /// Its ended runs whose next attempt isn't claimed yet.
  public internal(set) var retries: Set<RunIdentifier> {
    get { rest.retries }
    set { if !newValue.isEmpty || box != nil { rest.retries = newValue } }
  }
  /// Its queued occurrences.
  public internal(set) var queued: [Instant: QueuedMark] {
    get { rest.queued }
    set { if !newValue.isEmpty || box != nil { rest.queued = newValue } }
  }

  /// Two marks are equal when all that they say is.
  public static func == (left: JobMarks, right: JobMarks) -> Bool {
    left.definition == right.definition && left.lastDecided == right.lastDecided && left.rest == right.rest
  }

  /// Hashes all that they say.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(definition)
    hasher.combine(lastDecided)
    hasher.combine(rest)
  }

  /// No occurrence lies before it; nil when the job isn't defined.
  public var origin: Instant? { definition?.origin }
  /// Until when it is paused: nil when it isn't, `distantFuture` when no end is set.
  public var pausedUntil: Instant? { pause.map { $0.until ?? .distantFuture } }

  /// Whether nothing is lost when the entry goes.
  var isDisposable: Bool {
    definition == nil && pause == nil && openRuns.isEmpty && retries.isEmpty && queued.isEmpty
  }

  /// Whether a snapshot must restate the mark: also an absent one that restated claims would move.
  var hasMark: Bool {
    lastDecided != nil || rebootClaimed != nil || !openRuns.isEmpty || !retries.isEmpty || !queued.isEmpty
  }

  mutating func decide(upTo instant: Instant) {
    lastDecided = max(lastDecided ?? instant, instant)
  }
}

/// A pause that holds.
public struct JobPause: Hashable, Sendable {
  /// Since when.
  public var at: Instant
  /// Its end, if one is set.
  public var until: Instant?
  /// What was said about it.
  public var reason: String?
}

/// When and where an occurrence was queued.
public struct QueuedMark: Hashable, Sendable {
  /// The record's place: the order of the queue.
  public var sequence: UInt64
  /// When it was queued.
  public var at: Instant
}

/// A run that is claimed and not ended.
public struct OpenRun: Hashable, Sendable {
  /// What was claimed.
  public internal(set) var claim: Claim
  /// The claim record's place; a slot counts only if it carries both this and the run.
  public let claimSequence: UInt64
  /// Its start, if one is recorded.
  public internal(set) var start: RunStart?

  /// An open run that no record tells of any more.
  public init(claim: Claim, claimSequence: UInt64) {
    self.claim = claim
    self.claimSequence = claimSequence
  }

  /// The ledger was damaged: an end may be lost, so what no slot proves is `unknown: damaged`.
  public var isDoubtful: Bool { claim.isDoubtful }
  /// Where the run stands.
  public var state: RunState { start == nil ? .claimed : .started }
}

/// An ended attempt whose next one isn't claimed yet.
public struct PendingRetry: Hashable, Sendable {
  /// The claim of the attempt that ended.
  public let claim: Claim
  /// The claim record's place.
  public let claimSequence: UInt64
  /// Its end; `retryAt` says when the next is due.
  public let end: RunEnd
}

/// The start of the last ticker.
public struct RestartMark: Hashable, Sendable {
  /// When.
  public var at: Instant
  /// In which boot.
  public var boot: String
  /// Its process.
  public var pid: Int32
  /// The program's version.
  public var version: String
}

/// A step of the wall clock of more than a day ahead.
public struct ClockLeap: Hashable, Sendable {
  /// Shorter steps are none, in microseconds.
  static let leastMicroseconds: Int64 = 86_400_000_000

  /// What the clock showed before: whatever ran until then lies at or before it.
  public var from: Instant
  /// What it showed after.
  public var to: Instant
}
