internal import CronTime
public import CronWire

extension StatusReport {
  /// The object of `cronwatch status --json` (design §8).
  public var json: JSONValue {
    let summary = facts.currentSummary ?? TickerSummary()
    var object = JSONObject()
    object["verdict"] = .string(verdict.rawValue)
    object["message"] = .string(message)
    object["state_directory"] = .string(facts.stateDirectory)
    object["trigger"] = JSONValue(facts.summary?.trigger)
    object["watcher"] = facts.watcher.isHeld ? process(facts.watcher, []) : .null
    object["ticker"] = facts.ticker.isHeld ? process(facts.ticker, tickerMembers) : .null
    object["workers"] = .array(summary.workers.map(\.json))
    object["running"] = .array(summary.running.map(\.json))
    object["next"] = .array(summary.next.map(\.json))
    object["jobs"] = .object(
      JSONObject([
        ("total", JSONValue(summary.jobsTotal)), ("paused", JSONValue(summary.jobsPaused)),
        ("rejected", JSONValue(summary.linesRejected)),
      ]))
    object["degraded"] = .array(degraded.map { .string($0) })
    return .object(object)
  }

  private var tickerMembers: [(String, JSONValue)] {
    [
      ("tick", JSONValue(facts.tickerBeat.isOfHolder ? facts.tickerBeat.beat?.tick : nil)),
      ("beat_age_s", JSONValue(facts.tickerBeat.isOfHolder ? rounded(facts.tickerBeat.age.seconds) : nil)),
      ("success_age_s", JSONValue(rounded(facts.success.age.seconds))),
      ("last_error", JSONValue(facts.lastError?.message)),
      ("restarts", JSONValue(facts.restarts)),
    ]
  }

  private func process(_ role: RoleFacts, _ more: [(String, JSONValue)]) -> JSONValue {
    let members: [(String, JSONValue)] = [
      ("pid", JSONValue(role.pid)), ("started_at", JSONValue(role.startedAt?.milliseconds3339)),
    ]
    return .object(JSONObject(members + more))
  }

  /// Milliseconds are all that a reader can use.
  private func rounded(_ seconds: Double?) -> Double? {
    seconds.map { ($0 * 1000).rounded() / 1000 }
  }
}
