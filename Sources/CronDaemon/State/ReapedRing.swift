public import CronSystem

/// The ring `reaped`: how strangers ended that the watcher reaped, so that a run whose worker died keeps its status.
public final class ReapedRing {
  /// One reaped process.
  public struct Entry: Hashable, Sendable {
    /// Who it was.
    public var identity: ProcessIdentity
    /// How it ended.
    public var cause: ExitCause
    /// When it was reaped, in microseconds since the epoch.
    public var reapedMicroseconds: Int64
    /// What it used; nil when that wasn't kept.
    public var usage: ResourceUsage?

    /// One reaped process.
    public init(identity: ProcessIdentity, cause: ExitCause, reapedMicroseconds: Int64, usage: ResourceUsage?) {
      self.identity = identity
      self.cause = cause
      self.reapedMicroseconds = reapedMicroseconds
      self.usage = usage
    }
  }

  /// The entries that are kept.
  public static let slots = 256
  private let ring: RecordRing

  /// The ring of a state directory; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    ring = RecordRing(state, name: "reaped", slots: Self.slots, slotSize: 256)
  }

  /// Writes an end down, before the process is reaped; the error is returned for the log.
  @discardableResult
  public func append(_ entry: Entry) -> Errno? {
    var fields = TextFields()
    fields.set("boot_id", entry.identity.bootIdentifier)
    fields.set("pid", entry.identity.pid)
    fields.set("start_time", entry.identity.startTime)
    fields.set(cause: entry.cause)
    fields.set("at_us", entry.reapedMicroseconds)
    fields.set("utime_us", optional: entry.usage?.userMicroseconds)
    fields.set("stime_us", optional: entry.usage?.systemMicroseconds)
    fields.set("maxrss_kb", optional: entry.usage?.maximumResidentKibibytes)
    return ring.append(fields)
  }

  /// The entry of exactly that process; nil = none, or it was overwritten since.
  public func find(_ identity: ProcessIdentity) throws(Errno) -> Entry? {
    try entries().last { $0.identity == identity }
  }

  /// Every entry, oldest first.
  public func entries() throws(Errno) -> [Entry] {
    try ring.records().compactMap { fields in
      guard let boot = fields["boot_id"], let pid = fields.number("pid", as: Int32.self),
        let start = fields.number("start_time", as: UInt64.self), let cause = fields.cause,
        let at = fields.number("at_us", as: Int64.self)
      else { return nil }
      return Entry(
        identity: ProcessIdentity(bootIdentifier: boot, pid: pid, startTime: start), cause: cause,
        reapedMicroseconds: at, usage: fields.usage)
    }
  }
}

extension TextFields {
  /// Adds how a process ended.
  mutating func set(cause: ExitCause) {
    switch cause {
    case .exited(let code): set("code", code)
    case .signaled(let signal, let dumped):
      set("signal", signal)
      if dumped { set("core", 1) }
    }
  }

  /// How a process ended.
  var cause: ExitCause? {
    if let code = number("code", as: Int32.self) { return .exited(code) }
    guard let signal = number("signal", as: Int32.self) else { return nil }
    return .signaled(signal, coreDumped: self["core"] == "1")
  }

  fileprivate var usage: ResourceUsage? {
    guard let user = number("utime_us", as: Int64.self), let system = number("stime_us", as: Int64.self),
      let resident = number("maxrss_kb", as: Int64.self)
    else { return nil }
    return ResourceUsage(
      userMicroseconds: user, systemMicroseconds: system, maximumResidentKibibytes: resident)
  }
}
