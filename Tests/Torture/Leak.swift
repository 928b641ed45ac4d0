import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Many fires, as fast as they are dispatched, and many restarts of the ticker: nothing of ours may grow by them.
struct Leak {
  let options: Options
  /// Asks for status all the while and judges it; nil = nobody does, for each answer costs something.
  var witness: StatusWitness?

  /// A body during which each status that is asked for is judged.
  private func witnessed(_ cron: Cronwatch, _ body: () throws -> Void) throws {
    guard let witness else { return try body() }
    cron.statusObserver = { try witness.take($0) }
    defer { cron.statusObserver = nil }
    _ = try witness.use {
      try body()
      return ""
    }
  }

  /// What a part of the campaign came to.
  struct Result {
    /// What was counted: fires, or restarts.
    let count: Int
    let seconds: Double
    let record: UsageRecord
    let roles: [String]
    let findings: [String]
    var more: [(String, JSONValue)] = []

    var summary: String { roles.map(record.words).joined(separator: "; ") }

    func json(_ what: String) -> JSONValue {
      .object(
        JSONObject(
          [("what", .string(what))] + ResultFile.origin + [
            ("count", .integer(Int64(count))), ("seconds", .number(seconds.rounded())),
          ] + more + roles.map { ($0, record.json($0)) } + [("findings", .array(findings.map { .string($0) }))]))
    }
  }

  // MARK: Fires

  private static let firesSettings = """
    [watcher]
    metrics-file = METRICS
    [jobs]
    grace = 1h
    [log]
    max-size = 4M

    """

  /// Fires so many runs of jobs that are due every second, and ends with an audit.
  func fire(_ count: Int, jobs: Int) throws -> Result {
    var result: Result?
    try Cronwatch.use { cron in
      let metrics = cron.sandbox.path(of: "metrics.prom")
      try cron.configure(Self.firesSettings.split(separator: "METRICS").joined(separator: metrics))
      try cron.crontab((1...jobs).map { "# cronwatch: name=fire-\($0)\n@every 1s true\n" }.joined())
      try cron.start()
      let (began, watcher, ticker) = (SystemClock.monotonic(), try cron.watcher(), try cron.ticker())
      var (record, fired, said, still) = (UsageRecord(), 0, 0, began)
      try witnessed(cron) {
        while fired < count {
          Pause.milliseconds(1_000)
          if witness != nil { _ = try cron.status() }
          record.append(.look(cron.state))
          let counted = Self.count("cronwatch_runs_total", in: text(metrics))
          if counted > fired { (fired, still) = (counted, SystemClock.monotonic()) }
          if SystemClock.monotonic() - still > 60_000_000_000 {
            throw RowFailure("\(fired) fires, and no more for 60 s")
          }
          if fired / 50_000 > said {
            said = fired / 50_000
            Report.say(
              "torture: \(fired) fires; \(["watcher", "ticker", "worker"].map(record.words).joined(separator: "; "))")
          }
        }
      }
      let seconds = Double(SystemClock.monotonic() - began) / 1e9
      var findings = record.findings(roles: ["watcher", "ticker", "worker"])
      if try cron.watcher() != watcher || cron.ticker() != ticker { findings.append("watcher or ticker was replaced") }
      try cron.stop()
      let skipped = Self.count("cronwatch_skipped_total", in: text(metrics))
      let audit = try cron.run(["audit", "--json"], seconds: 1_800)
      let last = try audit.jsonLines().last
      if audit.exit != 0 { findings.append("audit: \(last.map(JSONWriter.text) ?? audit.error)") }
      result = Result(
        count: fired, seconds: seconds, record: record, roles: ["watcher", "ticker", "worker"], findings: findings,
        more: [
          ("jobs", .integer(Int64(jobs))), ("skipped", .integer(Int64(skipped))),
          ("occurrences", last?["totals"]?["occurrences"] ?? .null),
        ])
    }
    guard let result else { throw RowFailure("the campaign has no result") }
    return result
  }

  /// The sum of a family of counters.
  private static func count(_ name: String, in page: String) -> Int {
    let lines = page.split(separator: "\n").filter { $0.hasPrefix(name + "{") }
    return lines.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
  }

  // MARK: Restarts

  /// Kills so many tickers, each once it ticks; only the watcher lives through all of it.
  func restart(_ count: Int) throws -> Result {
    var result: Result?
    try Cronwatch.use(configuration: Trial.settings) { cron in
      try cron.plan([.tick, .second])
      try cron.start()
      let (began, watcher) = (SystemClock.monotonic(), try cron.watcher())
      var (record, ticker) = (UsageRecord(), try cron.ticker())
      try witnessed(cron) {
        for number in 1...count {
          try cron.signal(ticker, Signal.kill)
          if witness != nil { _ = try cron.status() }
          let dead = ticker
          ticker = try waitForValue("a ticker that ticks, after \(number) deaths") { () -> ProcessIdentity? in
            let beat = TickerBeat(text(cron.state + "/heartbeat/ticker"))
            guard beat.phase == "ticking", let pid = beat.pid, pid != dead.pid else { return nil }
            return ProcessIdentity.read(pid)
          }
          var sample = UsageSample()
          sample.byRole["watcher"] = ProcessUsage.read(watcher.pid)
          record.append(sample)
          if number % 100 == 0 { Report.say("torture: \(number) restarts; \(record.words("watcher"))") }
        }
      }
      let seconds = Double(SystemClock.monotonic() - began) / 1e9
      var findings = record.findings(roles: ["watcher"], slackKiB: UsageRecord.restartSlackKiB)
      if try cron.watcher() != watcher { findings.append("the watcher was replaced") }
      try cron.settle()
      findings += try Account(of: cron, [.tick, .second]).findings
      result = Result(count: count, seconds: seconds, record: record, roles: ["watcher"], findings: findings)
    }
    guard let result else { throw RowFailure("the campaign has no result") }
    return result
  }
}

/// Who beat last, and what it was at.
struct TickerBeat {
  let pid: Int32?
  let phase: String

  init(_ text: String) {
    var fields: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    pid = fields["pid"].flatMap { Int32($0) }
    phase = fields["phase"].map(String.init) ?? ""
  }
}

extension Leak {
  /// Both parts, one after the other; what grew.
  static func perform(_ options: Options) throws -> Bool {
    var isGood = true
    func note(_ what: String, _ result: Result) throws {
      Report.line(.string(JSONWriter.text(result.json(what))), asJSON: false)
      if let path = options.write { try ResultFile.merge(leak: result.json(what), into: path) }
      if !result.findings.isEmpty { isGood = false }
    }
    if options.restarts > 0 { try note("restarts", try Leak(options: options).restart(options.restarts)) }
    if options.fires > 0 { try note("fires", try Leak(options: options).fire(options.fires, jobs: options.jobs)) }
    return isGood
  }
}
