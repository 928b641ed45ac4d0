/// What other tests check, and what isn't produced.
extension FaultRow {
  static let otherRows: [FaultRow] = [
    FaultRow(
      number: 19, name: "a pid that another process has now", how: "records with the start time of another process",
      expectation: "the stranger is never signalled; the run is unknown",
      check: .tests("CronSystemTests/ProcessTests, CronDaemonTests/AdoptionTests")),
    FaultRow(
      number: 34, name: "no memory", how: "a memory cgroup", expectation: "an OOM kill is a SIGKILL: rows 1, 21 and 22",
      check: .never("a memory cgroup that is ours needs a service manager")),
    FaultRow(
      number: 48, name: "the clock steps: +1 h, −1 h, +10 years, to 1970", how: "`date -s`",
      expectation: "no instant twice; the step is recorded, marks are set anew",
      check: .never(
        "the wall clock has no namespace, and it is the whole machine's; CronEngineTests/ClockTests step it")),
    FaultRow(
      number: 49, name: "daylight saving, and a changed zone file", how: "rows of instants, and files of zones",
      expectation: "no fixed time is lost or doubled",
      check: .tests("CronTimeTests/ClockChangeTests, CronEngineTests/ClockChangeTests")),
    FaultRow(
      number: 50, name: "the machine is suspended", how: "CLOCK_BOOTTIME runs ahead of CLOCK_MONOTONIC",
      expectation: "one catch-up, nobody is taken for stalled",
      check: .tests("CronEngineTests/ClockTests; row 15 freezes")),
  ]
}
