internal import CronTime

/// Draws the verdict from the facts: the table of design §8, first match wins. Pure.
public enum StatusEvaluator {
  /// The seconds that a ticker may take from its start to READY.
  static let startLimitSeconds = 60.0
  /// The ticker deaths within ten minutes that make a crash loop.
  static let crashLoopDeaths = 3

  /// The verdict, with its words.
  public static func evaluate(_ facts: StatusFacts) -> StatusReport {
    let degraded = degradations(facts)
    let (verdict, message) = judge(facts, degraded: degraded)
    return StatusReport(verdict: verdict, message: message, degraded: degraded, facts: facts)
  }

  private static func judge(_ facts: StatusFacts, degraded: [String]) -> (Verdict, String) {
    let asleep = isAsleep(facts)
    if !facts.watcher.isHeld, !facts.ticker.isHeld, !asleep { return (.down, downMessage(facts)) }
    if isStopping(facts) { return (.stopping, "stopping: no new run is started, running jobs are left to end") }
    if let message = crashLooping(facts) { return (.crashLooping, message) }
    if !asleep {
      if let message = waitingForRemedy(facts) { return (.failing, message) }
      if let message = stalled(facts) { return (.stalled, message) }
      if let message = starting(facts) { return (.starting, message) }
      if let message = failing(facts) { return (.failing, message) }
    }
    if let due = facts.earliestDue, facts.isOverdue {
      return (.overdue, "OVERDUE: the occurrence due at \(due.at) has not fired within its grace")
    }
    if !degraded.isEmpty {
      return (.degraded, "degraded: jobs fire, but " + degraded.joined(separator: "; "))
    }
    if asleep {
      let trigger = facts.summary?.trigger ?? "unknown"
      return (.asleep, "asleep by design: the trigger \"\(trigger)\" is armed and wakes cronwatch")
    }
    return (.healthy, healthyMessage(facts))
  }

  // MARK: the conditions

  /// Ended by design with a trigger armed, and not past the armed instant's grace.
  private static func isAsleep(_ facts: StatusFacts) -> Bool {
    guard !facts.ticker.isHeld, let beat = facts.tickerBeat.beat, beat.phase == .asleep else { return false }
    // Asleep past the armed instant is only worth telling apart while somebody could still wake it.
    return facts.watcher.isHeld || !facts.isOverdue
  }

  private static func isStopping(_ facts: StatusFacts) -> Bool {
    if facts.ticker.isHeld, facts.tickerBeat.isOfHolder, facts.tickerBeat.beat?.phase == .draining,
      facts.tickerBeat.age.isWithin(facts.staleAfterSeconds)
    {
      return true
    }
    return facts.watcher.isHeld && facts.watcherBeat.isOfHolder && facts.watcherBeat.beat?.phase == .stopping
  }

  private static func crashLooping(_ facts: StatusFacts) -> String? {
    guard facts.watcher.isHeld, !facts.ticker.isHeld, facts.recentDeaths >= crashLoopDeaths,
      facts.watcherBeat.isOfHolder, let beat = facts.watcherBeat.beat, beat.phase == .waiting,
      facts.watcherBeat.age.isWithin(beat.staleAfterSeconds)
    else { return nil }
    let last = facts.lastDeath.map { ", last: \($0)" } ?? ""
    return "crash-looping: the ticker died \(facts.recentDeaths) times in 10 min\(last)\(nextTry(facts))"
  }

  /// No ticker, and another try alone changes nothing: what has to be done.
  private static func waitingForRemedy(_ facts: StatusFacts) -> String? {
    guard facts.watcher.isHeld, !facts.ticker.isHeld, facts.watcherBeat.isOfHolder, let beat = facts.watcherBeat.beat,
      facts.watcherBeat.age.isWithin(beat.staleAfterSeconds)
    else { return nil }
    switch beat.phase {
    case .misconfigured:
      // A table that tickers died of is set aside, and the files it was made of may be in order.
      let died = facts.recentDeaths == 0 ? "" : ", after the ticker died \(facts.recentDeaths) times in 10 min"
      let whose = died.isEmpty ? "`cronwatch check` says what is wrong" : "`cronwatch check` and the log say why"
      return "failing: no configuration can be used and there is no last good copy\(died), so nothing fires; "
        + "cronwatch waits for a change of it\(nextTry(facts)); \(whose)"
    case .unstartable:
      return "failing: no ticker can be started, so nothing fires\(nextTry(facts)); the log says why"
    default: return nil
    }
  }

  /// `; next try in 3 s`.
  private static func nextTry(_ facts: StatusFacts) -> String {
    guard let due = facts.watcherBeat.beat?.nextDue else { return "" }
    return "; next try in \(HumanText.duration(seconds: Double(max(due &- facts.now.seconds, 0))))"
  }

  private static func stalled(_ facts: StatusFacts) -> String? {
    guard facts.ticker.isHeld else { return stalledWatcher(facts) }
    if facts.tickerBeat.isOfHolder, let age = facts.tickerBeat.age.seconds {
      guard age > Double(facts.staleAfterSeconds) else { return nil }
      return "STALLED: the ticker lives, but its last beat was \(HumanText.duration(seconds: age)) ago; "
        + remedy(facts)
    }
    guard let uptime = facts.ticker.uptimeSeconds, uptime > startLimitSeconds else { return nil }
    return "STALLED: the ticker started \(HumanText.duration(seconds: uptime)) ago and has no valid beat; "
      + remedy(facts)
  }

