import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Watcher and ticker die, stop or spin.
extension FaultRow {
  static let processRows: [FaultRow] = [
    FaultRow(
      number: 1, name: "ticker killed while idle", how: "kill -9, six times",
      expectation: "another one fires within seconds; nothing is lost or fired twice; each death is written down",
      status: .says([.may("starting"), .may("crash-looping", "the ticker died")]),
      check: .run(killIdle)),
    FaultRow(
      number: 3, name: "ticker traps", how: "fault point `tick.begin@3:trap`",
      expectation: "a death by signal, and another ticker",
      status: .says([.may("starting")]), needs: [.faultPoints],
      check: .run { try tickerEnds($0, "tick.begin@3:trap") }),
    FaultRow(
      number: 4, name: "ticker ends with status 0 unasked", how: "fault point `tick.begin@3:exit0`",
      expectation: "taken for a death, and another ticker",
      status: .says([.may("starting")]), needs: [.faultPoints],
      check: .run { try tickerEnds($0, "tick.begin@3:exit0") }),
    FaultRow(
      number: 5, name: "ticker stopped", how: "kill -STOP",
      expectation: "once its beat is 3 intervals and 20 s old it is continued, and goes on as the same process",
      status: .says([.may("stalled", "SIGCONT")]),
      check: .run(tickerStopped)),
    FaultRow(
      number: 6, name: "ticker spins", how: "fault point `tick.begin@4:spin`",
      expectation: "once its beat is too old: SIGABRT, 5 s later SIGKILL, another ticker",
      status: .says([
        .must("stalled", "the watcher sent SIGABRT and will kill it"), .may("stalled"), .may("starting"),
      ]),
      needs: [.faultPoints],
      check: .run { try tickerEnds($0, "tick.begin@4:spin", seconds: 60) }),
    FaultRow(
      number: 7, name: "the ticker's loop hangs, its helper thread lives", how: "fault point `tick.begin@4:hang`",
      expectation: "found out as well, because the loop itself writes the beat",
      status: .says([
        .must("stalled", "the watcher sent SIGABRT and will kill it"), .may("stalled"), .may("starting"),
      ]),
      needs: [.faultPoints],
      check: .run { try tickerEnds($0, "tick.begin@4:hang", seconds: 60) }),
    FaultRow(
      number: 9, name: "ticker dies again and again", how: "fault point `tick.begin@6:kill` in every ticker",
      expectation: "pauses grow, `crash-looping` says so, jobs fire between the deaths",
      status: .says([
        .must("crash-looping", "the ticker died 3 times in 10 min, last: signal KILL"), .may("crash-looping"),
        .may("starting"),
      ]), needs: [.faultPoints],
      check: .run(crashLoop)),
    FaultRow(
      number: 11, name: "watcher killed under a service manager",
      how: "`SYSTEMD_EXEC_PID` is its own pid; kill -9; started again as systemd would",
      expectation: "the ticker ends by itself, the job runs on and is adopted",
      status: .says([.must("down", "jobs will NOT fire"), .may("degraded", "unsupervised"), .may("starting")]),
      check: .run(underServiceManager)),
    FaultRow(
      number: 12, name: "watcher killed, nobody restarts it", how: "kill -9, later `cronwatch start`",
      expectation: "the ticker fires on as `unsupervised`; a new watcher takes over",
      status: .says([.must("degraded", "unsupervised: no watcher would restart the ticker"), .may("starting")]),
      check: .run(unsupervised)),
    FaultRow(
      number: 13, name: "watcher and ticker killed at once", how: "kill -9 of both, a job runs",
      expectation: "the job is unharmed, its end is recorded after the start",
      status: .says([.must("down", "jobs will NOT fire"), .may("starting")]),
      check: .run { try killedBeside($0, ["watcher", "ticker"], expecting: "failed") }),
    FaultRow(
      number: 14, name: "watcher stopped, then continued", how: "kill -STOP for 30 s",
      expectation: "no ticker is taken for stalled, none is replaced",
      status: .says([.must("degraded", "the watcher does not beat")]), check: .run { try frozen($0, ["watcher"], 30) }),
    FaultRow(
      number: 15, name: "watcher and ticker stopped, as a paused machine", how: "kill -STOP of both for 40 s",
      expectation: "nobody is killed; what was missed is caught up or recorded",
      status: .says([
        .must("stalled", "the watcher does not beat either"), .may("stalled"),
        .may("degraded", "the watcher does not beat"),
      ]),
      check: .run { try frozen($0, ["watcher", "ticker"], 40) }),
    FaultRow(
      number: 16, name: "twenty watchers at once", how: "20 `cronwatch start` in parallel, three times",
      expectation: "one watcher and one ticker; every other start ends with 0 or 69 and says who runs",
      status: .says([.may("starting")]),
      check: .run(twentyStarts)),
    FaultRow(
      number: 17, name: "a second watcher with another configuration",
      how: "`start --config OTHER` beside a running one",
      expectation: "nothing is started twice; the start tells of the one that runs",
      status: .healthy, check: .run(otherConfiguration)),
    FaultRow(
      number: 18, name: "lock files deleted", how: "rm ticker.lock, later watcher.lock",
      expectation: "who lost its lock stops firing; one watcher and one ticker remain",
      status: .says([
        .must("degraded", "lock was removed or replaced"), .may("starting"), .may("degraded", "unsupervised"),
      ]), check: .run(locksDeleted)),
  ]

