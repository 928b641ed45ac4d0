/// How long the watcher waits before it starts a dead ticker again: at once, then longer and longer, never given up.
///
/// All times are nanoseconds of the monotonic clock.
struct RestartBackOff: Hashable, Sendable {
  static let firstDelay: Int64 = 200_000_000
  static let quietTimePerLevel: Int64 = 300_000_000_000
  /// A life is healthy once it is so old after READY.
  static let healthyAge: Int64 = 10_000_000_000
  static let deathWindow: Int64 = 600_000_000_000
  static let crashLoopDeaths = 3
  private static let highestLevel = 24

  /// Restarts in a row that did not earn forgiveness yet; 0 = the next restart is at once.
  private(set) var level = 0
  /// When the ticker died within the last ten minutes, oldest first; bounded, more would change no decision.
  private(set) var recentDeaths: [Int64] = []
  private let longestDelay: Int64
  private let seed: UInt64
  private var deaths: UInt64 = 0

  init(longestDelay: Int64, seed: UInt64) {
    self.longestDelay = max(0, longestDelay)
    self.seed = seed
  }

  /// Records a death after `lived` nanoseconds of life and answers how long to wait before the restart.
  ///
  /// Nobody waits after a healthy life; but if the next one isn't healthy, that one is no first death any more.
  mutating func died(at now: Int64, lived: Int64, wasHealthy: Bool) -> Int64 {
    let forgiven = Int(max(0, lived) / Self.quietTimePerLevel)
    level = max(0, level - forgiven)
    forgetOldDeaths(now: now)
    recentDeaths.append(now)
    if recentDeaths.count > 100 { recentDeaths.removeFirst() }
    deaths &+= 1
    if wasHealthy {
      level = max(level, 1)
      return 0
    }
    let delay = delayNanoseconds(level: level)
    level = min(level + 1, Self.highestLevel)
    return delay
  }

  /// Three deaths in ten minutes: a restart that has to wait now is a crash loop, and status says so.
  func isCrashLooping(now: Int64) -> Bool { deaths(within: Self.deathWindow, now: now) >= Self.crashLoopDeaths }

  func deaths(within window: Int64, now: Int64) -> Int { recentDeaths.count { now - $0 <= window } }

  private mutating func forgetOldDeaths(now: Int64) { recentDeaths.removeAll { now - $0 > Self.deathWindow } }

  private func delayNanoseconds(level: Int) -> Int64 {
    guard level > 0 else { return 0 }
    let nominal = min(longestDelay, Self.firstDelay << Int64(min(level - 1, Self.highestLevel)))
    // ±20 %, so that many machines that lost the same service do not come back in step.
    var chance = SplitMix(seed: seed &+ deaths)
    let swing = Int64.random(in: -200...200, using: &chance)
    return min(longestDelay, nominal + nominal / 1000 * swing)
  }
}
