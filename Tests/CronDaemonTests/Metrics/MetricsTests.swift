import CronLedger
import CronSystem
import CronTestSupport
import CronTime
import CronWire
import Testing

@testable import CronDaemon

@Suite struct MetricsTextTests {
  private static let run = RunIdentifier("r1")

  private static func counters(job: String = "nightly") throws -> RunCounters {
    let run = try #require(Self.run)
    let now = StatusSamples.now
    var counters = RunCounters()
    counters.take(
      .claim(Claim(run: run, job: job, occurrence: now, trigger: .schedule, attempt: 1, at: now, bootIdentifier: "b")))
    counters.take(.start(RunStart(run: run, pid: 7, at: now.adding(microseconds: 60_000))))
    counters.take(.end(RunEnd(run: run, job: job, outcome: .succeeded, endedAt: now.adding(seconds: 9))))
    counters.take(.skipped(NotRun(job: job, first: now, last: now, count: 3, at: now, reason: .overlap)))
    counters.take(.missed(NotRun(job: job, first: now, last: now, count: 40, at: now, reason: .down)))
    return counters
  }

  @Test func `what Prometheus reads is what happened`() throws {
    let facts = StatusSamples.facts { $0.recentDeaths = 2 }
    let text = MetricsText.render(StatusEvaluator.evaluate(facts), counters: try Self.counters(), now: facts.now)
    let page = try PrometheusText(text)
    #expect(page.value("cronwatch_verdict", ["verdict": "healthy"]) == 1)
    #expect(page.samples.filter { $0.name == "cronwatch_verdict" }.map(\.value).reduce(0, +) == 1)
    #expect(page.samples.count { $0.name == "cronwatch_verdict" } == Verdict.allCases.count)
    #expect(page.value("cronwatch_healthy") == 1)
    #expect(page.value("cronwatch_beat_age_seconds") == 5)
    #expect(page.value("cronwatch_ticker_deaths") == 2)
    #expect(page.value("cronwatch_jobs") == 2)
    #expect(page.value("cronwatch_runs_total", ["outcome": "succeeded"]) == 1)
    #expect(page.value("cronwatch_runs_total", ["outcome": "failed"]) == 0)
    #expect(page.value("cronwatch_skipped_total", ["reason": "overlap"]) == 3)
    #expect(page.value("cronwatch_missed_total", ["reason": "down"]) == 40)
    let lateness = "cronwatch_start_lateness_seconds"
    #expect(page.types[lateness] == "histogram")
    #expect(page.value("\(lateness)_bucket", ["le": "0.050"]) == 0)
    #expect(page.value("\(lateness)_bucket", ["le": "0.100"]) == 1)
    #expect(page.value("\(lateness)_bucket", ["le": "+Inf"]) == 1)
    #expect(page.value("\(lateness)_sum") == 0.06)
    let success = page.value("cronwatch_job_last_success_timestamp_seconds", ["job": "nightly"])
    #expect(success == Double(facts.now.seconds + 9))
    #expect(page.value("cronwatch_written_timestamp_seconds") == Double(facts.now.seconds))
  }

  @Test(arguments: Verdict.allCases) func `only a verdict by which status exits 0 is healthy`(verdict: Verdict) throws {
    let facts = StatusSamples.facts()
    let report = StatusReport(verdict: verdict, message: "", degraded: [], facts: facts)
    let page = try PrometheusText(MetricsText.render(report, counters: nil, now: facts.now))
    #expect(page.value("cronwatch_verdict", ["verdict": verdict.rawValue]) == 1)
    #expect(page.value("cronwatch_healthy") == (verdict.exitStatus == 0 ? 1 : 0))
    #expect(page.value("cronwatch_runs_total", ["outcome": "succeeded"]) == nil)
  }

  @Test(arguments: ["a\"b", "a\\b", "a\nb", "a{b=\"c\"} 1\n# TYPE x", "日本", "a\\", "\""])
  func `names of jobs can't break the format`(job: String) throws {
    let facts = StatusSamples.facts()
    let text = MetricsText.render(
      StatusEvaluator.evaluate(facts), counters: try Self.counters(job: job), now: facts.now)
    let page = try PrometheusText(text)
    #expect(page.value("cronwatch_job_last_success_timestamp_seconds", ["job": job]) != nil)
  }