  @Sendable private static func killIdle(_ trial: Trial) throws -> String {
    var slowest: Int64 = 0
    return try trial.use { cron in
      for _ in 0..<6 {
        try cron.waitForMore(2, of: "tick")
        let old = try cron.ticker()
        let took = try trial.milliseconds {
          try cron.signal(old, Signal.kill)
          try cron.waitForAnotherTicker(than: old)
          try cron.waitForMore(1, of: "tick")
        }
        slowest = max(slowest, took)
      }
      try trial.expect(slowest < 8_000, "it took \(slowest) ms until a job fired again")
      let deaths = text(cron.state + "/deaths").split(separator: "\n").count { $0.contains("ticker") }
      try trial.expect(deaths >= 6, "\(deaths) of 6 deaths are written down")
      return "6 kills, a job fired again after \(slowest) ms at most"
    }
  }

  /// The ticker comes to an end at a fault point.
  private static func tickerEnds(_ trial: Trial, _ fault: String, seconds: Double = 30) throws -> String {
    try trial.use(faults: fault) { cron in
      try cron.wait("the fault strikes") {
        (try? Directory.open(cron.sandbox.path(of: "faults")).list().isEmpty) == false
      }
      let took = try trial.milliseconds {
        try cron.wait("another ticker", seconds: seconds) {
          (try cron.status()["ticker"]?["restarts"]?.integerValue ?? 0) > 0
        }
      }
      try cron.waitForMore(2, of: "tick")
      return "another ticker after \(took) ms"
    }
  }

  @Sendable private static func tickerStopped(_ trial: Trial) throws -> String {
    try trial.use { cron in
      try cron.waitForMore(2, of: "tick")
      let ticker = try cron.ticker()
      try cron.signal(ticker, Signal.stop)
      try cron.wait("it is stopped") { ProcessStatus.read(ticker.pid)?.state == "T" }
      let took = try trial.milliseconds {
        try cron.wait("the ticker is continued", seconds: 60) {
          _ = try cron.status()
          return ProcessStatus.read(ticker.pid)?.state != "T"
        }
      }
      try trial.expect(took >= 20_000, "continued after \(took) ms: too early")
      try cron.waitForVerdict("healthy")
      try trial.expect(try cron.ticker() == ticker, "it was replaced")
      return "continued after \(took) ms"
    }
  }

  @Sendable private static func crashLoop(_ trial: Trial) throws -> String {
    let settings = "[ticker]\ninterval = 1s\n[jobs]\ndrain = 10s\n"
    return try trial.use(configuration: settings, faults: "tick.begin@6:kill", eachProcess: true) { cron in
      let status = try cron.waitForVerdict("crash-looping", seconds: 60)
      try cron.waitForMore(1, of: "tick", seconds: 60)
      _ = try cron.run(["stop"])
      return "said: \(status["message"]?.stringValue ?? "")"
    }
  }

  @Sendable private static func underServiceManager(_ trial: Trial) throws -> String {
    try trial.use(DeathRows.jobs, starting: false) { cron in
      let line = "export SYSTEMD_EXEC_PID=$$; exec \"$0\" start \"$1\""
      let words = ["-c", line, Program.path, cron.crontabPath]
      let first = try cron.spawn(words, executable: "/bin/sh")
      try cron.waitForVerdict("healthy")
      let run = try DeathRows.startLong(cron)
      let (job, ticker, watcher) = (try cron.runningJob("long").process, try cron.ticker(), try cron.watcher())
      try trial.expect(watcher.pid == first.pid, "the start isn't the watcher itself")
      try cron.signal(watcher, Signal.kill)
      try cron.wait("the end of the ticker") { !ticker.isAlive }
      try trial.expect(job.isAlive, "the job died too")
      try trial.look(cron)
      let second = try cron.spawn(words, executable: "/bin/sh")
      try cron.waitForVerdict("healthy")
      try trial.expect(try cron.runningJob("long").process == job, "the job isn't adopted")
      try DeathRows.endLong(cron, run, as: "failed", exit: 7)
      _ = try cron.run(["stop"])
      _ = consume first
      _ = consume second
      return ""
    }
  }