  /// No ticker: the watcher should be starting one; if it doesn't beat either, nobody does.
  private static func stalledWatcher(_ facts: StatusFacts) -> String? {
    let limit = facts.watcherBeat.beat?.staleAfterSeconds ?? Beat.staleAfter(intervalSeconds: 5)
    if facts.watcherBeat.isOfHolder, let age = facts.watcherBeat.age.seconds {
      guard age > Double(limit) else { return nil }
      return "STALLED: no ticker runs, and the watcher has not beaten for \(HumanText.duration(seconds: age)); "
        + "run `cronwatch restart`"
    }
    guard let uptime = facts.watcher.uptimeSeconds, uptime > startLimitSeconds else { return nil }
    return "STALLED: no ticker runs, and the watcher has no valid beat; run `cronwatch restart`"
  }

  private static func remedy(_ facts: StatusFacts) -> String {
    guard facts.watcher.isHeld else { return "no watcher runs, run `cronwatch start` to replace it" }
    let limit = facts.watcherBeat.beat?.staleAfterSeconds ?? 0
    guard facts.watcherBeat.isOfHolder, facts.watcherBeat.age.isWithin(limit) else {
      return "the watcher does not beat either, run `cronwatch restart`"
    }
    return switch facts.watcherBeat.beat?.phase {
    case .continuing: "the watcher sent SIGCONT and waits 5 s for a beat"
    case .aborting: "the watcher sent SIGABRT and will kill it"
    case .killing: "the watcher sent SIGKILL and will start another"
    case .unkillable: "SIGKILL does not end it (it waits for a device), and no other is started while it holds the lock"
    default: "the watcher will replace it"
    }
  }

  private static func starting(_ facts: StatusFacts) -> String? {
    guard facts.ticker.isHeld else {
      let last = facts.recentDeaths > 0 ? facts.lastDeath.map { "; the last one ended: \($0)" } : nil
      return "starting: no ticker yet, the watcher is starting one\(last ?? "")"
    }
    guard facts.tickerBeat.isOfHolder, let beat = facts.tickerBeat.beat, facts.tickerBeat.age != .unknown else {
      return "starting: the ticker has not beaten yet"
    }
    let uptime = facts.ticker.uptimeSeconds ?? startLimitSeconds
    if beat.phase == .starting, uptime <= startLimitSeconds, facts.readyForSeconds == nil {
      return "starting: the ticker is not ready yet"
    }
    guard !facts.success.age.isWithin(facts.successAfterSeconds) else { return nil }
    guard let ready = facts.readyForSeconds ?? facts.ticker.uptimeSeconds,
      ready <= Double(facts.successAfterSeconds)
    else { return nil }
    return "starting: the first tick has not ended yet"
  }

  private static func failing(_ facts: StatusFacts) -> String? {
    guard !facts.success.age.isWithin(facts.successAfterSeconds) else { return nil }
    let since =
      facts.success.age.seconds.map { "for \(HumanText.duration(seconds: $0))" } ?? "since the ticker started"
    let cause = facts.lastError.map { "; last error: \($0.message)" } ?? ""
    return "failing: no tick has succeeded \(since)\(cause)"
  }

  private static func degradations(_ facts: StatusFacts) -> [String] {
    var found: [String] = []
    if facts.ticker.isHeld, !facts.watcher.isHeld {
      found.append("unsupervised: no watcher would restart the ticker, run `cronwatch start`")
    } else if facts.ticker.isHeld, facts.watcherBeat.isOfHolder, let beat = facts.watcherBeat.beat,
      !facts.watcherBeat.age.isWithin(beat.staleAfterSeconds)
    {
      found.append("the watcher does not beat, run `cronwatch restart`")
    }
    if facts.ticker.isHeld, facts.summary == nil {
      found.append("the ticker's summary (heartbeat/summary) can't be read, so what else is wrong isn't known")
    }
    if facts.watcher.isHeld, let problem = facts.metricsProblem { found.append(problem) }
    if let path = facts.removedProgram {
      found.append("the program's file was deleted (\(path)): nothing could start it again, install it anew")
    }
    if facts.watcher.isHeld, let notice = facts.notice { found.append(notice) }
    // Whether a watcher lives is the lock's to say, not the summary's, which may be older.
    for reason in facts.summary?.degraded ?? [] where !reason.hasPrefix("unsupervised") { found.append(reason) }
    return found
  }

  // MARK: the words

  private static func downMessage(_ facts: StatusFacts) -> String {
    let beat: String
    switch facts.tickerBeat.age {
    case .seconds(let seconds): beat = "last beat \(HumanText.duration(seconds: seconds)) ago"
    case .unknown: beat = "no beat is known"
    }
    return "not running: jobs will NOT fire (\(beat))"
  }

  private static func healthyMessage(_ facts: StatusFacts) -> String {
    var parts: [String] = []
    if let pid = facts.ticker.pid { parts.append("ticker \(pid)") }
    if let age = facts.tickerBeat.age.seconds { parts.append("beat \(HumanText.duration(seconds: age)) ago") }
    if let next = facts.summary?.next.first {
      parts.append("next \(next.job) \(HumanText.wait(from: facts.now, to: next.at))")
    } else if facts.summary?.jobsTotal == 0 {
      parts.append("no jobs are defined")
    } else {
      parts.append("no occurrence lies ahead")
    }
    return "jobs will fire automatically (\(parts.joined(separator: ", ")))"
  }
}
