import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// What rows with a long job share.
enum DeathRows {
  /// A job of every second, and one that runs until the file `go` is there and then ends with 7.
  static let jobs: [JobPlan] = [.tick, long]
  static let long = JobPlan(
    name: "long", everySeconds: nil, work: "while [ ! -e $SANDBOX/go ]; do sleep 0.05; done", exitStatus: 7)

  /// Starts it by hand; its run.
  static func startLong(_ cron: Cronwatch) throws -> String {
    let result = try cron.run(["run", "long"])
    if result.exit != 0 { throw RowFailure("run long: \(result.exit): \(result.error)") }
    let run = String(result.output.prefix { $0 != "\n" && $0 != " " })
    try cron.wait("the job's first line") { cron.testimonies("long").contains { $0.run == run } }
    return run
  }

  /// Lets it end, and waits for what the ledger says of it.
  static func endLong(_ cron: Cronwatch, _ run: String, as outcome: String, exit: Int? = nil) throws {
    try cron.sandbox.write("go", "")
    let row = try waitForValue("the end of \(run) in the ledger", seconds: 40) {
      try cron.runs("long").first { $0.run == run && $0.outcome != nil }
    }
    if row.outcome != outcome || row.exitCode != exit {
      throw RowFailure("expected \(outcome) \(exit.map(String.init) ?? ""), recorded: \(JSONWriter.text(row.json))")
    }
  }
}

extension FaultRow {
  /// Processes are killed at once while a job runs; it is unharmed, and `expecting` is recorded of it.
  static func killedBeside(_ trial: Trial, _ roles: Set<String>, expecting outcome: String) throws -> String {
    try trial.use(DeathRows.jobs) { cron in
      let run = try DeathRows.startLong(cron)
      let job = try cron.runningJob("long").process
      var victims: [ProcessIdentity] = []
      if roles.contains("watcher") { victims.append(try cron.watcher()) }
      if roles.contains("ticker") { victims.append(try cron.ticker()) }
      if roles.contains("worker") { victims.append(try cron.worker(of: job)) }
      try cron.signal(victims, Signal.kill)
      try cron.wait("their deaths") { victims.allSatisfy { !$0.isAlive } }
      try trial.look(cron)
      if roles.contains("watcher") { try cron.start() }
      try cron.waitForMore(2, of: "tick")
      try trial.expect(job.isAlive, "the job was harmed")
      try trial.expect(try cron.runningJob("long").process == job, "the job isn't known to run")
      try trial.expect(try cron.run(["run", "long"]).exit == 1, "the overlap policy doesn't see it")
      try trial.look(cron)
      try DeathRows.endLong(cron, run, as: outcome, exit: outcome == "failed" ? 7 : nil)
      try cron.waitForVerdict("healthy")
      return "the job ended unharmed, recorded as \(outcome)"
    }
  }
}
