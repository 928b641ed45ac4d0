internal import CronTime

/// What a process was doing when it wrote a beat.
public enum BeatPhase: String, Hashable, Sendable, CaseIterable {
  /// The ticker lives, but no tick has run yet.
  case starting
  /// The ticker ticks.
  case ticking
  /// The ticker fires nothing new and lets runs end.
  case draining
  /// The ticker ended by design: an external trigger is armed.
  case asleep
  /// The ticker ticks, but its watcher is gone.
  case unsupervised
  /// The watcher watches a ticker.
  case watching
  /// The watcher waits before it starts another ticker; `nextDue` is when.
  case waiting
  /// The watcher continued a stopped ticker (SIGCONT) and waits for its beat.
  case continuing
  /// The watcher sent SIGABRT to a stalled ticker.
  case aborting
  /// The watcher sent SIGKILL to a stalled ticker.
  case killing
  /// SIGKILL has not ended the ticker for a minute: it waits for a device, and no other is started beside it.
  case unkillable
  /// The configuration is bad and there is no last good copy: the watcher waits for a change; `nextDue` is its own try.
  case misconfigured
  /// No process could be made of the ticker (EAGAIN, ENOMEM, no program); `nextDue` is the next try.
  case unstartable
  /// The watcher stops, and the ticker with it.
  case stopping
}

/// One proof of progress, as `heartbeat/ticker`, `heartbeat/success` and `heartbeat/watcher` carry it (design §5).
public struct Beat: Hashable, Sendable {
  /// The size of a heartbeat file in bytes.
  public static let fileSize = 512

  /// Wall time in seconds since the epoch.
  public var wallSeconds: Int64
  /// The process that beat.
  public var pid: Int32
  /// Its start time, field 22 of /proc/PID/stat in clock ticks.
  public var startTime: UInt64
  /// The boot it ran in.
  public var boot: String
  /// CLOCK_MONOTONIC in nanoseconds.
  public var monotonicNanoseconds: Int64
  /// The ticker's count of ticks, or the watcher's count of restarts.
  public var tick: UInt64
  /// What it was doing.
  public var phase: BeatPhase
  /// Seconds between beats while idle; ≥ 0.
  public var intervalSeconds: Int64
  /// Wall seconds of the next due instant (ticker) or the next restart (watcher); nil = none.
  public var nextDue: Int64?

  /// A beat of these values.
  public init(
    wallSeconds: Int64, pid: Int32, startTime: UInt64, boot: String, monotonicNanoseconds: Int64, tick: UInt64,
    phase: BeatPhase, intervalSeconds: Int64, nextDue: Int64?
  ) {
    self.wallSeconds = wallSeconds
    self.pid = pid
    self.startTime = startTime
    self.boot = boot
    self.monotonicNanoseconds = monotonicNanoseconds
    self.tick = tick
    self.phase = phase
    self.intervalSeconds = intervalSeconds
    self.nextDue = nextDue
  }

  /// The age in seconds beyond which a beat is stale: 3 × interval + 20 s, saturating.
  public var staleAfterSeconds: Int64 { Beat.staleAfter(intervalSeconds: intervalSeconds) }

  /// The age in seconds beyond which a beat of that interval is stale: 3 × interval + 20 s, saturating.
  public static func staleAfter(intervalSeconds: Int64) -> Int64 {
    let tripled = intervalSeconds.multipliedReportingOverflow(by: 3)
    if tripled.overflow { return intervalSeconds < 0 ? 20 : .max }
    let sum = max(tripled.partialValue, 0).addingReportingOverflow(20)
    return sum.overflow ? .max : sum.partialValue
  }

  /// The 512 bytes of the file.
  public func encoded() -> [UInt8] {
    var fields = TextFields()
    fields.set("pid", pid)
    fields.set("start_time", startTime)
    fields.set("boot_id", boot)
    fields.set("monotonic_ns", monotonicNanoseconds)
    fields.set("tick", tick)
    fields.set("phase", phase.rawValue)
    fields.set("interval_s", intervalSeconds)
    fields.set("next_due", nextDue.map(String.init) ?? "-")
    return SealedText.seal(Array("\(wallSeconds)\n".utf8) + fields.encoded(separator: "\n"), size: Beat.fileSize)
  }

  /// Reads the bytes of a file; nil when the checksum or a field is wrong.
  public init?(decoding bytes: [UInt8]) {
    guard bytes.count == Beat.fileSize, let body = SealedText.open(bytes[...]),
      let newline = body.firstIndex(of: UInt8(ascii: "\n")),
      let wall = Int64(String(decoding: body[..<newline], as: UTF8.self)),
      let fields = TextFields(body[(newline + 1)...]),
      let pid = fields.number("pid", as: Int32.self), let startTime = fields.number("start_time", as: UInt64.self),
      let boot = fields["boot_id"], let monotonic = fields.number("monotonic_ns", as: Int64.self),
      let tick = fields.number("tick", as: UInt64.self), let phase = fields["phase"].flatMap(BeatPhase.init),
      let interval = fields.number("interval_s", as: Int64.self), let due = fields["next_due"]
    else { return nil }
    self.init(
      wallSeconds: wall, pid: pid, startTime: startTime, boot: boot, monotonicNanoseconds: monotonic, tick: tick,
      phase: phase, intervalSeconds: interval, nextDue: Int64(due))
  }
}

/// What reading a heartbeat file gave. Missing or damaged is unknown, never dead.
public enum BeatReading: Hashable, Sendable {
  /// There is no such file.
  case missing
  /// The bytes don't prove themselves, even after several readings.
  case damaged
  /// It can't be read; the reason as text.
  case unreadable(String)
  /// A beat.
  case beat(Beat)

  /// The beat, when there is one.
  public var beat: Beat? {
    if case .beat(let beat) = self { beat } else { nil }
  }
}
