internal import CronTime
internal import CronWire

/// The JSON of `heartbeat/summary`. Unknown members are ignored and missing ones default: versions may differ.
extension TickerSummary {
  var json: JSONValue {
    var object = JSONObject()
    object["trigger"] = .string(trigger)
    object["jobs"] = .object(
      JSONObject([
        ("total", JSONValue(jobsTotal)), ("paused", JSONValue(jobsPaused)), ("rejected", JSONValue(linesRejected)),
      ]))
    object["next"] = .array(next.prefix(10).map(\.json))
    object["coming"] = .array(coming.prefix(10).map(\.json))
    object["running"] = .array(running.prefix(128).map(\.json))
    object["workers"] = .array(workers.prefix(128).map(\.json))
    object["queued"] = JSONValue(queued)
    object["degraded"] = .array(degraded.prefix(20).map { .string(String($0.prefix(300))) })
    object["failures"] = .array(failures.prefix(5).map(\.json))
    object["earliest_due"] = JSONValue(earliestDue?.milliseconds3339)
    object["earliest_due_grace_s"] = JSONValue(earliestDueGraceSeconds)
    object["success_threshold_s"] = JSONValue(successThresholdSeconds)
    return .object(object)
  }

  init?(json: JSONValue) {
    guard json.objectValue != nil else { return nil }
    self.init()
    trigger = json["trigger"]?.stringValue ?? "builtin"
    jobsTotal = Int(json["jobs"]?["total"]?.integerValue ?? 0)
    jobsPaused = Int(json["jobs"]?["paused"]?.integerValue ?? 0)
    linesRejected = Int(json["jobs"]?["rejected"]?.integerValue ?? 0)
    next = (json["next"]?.arrayValue ?? []).compactMap(Next.init(json:))
    // An older ticker tells one of each job alone.
    coming = json["coming"]?.arrayValue.map { $0.compactMap(Next.init(json:)) } ?? next
    running = (json["running"]?.arrayValue ?? []).compactMap(Running.init(json:))
    workers = (json["workers"]?.arrayValue ?? []).compactMap(Worker.init(json:))
    queued = Int(json["queued"]?.integerValue ?? 0)
    degraded = (json["degraded"]?.arrayValue ?? []).compactMap(\.stringValue)
    failures = (json["failures"]?.arrayValue ?? []).compactMap(Failure.init(json:))
    earliestDue = json["earliest_due"]?.instant
    earliestDueGraceSeconds = json["earliest_due_grace_s"]?.integerValue
    successThresholdSeconds = json["success_threshold_s"]?.integerValue
  }
}

extension TickerSummary.Next {
  var json: JSONValue { ["job": .string(job), "at": .string(at.milliseconds3339)] }

  init?(json: JSONValue) {
    guard let job = json["job"]?.stringValue, let at = json["at"]?.instant else { return nil }
    self.init(job: job, at: at)
  }
}

extension TickerSummary.Running {
  var json: JSONValue {
    [
      "run": .string(run), "job": .string(job), "pid": JSONValue(pid),
      "started_at": JSONValue(startedAt?.milliseconds3339),
    ]
  }

  init?(json: JSONValue) {
    guard let run = json["run"]?.stringValue, let job = json["job"]?.stringValue else { return nil }
    self.init(
      run: run, job: job, pid: json["pid"]?.integerValue.flatMap { Int32(exactly: $0) },
      startedAt: json["started_at"]?.instant)
  }
}

extension TickerSummary.Worker {
  var json: JSONValue { ["pid": JSONValue(pid), "run": JSONValue(run), "job": JSONValue(job)] }

  init?(json: JSONValue) {
    guard let pid = json["pid"]?.integerValue.flatMap({ Int32(exactly: $0) }) else { return nil }
    self.init(pid: pid, run: json["run"]?.stringValue, job: json["job"]?.stringValue)
  }
}

extension TickerSummary.Failure {
  var json: JSONValue {
    [
      "run": JSONValue(run), "job": .string(job), "at": .string(at.milliseconds3339), "outcome": .string(outcome),
      "reason": .string(String(reason.prefix(300))),
    ]
  }

  init?(json: JSONValue) {
    guard let job = json["job"]?.stringValue, let at = json["at"]?.instant,
      let outcome = json["outcome"]?.stringValue
    else { return nil }
    self.init(
      run: json["run"]?.stringValue, job: job, at: at, outcome: outcome, reason: json["reason"]?.stringValue ?? "")
  }
}

extension JSONValue {
  /// The instant that an RFC 3339 text names.
  var instant: Instant? { stringValue.flatMap { Instant(rfc3339: $0) } }
}