  @Sendable private static func unsupervised(_ trial: Trial) throws -> String {
    try trial.use { cron in
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      try cron.signal(watcher, Signal.kill)
      try cron.waitForMore(3, of: "tick")
      let message = try cron.waitForVerdict("degraded")["message"]?.stringValue ?? ""
      try trial.expect(message.contains("unsupervised"), "status says: \(message)")
      try trial.expect(ticker.isAlive, "the ticker ended")
      try cron.start()
      try trial.expect(!ticker.isAlive, "the old ticker lives on")
      try cron.waitForMore(2, of: "tick")
      return "fired on alone, then taken over"
    }
  }

  private static func frozen(_ trial: Trial, _ roles: [String], _ seconds: Double) throws -> String {
    try trial.use { cron in
      try cron.waitForMore(2, of: "tick")
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      let stopped = roles.contains("ticker") ? [watcher, ticker] : [watcher]
      try cron.signal(stopped, Signal.stop)
      trial.letPass(seconds: seconds)
      try trial.look(cron)
      try cron.signal(stopped, Signal.resume)
      try cron.waitForVerdict("healthy")
      try cron.waitForMore(3, of: "tick")
      try trial.expect(try cron.ticker() == ticker && watcher.isAlive, "somebody was replaced")
      return "the same processes after \(Int(seconds)) s"
    }
  }

  @Sendable private static func twentyStarts(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      var statuses: [Int32: Int] = [:]
      for _ in 0..<3 {
        let pids = try (0..<20).map { _ in try Parallel.start(cron, ["start", cron.crontabPath]) }
        for pid in pids {
          guard case .exited(let status) = try Reaper.wait(for: pid).cause else { throw RowFailure("a start died") }
          statuses[status, default: 0] += 1
        }
        let victims = Victims.look(cron.state)
        let (watchers, tickers) = (victims.byRole["watcher"]?.count ?? 0, victims.byRole["ticker"]?.count ?? 0)
        try trial.expect(watchers == 1 && tickers == 1, "\(watchers) watchers and \(tickers) tickers")
        try trial.look(cron)
        try cron.waitForMore(2, of: "tick")
        try cron.stop()
      }
      try trial.expect(Set(statuses.keys).isSubset(of: [0, 69]), "exit statuses: \(statuses)")
      return "exit statuses \(statuses.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" })"
    }
  }

  @Sendable private static func otherConfiguration(_ trial: Trial) throws -> String {
    try trial.use { cron in
      let other = try cron.sandbox.write("other.conf", "[ticker]\ninterval = 2s\n")
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      let result = try cron.run(["start", "--config", other, cron.crontabPath])
      try trial.expect([0, 69].contains(result.exit), "exit \(result.exit): \(result.error)")
      try trial.expect((result.output + result.error).contains(String(watcher.pid)), "it doesn't say who runs")
      try trial.expect(try cron.watcher() == watcher && cron.ticker() == ticker, "it replaced somebody")
      try trial.look(cron)
      return "exit status \(result.exit)"
    }
  }

  @Sendable private static func locksDeleted(_ trial: Trial) throws -> String {
    try trial.use { cron in
      try cron.waitForMore(1, of: "tick")
      let ticker = try cron.ticker()
      try Directory.open(cron.state).unlink("ticker.lock")
      try cron.waitForAnotherTicker(than: ticker)
      try cron.wait("the end of the old ticker") { !ticker.isAlive }
      try cron.waitForMore(2, of: "tick")
      try Directory.open(cron.state).unlink("watcher.lock")
      try trial.look(cron)
      try cron.wait("the watcher locked it again") { cron.log.contains("locked it again") }
      let victims = Victims.look(cron.state)
      try trial.expect(victims.byRole["watcher"]?.count == 1, "there isn't one watcher")
      try trial.expect(victims.byRole["ticker"]?.count == 1, "there isn't one ticker")
      try cron.waitForMore(2, of: "tick")
      let message = try cron.status()["message"]?.stringValue ?? ""
      try trial.expect(message.contains("watcher.lock was removed"), "status says: \(message)")
      _ = try cron.run(["reload"])
      return ""
    }
  }
}

/// Commands that run beside each other.
enum Parallel {
  /// Starts one without waiting for it; the caller reaps its pid.
  static func start(_ cron: Cronwatch, _ words: [String]) throws -> Int32 {
    try Spawn.start(
      Program.path, arguments: ["cronwatch"] + words,
      environment: cron.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }, descriptors: [])
  }
}
