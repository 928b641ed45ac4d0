import CronConfig
import CronTime
import Testing

@Suite struct ScheduleZoneTests {
  @Test func `a zone that a schedule names is the job's, and the schedule is kept without it`() throws {
    let parsed = conf("[job a]\nschedule = calendar: Mon..Fri 09:00 Europe/Paris\ncommand = x")
    #expect(parsed.diagnostics.isEmpty)
    let job = try #require(parsed.jobs.first)
    #expect(job.zone == "Europe/Paris")
    #expect(job.schedules.map(\.description) == ["0 9 * * 1-5"])
  }

  @Test func `schedules and zone = may name one zone together`() throws {
    let parsed = conf(
      """
      [job a]
      schedule = calendar: 09:00 Europe/Paris
      schedule = daily at noon
      zone = Europe/Paris
      command = x
      [job b]
      schedule = calendar: 09:00 UTC
      schedule = calendar: Fri *-*-13 UTC
      command = x
      """)
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.jobs.map(\.zone) == ["Europe/Paris", "UTC"])
  }

  @Test(arguments: [
    ("schedule = calendar: 09:00 Europe/Paris\nzone = America/New_York", "2:12 zone-conflict", "zone ="),
    ("zone = UTC\nschedule = calendar: 09:00 Europe/Paris", "3:12 zone-conflict", "zone ="),
    ("schedule = calendar: 09:00 Europe/Paris\nschedule = daily at noon", "3:12 zone-conflict", "zone ="),
    ("schedule = calendar: 09:00 Europe/Paris\nschedule = calendar: 09:00 UTC", "3:12 zone-conflict", "zone ="),
    ("schedule = calendar: 09:00 Europe/Pariss", "2:28 unknown-zone", "Europe/Paris"),
    ("schedule = in 45m", "2:12 no-now", "2026-06-01T09:00:00Z"),
    ("schedule = 30m", "2:12 ambiguous-duration", "the instant"),
    ("schedule = every munday", "2:18 unknown-word", "monday"),
  ])
  func `a job's schedule is refused with its place`(_ lines: String, _ finding: String, _ hint: String) {
    let parsed = conf("[job a]\n\(lines)\ncommand = x")
    // The first finding is the reason; without a schedule the job is not built either.
    #expect(parsed.diagnostics.map(brief).first == finding)
    #expect(parsed.diagnostics.first?.hint?.contains(hint) == true)
    #expect(!parsed.isAccepted)
  }
}
