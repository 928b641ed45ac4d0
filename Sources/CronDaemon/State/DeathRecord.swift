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

  /// How one of our own processes ended.
  public init(
    atMicroseconds: Int64, monotonicNanoseconds: Int64, boot: String, role: String, pid: Int32, cause: ExitCause,
    uptimeSeconds: Int64, reason: String, isUnwanted: Bool
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
  }
}

/// The file `deaths`: the last 100 ends of our processes, one text line each.
public final class Deaths {
  /// The ends that are kept.
  public static let slots = 100
  private let ring: RecordRing

  /// The file of a state directory; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    ring = RecordRing(state, name: "deaths", slots: Self.slots, slotSize: 256)
  }

  /// Adds an end; the error is returned for the log.
  @discardableResult
  public func append(_ death: DeathRecord) -> Errno? {
    var fields = TextFields()
    fields.set("at_us", death.atMicroseconds)
    fields.set("monotonic_ns", death.monotonicNanoseconds)
    fields.set("boot_id", death.boot)
    fields.set("role", death.role)
    fields.set("pid", death.pid)
    fields.set(cause: death.cause)
    fields.set("uptime_s", death.uptimeSeconds)
    fields.set("reason", death.reason)
    fields.set("unwanted", death.isUnwanted ? "yes" : "no")
    return ring.append(fields)
  }

  /// Every end that is kept, oldest first.
  public func all() throws(Errno) -> [DeathRecord] {
    try ring.records().compactMap { fields in
      guard let at = fields.number("at_us", as: Int64.self),
        let monotonic = fields.number("monotonic_ns", as: Int64.self), let boot = fields["boot_id"],
        let role = fields["role"], let pid = fields.number("pid", as: Int32.self), let cause = fields.cause,
        let uptime = fields.number("uptime_s", as: Int64.self), let reason = fields["reason"]
      else { return nil }
      return DeathRecord(
        atMicroseconds: at, monotonicNanoseconds: monotonic, boot: boot, role: role, pid: pid, cause: cause,
        uptimeSeconds: uptime, reason: reason, isUnwanted: fields["unwanted"] == "yes")
    }
  }
}
