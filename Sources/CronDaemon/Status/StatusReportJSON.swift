internal import CronTime
internal import CronWire

/// The report that an answer was made of, as far as it tells: what a guest's view shows.
extension StatusReport {
  /// The answer has the object of `--json`, and beside it what only the view shows; nil = it has no such object.
  init?(reply: JSONValue, now: Instant) {
    guard let json = reply["status"], let verdict = json["verdict"]?.stringValue.flatMap(Verdict.init(rawValue:)),
      let message = json["message"]?.stringValue, var summary = TickerSummary(json: json)
    else { return nil }
    summary.failures = (reply["failures"]?.arrayValue ?? []).compactMap(TickerSummary.Failure.init(json:))
    if let coming = reply["coming"]?.arrayValue { summary.coming = coming.compactMap(TickerSummary.Next.init(json:)) }
    let ticker = json["ticker"] ?? .null
    var facts = StatusFacts(
      stateDirectory: json["state_directory"]?.stringValue ?? "", now: now,
      watcher: Self.role(json["watcher"] ?? .null, now: now), ticker: Self.role(ticker, now: now))
    facts.tickerBeat = Self.beat(tick: ticker["tick"], age: ticker["beat_age_s"])
    facts.success = Self.beat(tick: nil, age: ticker["success_age_s"])
    facts.watcherBeat = Self.beat(tick: ticker["restarts"], age: nil)
    facts.summary = summary
    facts.answeredByWatcher = true
    self.init(verdict: verdict, message: message, degraded: summary.degraded, facts: facts)
  }

  private static func role(_ json: JSONValue, now: Instant) -> RoleFacts {
    guard json.objectValue != nil else { return .absent }
    let started = json["started_at"]?.instant
    return RoleFacts(
      isHeld: true, pid: json["pid"]?.integerValue.flatMap { Int32(exactly: $0) }, startedAt: started,
      uptimeSeconds: started.map { max(Double(Instant.microseconds(from: $0, to: now)) / 1e6, 0) })
  }

  /// Only what is shown of a beat: its number and its age.
  private static func beat(tick: JSONValue?, age: JSONValue?) -> BeatFacts {
    let beat = tick?.integerValue.flatMap { UInt64(exactly: $0) }.map { number in
      Beat(
        wallSeconds: 0, pid: 0, startTime: 0, boot: "", monotonicNanoseconds: 0, tick: number, phase: .ticking,
        intervalSeconds: 0, nextDue: nil)
    }
    return BeatFacts(beat: beat, age: age?.numberValue.map { .seconds(max($0, 0)) } ?? .unknown, isOfHolder: true)
  }
}
