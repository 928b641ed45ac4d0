import CronSystem
import CronTestSupport
import EndToEndSupport
import Testing

/// `cronwatch explain` as people see it.
@Suite(.ownThread)
struct ExplainTests {
  private static func explain(_ words: [String]) throws -> (exit: Int, lines: [String], error: String) {
    var answer: (exit: Int, lines: [String], error: String) = (-1, [], "")
    try Cronwatch.use { cron in
      let result = try cron.run(["explain"] + words + ["--from", "2026-11-21T09:00:00Z"])
      answer = (result.exit, result.output.split(separator: "\n").map(String.init), result.error)
    }
    return answer
  }

  @Test("says the meaning, the next times, both clock changes, and what surprises")
  func says() throws {
    let answer = try Self.explain(["30 2 * * *", "--zone", "America/New_York"])
    #expect(answer.exit == 0, "\(answer.error)")
    #expect(
      answer.lines == [
        "30 2 * * *  (America/New_York)",
        "at 02:30 every day",
        "next:       2026-11-22T02:30:00-05:00  Sunday",
        "            2026-11-23T02:30:00-05:00  Monday",
        "            2026-11-24T02:30:00-05:00  Tuesday",
        "            2026-11-25T02:30:00-05:00  Wednesday",
        "            2026-11-26T02:30:00-05:00  Thursday",
        "how often:  once a day",
        "next gap:   2027-03-14, clocks jump from 02:00 to 03:00 (2027-03-14T07:00:00Z)",
        "            02:30 doesn't exist: it fires at 2027-03-14T03:00:00-04:00",
        "next fold:  2027-11-07, clocks go back from 02:00 to 01:00 (2027-11-07T06:00:00Z)",
        "            not affected",
        "warning:    on 2027-03-14, clocks jump from 02:00 to 03:00 in America/New_York: 02:30 doesn't exist: "
          + "it fires at 2027-03-14T03:00:00-04:00",
        "            hint: choose a time outside of the gap, or a zone without clock changes such as UTC",
      ])
  }

  @Test(
    "remarks on what was read",
    arguments: [
      ("0 30 9 * * 1", "six fields begin with seconds"), ("H 3 * * *", "H and a~b are chosen by the job's name"),
      ("@every 90s", "count from 2026-11-21T09:00:00Z"), ("0 0 13 * 5", "either day field is enough"),
      ("@reboot", "at the next boot"), ("2020-01-01 09:00", "no more after 2026-11-21T09:00:00Z"),
      ("0 9 * * *", "this zone's clocks don't change"), ("0 0 31 2 *", "it never fires"),
    ])
  func remarks(schedule: String, remark: String) throws {
    let answer = try Self.explain([schedule, "--zone", "UTC"])
    #expect(answer.exit == 0)
    #expect(answer.lines.contains { $0.contains(remark) }, "\(answer.lines)")
  }

  @Test("answers in JSON, and refuses what is no schedule")
  func json() throws {
    let answer = try Self.explain(["0 2 * * *", "--zone", "Europe/London", "--json"])
    let line = try #require(answer.lines.first)
    #expect(answer.lines.count == 1)
    #expect(line.hasPrefix(#"{"schedule":"0 2 * * *","zone":"Europe/London","explanation":"at 02:00 every day""#))
    #expect(line.contains(#""outcome":"not-affected""#))
    #expect(try Self.explain(["61 * * * *"]).exit == 65)
  }
}
