/// How often a ticker tells what it does: at once after a pause, and then what 20 ms have brought together.
///
/// A fire wakes it six times within a few milliseconds, a herd of jobs thousands of times a second; a beat, a success
/// and a summary each time would cost more than all that they tell.
struct ReportPace {
  /// What status says is at most so much older than what is so.
  static let pauseNanoseconds: Int64 = 20_000_000
  /// Whoever tells so long after what it tells was held up in between: what was so may no longer be.
  static let overdueNanoseconds: Int64 = 100_000_000

  private var lastNanoseconds: Int64?
  /// Whether something has happened since that isn't told yet.
  private(set) var isOwed = false

  /// Whether what happened now may wait; then it is owed.
  mutating func putsOff(at now: Int64) -> Bool {
    guard let lastNanoseconds, now &- lastNanoseconds < Self.pauseNanoseconds else { return false }
    isOwed = true
    return true
  }

  /// What happens next is told at once.
  mutating func hurry() { lastNanoseconds = nil }

  /// All has been told.
  mutating func told(at now: Int64) {
    lastNanoseconds = now
    isOwed = false
  }

  /// Whether what is owed waited for far longer than it should have.
  func isOverdue(at now: Int64) -> Bool {
    guard isOwed, let lastNanoseconds else { return false }
    return now &- lastNanoseconds >= Self.overdueNanoseconds
  }

  /// How long to wait for more before it is told; nil = nothing is owed.
  func patienceMilliseconds(at now: Int64) -> Int? {
    if !isOwed { return nil }
    guard let lastNanoseconds else { return 0 }
    let left = Self.pauseNanoseconds &- (now &- lastNanoseconds)
    return Int(min(max(0, left), Self.pauseNanoseconds) / 1_000_000)
  }
}
