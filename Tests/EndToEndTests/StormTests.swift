import CronSystem
import CronTestRandom
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Many at once of what is harmless one by one.
@Suite(.ownThread)
struct StormTests {
  @Test("twenty starts at once give exactly one watcher and one ticker; the others say so", .acceptance(52))
  func twentyStarts() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      var exits: [ExitCause] = []
      var errors: [String] = []
      // Each is held by the next: values that own a process can't lie in an array.
      func start(_ left: Int) throws {
        if left == 0 { return }
        var started = try cron.spawn(["start", cron.crontabPath])
        errors.append(started.errorPath)
        try start(left - 1)
        exits.append(try started.wait("start \(left)", seconds: 60, sourceLocation: #_sourceLocation))
      }
      try start(20)
      #expect(exits.allSatisfy { $0 == .exited(0) || $0 == .exited(69) }, "\(exits)")
      #expect(exits.contains(.exited(0)))
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      let refusals = errors.map { text($0) }.filter { !$0.isEmpty }
      #expect(refusals.count == exits.count { $0 == .exited(69) })
      // Whoever asks in the very moment of the lock's taking can't be told by whom.
      #expect(refusals.allSatisfy { $0.contains("already") }, "\(refusals)")
      #expect(refusals.contains { $0.contains("pid \(watcher.pid)") })
      for role in ["watcher", "ticker"] {
        let alive = Processes.naming(cron.state).filter {
          ProcessStatus.commandLine(of: $0.pid)?.dropFirst(2).first == role
        }
        #expect(alive == [role == "watcher" ? watcher : ticker])
      }
      try cron.waitForEvidence(count: 2)
      try cron.stop()
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }

  /// All that are blocked and read, or mean nothing; not those that end or stop any process.
  private static let signals: [Int32] = [
    Signal.hangUp, Signal.quit, Signal.user1, Signal.user2, Signal.pipe, Signal.alarm, Signal.child, Signal.resume,
    Signal.windowChange, 23, 29, 30, 34, 50, 64,
  ]

  @Test("thousands of signals of all kinds at watcher, ticker and workers cost no run and no process")
  func signalStorm() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s")
          + "# cronwatch: name=long\n@yearly while [ ! -e $SANDBOX/go ]; do sleep 0.05; done\n")
      try cron.start()
      #expect(try cron.run(["run", "long"]).exit == 0)
      try cron.waitForEvidence(count: 1)
      let processes = [try cron.watcher(), try cron.ticker()] + cron.workers()
      #expect(processes.count >= 3)
      var random = SeededGenerator(seed: 20_261_121)
      var sent = 0
      while sent < 6_000 || cron.evidence().count < 4 {
        for _ in 0..<60 {
          guard let process = processes.randomElement(using: &random),
            let number = Self.signals.randomElement(using: &random)
          else { continue }
          // Workers are told to end by their tickers alone.
          let isWorker = process != processes[0] && process != processes[1]
          try cron.signal(process, isWorker && sent % 7 == 0 ? Signal.terminate : number)
          sent += 1
        }
      }
      try cron.waitForVerdict("healthy")
      let dead = processes.filter { !$0.isAlive }
      #expect(dead.isEmpty)
      #expect(try cron.watcher() == processes[0])
      #expect(try cron.ticker() == processes[1])
      #expect(try cron.run(["status", "--deaths", "--json"]).output.isEmpty)
      try cron.sandbox.write("go", "")
      try cron.wait("the long run ends") { try cron.runs("long").first?.outcome == "succeeded" }

      // Stops by the dozen are one stop.
      for _ in 0..<24 {
        try cron.signal(processes[0], Bool.random(using: &random) ? Signal.terminate : Signal.interrupt)
      }
      try cron.wait("the end of all processes") { Processes.naming(cron.state).isEmpty }
      #expect(
        try cron.run(["status", "--deaths", "--json"]).output.split(separator: "\n").allSatisfy {
          $0.contains("\"unwanted\":false")
        })
      try cron.requireExactAccount(of: "tick", everySeconds: 1)
    }
  }
}
