import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Workers die, stop, can't fork or come late.
extension FaultRow {
  static let workerRows: [FaultRow] = [
    FaultRow(
      number: 21, name: "worker killed, its job runs", how: "kill -9 of the job's parent",
      expectation: "the job is unharmed; its status comes from the ticker, which reaps it",
      status: .says([.may("degraded", "1 job runs without a worker")]),
      check: .run { try killedBeside($0, ["worker"], expecting: "failed") }),
    FaultRow(
      number: 22, name: "worker and ticker killed at once", how: "kill -9 of both",
      expectation: "the watcher reaps the job and writes it down; the next ticker finds it there",
      status: .says([.may("starting"), .may("degraded", "1 job runs without a worker")]),
      check: .run { try killedBeside($0, ["worker", "ticker"], expecting: "failed") }),
    FaultRow(
      number: 23, name: "watcher, ticker and worker killed at once", how: "kill -9 of all three",
      expectation: "the job ends unharmed, still blocks its overlap, and is `unknown` in the end",
      status: .says([
        .must("down", "jobs will NOT fire"), .must("degraded", "1 job runs without a worker"), .may("starting"),
      ]),
      check: .run { try killedBeside($0, ["watcher", "ticker", "worker"], expecting: "unknown") }),
    FaultRow(
      number: 68, name: "watcher and worker killed at once, then a start",
      how: "kill -9 of both while the job lives; `cronwatch start`",
      expectation: "the job is known to run until its end, then `unknown`: nobody could see how it ended",
      status: .says([
        .must("degraded", "unsupervised"), .must("degraded", "1 job runs without a worker"), .may("starting"),
      ]),
      check: .run { try killedBeside($0, ["watcher", "worker"], expecting: "unknown") }),
    FaultRow(
      number: 24, name: "worker killed between its order and execve", how: "fault point `worker.before-launch:kill`",
      expectation: "no `exec` in the slot: it never ran, and fires once",
      status: .says([.may("degraded", "can't be started")]), needs: [.faultPoints],
      check: .run { trial in
        try trial.use(faults: "worker.before-launch@2:kill") { cron in
          try cron.waitForMore(5, of: "tick")
          try trial.look(cron)
          return ""
        }
      }),
    FaultRow(
      number: 25, name: "worker stopped before execve, the ticker replaced, the worker continued",
      how: "fault point `worker.order-read@2:stop`; ticker killed; SIGCONT 0 to 4 s later, or never",
      expectation: "one execution, by whoever may",
      status: .says([.may("starting"), .may("degraded", "can't be started"), .may("degraded", "runs without a worker")]
      ), needs: [.faultPoints], check: .run(lateWorker)),
    FaultRow(
      number: 31, name: "fork fails with EAGAIN in a worker", how: "strace on the idle workers: clone, clone3, fork",
      expectation: "could not start, tried again, each occurrence at most once",
      status: .says([.must("degraded", "can't be started")]), needs: [.strace],
      check: .run { try noForks($0, of: "worker") }),
    FaultRow(
      number: 32, name: "the ticker can't start a worker",
      how: "strace on the ticker: clone, clone3, vfork fail for 6 s",
      expectation: "beats go on; runs are tried again within their grace",
      status: .says([.must("degraded", "can't be started")]), needs: [.strace],
      check: .run { try noForks($0, of: "ticker") }),
    FaultRow(
      number: 33, name: "no descriptors left", how: "prlimit --nofile of the ticker at what it has, 6 s; then back",
      expectation: "it lives, beats and recovers",
      status: .says([.must("degraded")]), check: .run(noDescriptors)),
    FaultRow(
      number: 69, name: "EMFILE while the slot of a dead worker is judged",
      how: "strace on the ticker: pidfd_open fails for 4 s; the worker of a long job killed",
      expectation: "the job is known to run, and its status is recorded",
      status: .says([
        .must("degraded", "a worker is gone, and what its job does can't be told yet: EMFILE"),
        .may("degraded", "1 job runs without a worker"),
      ]), needs: [.strace],
      check: .run(noPidfdWhileJudging)),
    FaultRow(
      number: 58, name: "the program's file deleted while it runs",
      how: "started from a copy; rm; ticker and workers killed",
      expectation: "the next ticker and workers come from the same file, deleted or not",
      status: .says([.must("degraded", "the program's file was deleted"), .may("starting")]), check: .run(deletedBinary)
    ),
    FaultRow(
      number: 59, name: "restart with a running job", how: "`cronwatch restart`",
      expectation: "the job is unharmed, adopted, and its exit is recorded",
      status: .says([.may("starting"), .may("stopping")]), check: .run(restart)),
    FaultRow(
      number: 60, name: "PID 1 of a container; foreign orphans",
      how: "`unshare --pid --fork`, watcher killed, 200 orphans",
      expectation: "another watcher comes, orphans are reaped, jobs fire on",
      status: .says([.may("starting"), .may("down", "jobs will NOT fire"), .may("degraded", "unsupervised")]),
      needs: [.root], check: .run(pidOne)),
  ]

