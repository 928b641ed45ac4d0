public import CronSystem

/// How one of our own processes ended.
public struct DeathRecord: Hashable, Sendable {
  /// Which of our processes it was.
  public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Written by its watcher; of one that nobody watched, by the next watcher.
    case ticker
    /// Written by the next watcher.
    case watcher
    /// Written by its ticker.
    case reader
    /// Written by its ticker, or by the one that adopted it.
    case worker
  }

  /// When, in microseconds since the epoch.
  public var atMicroseconds: Int64
  /// CLOCK_MONOTONIC then, in nanoseconds; with `boot` it tells how long ago, whatever the wall clock does.
  public var monotonicNanoseconds: Int64
  /// The boot.
  public var boot: String
  /// The role.
  public var role: Role
  /// Its pid.
  public var pid: Int32
  /// How it ended; nil = nobody of ours saw it.
  public var cause: ExitCause?
  /// Seconds that it had lived.
  public var uptimeSeconds: Int64
  /// Why: `unasked stalled start-limit silent too-slow found-dead eof state-removed`; no deaths: `configuration
  /// stopped restart asleep`.
  public var reason: String
  /// Whether it counts as a crash.
  public var isUnwanted: Bool
  /// What it wrote to its standard error, as it came, at most 1 KiB; nil = nothing, or it isn't known.
  public var lastWords: String?
  /// What it was at, and with what input; nil = nothing that is worth a word.
  public var during: String?

  /// How one of our own processes ended.
  public init(
    atMicroseconds: Int64, monotonicNanoseconds: Int64, boot: String, role: Role, pid: Int32, cause: ExitCause?,
    uptimeSeconds: Int64, reason: String, isUnwanted: Bool, lastWords: String? = nil, during: String? = nil
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
    self.during = during
  }

  /// An unwanted end just now of a process that lived for so many nanoseconds.
  init(_ role: Role, pid: Int32, cause: ExitCause?, livedNanoseconds: Int64, reason: String, lastWords: String?) {
    self.init(
      atMicroseconds: SystemClock.wall(), monotonicNanoseconds: SystemClock.monotonic(),
      boot: BootIdentifier.current, role: role, pid: pid, cause: cause,
      uptimeSeconds: max(livedNanoseconds, 0) / 1_000_000_000, reason: reason, isUnwanted: true,
      lastWords: lastWords)
  }
}
