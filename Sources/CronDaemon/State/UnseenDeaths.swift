public import CronSystem

/// Ends that no watcher saw: they follow from the last beats of processes that are gone.
public enum UnseenDeaths {
  /// A watcher that did not end by design, and a ticker that died while nobody watched it, unless they are kept
  /// already; none while another watcher than this process lives, who writes them down itself.
  ///
  /// `seen` is what PID 1 saw.
  static func find(_ state: StateDirectory, seen: SeenEnd? = nil) throws(Errno) -> [DeathRecord] {
    let deaths = Deaths(state)
    let watcher = HeartbeatFile(state, .watcher).read().beat
    if let watcher, watcher.identity != .currentProcess, watcher.identity.isAlive { return [] }
    var found: [DeathRecord] = []
    if let beat = watcher, beat.phase != .stopping {
      let death = try death(.watcher, beat, deaths)
      found += [death.map { seen?.pid == beat.pid ? seen?.completed($0) ?? $0 : $0 }].compactMap(\.self)
    }
    if let beat = HeartbeatFile(state, .ticker).read().beat, beat.phase != .draining, beat.phase != .asleep {
      found += [try death(.ticker, beat, deaths)].compactMap(\.self)
    }
    return found
  }

  /// Every end that is kept, and those that nobody has written down yet; oldest first.
  public static func withKept(_ state: StateDirectory) throws(Errno) -> [DeathRecord] {
    // Of what nobody saw, the time is that of the last beat.
    try (Deaths(state).all() + find(state)).enumerated().sorted {
      ($0.element.atMicroseconds, $0.offset) < ($1.element.atMicroseconds, $1.offset)
    }.map(\.element)
  }

  /// One that lives on, or was of another boot, is no death of ours; one may be known already.
  private static func death(
    _ role: DeathRecord.Role, _ beat: Beat, _ deaths: Deaths
  ) throws(Errno) -> DeathRecord? {
    guard beat.boot == BootIdentifier.current, beat.identity != .currentProcess, !beat.identity.isAlive else {
      return nil
    }
    let known = try deaths.count(of: role) {
      $0.pid == beat.pid && $0.boot == beat.boot && $0.monotonicNanoseconds >= beat.monotonicNanoseconds
    }
    if known.count > 0 { return nil }
    // Field 22 of /proc/PID/stat counts hundredths of a second.
    let lived = beat.monotonicNanoseconds / 1_000_000_000 - Int64(clamping: beat.startTime / 100)
    return DeathRecord(
      atMicroseconds: beat.wallSeconds &* 1_000_000, monotonicNanoseconds: beat.monotonicNanoseconds,
      boot: beat.boot, role: role, pid: beat.pid, cause: nil, uptimeSeconds: max(lived, 0), reason: "found-dead",
      isUnwanted: true)
  }
}

/// The end of a watcher as its parent, our PID 1, saw it; handed to the next one as one word.
struct SeenEnd: Hashable {
  let pid: Int32
  let cause: ExitCause
  let atMicroseconds: Int64
  let monotonicNanoseconds: Int64

  /// An end just now.
  init(pid: Int32, cause: ExitCause) {
    (self.pid, self.cause) = (pid, cause)
    (atMicroseconds, monotonicNanoseconds) = (SystemClock.wall(), SystemClock.monotonic())
  }

  /// Reads what `word` wrote; nil for anything else.
  init?(_ word: String) {
    guard let fields = TextFields(Array(word.utf8)[...]), let pid = fields.number("pid", as: Int32.self),
      let cause = fields.cause, let at = fields.number("at_us", as: Int64.self),
      let monotonic = fields.number("monotonic_ns", as: Int64.self)
    else { return nil }
    (self.pid, self.cause, atMicroseconds, monotonicNanoseconds) = (pid, cause, at, monotonic)
  }

  var word: String {
    var fields = TextFields()
    fields.set("pid", pid)
    fields.set(cause: cause)
    fields.set("at_us", atMicroseconds)
    fields.set("monotonic_ns", monotonicNanoseconds)
    return String(decoding: fields.encoded(), as: UTF8.self)
  }

  /// The same death with what is known of it besides its last beat.
  func completed(_ death: DeathRecord) -> DeathRecord {
    var death = death
    death.uptimeSeconds += max(monotonicNanoseconds - death.monotonicNanoseconds, 0) / 1_000_000_000
    (death.cause, death.reason) = (cause, "unasked")
    (death.atMicroseconds, death.monotonicNanoseconds) = (atMicroseconds, monotonicNanoseconds)
    return death
  }
}
