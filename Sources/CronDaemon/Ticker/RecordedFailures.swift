/// Which failed ticks go into the ledger: the first of each error, and now and then one of those that go on.
///
/// Ticks that fail follow each other at every second, for days if nobody looks: the ledger is not their log.
struct RecordedFailures {
  /// The least time between two records, whatever they say: errors may take turns.
  static let pause: Int64 = 60_000_000_000
  /// How often an error that goes on is said again.
  static let repetition: Int64 = 600_000_000_000

  private var last: (message: String, at: Int64)?

  /// Whether this failure is one to record, at a moment of CLOCK_MONOTONIC; then it counts as recorded.
  mutating func take(_ message: String, nowNanoseconds now: Int64) -> Bool {
    if let last, now &- last.at < (message == last.message ? Self.repetition : Self.pause) { return false }
    last = (message, now)
    return true
  }
}
