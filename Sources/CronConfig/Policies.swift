/// What happens to an occurrence that is due while the job's previous run lives.
public enum OverlapPolicy: String, Hashable, Sendable, CaseIterable {
  /// It is recorded as skipped.
  case skip
  /// It waits for the run to end.
  case queue
  /// It runs beside it.
  case allow
  /// The run is stopped, then it starts.
  case replace
}

/// What happens to occurrences that were first seen later than their grace allows.
public enum CatchUpPolicy: Hashable, Sendable, CustomStringConvertible {
  /// They are recorded as missed.
  case skip
  /// The latest of them runs, the others are recorded as skipped.
  case once
  /// The latest `limit` of them run, spread out; 1…10,000.
  case all(limit: Int)

  /// The limit of `all` written without one.
  public static let defaultLimit = 100
  /// The words that the policy begins with, for diagnostics.
  public static let words = ["skip", "once", "all"]

  /// Reads `skip`, `once`, `all` or `all(N)`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "skip": self = .skip
    case "once": self = .once
    case "all": self = .all(limit: Self.defaultLimit)
    default:
      guard text.hasPrefix("all("), text.hasSuffix(")") else { return nil }
      let digits = text.dropFirst(4).dropLast()
      guard digits.utf8.allSatisfy(ASCII.isDigit), let limit = Int(digits), (1...10_000).contains(limit) else {
        return nil
      }
      self = .all(limit: limit)
    }
  }

  /// The policy as it is written in a file.
  public var description: String {
    switch self {
    case .skip: "skip"
    case .once: "once"
    case .all(limit: Self.defaultLimit): "all"
    case .all(let limit): "all(\(limit))"
    }
  }
}

/// What becomes of an occurrence whose run the machine's end interrupted.
public enum InterruptPolicy: String, Hashable, Sendable, CaseIterable {
  /// It is recorded as interrupted: it runs at most once.
  case record
  /// It runs again after the next start, five times at most: at least once.
  case rerun
}

/// Whether a run may begin before its claim is safe from a loss of power.
public enum DurabilityPolicy: String, Hashable, Sendable, CaseIterable {
  /// While the disk refuses, a claim in memory will do.
  case preferred
  /// It waits for the disk, as long as its grace lasts.
  case required
}