  @Sendable private static func lateWorker(_ trial: Trial) throws -> String {
    for wait in [0.0, 1.5, 4.0, -1.0] {
      _ = try trial.use(faults: "worker.order-read@2:stop") { cron in
        try cron.wait("a worker stands still") { cron.workers().contains { ProcessStatus.read($0.pid)?.state == "T" } }
        let late = cron.workers().filter { ProcessStatus.read($0.pid)?.state == "T" }
        let ticker = try cron.ticker()
        try cron.signal(ticker, Signal.kill)
        try cron.waitForAnotherTicker(than: ticker)
        try trial.look(cron)
        if wait >= 0 {
          trial.letPass(seconds: wait)
          try cron.signal(late, Signal.resume)
        }
        try cron.waitForMore(7, of: "second", seconds: 60)
        return ""
      }
    }
    return "4 trials"
  }

  private static func noForks(_ trial: Trial, of role: String) throws -> String {
    var oldest = 0.0
    let seen = try trial.use { cron in
      try cron.waitForMore(2, of: "tick")
      let victims = role == "ticker" ? [try cron.ticker()] : cron.workers()
      // The workers that there are must not be enough for what comes.
      var injection = try Injection(cron, into: victims, "clone,clone3,fork,vfork:error=EAGAIN")
      if role == "ticker" { try cron.signal(cron.workers(), Signal.kill) }
      for _ in 0..<12 {
        trial.letPass(seconds: 0.5)
        oldest = max(oldest, try cron.beatAge() ?? 99)
      }
      let hits = injection.hits
      try injection.end()
      try trial.expect(hits > 0, "nothing failed")
      try trial.expect(oldest < 8, "a beat was \(oldest) s old")
      try cron.waitForVerdict("healthy", seconds: 60)
      try cron.waitForMore(3, of: "tick", seconds: 40)
      return "\(hits) forks failed"
    }
    return seen
  }

  @Sendable private static func noDescriptors(_ trial: Trial) throws -> String {
    _ = try Surroundings.tool("prlimit")
    return try trial.use { cron in
      try cron.waitForMore(2, of: "tick")
      let ticker = try cron.ticker()
      let open = try Directory.open("/proc/\(ticker.pid)/fd").list().count
      for room in [0, 1, 2, 4] {
        try Surroundings.run(["prlimit", "--pid", String(ticker.pid), "--nofile=\(open + room):"], in: cron)
        try cron.signal(cron.workers(), Signal.kill)
        trial.letPass(seconds: 1)
        try trial.look(cron)
        trial.letPass(seconds: 2)
        try Surroundings.run(["prlimit", "--pid", String(ticker.pid), "--nofile=20000:"], in: cron)
        try cron.waitForMore(2, of: "tick", seconds: 40)
      }
      try cron.waitForVerdict("healthy", seconds: 60)
      return ticker.isAlive ? "the same ticker lived on" : "another ticker"
    }
  }

