import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// What jobs do to us, by accident or not.
extension FaultRow {
  static let jobRows: [FaultRow] = [
    FaultRow(
      number: 26, name: "job daemonises", how: "`setsid sleep 20 &` in a job of every second",
      expectation: "the run ends with its main process; the leftover lives, nothing waits for it",
      status: .healthy,
      check: .run { try oddJob($0, "(setsid sleep 20 < /dev/null > /dev/null 2>&1 &)") }),
    FaultRow(
      number: 27, name: "job forks like a bomb, bounded", how: "511 processes in one burst",
      expectation: "beats and other jobs go on",
      status: .healthy, check: .run(forkBomb)),
    FaultRow(
      number: 28, name: "storm of zombies", how: "a job orphans 2,000 processes that end at once",
      expectation: "all are reaped",
      status: .healthy, check: .run(zombieStorm)),
    FaultRow(
      number: 29, name: "job ignores SIGTERM", how: "`trap '' TERM`, timeout=1s, kill-grace 1 s",
      expectation: "SIGKILL after the grace; `timed-out`",
      status: .healthy, check: .run(ignoresTerm)),
    FaultRow(
      number: 30, name: "execve fails",
      how: "no such file, no permission, no format, a file open for writing (ETXTBSY)",
      expectation: "127 and 126 as a shell has them; a script without #! runs; ETXTBSY is tried again",
      status: .says([.must("degraded", "a run can't be started: exec: ETXTBSY: Text file busy")]),
      check: .run(execFails)),
    FaultRow(
      number: 53, name: "huge output", how: "600 MB of lines, output-limit 1 MiB",
      expectation: "the job isn't blocked, what is kept stays near the limit",
      status: .healthy, check: .run(hugeOutput)),
    FaultRow(
      number: 54, name: "grandchild keeps standard output", how: "`sleep 20 &` in a job of every second",
      expectation: "the run ends with its main process, the next ones fire",
      status: .healthy,
      check: .run { try oddJob($0, "(sleep 20 &)") }),
    FaultRow(
      number: 55, name: "the disk is full under a job's output", how: "state on a tmpfs of 6 MB, a job writes 40 MB",
      expectation: "the job gets ENOSPC, its end is recorded, others fire on",
      status: .says([.may("degraded", "the ledger")]), needs: [.tmpfs],
      check: .run(outputDiskFull)),
    FaultRow(
      number: 70, name: "job unlocks and locks its own output", how: "`flock -u 1; flock -x 1; flock -u 1`",
      expectation: "nothing: no lock of ours is there",
      status: .healthy,
      check: .run { try oddJob($0, "flock -u 1; flock -x 1; flock -u 1") }),
    FaultRow(
      number: 71, name: "job reopens its output", how: "`exec >>/dev/stdout 2>>/dev/stderr; echo more`",
      expectation: "the run ends as usual",
      status: .healthy,
      check: .run { try oddJob($0, "exec >>/dev/stdout 2>>/dev/stderr; echo more") }),
    FaultRow(
      number: 72, name: "job closes its descriptors", how: "`exec 0<&- 1>&- 2>&-`, and 3 to 9",
      expectation: "the run ends as usual",
      status: .healthy,
      check: .run {
        try oddJob($0, "exec 0<&- 1>&- 2>&- 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-")
      }),
    FaultRow(
      number: 73, name: "job kills its worker", how: "`kill -9 $PPID` in a job of every second",
      expectation: "its status is recorded all the same, and nothing fires twice",
      status: .says([.may("degraded", "runs without a worker")]),
      check: .run { try oddJob($0, "kill -9 $PPID") }),
    FaultRow(
      number: 74, name: "job stops its worker", how: "`kill -STOP $PPID` in a job of every second",
      expectation: "the worker is killed 5 s after the job's end; the status is recorded",
      status: .says([.may("degraded", "runs without a worker")]),
      check: .run { try oddJob($0, "kill -STOP $PPID", seconds: 60) }),
    FaultRow(
      number: 75, name: "job kills its own group", how: "`kill -9 0` in a job of its own beside others",
      expectation: "nobody of ours is in that group",
      status: .healthy, check: .run(killsGroup)),
  ]

  /// A job that does something odd, often; every run must be recorded with its status.
  private static func oddJob(_ trial: Trial, _ work: String, seconds: Double = 30) throws -> String {
    let odd = JobPlan(name: "odd", everySeconds: 1, work: work, exitStatus: 5)
    return try trial.use([.tick, odd]) { cron in
      try cron.waitForMore(5, of: "odd", seconds: seconds)
      try trial.look(cron)
      try cron.waitForMore(2, of: "tick", seconds: seconds)
      try cron.wait("ends of the odd job in the ledger", seconds: seconds) {
        try cron.runs("odd").count { $0.exitCode == 5 } >= 3
      }
      return ""
    }
  }

  @Sendable private static func forkBomb(_ trial: Trial) throws -> String {
    let bomb = "f() { if [ $1 -gt 0 ]; then f $(($1-1)) & f $(($1-1)) & fi; sleep 3; }; f 8"
    var oldest = 0.0
    return try trial.use([.tick, JobPlan(name: "bomb", everySeconds: nil, work: bomb)]) { cron in
      _ = try cron.run(["run", "bomb"])
      for _ in 0..<10 {
        trial.letPass(seconds: 0.4)
        oldest = max(oldest, try cron.beatAge() ?? 99)
      }
      try trial.expect(oldest < 8, "a beat was \(oldest) s old")
      try cron.waitForMore(3, of: "tick")
      return "the oldest beat was \((oldest * 10).rounded() / 10) s old"
    }
  }

