import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Death and standstill at the steps of recovery, and at calls of the kernel.
extension FaultRow {
  static let stepRows: [FaultRow] = [
    FaultRow(
      number: 2, name: "ticker killed at each step of a run", how: "its 14 fault points with `kill`, one after another",
      expectation: "the table of recovery: what never ran fires once, what ran is recorded",
      status: .says([
        .may("starting"), .may("degraded", "configuration couldn't be read (signal KILL)"),
        .may("degraded", "can't be started"),
      ]),
      needs: [.faultPoints],
      check: .run { try eachPoint($0, tickerPoints, "kill") }),
    FaultRow(
      number: 61, name: "worker killed at each step of a run", how: "its 8 fault points with `kill`",
      expectation: "the same table",
      status: .says([.may("degraded", "1 job runs without a worker"), .may("degraded", "can't be started")]),
      needs: [.faultPoints],
      check: .run { try eachPoint($0, workerPoints, "kill") }),
    FaultRow(
      number: 62, name: "worker stopped at each step of a run",
      how: "its 8 fault points with `stop`: it comes too late",
      expectation: "killed after 5 s, then the same table",
      status: .says([.may("degraded", "1 job runs without a worker"), .may("degraded", "can't be started")]),
      needs: [.faultPoints],
      check: .run { try eachPoint($0, workerPoints, "stop") }),
    FaultRow(
      number: 63, name: "ticker stopped between steps, its watcher replaced",
      how: "fault points `claim.appended` … `order.rung` with `stop`; then watcher killed, another started",
      expectation: "the old ticker ends before the new one looks at anything; nothing fires twice",
      status: .says([.must("degraded", "unsupervised"), .may("starting"), .may("degraded", "can't be started")]),
      needs: [.faultPoints], check: .run(lateTicker)),
    FaultRow(
      number: 64, name: "ticker killed at its N-th call",
      how: "strace: SIGKILL on entering the N-th write, pwrite, openat, rename, fdatasync, fcntl",
      expectation: "nothing is lost or fired twice",
      status: .says([.may("starting"), .may("degraded"), .may("crash-looping", "the ticker died")]), needs: [.strace],
      check: .run(tickerAtCalls)),
    FaultRow(
      number: 65, name: "any process killed at its N-th call of a start",
      how: "strace -f from `cronwatch start` on, SIGKILL at the N-th call of each process; then a start without",
      expectation: "the next start recovers; nothing is lost or fired twice",
      status: .says([.may("starting"), .may("degraded")]), needs: [.strace],
      check: .run(startAtCalls)),
    FaultRow(
      number: 66, name: "calls of the ticker fail",
      how:
        "strace: EIO, ENOSPC, EROFS, EMFILE, ENOMEM, EAGAIN from pwrite, openat, fdatasync, rename, fallocate",
      expectation: "jobs fire on, `degraded` at most; healthy when the calls succeed again",
      status: .says([.may("degraded"), .may("starting")]), needs: [.strace],
      check: .run(failingCalls)),
    FaultRow(
      number: 67, name: "calls of a start fail",
      how:
        "strace -f from `cronwatch start` on: EMFILE, ENOMEM, EIO at the N-th call of each process; then one without",
      expectation: "a start that fails says so; nothing is lost, fired twice or left running",
      status: .says([.may("starting"), .may("degraded")]), needs: [.strace],
      check: .run(failingStart)),
    FaultRow(
      number: 38, name: "EIO from fdatasync",
      how: "strace: the 3rd fdatasync of the ticker's threads, and from there all",
      expectation: "that descriptor is never synced again; a new segment; later kept in memory; healthy afterwards",
      status: .says([.must("degraded", "the ledger can't be synced: EIO"), .may("degraded")]),
      needs: [.strace], check: .run(syncFails)),
    FaultRow(
      number: 39, name: "EINTR", how: "strace: every third write, pwrite, fdatasync, epoll_pwait, read of the ticker",
      expectation: "no record is lost or doubled",
      status: .healthy, needs: [.strace],
      check: .run { trial in
        try injected(trial, "write,pwrite64,fdatasync,read:error=EINTR:when=2+3", seconds: 10)
      }),
    FaultRow(
      number: 40, name: "a disk that takes 10 s for each sync", how: "strace: fdatasync:delay_exit=10000000",
      expectation: "the beat stays fresh; jobs fire late, or from memory, and once",
      status: .says([
        .must("degraded", "a sync of the ledger takes more than 5 s"),
        .may("degraded", "the disk has not finished a sync of the ledger"),
      ]), needs: [.strace],
      check: .run(slowSync)),
  ]

