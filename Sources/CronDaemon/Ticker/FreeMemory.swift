internal import CronSystem

/// When what was freed goes back to the kernel: a herd of jobs takes memory for a moment, which would stay otherwise,
/// and the ticker's would be the most that there ever was at once.
struct FreeMemory {
  private static let everyNanoseconds: Int64 = 60_000_000_000
  /// It takes a few milliseconds of a ticker with a hundred thousand jobs: not while a fire is near.
  private static let distanceMicroseconds: Int64 = 100_000

  /// Jobs were started since the last time.
  var mayHaveGrown = false
  private var nextNanoseconds: Int64 = 0

  /// Gives it back, once a minute at most.
  mutating func giveBack(untilNextFire microseconds: Int64?, nowNanoseconds now: Int64) {
    guard mayHaveGrown, now >= nextNanoseconds, microseconds.map({ $0 >= Self.distanceMicroseconds }) ?? true else {
      return
    }
    mayHaveGrown = false
    nextNanoseconds = now + Self.everyNanoseconds
    CurrentProcess.returnFreeMemory()
  }
}
