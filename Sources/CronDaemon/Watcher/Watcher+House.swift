internal import CronSystem

/// The watcher's own beat, its log, its lock and its word to the service manager.
extension Watcher {
  /// Seconds between its beats.
  private static let intervalSeconds: Int64 = 5
  private static let statusEveryNanoseconds: Int64 = 60_000_000_000
  /// How long the service manager is asked to wait on at each beat of a start or a stop.
  private static let extensionMicroseconds: Int64 = 30_000_000

  /// Writes the watcher's beat and says when the next is due.
  func beat(_ now: Int64) {
    nextBeatNanoseconds = now + Self.beatNanoseconds
    let error = watcherBeat.write(
      .now(tick: restarts, phase: phase, intervalSeconds: Self.intervalSeconds, nextDue: nextStartSeconds))
    if let error { log.debug("the beat can't be written", LogField("error", error)) }
    tellManager(now)
    // A recovery or a drain may take longer than the unit's limits; a start without a ticker gets no more time.
    if isStopping || !wasReady && ticker != nil {
      manager.send(.extendTimeout(microseconds: Self.extensionMicroseconds))
    }
    manager.flush()
  }

  /// What has to be looked at now and then: the log's size, the lock, the socket's name.
  func keepHouse(_ now: Int64) {
    nextHouseNanoseconds = now + Self.beatNanoseconds
    if logFile.rotate(limit: arguments.logLimit) { log.info("rotated the log") }
    // What was written down before is where it will be looked for.
    if keepLock(), ticker != nil { freshDeaths = [] }
    if let current = control, !current.isCurrent {
      if mayMeetOldTicker {
        log.info("the ticker of an earlier watcher had the control socket; opening it again")
      } else {
        log.warning("the control socket was removed or replaced; opening it again")
        mended("control.sock was removed or replaced, and is open again")
      }
      current.close(poller: poller)
      openControl()
    } else if control == nil {
      openControl()
    }
    // A ticker of ours has the lock now.
    if ticker != nil { mayMeetOldTicker = false }
    keepGuests()
  }

  /// Whether this still is the state directory's one watcher; if not it ends, and touches no ticker any more.
  func mayWatch() -> Bool {
    keepLock()
    return exitStatus == nil
  }

  /// A lock whose file the path no longer names protects nothing: take the new one, or make room for who has it.
  ///
  /// True = nothing was amiss.
  @discardableResult
  private func keepLock() -> Bool {
    if !state.isCurrent {
      beginAnew()
      return false
    }
    do throws(Errno) {
      if try lock.isCurrent() { return true }
      switch try RoleLock.take(.watcher, in: state) {
      case .taken(let again):
        lock = again
        log.warning("the lock file was replaced; locked it again")
        mended("watcher.lock was removed or replaced, and is locked again")
      case .busy(let holder):
        log.error("another watcher took the lock; leaving", LogField("pid", holder?.pid ?? 0))
        exitStatus = 69
      }
    } catch {
      log.error("the lock can't be checked", LogField("error", error))
    }
    return false
  }

  /// Status says for a while what healed by itself: whoever removes files of ours will do it again.
  private func mended(_ what: String) {
    NoticeFile(state).say("\(what): who removes files of the state directory?", nowNanoseconds: SystemClock.monotonic())
  }

  /// The state directory was removed, or another stands in its place: what we hold in the old one protects nothing.
  ///
  /// The same process becomes a watcher of what the path names now, and makes it if need be. Another ticker follows.
  private func beginAnew() {
    log.error("the state directory was removed or replaced: beginning anew there", LogField("state", state.path))
    // In a directory that was only renamed it would find its lock as it was, and fire on beside the new one.
    ticker?.signal(Signal.kill)
    do {
      let new = try StateDirectory.open(state.path, create: true)
      logFile.move(to: new)
      noteNewState(new)
      try CurrentProcess.exec(
        "/proc/self/exe", arguments: ["cronwatch", "role", "watcher"] + arguments.ownWords,
        environment: Environment.entries())
    } catch {
      log.error("a watcher can't begin there", LogField("error", "\(error)"))
      exitStatus = 73
    }
  }

  /// Nothing else in the new directory tells that there was another one.
  private func noteNewState(_ new: StateDirectory) {
    let now = SystemClock.monotonic()
    NoticeFile(new).say(
      "the state directory was removed or replaced, and is made anew: nothing that it knew is caught up",
      nowNanoseconds: now)
    let deaths = Deaths(new)
    for death in lostDeaths(now) {
      if let error = deaths.append(death) { log.error("a death can't be kept", LogField("error", error)) }
    }
  }

  /// The ends that were written down in what is gone, and that of the ticker which is ended because of it.
  private func lostDeaths(_ now: Int64) -> [DeathRecord] {
    var lost = freshDeaths
    for index in lost.indices where lost[index].reason == "unasked" && lost[index].cause == .exited(0) {
      // Where the files go one by one a ticker misses its lock, and ends, before the directory is gone.
      lost[index].reason = "state-removed"
    }
    guard let ticker else { return lost }
    let ended = DeathRecord(
      .ticker, pid: ticker.pid, cause: .signaled(Signal.kill, coreDumped: false),
      livedNanoseconds: now - ticker.startedNanoseconds, reason: "state-removed", lastWords: nil)
    return lost + [ended]
  }

  /// STATUS= for systemctl; only when the verdict changed, or once a minute for its numbers.
  private func tellManager(_ now: Int64) {
    let sign = StatusSign(
      state, phase: phase, ticker: ticker?.pid, isReady: ticker?.readyNanoseconds != nil,
      freshMicroseconds: 3_000 * arguments.intervalMilliseconds)
    if let sign, sign == healthySign, let lastStatus, now - lastStatus.atNanoseconds < Self.statusEveryNanoseconds {
      return
    }
    healthySign = nil
    let text: String
    do throws(Errno) {
      let report = try report(now)
      // The sign was taken before: what has changed since will change it.
      if report.verdict == .healthy { healthySign = sign }
      if let last = lastStatus, last.text == report.verdict.rawValue,
        now - last.atNanoseconds < Self.statusEveryNanoseconds
      {
        return
      }
      if let last = lastStatus, last.text != report.verdict.rawValue {
        log.info("status", LogField("verdict", report.verdict.rawValue), LogField("before", last.text))
      }
      if lastStatus?.text != report.verdict.rawValue { metrics?.hurry() }
      lastStatus = (report.verdict.rawValue, now)
      text = StatusText.line(report)
    } catch {
      text = "status unknown: \(error)"
    }
    manager.send(.status(text))
  }
}
