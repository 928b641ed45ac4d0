internal import CronEngine
internal import CronSystem

/// Signals, children, and the ticker's beginning and end.
extension Watcher {
  /// Strangers that are reaped in one turn of the loop: a storm of orphans must not keep it from its other work.
  private static let reapLimit = 256
  /// More tickers than ever end from one look at the state directory to the next.
  private static let mostFreshDeaths = 8
  /// After so many vain tries, a second apart, whoever waits for the start is told.
  private static let spawnFailuresToTell = 5

  func readSignals(_ now: Int64) {
    let numbers: [Int32]
    do { numbers = try signals.read() } catch { return }
    for number in numbers {
      switch number {
      case Signal.child: reap(now)
      case Signal.terminate, Signal.interrupt: askedToStop(by: number, now)
      case Signal.quit: dump(now)
      case Signal.user1:
        log.reopenFile()
        _ = ticker?.send(.reopenLog)
      case Signal.hangUp:
        log.info("asked to reload")
        NoticeFile(state).clear()
        supervise(.wake(now: now))
        // A ticker that isn't there yet will read everything anew.
        if ticker?.send(.reload) == false { log.warning("the ticker can't take the reload now") }
      default: break
      }
    }
  }

  /// The first time runs may end as configured; when it is stopping already, they are left at once.
  private func askedToStop(by number: Int32, _ now: Int64) {
    log.info("asked to stop", LogField("signal", Signal.name(number)), LogField("again", isStopping))
    if !isStopping { return stop(StopOrder(), now) }
    stopOrder = .now
    supervise(.stopAtOnce(now: now))
  }

  /// Writes into the log how things are, and lets the ticker do the same.
  private func dump(_ now: Int64) {
    var text = "unknown"
    do throws(Errno) { text = try report(now).message } catch {}
    log.info(
      "state", LogField("status", text), LogField("ticker", ticker?.pid.description ?? "none"),
      LogField("phase", "\(supervision.phase)"), LogField("starts", starts),
      LogField("clients", control?.clientCount ?? 0))
    _ = ticker?.send(.dump)
  }

  /// Looks, writes down, then reaps: nothing about an end may be lost by a crash in between.
  func reap(_ now: Int64) {
    hasMoreToReap = false
    do throws(Errno) {
      for _ in 0..<Self.reapLimit {
        guard let ended = try Reaper.peek() else { return }
        if ended.pid == ticker?.pid {
          noteEnd(of: ended, now)
          try Reaper.reap(ended.pid)
          tickerEnded(ended, now)
        } else if ended.pid == restartInPlace?.pid {
          try Reaper.reap(ended.pid)
          programIsTested(ended.cause, now)
        } else if metrics?.takeEnd(of: ended.pid) == true {
          try Reaper.reap(ended.pid)
        } else {
          keep(ended)
          try Reaper.reap(ended.pid)
        }
      }
      // More wait, and no further SIGCHLD may say so.
      hasMoreToReap = true
    } catch {
      log.error("children can't be reaped", LogField("error", error))
    }
  }

  /// A stranger: an orphan of a ticker or worker that died. Its worker's successor looks for it in the ring.
  private func keep(_ ended: EndedChild) {
    let identity = ProcessIdentity(
      bootIdentifier: BootIdentifier.current, pid: ended.pid, startTime: ended.startTime)
    let entry = ReapedRing.Entry(
      identity: identity, cause: ended.cause, reapedMicroseconds: SystemClock.wall(), usage: ended.usage)
    if let error = reaped.append(entry) {
      log.error("an orphan's end can't be kept", LogField("pid", ended.pid), LogField("error", error))
    }
    log.debug("reaped an orphan", LogField("pid", ended.pid), LogField("end", ended.cause))
  }

