import CronSystem
import EndToEndSupport
import Testing

/// What long lives cost: a short look; `bin/torture --leak` takes its time.
extension FaultRow {
  static let resourceRows: [FaultRow] = [
    FaultRow(
      number: 34, name: "no memory",
      how: "a memory cgroup of 64 MiB that holds all of ours and a job that eats more; then the ticker's "
        + "`oom_score_adj` is 1000",
      expectation: "the kernel kills the job's process and nobody else; killed itself, the ticker is replaced",
      status: .says([.may("starting")]), needs: [.root, .memoryGroup],
      check: .run(littleMemory)),
    FaultRow(
      number: 80, name: "many fires", how: "300 jobs of every second, 10,000 fires; a million with `--leak`",
      expectation: "neither pages nor descriptors of watcher, ticker and workers grow; few descriptors",
      status: .says([.must("healthy", "jobs will fire automatically"), .may("degraded", "all workers are busy")]),
      check: .run(manyFires)),
    FaultRow(
      number: 81, name: "many restarts of the ticker",
      how: "kill -9 as soon as it ticks, 60 times; 1,000 with `--leak`",
      expectation: "neither pages nor descriptors of the watcher grow",
      status: .says([.may("starting"), .may("crash-looping", "the ticker died")]),
      check: .run(manyRestarts)),
  ]

  @Sendable private static func littleMemory(_ trial: Trial) throws -> String {
    let hungry = JobPlan(name: "hungry", everySeconds: nil, work: "tail /dev/zero")
    var made: MemoryGroup?
    return try trial.use(
      [.tick, hungry],
      on: { cron in
        let group = try MemoryGroup(cron)
        made = group
        return group
      }
    ) { cron in
      guard let group = made else { throw RowFailure("no group") }
      func eat(_ count: Int) throws {
        _ = try cron.run(["run", "hungry"])
        try cron.wait("the end of hungry run \(count)", seconds: 60) {
          try cron.runs("hungry").count { $0.outcome != nil } == count
        }
      }
      try cron.waitForMore(2, of: "tick")
      try group.take(cron)
      let ticker = try cron.ticker()
      try eat(1)
      try trial.look(cron)
      let first = group.kills
      try trial.expect(first > 0, "nobody was killed")
      try trial.expect(try cron.ticker() == ticker, "the ticker died of a job's hunger")

      try FileDescriptor.open("/proc/\(ticker.pid)/oom_score_adj", .write).write(Array("1000".utf8))
      try eat(2)
      try cron.waitForAnotherTicker(than: ticker)
      try cron.waitForMore(3, of: "tick")
      return "\(first) killed with the job, then \(group.kills - first), the ticker among them"
    }
  }

  @Sendable private static func manyFires(_ trial: Trial) throws -> String {
    let result = try Leak(options: trial.options, witness: trial.status).fire(10_000, jobs: 300)
    if let finding = result.findings.first { throw RowFailure(finding) }
    return "\(result.count) fires in \(Int(result.seconds)) s: \(result.summary)"
  }

  @Sendable private static func manyRestarts(_ trial: Trial) throws -> String {
    let result = try Leak(options: trial.options, witness: trial.status).restart(60)
    if let finding = result.findings.first { throw RowFailure(finding) }
    return "\(result.count) restarts in \(Int(result.seconds)) s: \(result.summary)"
  }
}
