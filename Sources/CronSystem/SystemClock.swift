internal import Glibc

/// The one reader of clocks, clock_gettime(2); everything else takes time as values.
public enum SystemClock {
  /// Wall time, µs since the epoch; can jump either way.
  public static func wall() -> Int64 {
    let now = read(CLOCK_REALTIME)
    return Int64(now.tv_sec) &* 1_000_000 &+ Int64(now.tv_nsec) / 1_000
  }

  /// Nanoseconds that stand still in suspend and never go back.
  public static func monotonic() -> Int64 { nanoseconds(CLOCK_MONOTONIC) }

  /// Nanoseconds since boot, suspend included.
  public static func boottime() -> Int64 { nanoseconds(CLOCK_BOOTTIME) }

  private static func nanoseconds(_ clock: Int32) -> Int64 {
    let now = read(clock)
    return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
  }

  private static func read(_ clock: Int32) -> timespec {
    var now = timespec()
    if clock_gettime(clock, &now) != 0 { invariantFailure("clock \(clock): \(Errno.current)") }
    return now
  }
}
