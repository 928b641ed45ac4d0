import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// `cronwatch check` on this machine, and the views of `next`.
@Suite(.ownThread)
struct CheckTests {
  @Test("warnings count for the exit status with --strict alone, and are one JSON object each")
  func strict() throws {
    try Cronwatch.use { cron in
      let path = cron.sandbox.path(of: "tab")
      try cron.sandbox.write("tab", "*/7 * * * * /no/such/program\n0 3 * * * true\n")
      let lenient = try cron.run(["check", path])
      #expect(lenient.exit == 0)
      #expect(lenient.error.contains("2 jobs in 1 file, 0 errors, 2 warnings"))
      let strict = try cron.run(["check", "--strict", "--json", path])
      #expect(strict.exit == 65)
      let rows = try strict.output.split(separator: "\n").map { try JSONReader.parse(Array($0.utf8)) }
      #expect(rows.map { $0["code"]?.stringValue } == ["uneven-step", "command-not-found"])
      #expect(rows.allSatisfy { $0["level"]?.stringValue == "warning" && $0["file"]?.stringValue == path })
    }
  }

  @Test("jobs of a file are shown without a daemon, and options that don't fit are refused")
  func views() throws {
    try Cronwatch.use { cron in
      let path = cron.sandbox.path(of: "tab")
      try cron.sandbox.write("tab", "# cronwatch: name=nightly\n0 3 * * * true\n")
      let day = try cron.run(["next", "--timeline", "--day", "2026-12-24", "--file", path])
      #expect(day.exit == 0)
      #expect(day.output.contains("\nnightly "))
      let month = try cron.run(["next", "--calendar", "--month", "2026-12", "0 9 * * mon"])
      #expect(month.output.contains("fires 4 times, on 4 of 31 days"))
      for words in [
        ["--calendar", "--timeline"], ["--month", "2026-12", "@daily"], ["--calendar", "--month", "2026-13"],
        ["--timeline", "--day", "2026-02-29"], ["--file", path], ["--calendar", "--count", "3", "@daily"],
      ] {
        #expect(try cron.run(["next"] + words).exit == 64, "\(words)")
      }
      #expect(try cron.run(["next", "--calendar"]).exit == 1)
    }
  }

  @Test("a loaded job's times are found by its name, and a schedule wins over a name")
  func loadedJob() throws {
    try Cronwatch.use { cron in
      try cron.crontab("CRON_TZ=Asia/Kolkata\n# cronwatch: name=nightly\n30 3 * * * true\n")
      try cron.start()
      let times = try cron.run(["next", "nightly", "--from", "2026-06-01T00:00:00Z", "--count", "2"])
      #expect(times.output == "2026-06-02T03:30:00+05:30\n2026-06-03T03:30:00+05:30\n")
      #expect(try cron.run(["next", "nightly", "--zone", "UTC"]).exit == 64)
      #expect(try cron.run(["next", "--timeline"]).output.contains("nightly"))
      let unknown = try cron.run(["next", "nightl"])
      #expect(unknown.exit == 65)
      #expect(unknown.error.contains("no loaded job is named 'nightl'"))
    }
  }
}