  @Sendable private static func zombieStorm(_ trial: Trial) throws -> String {
    let storm = "i=0; while [ $i -lt 2000 ]; do (true &) ; i=$((i+1)); done"
    return try trial.use([.tick, JobPlan(name: "storm", everySeconds: nil, work: storm)]) { cron in
      _ = try cron.run(["run", "storm"])
      try trial.look(cron)
      try cron.wait("its end", seconds: 60) { cron.testimonies("storm").count == 2 }
      try cron.wait("no zombie below ours") {
        let ours = Set(Victims.look(cron.state).all.map(\.identity.pid))
        return !Processes.all().compactMap { ProcessStatus.read($0) }.contains {
          $0.state == "Z" && ours.contains($0.parent)
        }
      }
      try cron.waitForMore(2, of: "tick")
      return ""
    }
  }

  @Sendable private static func ignoresTerm(_ trial: Trial) throws -> String {
    let deaf = JobPlan(
      name: "deaf", everySeconds: nil, work: "trap '' TERM; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done",
      options: "timeout=1s")
    let settings = Trial.settings + "kill-grace = 1s\n"
    return try trial.use([.tick, deaf], configuration: settings) { cron in
      _ = try cron.run(["run", "deaf"])
      try trial.look(cron)
      let row = try waitForValue("its end", seconds: 30) { try cron.runs("deaf").first { $0.outcome != nil } }
      try trial.expect(row.outcome == "timed-out" && row.signal == "KILL", JSONWriter.text(row.json))
      return ""
    }
  }

  @Sendable private static func execFails(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      let plain = try cron.sandbox.write("plain", "nothing to run\n", permissions: 0o644)
      let script = try cron.sandbox.write("script", "exit 9\n", permissions: 0o755)
      let busy = try cron.sandbox.write("busy", "#!/bin/sh\nexit 8\n", permissions: 0o755)
      try cron.configure(
        Trial.settings
          + [("none", "/nowhere/at-all"), ("plain", plain), ("script", script), ("busy", busy)].map {
            "[job \($0)]\nschedule = 0 0 29 2 *\nexec = \($1)\n"
          }.joined())
      try cron.start()
      let writer = try FileDescriptor.open(busy, .write)
      for name in ["none", "plain", "script", "busy"] { _ = try cron.run(["run", name]) }
      for (name, status) in [("none", 127), ("plain", 126), ("script", 9)] {
        let row = try waitForValue("the end of \(name)") { try cron.runs(name).first { $0.outcome != nil } }
        try trial.expect(row.exitCode == status, JSONWriter.text(row.json))
      }
      trial.letPass(seconds: 1)
      try trial.look(cron)
      try writer.close()
      let row = try waitForValue("the end of busy", seconds: 40) { try cron.runs("busy").first { $0.outcome != nil } }
      try trial.expect(row.exitCode == 8, "busy: \(JSONWriter.text(row.json))")
      return "127, 126, 9, and 8 after ETXTBSY"
    }
  }

  @Sendable private static func hugeOutput(_ trial: Trial) throws -> String {
    let loud = JobPlan(name: "loud", everySeconds: nil, work: "yes 'a line of some length' | head -c 600000000")
    return try trial.use([.tick, loud], configuration: Trial.settings + "output-limit = 1M\n") { cron in
      _ = try cron.run(["run", "loud"])
      try trial.look(cron)
      var most = 0
      try cron.wait("its end", seconds: 120) {
        let used = try Surroundings.run(["du", "-sk", cron.state], in: cron)
        most = max(most, Int(used.prefix { $0.isNumber }) ?? 0)
        return try cron.runs("loud").contains { $0.outcome != nil }
      }
      try trial.expect(try cron.runs("loud").first?.outcome == "succeeded", "it didn't succeed")
      let kept = try Surroundings.run(["du", "-sk", cron.state + "/output/loud"], in: cron)
      let kilobytes = Int(kept.prefix { $0.isNumber }) ?? 0
      try trial.expect(kilobytes < 4_096, "\(kilobytes) KiB are kept")
      return "\(kilobytes) KiB kept, at most \(most) KiB of state meanwhile"
    }
  }

  @Sendable private static func outputDiskFull(_ trial: Trial) throws -> String {
    let loud = JobPlan(name: "loud", everySeconds: 4, work: "head -c 40000000 /dev/zero || echo full")
    let settings = Trial.settings + "output-limit = 1G\n[ledger]\nsegment-size = 64K\n"
    return try trial.use(
      [.tick, loud], state: "disk/state", configuration: settings,
      on: { try SmallDisk($0.sandbox.path(of: "disk"), kilobytes: 6_144) }
    ) { cron in
      try cron.waitForMore(3, of: "loud", seconds: 60)
      try trial.look(cron)
      try cron.waitForMore(3, of: "tick")
      try cron.wait("its end in the ledger") { try cron.runs("loud").contains { $0.outcome == "succeeded" } }
      return ""
    }
  }

  @Sendable private static func killsGroup(_ trial: Trial) throws -> String {
    let killer = "# cronwatch: name=killer\n@every 1s echo killer > $SANDBOX/killer; kill -9 0\n"
    return try trial.use(more: killer) { cron in
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      try cron.wait("three of its ends") { try cron.runs("killer").count { $0.signal == "KILL" } >= 3 }
      try trial.look(cron)
      try trial.expect(watcher.isAlive && ticker.isAlive, "it killed ours")
      return ""
    }
  }
}
