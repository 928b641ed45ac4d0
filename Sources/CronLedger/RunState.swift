/// Where one run stands. The legal transitions are the one switch below, for the engine and for replay alike.
public enum RunState: String, Hashable, Sendable, CaseIterable {
  /// Nothing is recorded.
  case unclaimed
  /// Claimed; its command isn't known to execute.
  case claimed
  /// Its command executes.
  case started
  /// Over.
  case ended

  /// What a record says about a run.
  public enum Step: String, Hashable, Sendable, CaseIterable {
    /// A `claim` record.
    case claim
    /// A `start` record.
    case start
    /// An `end` record.
    case end
  }

  /// The state after the step.
  public func next(after step: Step) throws(IllegalTransition) -> RunState {
    switch (self, step) {
    case (.unclaimed, .claim): return .claimed
    case (.claimed, .start): return .started
    // Not started, declined, interrupted, or over before anybody saw it start.
    case (.claimed, .end): return .ended
    case (.started, .end): return .ended
    case (.unclaimed, .start), (.unclaimed, .end), (.claimed, .claim), (.started, .claim), (.started, .start),
      (.ended, .claim), (.ended, .start), (.ended, .end):
      throw IllegalTransition(problem: .step(from: self, step: step))
    }
  }
}

/// Where one occurrence of a job stands. The legal transitions are the one switch below.
enum OccurrenceState: Hashable, CaseIterable {
  /// Nobody has looked at it yet.
  case undecided
  /// It waits for its turn.
  case queued
  /// An attempt ended, and the next one is announced.
  case retrying
  /// It was claimed or left out.
  case decided

  enum Step: Hashable, CaseIterable {
    /// A first attempt's `claim` record.
    case claim
    /// A `skipped` or `missed` record.
    case leaveOut
    /// A `queued` record.
    case queue
  }

  /// The state after the step.
  func next(after step: Step) throws(IllegalTransition) -> OccurrenceState {
    switch (self, step) {
    case (.undecided, .claim), (.undecided, .leaveOut), (.queued, .claim), (.queued, .leaveOut),
      (.retrying, .leaveOut):
      return .decided
    case (.undecided, .queue): return .queued
    case (.queued, .queue): throw IllegalTransition(problem: .alreadyQueued)
    case (.retrying, .claim), (.retrying, .queue), (.decided, .claim), (.decided, .leaveOut), (.decided, .queue):
      throw IllegalTransition(problem: .alreadyDecided)
    }
  }
}

/// A record that contradicts what the ledger said before.
public struct IllegalTransition: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is contradicted.
  public enum Problem: Hashable, Sendable {
    /// The run can't make that step.
    case step(from: RunState, step: RunState.Step)
    /// The occurrence is decided already.
    case alreadyDecided
    /// The occurrence waits for its turn already.
    case alreadyQueued
    /// Another run of the same occurrence is open.
    case occurrenceIsOpen(RunIdentifier)
  }

  /// What is contradicted.
  public var problem: Problem
  /// The run that the record speaks of.
  public var run: RunIdentifier?
  /// The occurrence that the record speaks of.
  public var key: OccurrenceKey?
  /// The record's place.
  public var sequence: UInt64?

  /// Describes a contradiction.
  public init(problem: Problem, run: RunIdentifier? = nil, key: OccurrenceKey? = nil, sequence: UInt64? = nil) {
    self.problem = problem
    self.run = run
    self.key = key
    self.sequence = sequence
  }

  /// One line for a log.
  public var description: String {
    let subject = [run.map { "run \($0)" }, key.map(\.description), sequence.map { "record \($0)" }]
      .compactMap { $0 }.joined(separator: ", ")
    let what =
      switch problem {
      case .step(let from, let step): "\(step.rawValue) of a run that is \(from.rawValue)"
      case .alreadyDecided: "the occurrence is decided already"
      case .alreadyQueued: "the occurrence is queued already"
      case .occurrenceIsOpen(let other): "run \(other) of the same occurrence is open"
      }
    return subject.isEmpty ? what : "\(what) (\(subject))"
  }
}
