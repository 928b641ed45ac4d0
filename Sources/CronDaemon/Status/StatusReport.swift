/// The ten verdicts of design §8, in the order in which they are tried.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Nobody holds a lock: no job fires.
  case down
  /// Draining.
  case stopping
  /// The ticker died at least three times in ten minutes, and the watcher waits before the next try.
  case crashLooping = "crash-looping"
  /// A process that should beat doesn't.
  case stalled
  /// Not ready yet, within its time.
  case starting
  /// It beats, but no tick succeeds.
  case failing
  /// It beats, yet an occurrence is past its grace.
  case overdue
  /// Jobs fire, but something is wrong.
  case degraded
  /// An external trigger is armed and nothing runs by design.
  case asleep
  /// All is well.
  case healthy

  /// The exit status of `cronwatch status`: 0 healthy and asleep, 3 down, else 1.
  public var exitStatus: Int32 {
    switch self {
    case .healthy, .asleep: 0
    case .down: 3
    default: 1
    }
  }
}

/// The answer to "will my jobs fire?", with the facts it was drawn from.
public struct StatusReport: Hashable, Sendable {
  /// The verdict.
  public var verdict: Verdict
  /// One or two sentences that say it in words.
  public var message: String
  /// What is wrong though jobs fire.
  public var degraded: [String]
  /// What it was drawn from.
  public var facts: StatusFacts

  /// The exit status of `cronwatch status`.
  public var exitStatus: Int32 { verdict.exitStatus }
}