  @Test(
    arguments: [
      (-5, 0), (10, 0), (11, 1), (1_000, 4), (7_200_000, 10), (7_200_001, 11),
    ] as [(Int64, Int)])
  func `a start is counted in the bucket of its lateness`(milliseconds: Int64, bucket: Int) throws {
    let run = try #require(Self.run)
    let due = StatusSamples.now
    var counters = RunCounters()
    // Claimed for a moment before it was due: the random delay counts.
    counters.take(
      .claim(
        Claim(
          run: run, job: "j", occurrence: due.adding(seconds: -500), trigger: .schedule, attempt: 1, at: due,
          bootIdentifier: "b", due: due)))
    let start = due.adding(microseconds: milliseconds * 1_000)
    counters.take(.start(RunStart(run: run, pid: 7, at: start)))
    // The end says the start once more: it counts once.
    counters.take(.end(RunEnd(run: run, job: "j", outcome: .failed, startedAt: start, endedAt: start)))
    #expect(counters.lateness.firstIndex(of: 1) == bucket && counters.lateness.reduce(0, +) == 1)
    #expect(counters.latenessSum == max(milliseconds, 0) && counters.outcomes == [.failed: 1])
    #expect(counters.lastSuccess.isEmpty)
  }

  @Test func `manual runs aren't late, and a job that is gone is forgotten`() throws {
    let run = try #require(Self.run)
    let now = StatusSamples.now
    var counters = try Self.counters()
    counters.take(
      .claim(Claim(run: run, job: "m", occurrence: nil, trigger: .manual, attempt: 1, at: now, bootIdentifier: "b")))
    counters.take(.start(RunStart(run: run, pid: 7, at: now.adding(seconds: 99))))
    #expect(counters.lateness.reduce(0, +) == 1)
    counters.take(.retire(job: "nightly", at: now))
    #expect(counters.lastSuccess.isEmpty)
  }

  @Test func `the counters outlive a ticker, and odd ones begin at nothing`() throws {
    let counters = try Self.counters()
    #expect(RunCounters(json: try JSONReader.parse(JSONWriter.line(counters.json))) == counters)
    for text in ["{}", "[]", "{\"outcomes\":{\"x\":1,\"failed\":-1},\"lateness\":[1]}"] {
      #expect(RunCounters(json: try JSONReader.parse(Array(text.utf8))) == RunCounters(), "\(text)")
    }
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(CountersFile(state).read() == nil)
    CountersFile(state).write(counters)
    #expect(CountersFile(state).read() == counters)
    try sandbox.write("state/heartbeat/counters", "length=00000002 crc32c=00000000\n{}")
    #expect(CountersFile(state).read() == nil)
  }

  @Test func `a metrics file that can't be written degrades the verdict while a watcher lives`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let file = MetricsProblemFile(state)
    #expect(file.read() == nil)
    file.set("the metrics file /m can't be written: ENOENT")
    let report = StatusEvaluator.evaluate(StatusSamples.facts { $0.metricsProblem = file.read() })
    #expect(report.verdict == .degraded && report.message.contains("the metrics file /m can't be written"))
    #expect(StatusEvaluator.evaluate(StatusSamples.down { $0.metricsProblem = file.read() }).degraded.isEmpty)
    file.set(nil)
    #expect(file.read() == nil)
  }

  @Test(
    arguments: [
      "a 1", "# TYPE a gauge\n# HELP a x\na\n", "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "a 1\n",
      "# HELP a x\n# TYPE a gauge\na 1\na 1\n", "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\n",
    ])
  func `the reader of these tests refuses what Prometheus would`(text: String) {
    #expect(throws: PrometheusText.Malformed.self) { try PrometheusText(text) }
  }
}

@Suite struct MetricsRoleTests {
  /// A watcher died between the question for its lock and the one for its name: 'down' never came.
  @Test func `the last word says down, whether or not the leaving watcher can be named`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let file = try state.root.openFile("watcher.lock", [.readWrite, .create])
    #expect(try FileLock.tryLock(file))
    var arguments = RoleArguments()
    arguments.add("state", sandbox.path(of: "state"))
    arguments.add("metrics-file", sandbox.path(of: "page.prom"))
    #expect(MetricsRole.main(arguments) == 0)
    #expect(try verdict(sandbox) != "down")
    arguments.add("without", 12_345)
    #expect(MetricsRole.main(arguments) == 0)
    #expect(try verdict(sandbox) == "down")
  }

  private func verdict(_ sandbox: borrowing Sandbox) throws -> String? {
    let page = try PrometheusText(sandbox.read("page.prom") ?? "")
    return page.samples.first { $0.name == "cronwatch_verdict" && $0.value == 1 }?.labels["verdict"]
  }
}
