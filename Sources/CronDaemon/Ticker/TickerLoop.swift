import CronSystem

/// The ticker's descriptors and clocks: what it waits on, and what time it is.
///
/// One poller, one timer on the wall clock for the next due instant, one on the monotonic clock for everything else.
final class TickerLoop {
  let poller: Poller
  let signals: SignalDescriptor
  private let wallTimer: TimerDescriptor
  private let monotonicTimer: TimerDescriptor
  var deadlines = Deadlines()
  /// For what each timer is armed and hasn't rung; nil = for nothing. What stays so costs no call.
  private var armedMonotonic: Int64?
  private var armedWall: Int64?

  init() throws(Errno) {
    poller = try Poller()
    signals = try SignalDescriptor()
    wallTimer = try TimerDescriptor(.realtime)
    monotonicTimer = try TimerDescriptor(.monotonic)
    try poller.add(signals.raw, token: PollToken.signals.rawValue)
    try poller.add(wallTimer.raw, token: PollToken.wallTimer.rawValue)
    try poller.add(monotonicTimer.raw, token: PollToken.monotonicTimer.rawValue)
  }

  /// The wall clock, in microseconds since the epoch.
  func wall() -> Int64 { SystemClock.wall() }

  /// When a process was started, on the wall clock as it is set now; to a hundredth of a second, as /proc has it.
  func startedAt(_ process: ProcessIdentity) -> Int64 {
    let startedMicroseconds = Int64(clamping: process.startTime) &* 10_000
    return min(wall(), wall() &- (SystemClock.boottime() / 1_000 &- startedMicroseconds))
  }

  /// CLOCK_MONOTONIC, in nanoseconds.
  func monotonic() -> Int64 { SystemClock.monotonic() }

  /// Arms both timers; returns whether the wall clock was found to have jumped.
  func arm(wallMicroseconds: Int64?) throws(Errno) -> Bool {
    let monotonic = deadlines.earliest.map { $0 / 1_000 + 1 }
    if monotonic != armedMonotonic {
      if let monotonic { try monotonicTimer.arm(atMicroseconds: monotonic) } else { try monotonicTimer.disarm() }
      armedMonotonic = monotonic
    }
    // Armed even when nothing is due: the timer also tells of jumps of the clock.
    let wall = wallMicroseconds ?? Self.farFuture
    if wall == armedWall { return false }
    let hasJumped = try wallTimer.arm(atMicroseconds: wall) == .clockSet
    armedWall = wall
    return hasJumped
  }

  /// Reads the wall timer after it became readable: whether the clock has jumped.
  func readWallTimer() throws(Errno) -> Bool {
    armedWall = nil
    return try wallTimer.read() == .clockSet
  }

  func readMonotonicTimer() throws(Errno) {
    armedMonotonic = nil
    _ = try monotonicTimer.read()
  }

  /// The year 9999, in microseconds: an instant at which nothing is due.
  private static let farFuture: Int64 = 253_402_300_799_000_000
}
