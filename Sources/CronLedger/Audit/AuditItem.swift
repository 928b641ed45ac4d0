public import CronTime

/// What an audit can say about one thing.
public enum AuditKind: String, Hashable, Sendable, CaseIterable {
  /// The schedule named it, and nothing is recorded.
  case noOutcome = "no-outcome"
  /// Something is recorded that no schedule named.
  case notExpected = "not-expected"
  /// One occurrence was decided twice, or run twice.
  case decidedTwice = "decided-twice"
  /// A command began before the instant it was due.
  case earlyStart = "early-start"
  /// A run ended before it began.
  case endBeforeStart = "end-before-start"
  /// A run was open and is forgotten: its end isn't recorded.
  case noEnd = "no-end"
  /// A record that can't follow what was recorded before.
  case illegalTransition = "illegal-transition"
  /// A range holds another number of occurrences than it says.
  case wrongCount = "wrong-count"
  /// Bytes that are no record.
  case damaged
  /// Records are missing, or one comes a second time.
  case sequence
  /// A segment can't be read.
  case unreadable
  /// A run that is going on.
  case open
  /// An occurrence that waits for its turn, or an attempt that is still to come.
  case queued
  /// A stretch that can't be recomputed: it is only checked for being without contradictions.
  case notRecomputed = "not-recomputed"

  /// Whether it speaks against the ledger; the others are listed to be complete.
  public var isFinding: Bool {
    switch self {
    case .open, .queued, .notRecomputed: false
    case .noOutcome, .notExpected, .decidedTwice, .earlyStart, .endBeforeStart, .noEnd, .illegalTransition,
      .wrongCount, .damaged, .sequence, .unreadable:
      true
    }
  }
}

/// One line of an audit.
public struct AuditItem: Hashable, Sendable {
  /// What it is.
  public var kind: AuditKind
  /// The job, if it is about one.
  public var job: String?
  /// The occurrence, or the first of several.
  public var occurrence: Instant?
  /// The run, if it is about one.
  public var run: RunIdentifier?
  /// What exactly, for people.
  public var detail: String

  /// Makes an item.
  public init(
    _ kind: AuditKind, job: String? = nil, occurrence: Instant? = nil, run: RunIdentifier? = nil, detail: String
  ) {
    self.kind = kind
    self.job = job
    self.occurrence = occurrence
    self.run = run
    self.detail = detail
  }
}

/// Why there is nothing to audit.
public enum AuditError: Error, Hashable, Sendable {
  /// The directory can't be read.
  case unreadable(StorageError)
  /// A later major version wrote that segment.
  case newerFormat(segment: String)
  /// There are segments, and not one could be read; the first refusal.
  case nothingReadable(segment: String, StorageError)
}
