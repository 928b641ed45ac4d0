public import CronSystem

/// Ends that no watcher saw: they follow from the last beats of processes that are gone.
public enum UnseenDeaths {
  /// A watcher that did not end by design, and a ticker that died while nobody watched it, unless they are kept
  /// already; none while another watcher than this process lives, who writes them down itself.
  ///
  /// `seen` is what PID 1 saw; elsewhere it is the watcher's ticker that saw something.
  static func find(_ state: StateDirectory, seen: SeenEnd? = nil) throws(Errno) -> [DeathRecord] {
    let deaths = Deaths(state)
    let watcher = HeartbeatFile(state, .watcher).read().beat
    if let watcher, watcher.identity != .currentProcess, watcher.identity.isAlive { return [] }
    var found: [DeathRecord] = []
    if let beat = watcher, beat.phase != .stopping {
      if let death = try death(.watcher, beat, deaths) { found.append(completed(death, state, seen)) }
    }
    if let beat = HeartbeatFile(state, .ticker).read().beat, beat.phase != .draining, beat.phase != .asleep {
      found += [try death(.ticker, beat, deaths)].compactMap(\.self)
    }
    return found
  }

  /// With what others saw of the watcher's end, and what it said last.
  private static func completed(_ death: DeathRecord, _ state: StateDirectory, _ seen: SeenEnd?) -> DeathRecord {
    var death = death
    let seen = [seen, WatcherEndFile(state).read()].compactMap(\.self).first { $0.isOf(death) }
    // Without a witness it may have lived on until its next beat.
    let slack: Int64 = seen == nil ? 6_000_000 : 1_000_000
    if let seen { death = seen.completed(death) }
    let born = death.atMicroseconds - (death.uptimeSeconds + 2) * 1_000_000
    death.lastWords = LoggedWords.ofWatcher(state, lived: born...death.atMicroseconds + slack)
    return death
  }

  /// Every end that is kept, and those that nobody has written down yet; oldest first.
  public static func withKept(_ state: StateDirectory) throws(Errno) -> [DeathRecord] {
    let seen = WatcherEndFile(state).read()
    var deaths = try Deaths(state).all()
    // The ticker may have learnt the cause after the next watcher had written down what was known.
    for index in deaths.indices where deaths[index].role == .watcher && deaths[index].cause == nil {
      if let seen, seen.cause != nil, seen.pid == deaths[index].pid,
        seen.monotonicNanoseconds == deaths[index].monotonicNanoseconds
      {
        deaths[index] = seen.completed(deaths[index])
      }
    }
    // Of what nobody saw, the time is that of the last beat.
    return try (deaths + find(state)).enumerated().sorted {
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