  private static let tickerPoints = [
    "ticker.locked", "recovery.begin", "ticker.recovered", "tick.begin@3", "tick.end@3", "ledger.appended@3",
    "claim.appended@2", "claim.synced@2", "claim.durable@2", "order.written@2", "order.rung@2", "reader.before-read",
    "reader.before-write", "reader.written",
  ]
  private static let workerPoints = [
    "worker.started", "worker.order-read@2", "worker.before-launch@2", "worker.exec-written@2", "worker.job-ended@2",
    "worker.output-kept@2", "worker.exit-written@2", "worker.before-launch",
  ]

  private static func eachPoint(_ trial: Trial, _ points: [String], _ action: String) throws -> String {
    var starts = 0
    for point in points {
      let seen = try trial.use(faults: "\(point):\(action)") { cron in
        try cron.wait("\(point) strikes") {
          (try? Directory.open(cron.sandbox.path(of: "faults")).list().isEmpty) == false
        }
        try trial.look(cron)
        try cron.waitForMore(3, of: "tick", seconds: 60)
        return ""
      }
      starts += Int(seen.prefix { $0.isNumber }) ?? 0
    }
    return "\(points.count) points, \(starts) starts, each accounted for"
  }

  @Sendable private static func lateTicker(_ trial: Trial) throws -> String {
    let points = ["claim.appended@2", "claim.synced@2", "claim.durable@2", "order.written@2", "order.rung@2"]
    for point in points {
      _ = try trial.use(faults: "\(point):stop") { cron in
        let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
        try cron.wait("\(point) strikes") { ProcessStatus.read(ticker.pid)?.state == "T" }
        try cron.signal(watcher, Signal.kill)
        try cron.wait("the watcher's death") { !watcher.isAlive }
        try trial.look(cron)
        try cron.start()
        try trial.expect(!ticker.isAlive, "the old ticker lives beside the new one")
        try cron.waitForMore(3, of: "tick")
        return ""
      }
    }
    return "\(points.count) points"
  }

  @Sendable private static func tickerAtCalls(_ trial: Trial) throws -> String {
    var killed = 0
    let seen = try trial.use { cron in
      for call in ["write", "pwrite64", "openat", "renameat,renameat2,rename", "fdatasync", "fcntl"] {
        for place in [1, 2, 3, 4, 6, 9, 13, 18] {
          let old = try cron.ticker()
          var injection = try Injection(cron, into: [old], "\(call):signal=KILL:when=\(place)")
          do {
            try waitQuietly(8) { !old.isAlive }
            killed += 1
          } catch is Late {
            // It has no such call in this time.
          }
          try injection.end()
          if old.isAlive { break }
          try cron.waitForAnotherTicker(than: old)
        }
      }
      try trial.expect(killed >= 12, "only \(killed) deaths: the calls aren't met")
      return "\(killed) deaths"
    }
    return seen
  }

  @Sendable private static func startAtCalls(_ trial: Trial) throws -> String {
    try tracedStarts(
      trial,
      ["write", "pwrite64", "openat", "renameat,renameat2", "fdatasync", "fcntl", "mkdirat", "unlinkat", "clone3"]
    ) { call, place in "\(call):signal=KILL:when=\(place)" }
  }

  @Sendable private static func failingStart(_ trial: Trial) throws -> String {
    try tracedStarts(trial, ["openat", "fcntl", "pwrite64", "mkdirat", "epoll_ctl", "pidfd_open"]) { call, place in
      let error = ["EMFILE", "ENOMEM", "EIO"][place % 3]
      return "\(call):error=\(error):when=\(place)"
    }
  }