  private func noteEnd(of ended: EndedChild, _ now: Int64) {
    guard let ticker else { return }
    // Its last words may still be in the channel, or in the pipe.
    readChannel(now)
    readCrash()
    let isLeaving = restartInPlace?.isLeaving ?? false
    let isMisconfigured = ended.cause == .exited(78) && !isLeaving
    let byDesign = isStopping || isLeaving || isMisconfigured || (ticker.isAsleep && ended.cause == .exited(0))
    let meant = isMisconfigured ? "configuration" : byDesign ? "asleep" : "unasked"
    let reason = isStopping ? "stopped" : ticker.endReason ?? meant
    let uptime = (now - ticker.startedNanoseconds) / 1_000_000_000
    var death = DeathRecord(
      atMicroseconds: SystemClock.wall(), monotonicNanoseconds: now, boot: BootIdentifier.current, role: .ticker,
      pid: ended.pid, cause: ended.cause, uptimeSeconds: uptime, reason: reason, isUnwanted: !byDesign)
    if !byDesign {
      let breadcrumb = trail.read()
      suspects.died(at: breadcrumb)
      death.lastWords = ticker.crash.text
      death.during = breadcrumb?.description
    }
    defer { wasMisconfigured = isMisconfigured }
    if isMisconfigured && wasMisconfigured {
      log.debug("the configuration still is bad", LogField("pid", ended.pid))
      return
    }
    freshDeaths = freshDeaths.suffix(Self.mostFreshDeaths - 1) + [death]
    if let error = deaths.append(death) { log.error("a death can't be kept", LogField("error", error)) }
    log.write(
      byDesign ? .info : .error, "the ticker ended",
      [
        LogField("pid", ended.pid), LogField("end", ended.cause), LogField("reason", reason),
        LogField("uptime_s", uptime),
      ])
  }

  /// Takes what the ticker's runtime says on standard error: none of it is the ticker's log.
  func readCrash() {
    guard let ticker else { return }
    let (bytes, hasEnded) = ticker.crash.read()
    if hasEnded { do { try poller.remove(ticker.crash.raw) } catch {} }
    for line in LastWords.lines(String(decoding: bytes, as: UTF8.self)).prefix(ticker.crashLinesLeft) {
      ticker.crashLinesLeft -= 1
      log.warning("the ticker's standard error", LogField("pid", ticker.pid), LogField("line", line))
    }
  }

  private func tickerEnded(_ ended: EndedChild, _ now: Int64) {
    guard let end = letGo(ended.cause) else { return }
    failRelays(now)
    if restartInPlace?.isLeaving ?? false { becomeProgram(now) }
    if failsTheStart(ended.cause) { return }
    supervise(.exited(end, now: now))
  }

  /// Closes what leads to a ticker that has ended, before the next one needs as much.
  private func letGo(_ cause: ExitCause) -> TickerEnd? {
    guard let gone = ticker else { return nil }
    do { try poller.remove(gone.channelRaw) } catch {}
    ticker = nil
    return end(of: gone, cause)
  }

  private func end(of ticker: TickerProcess, _ cause: ExitCause) -> TickerEnd {
    switch cause {
    case .exited(let status):
      .classify(
        exitCode: Int(status), signal: nil, phaseAsleep: ticker.isAsleep, stopRequested: isStopping)
    case .signaled(let number, _):
      .classify(
        exitCode: nil, signal: Signal.name(number), phaseAsleep: ticker.isAsleep, stopRequested: isStopping)
    }
  }

  /// Before the first READY, ends that another try would only repeat are the answer to whoever waits for it.
  private func failsTheStart(_ cause: ExitCause) -> Bool {
    guard !wasReady, readyPipe.isWaiting, case .exited(let status) = cause, [73, 77, 78].contains(status) else {
      return false
    }
    readyPipe.failed(status, "the ticker ended with \(cause); the log says why")
    exitStatus = status
    return true
  }

