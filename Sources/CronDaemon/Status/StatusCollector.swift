public import CronSystem
internal import CronTime

/// Gathers what the verdict depends on: lock queries and heartbeat files, never the ticker itself.
public final class StatusCollector {
  private let state: StateDirectory

  /// A collector over an open state directory; it makes and changes nothing there.
  public init(_ state: StateDirectory) { self.state = state }

  /// The facts now. Throws when a lock can't be asked for: that is never "down".
  ///
  /// `readyForSeconds`: since this ticker's READY, where the caller (the watcher) knows.
  public func collect(
    readyForSeconds: Double? = nil, answeredByWatcher: Bool = false
  ) throws(Errno) -> StatusFacts {
    let watcher = try RoleLock.query(.watcher, in: state)
    let ticker = try RoleLock.query(.ticker, in: state)
    let now = Instant(microseconds: SystemClock.wall())
    var facts = StatusFacts(
      stateDirectory: state.path, now: now, watcher: Self.role(watcher, now: now),
      ticker: Self.role(ticker, now: now))
    facts.tickerBeat = beat(.ticker, holder: ticker)
    facts.success = beat(.success, holder: ticker)
    facts.watcherBeat = beat(.watcher, holder: watcher)
    facts.lastError = TickErrorFile(state).read()
    facts.summary = SummaryFile(state).read()
    facts.metricsProblem = MetricsProblemFile(state).read()
    facts.notice = NoticeFile(state).read()
    if let pid = watcher.holder?.pid ?? ticker.holder?.pid {
      facts.removedProgram = ProcessStatus.removedProgram(of: pid)
    }
    facts.readyForSeconds = readyForSeconds
    facts.answeredByWatcher = answeredByWatcher
    let deaths = recentDeaths()
    facts.recentDeaths = deaths?.count ?? 0
    facts.lastDeath = deaths?.last.map {
      "\($0.cause?.description ?? "unseen") after \(HumanText.duration(seconds: Double($0.uptimeSeconds)))"
    }
    return facts
  }

  /// The facts where there is no state directory: nothing runs and nothing is known.
  public static func nothing(path: String) -> StatusFacts {
    StatusFacts(
      stateDirectory: path, now: Instant(microseconds: SystemClock.wall()), watcher: .absent, ticker: .absent)
  }

  private static func role(_ lock: LockState, now: Instant) -> RoleFacts {
    guard let holder = lock.holder else { return RoleFacts(isHeld: lock.isHeld) }
    // Field 22 counts hundredths of a second of CLOCK_BOOTTIME (proc_pid_stat(5), USER_HZ is 100 on every Linux port
    // that Swift has).
    let started = Double(holder.startTime) / 100
    let uptime = max(Double(SystemClock.boottime()) / 1e9 - started, 0)
    return RoleFacts(
      isHeld: true, pid: holder.pid, startedAt: now.adding(microseconds: -Int64(uptime * 1e6)), uptimeSeconds: uptime)
  }

  private func beat(_ name: HeartbeatFile.Name, holder lock: LockState) -> BeatFacts {
    let reading = HeartbeatFile(state, name).read()
    // The clock is read after the file: a beat written in between must not look future-dated.
    let age = BeatAge.age(of: reading, now: .now())
    guard let beat = reading.beat else { return .none }
    let isOfHolder: Bool
    switch lock {
    case .free: isOfHolder = false
    case .held(let holder?): isOfHolder = holder == beat.identity
    case .held(nil): isOfHolder = beat.identity.isAlive
    }
    return BeatFacts(beat: beat, age: age, isOfHolder: isOfHolder)
  }

  /// Unwanted ends of tickers in this boot's last ten minutes.
  private func recentDeaths() -> (count: Int, last: DeathRecord?)? {
    let (now, boot) = (SystemClock.monotonic(), BootIdentifier.current)
    // What can't be read says nothing.
    return try? Deaths(state).count(of: .ticker) { death in
      death.isUnwanted && death.boot == boot && now &- death.monotonicNanoseconds <= 600_000_000_000
    }
  }
}
