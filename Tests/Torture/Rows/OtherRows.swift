/// What other tests check, and what isn't produced.
extension FaultRow {
  static let otherRows: [FaultRow] = [
    FaultRow(
      number: 19, name: "a pid that another process has now", how: "records with the start time of another process",
      expectation: "the stranger is never signalled; the run is unknown",
      status: .held("not asked: of records nothing is seen, and no process of ours is in trouble"),
      check: .tests("CronSystemTests/ProcessTests, CronDaemonTests/AdoptionTests")),
    FaultRow(
      number: 48, name: "the clock steps: +1 h, −1 h, +10 years, to 1970", how: "`date -s`",
      expectation: "no instant twice; the step is recorded, marks are set anew",
      status: .held(
        "`degraded`, “the clock looks wrong”, while occurrences wait for it; after a step nothing is "
          + "to be seen (CronDaemonTests/StatusEvaluatorTests)"
      ),
      check: .never(
        "the wall clock has no namespace, and it is the whole machine's; CronEngineTests/ClockTests step it")),
    FaultRow(
      number: 49, name: "daylight saving, and a changed zone file", how: "rows of instants, and files of zones",
      expectation: "no fixed time is lost or doubled",
      status: .held(
        "`healthy` once new data is in use; `degraded`, “can't be read”, while there is none "
          + "(EndToEndTests/ZoneTests)"),
      check: .tests("CronTimeTests/ClockChangeTests, CronEngineTests/ClockChangeTests, EndToEndTests/ZoneTests")),
    FaultRow(
      number: 50, name: "the machine is suspended", how: "CLOCK_BOOTTIME runs ahead of CLOCK_MONOTONIC",
      expectation: "one catch-up, nobody is taken for stalled",
      status: .held("as in row 15, whose processes stand still as long: nothing is seen once they go on"),
      check: .tests("CronEngineTests/ClockTests; row 15 freezes")),
  ]
}
