public import CronSystem

/// How one of our own processes ended.
public struct DeathRecord: Hashable, Sendable {
  /// When, in microseconds since the epoch.
  public var atMicroseconds: Int64
  /// CLOCK_MONOTONIC then, in nanoseconds; with `boot` it tells how long ago, whatever the wall clock does.
  public var monotonicNanoseconds: Int64
  /// The boot.
  public var boot: String
  /// The role.
  public var role: String
  /// Its pid.
  public var pid: Int32
  /// How it ended.
  public var cause: ExitCause
  /// Seconds that it had lived.
  public var uptimeSeconds: Int64
  /// Why: `unasked`, `stalled`, `start-limit`, `stopped`, `asleep`, `replaced`.
  public var reason: String
  /// Whether it counts as a crash.
  public var isUnwanted: Bool
  /// What it wrote to its standard error, as it came, at most 1 KiB; nil = nothing, or it isn't known.
  public var lastWords: String?

  /// How one of our own processes ended.
  public init(
    atMicroseconds: Int64, monotonicNanoseconds: Int64, boot: String, role: String, pid: Int32, cause: ExitCause,
    uptimeSeconds: Int64, reason: String, isUnwanted: Bool, lastWords: String? = nil
  ) {
    self.atMicroseconds = atMicroseconds
    self.monotonicNanoseconds = monotonicNanoseconds
    self.boot = boot
    self.role = role
    self.pid = pid
    self.cause = cause
    self.uptimeSeconds = uptimeSeconds
    self.reason = reason
    self.isUnwanted = isUnwanted
    self.lastWords = lastWords
  }
}