  /// Stops the ticker and then the watcher; bounded by the stop timeout and the drain. A later order replaces one.
  func stop(_ order: StopOrder, _ now: Int64) {
    stopOrder = order
    if !isStopping { manager.send(.stopping) }
    isStopping = true
    supervise(.stop(drain: order.patience(configured: arguments.drainMilliseconds) * 1_000_000, now: now))
    // A start that waits for another ticker's lock ends here.
    if ticker == nil, exitStatus == nil { supervise(.spawnFailed("stopping", now: now)) }
  }

  /// Starts a ticker, unless another still holds the lock: that one is made to end first.
  func startTicker(safeMode: Bool, _ now: Int64) {
    guard !isStopping, ticker == nil, takeover == nil, mayWatch() else { return }
    startsInSafeMode = safeMode
    do throws(Errno) {
      if try isWaitingForLock(now) { return }
      let started = try TickerProcess(
        program: arguments.tickerProgram,
        words: arguments.tickerWords + quarantineWords(safeMode: safeMode),
        legacy: TickerProcess.Legacy(spillRaw: spill?.raw, trailRaw: trail.raw, changesRaw: changes?.raw),
        nowNanoseconds: now)
      try listen(to: started, start: starts + 1)
      starts += 1
      if starts > 1 { restarts += 1 }
      ticker = started
      spawnFailures = 0
      log.info("started a ticker", LogField("pid", started.pid), LogField("start", starts))
      supervise(.spawned(now: now))
    } catch {
      log.error("a ticker can't be started", LogField("error", error))
      spawnFailures += 1
      if spawnFailures == Self.spawnFailuresToTell, readyPipe.isWaiting {
        readyPipe.failed(75, "the ticker can't be started: \(error); it is tried on")
      }
      supervise(.spawnFailed(error.description, now: now))
    }
  }

  /// How careful the next ticker has to be, and what it must not touch.
  private func quarantineWords(safeMode: Bool) -> [String] {
    if let guilty = suspects.convict(inSafeMode: safeMode) {
      log.error("an input is quarantined: tickers died of it", LogField("input", guilty))
    }
    trail.clear()
    return (safeMode ? ["--safe-mode", "yes"] : []) + suspects.setAside.flatMap { ["--quarantine", $0.description] }
  }

  /// Hears what a ticker says; one that can't be heard must not live beside the next one.
  private func listen(to started: TickerProcess, start: UInt64) throws(Errno) {
    do throws(Errno) {
      if Fault.fails("watcher.channel") { throw .noMemory }
      try poller.add(started.channelRaw, token: Self.channelTokens + start)
      try poller.add(started.crash.raw, token: Self.crashTokens + start)
    } catch {
      started.signal(Signal.kill)
      throw error
    }
  }

  /// Whether another ticker holds the lock; then it is told to end, and the start goes on once it has.
  private func isWaitingForLock(_ now: Int64) throws(Errno) -> Bool {
    switch try RoleLock.query(.ticker, in: state) {
    case .free:
      lockLookNanoseconds = nil
      return false
    case .held(nil):
      if lockLookNanoseconds == nil { log.warning("a ticker that can't be told holds the lock; waiting for it") }
      lockLookNanoseconds = now + Takeover.lookNanoseconds
    case .held(let holder?):
      takeover = try Takeover(holder, nowNanoseconds: now)
      lockLookNanoseconds = takeover == nil ? now + Takeover.lookNanoseconds : nil
      log.info("replacing a ticker that outlived its watcher", LogField("pid", holder.pid))
    }
    return true
  }

  func continueTakeover(_ now: Int64) {
    if let takeover {
      guard takeover.nextLookNanoseconds <= now, mayWatch(), takeover.hasEnded(nowNanoseconds: now) else { return }
      log.info("the old ticker has ended", LogField("pid", takeover.holder.pid))
      self.takeover = nil
      nextHouseNanoseconds = now
      startTicker(safeMode: startsInSafeMode, now)
    } else if let lockLookNanoseconds, lockLookNanoseconds <= now {
      startTicker(safeMode: startsInSafeMode, now)
    }
  }
}
