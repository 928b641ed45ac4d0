import CronSystem
import CronTestSupport
import EndToEndSupport
import Testing

/// `cronwatch next` with what people write instead of fields.
@Suite(.ownThread)
struct NextTests {
  @Test(
    "prints the instants of words, one-shots and calendar expressions",
    arguments: [
      (["in", "45m"], ["2026-06-01T09:45:01Z"]),
      (["every", "weekday", "at", "18:30"], ["2026-06-01T18:30:00Z", "2026-06-02T18:30:00Z"]),
      (["every 2h"], ["2026-06-01T11:00:00Z", "2026-06-01T13:00:00Z"]),
      (["2026-06-02 09:00"], ["2026-06-02T09:00:00Z"]),
      (["calendar: Fri *-*-13"], ["2026-11-13T00:00:00Z", "2027-08-13T00:00:00Z"]),
      (["calendar: daily Asia/Kolkata"], ["2026-06-02T00:00:00+05:30", "2026-06-03T00:00:00+05:30"]),
    ])
  func prints(words: [String], expected: [String]) throws {
    try Cronwatch.use { cron in
      let isZoned = words.joined().contains("Kolkata")
      let options = ["--from", "2026-06-01T09:00:00.5Z", "--count", "2"] + (isZoned ? [] : ["--zone", "UTC"])
      let result = try cron.run(["next"] + words + options)
      #expect(result.exit == 0, "\(result.error)")
      #expect(result.output.split(separator: "\n").map(String.init) == expected)
    }
  }

  @Test("says it when nothing follows, and when the zone is given twice")
  func nothing() throws {
    try Cronwatch.use { cron in
      let past = try cron.run(["next", "2020-01-01 09:00", "--zone", "UTC", "--from", "2026-06-01T09:00:00Z"])
      #expect(past.exit == 1)
      #expect(past.error.contains("does not fire after 2026-06-01T09:00:00Z"))
      let dead = try cron.run(["next", "calendar: *-02-30"])
      #expect(dead.exit == 1)
      #expect(dead.error.contains("never fires"))
      let twice = try cron.run(["next", "calendar: daily UTC", "--zone", "Europe/Paris"])
      #expect(twice.exit == 64)
    }
  }
}
