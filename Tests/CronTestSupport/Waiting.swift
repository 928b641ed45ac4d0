internal import CronSystem
internal import Glibc
public import Testing

/// A condition that didn't come true in time.
public struct DeadlineMissed: Error, CustomStringConvertible {
  /// What was waited for.
  public let description: String

  /// Nothing else than what was waited for.
  public init(description: String) { self.description = description }
}

/// Looks at a condition every few milliseconds until it holds; throws, and fails the test, at the deadline.
public func waitUntil(
  _ what: String, seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  let deadline = SystemClock.monotonic() + Int64(seconds * 1_000_000_000)
  while try !condition() {
    if SystemClock.monotonic() > deadline {
      let missed = DeadlineMissed(description: "not within \(seconds) s: \(what)")
      Issue.record(missed, sourceLocation: sourceLocation)
      throw missed
    }
    _ = poll(nil, 0, 3)
  }
}

/// Looks until there is a value; throws, and fails the test, at the deadline.
public func waitForValue<Value>(
  _ what: String, seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation,
  _ look: () throws -> Value?
) throws -> Value {
  var found: Value?
  try waitUntil(what, seconds: seconds, sourceLocation: sourceLocation) {
    found = try look()
    return found != nil
  }
  guard let found else { throw DeadlineMissed(description: what) }
  return found
}