  /// Starts under strace, each process counting for itself; then a start without it has to bring everything back.
  private static func tracedStarts(
    _ trial: Trial, _ calls: [String], _ rule: (String, Int) -> String
  ) throws -> String {
    var (rounds, hits) = (0, 0)
    let seen = try trial.use(allowing: .silentJobs) { cron in
      for call in calls {
        for place in [1, 2, 3, 5, 8, 12, 17, 25, 40] {
          _ = try cron.run(["stop"])
          Processes.killRoles(cron)
          let log = cron.sandbox.path(of: "commands/traced.log")
          let words = ["-f", "-o", log, "-e", "trace=\(call)", "-e", "inject=" + rule(call, place), Program.path]
          var tracer = try Program.start(
            words + ["start", cron.crontabPath], environment: cron.environment,
            filePrefix: cron.sandbox.path(of: "commands/traced"), executable: try Surroundings.tool("strace"),
            name: "strace")
          trial.letPass(seconds: 1.2)
          // Whom it traced runs on.
          try ProcessDescriptor(child: tracer.pid).signal(Signal.kill)
          _ = try tracer.wait("strace", seconds: 20)
          hits += text(log).split(separator: "\n").count {
            $0.contains("(INJECTED)") || $0.contains("killed by SIGKILL")
          }
          rounds += 1
          _ = try cron.run(["start", cron.crontabPath], seconds: 90)
          try cron.waitForMore(1, of: "tick", seconds: 40)
          try trial.look(cron)
        }
      }
      try trial.expect(hits >= rounds / 2, "only \(hits) faults in \(rounds) starts")
      return "\(rounds) starts, \(hits) faults"
    }
    return seen
  }

  @Sendable private static func failingCalls(_ trial: Trial) throws -> String {
    let errors = ["EIO", "ENOSPC", "EROFS", "EMFILE", "ENOMEM", "EAGAIN"]
    let calls = ["pwrite64", "openat", "fdatasync", "renameat,renameat2", "fallocate", "fcntl"]
    var hits = 0
    return try trial.use(configuration: Trial.settings + "[ledger]\nsegment-size = 256K\n") { cron in
      for error in errors {
        for call in calls {
          var injection = try Injection(cron, into: [try cron.ticker()], "\(call):error=\(error):when=1..8")
          trial.letPass(seconds: 1.5)
          try trial.look(cron)
          hits += injection.hits
          try injection.end()
        }
        try cron.waitForVerdict("healthy", seconds: 60)
        try cron.waitForMore(2, of: "tick")
      }
      try trial.expect(hits >= 60, "only \(hits) calls failed")
      return "\(hits) calls failed"
    }
  }

  @Sendable private static func syncFails(_ trial: Trial) throws -> String {
    try trial.use { cron in
      var once = try Injection(cron, into: [try cron.ticker()], "fdatasync:error=EIO:when=3")
      try cron.wait("the sync fails") { once.hits > 0 }
      try cron.waitForMore(3, of: "tick")
      try once.end()
      try cron.waitForVerdict("healthy")
      var always = try Injection(cron, into: [try cron.ticker()], "fdatasync,fsync:error=EIO")
      try cron.waitForMore(6, of: "tick", seconds: 60)
      let message = try cron.waitForVerdict("degraded")["message"]?.stringValue ?? ""
      try always.end()
      try cron.waitForVerdict("healthy", seconds: 60)
      return "said: \(message)"
    }
  }

  @Sendable private static func slowSync(_ trial: Trial) throws -> String {
    var oldest = 0.0
    let seen = try trial.use { cron in
      var injection = try Injection(cron, into: [try cron.ticker()], "fdatasync:delay_exit=10000000")
      let deadline = SystemClock.monotonic() + 32_000_000_000
      while SystemClock.monotonic() < deadline {
        oldest = max(oldest, try cron.beatAge() ?? 99)
        trial.letPass(seconds: 0.4)
      }
      let hits = injection.hits
      try injection.end()
      try trial.expect(oldest < 8, "a beat was \(oldest) s old")
      try trial.expect(hits >= 1, "no sync was slow")
      try cron.waitForVerdict("healthy", seconds: 90)
      try cron.waitForMore(2, of: "tick")
      return "\(hits) slow syncs"
    }
    return "\(seen); the oldest beat was \((oldest * 10).rounded() / 10) s old"
  }

  /// The ticker works under an injection for a while.
  static func injected(_ trial: Trial, _ rule: String, seconds: Double) throws -> String {
    try trial.use { cron in
      var injection = try Injection(cron, into: [try cron.ticker()], rule)
      trial.letPass(seconds: seconds)
      try trial.look(cron)
      let hits = injection.hits
      try injection.end()
      try trial.expect(hits > 0, "nothing was injected")
      try cron.waitForMore(2, of: "tick")
      return "\(hits) calls"
    }
  }

  private struct Late: Error {}

  /// Waits without failing a row.
  private static func waitQuietly(_ seconds: Double, _ condition: () -> Bool) throws {
    let deadline = SystemClock.monotonic() + Int64(seconds * 1e9)
    while !condition() {
      if SystemClock.monotonic() > deadline { throw Late() }
      Pause.milliseconds(5)
    }
  }
}
