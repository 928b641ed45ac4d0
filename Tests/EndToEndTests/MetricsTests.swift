import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// `[watcher] metrics-file`, as a collector sees it.
@Suite(.ownThread)
struct MetricsTests {
  private static func page(_ path: String) throws -> PrometheusText? {
    let content = text(path)
    return content.isEmpty ? nil : try PrometheusText(content)
  }

  @Test func `the file says what happens, and the truth after a stop`() throws {
    try Cronwatch.use { cron in
      let path = cron.sandbox.path(of: "cronwatch.prom")
      try cron.configure("[ticker]\ninterval = 200ms\n[watcher]\nmetrics-file = \(path)\n")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let page = try waitForValue("a run in the metrics file") {
        let page = try Self.page(path)
        let job = page?.value("cronwatch_job_last_success_timestamp_seconds", ["job": "tick"])
        return job == nil || page?.value("cronwatch_healthy") != 1 ? nil : page
      }
      #expect(page.value("cronwatch_verdict", ["verdict": "healthy"]) == 1)
      #expect((page.value("cronwatch_runs_total", ["outcome": "succeeded"]) ?? 0) >= 1)
      #expect((page.value("cronwatch_start_lateness_seconds_count") ?? 0) >= 1)
      let runs = page.value("cronwatch_runs_total", ["outcome": "succeeded"]) ?? 0

      try cron.kill(try cron.ticker())
      try cron.wait("the restart in the metrics file, with the runs before it") {
        let page = try Self.page(path)
        return page?.value("cronwatch_ticker_restarts_total") == 1
          && (page?.value("cronwatch_runs_total", ["outcome": "succeeded"]) ?? 0) > runs
      }
      try cron.stop()
      try cron.wait("'down' in the metrics file") {
        try Self.page(path)?.value("cronwatch_verdict", ["verdict": "down"]) == 1
      }
    }
  }

  @Test func `a file that can't be written, or whose disk hangs, is said, and jobs fire`() throws {
    try Cronwatch.use { cron in
      let path = cron.sandbox.path(of: "gone/cronwatch.prom")
      try cron.configure("[ticker]\ninterval = 200ms\n[watcher]\nmetrics-file = \(path)\n")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let status = try cron.waitForVerdict("degraded")
      #expect(status["message"]?.stringValue?.contains("\(path) can't be written: ENOENT") == true)
      let before = cron.evidence().count
      try cron.waitForEvidence(count: before + 2)
      try cron.sandbox.write("gone/other", "")
      try cron.waitForVerdict("healthy")
      #expect(try Self.page(path) != nil)
    }
  }
}