  @Sendable private static func noPidfdWhileJudging(_ trial: Trial) throws -> String {
    try trial.use(DeathRows.jobs) { cron in
      let run = try DeathRows.startLong(cron)
      let job = try cron.runningJob("long").process
      let worker = try cron.worker(of: job)
      var injection = try Injection(cron, into: [try cron.ticker()], "pidfd_open:error=EMFILE")
      try cron.signal(worker, Signal.kill)
      try trial.look(cron)
      trial.letPass(seconds: 4)
      let hits = injection.hits
      try injection.end()
      try trial.expect(hits > 0, "nothing failed")
      let row = try cron.runs("long").first { $0.run == run }
      try trial.expect(row?.outcome == nil, "it is recorded as ended: \(row.map { JSONWriter.text($0.json) } ?? "")")
      try DeathRows.endLong(cron, run, as: "failed", exit: 7)
      return "\(hits) calls failed"
    }
  }

  @Sendable private static func deletedBinary(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      let copy = cron.sandbox.path(of: "copy-of-cronwatch")
      try Surroundings.run(["cp", Program.path, copy], in: cron)
      var start = try cron.spawn(["start", cron.crontabPath], executable: copy)
      _ = try start.wait("start", seconds: 60)
      try cron.waitForMore(2, of: "tick")
      try Directory.open(cron.sandbox.path).unlink("copy-of-cronwatch")
      let ticker = try cron.ticker()
      try cron.signal(cron.workers() + [ticker], Signal.kill)
      try cron.waitForAnotherTicker(than: ticker)
      try cron.waitForMore(3, of: "tick")
      try trial.look(cron)
      try cron.stop()
      return ""
    }
  }

  @Sendable private static func restart(_ trial: Trial) throws -> String {
    try trial.use(DeathRows.jobs, configuration: "[ticker]\ninterval = 1s\n[jobs]\ndrain = 1s\n") { cron in
      let run = try DeathRows.startLong(cron)
      let job = try cron.runningJob("long").process
      let result = try cron.run(["restart"], seconds: 60)
      try trial.expect(result.exit == 0, "restart: \(result.exit) \(result.error)")
      try trial.expect(try cron.runningJob("long").process == job, "the job isn't adopted")
      try trial.look(cron)
      try cron.waitForMore(2, of: "tick")
      try DeathRows.endLong(cron, run, as: "failed", exit: 7)
      return ""
    }
  }

  @Sendable private static func pidOne(_ trial: Trial) throws -> String {
    let orphans = "  for i in 1 2 3 4 5 6 7 8 9 10; do (sh -c 'sleep 0.2 &' &) ; done"
    let jobs = [JobPlan.tick, JobPlan(name: "orphans", everySeconds: 1, work: orphans)]
    return try trial.use(jobs, starting: false) { cron in
      let words = [
        "--pid", "--fork", "--mount-proc", "--kill-child", Program.path, "start", "--foreground", cron.crontabPath,
      ]
      var container = try cron.spawn(words, executable: try Surroundings.tool("unshare"))
      try cron.waitForMore(3, of: "tick", seconds: 60)
      let watchers = Victims.look(cron.state).byRole["watcher"] ?? []
      try trial.expect(watchers.count == 1, "there are \(watchers.count) watchers")
      try cron.signal(watchers, Signal.kill)
      try trial.look(cron)
      try cron.wait("another watcher") {
        Victims.look(cron.state).byRole["watcher"].map { $0 != watchers } ?? false
      }
      try cron.waitForMore(8, of: "orphans", seconds: 60)
      let stubs = Processes.naming(cron.sandbox.path).filter {
        ProcessStatus.commandLine(of: $0.pid)?.contains("init") == true
      }
      let zombies = Processes.all().compactMap { ProcessStatus.read($0) }.count { $0.state == "Z" }
      try ProcessDescriptor(child: container.pid).signal(Signal.kill)
      _ = try container.wait("the container", seconds: 20)
      try trial.expect(zombies < 20, "\(zombies) zombies")
      return "\(stubs.count) stub, \(zombies) zombies on the machine"
    }
  }
}
