/// When what was freed goes back to the kernel: a herd of jobs takes memory for a moment, which would stay otherwise,
/// and the ticker's would be the most that there ever was at once.
struct FreeMemory {
  private static let everyNanoseconds: Int64 = 60_000_000_000
  /// It takes a few milliseconds of a ticker with a hundred thousand jobs: not while a fire is near.
  private static let distanceMicroseconds: Int64 = 100_000
  /// So long after a dispatch another one of its herd may follow, and would take the memory again.
  private static let quietNanoseconds: Int64 = 200_000_000

  /// When the last job was dispatched of which nothing has been given back; nil = none was.
  private var grownNanoseconds: Int64?
  private var nextNanoseconds: Int64 = 0

  /// A job is dispatched.
  mutating func grows(at now: Int64) { grownNanoseconds = now }

  /// Whether it is given back now: after a herd, before the next one, and once a minute at most.
  mutating func givesBack(untilNextFire microseconds: Int64?, at now: Int64) -> Bool {
    guard let grownNanoseconds, now &- grownNanoseconds >= Self.quietNanoseconds, now >= nextNanoseconds,
      microseconds.map({ $0 >= Self.distanceMicroseconds }) ?? true
    else { return false }
    self.grownNanoseconds = nil
    nextNanoseconds = now &+ Self.everyNanoseconds
    return true
  }
}
