import CronSystem
import CronTestRandom
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Disks that are full, broken, frozen or without power.
extension FaultRow {
  static let diskRows: [FaultRow] = [
    FaultRow(
      number: 8, name: "ticker waits for a device (state D)",
      how: "`fsfreeze` of the ext4 image that holds the state, 12 s", expectation: "no second ticker; it goes on after",
      status: .says([.must("stalled", "the watcher does not beat either"), .may("stalled")]),
      needs: [.root, .loop], check: .run(frozenDisk)),
    FaultRow(
      number: 84, name: "ticker waits for a device (state D) and can't be killed",
      how: "`fsfreeze` of an ext4 image that holds the ledger alone, until status says what is the matter",
      expectation: "told within 2 minutes; no second ticker while it holds the lock, another one once it is gone",
      status: .says([
        .must("stalled", "the watcher sent SIGKILL and will start another"),
        .must("stalled", "SIGKILL does not end it (it waits for a device)"), .may("stalled"), .may("starting"),
      ]),
      needs: [.root, .loop], check: .run(frozenLedger)),
    FaultRow(
      number: 35, name: "no space for the state", how: "state on a tmpfs of 64 KiB; the ticker killed twice",
      expectation: "jobs fire, `degraded`; a crash of the ticker repeats nothing",
      status: .says([.must("degraded", "No space left on device"), .may("degraded"), .may("starting")]),
      needs: [.tmpfs],
      check: .run(tinyDisk)),
    FaultRow(
      number: 36, name: "no inodes for the state",
      how: "state on a tmpfs whose inodes are used up; the ticker killed twice",
      expectation: "the slots that are there serve; what the ledger doesn't take is kept in memory, then written",
      status: .says([
        .must("degraded", "the disk is full, and the ledger goes on in its reserve"), .may("degraded"),
        .may("starting"),
      ]),
      needs: [.tmpfs], check: .run { try fullDisk($0, bytes: false) }),
    FaultRow(
      number: 76, name: "the disk fills up and gets room again", how: "state on a tmpfs of 8 MB, filled and emptied",
      expectation: "decisions are kept in memory, then written; healthy, every instant accounted for",
      status: .says([
        .must("degraded", "the disk is full, and the ledger goes on in its reserve"), .may("degraded"),
        .may("starting"),
      ]),
      needs: [.tmpfs], check: .run { try fullDisk($0, bytes: true) }),
    FaultRow(
      number: 37, name: "the disk turns read-only",
      how: "ext4 image with errors=remount-ro, trigger_fs_error; all killed, mounted again, started twice",
      expectation:
        "jobs fire from memory, `degraded`; nothing twice; healthy once writable",
      status: .says([.must("degraded", "the state directory can't be written"), .may("degraded"), .may("starting")]),
      needs: [.root, .loop],
      check: .run(readOnlyDisk)),
    FaultRow(
      number: 41, name: "the power fails",
      how: "ext4 image cut off by EXT4_IOC_SHUTDOWN at 10 moments, all of ours dead at that instant, another boot id",
      expectation: "what ran is known; open runs are `interrupted`; nothing fires twice",
      status: .says([.may("starting"), .may("degraded")]), needs: [.root, .loop],
      check: .run(powerCuts)),
    FaultRow(
      number: 20, name: "the state of another boot",
      how: "all killed while a job runs, the job too; another /proc/sys/kernel/random/boot_id in a mount namespace",
      expectation: "the open run is `interrupted`; nobody is signalled",
      status: .says([.may("starting")]), needs: [.root], check: .run(anotherBoot)),
  ]

  @Sendable private static func frozenDisk(_ trial: Trial) throws -> String {
    var disk: LoopDisk?
    return try trial.use(
      state: "disk/state",
      on: { cron in
        let made = try LoopDisk(cron)
        disk = made
        return made
      }
    ) { cron in
      guard let disk else { throw RowFailure("no disk") }
      try cron.waitForMore(2, of: "tick")
      try disk.freeze()
      var isFrozen = true
      defer { if isFrozen { try? disk.thaw() } }
      trial.letPass(seconds: 12)
      try trial.look(cron)
      let tickers = Victims.look(cron.state).byRole["ticker"]?.count ?? 0
      let waiting = Victims.look(cron.state).all.count { ProcessStatus.read($0.identity.pid)?.state == "D" }
      try disk.thaw()
      isFrozen = false
      try trial.expect(tickers == 1, "\(tickers) tickers")
      try cron.waitForVerdict("healthy", seconds: 60)
      try cron.waitForMore(3, of: "tick")
      return "\(waiting) processes of ours waited in state D"
    }
  }

  @Sendable private static func frozenLedger(_ trial: Trial) throws -> String {
    var disk: LoopDisk?
    return try trial.use(
      state: "state",
      on: { cron in
        let made = try LoopDisk(cron, at: "state/ledger")
        disk = made
        return made
      }
    ) { cron in
      guard let disk else { throw RowFailure("no disk") }
      try cron.waitForMore(2, of: "tick")
      let ticker = try cron.ticker()
      try disk.freeze()
      var isFrozen = true
      defer { if isFrozen { try? disk.thaw() } }
      try waitUntil("status says that it can't be killed", seconds: 150) {
        Pause.milliseconds(500)
        let tickers = Victims.look(cron.state).byRole["ticker"]?.count ?? 0
        try trial.expect(tickers == 1, "\(tickers) tickers")
        return try cron.status()["message"]?.stringValue?.contains("SIGKILL does not end it") ?? false
      }
      let state = ProcessStatus.read(ticker.pid).map { "\($0.state)" } ?? "gone"
      try disk.thaw()
      isFrozen = false
      try cron.waitForAnotherTicker(than: ticker)
      try cron.waitForVerdict("healthy", seconds: 60)
      try cron.waitForMore(3, of: "tick")
      return "the old ticker was in state \(state), another one only after it"
    }
  }

  @Sendable private static func tinyDisk(_ trial: Trial) throws -> String {
    // With the last watcher its memory goes, and with it what the disk never took: only the evidence is left.
    try trial.use(
      state: "disk/state", allowing: [.damage, .degraded], starting: false,
      on: { try SmallDisk($0.sandbox.path(of: "disk"), kilobytes: 64) }
    ) { cron in
      let start = try cron.run(["start", cron.crontabPath], seconds: 60)
      try trial.expect(start.exit == 0, "start: \(start.exit) \(start.output)\(start.error)")
      for _ in 0..<2 {
        try cron.waitForMore(3, of: "tick")
        let ticker = try cron.ticker()
        try cron.signal(ticker, Signal.kill)
        try cron.waitForAnotherTicker(than: ticker)
      }
      try cron.waitForMore(3, of: "tick")
      try trial.look(cron)
      let status = try cron.status()
      try trial.expect(status["verdict"]?.stringValue == "degraded", "status: \(status["message"]?.stringValue ?? "")")
      _ = try cron.run(["stop"])
      // Whoever starts now has nothing to go by; that is the last row of its table, not of this one.
      Processes.killAll(naming: cron.state)
      return "said: \(status["message"]?.stringValue ?? "")"
    }
  }

  private static func fullDisk(_ trial: Trial, bytes: Bool) throws -> String {
    var disk: SmallDisk?
    let settings = Trial.settings + "[ledger]\nsegment-size = 64K\n"
    return try trial.use(
      state: "disk/state", configuration: settings,
      on: { cron in
        let made = try SmallDisk(cron.sandbox.path(of: "disk"), kilobytes: 8_192)
        disk = made
        return made
      }
    ) { cron in
      guard let disk else { throw RowFailure("no disk") }
      try cron.waitForMore(2, of: "tick")
      try disk.fill(bytes: bytes)
      for _ in 0..<2 {
        let ticker = try cron.ticker()
        try cron.signal(ticker, Signal.kill)
        try cron.waitForAnotherTicker(than: ticker)
        try trial.look(cron)
        try cron.waitForMore(3, of: "tick")
      }
      try disk.makeRoom()
      try cron.waitForVerdict("healthy", seconds: 60)
      return ""
    }
  }

  @Sendable private static func readOnlyDisk(_ trial: Trial) throws -> String {
    var disk: LoopDisk?
    // What ran from memory is known to nobody once all of ours are dead: only the evidence is left.
    return try trial.use(
      state: "disk/state", allowing: .damage,
      on: { cron in
        let made = try LoopDisk(cron, remounting: true)
        disk = made
        return made
      }
    ) { cron in
      guard let disk else { throw RowFailure("no disk") }
      try cron.waitForMore(2, of: "tick")
      try disk.breakDown()
      let message = try waitForValue("status says that something is wrong", seconds: 90) {
        let status = try cron.status()
        return status["verdict"]?.stringValue == "healthy" ? nil : status["message"]?.stringValue
      }
      // Longer than a ticker that can't beat would live.
      trial.letPass(seconds: 30)
      try cron.waitForMore(3, of: "tick", seconds: 30)
      Processes.killAll(naming: cron.sandbox.path)
      try disk.mend()
      // The first start says what was lost with all of ours, the next one has nothing to say.
      for verdict in ["degraded", "healthy"] {
        try trial.expect(try cron.run(["start", cron.crontabPath], seconds: 60).exit == 0, "no start once mended")
        try cron.waitForVerdict(verdict, seconds: 60)
        try cron.waitForMore(2, of: "tick", seconds: 60)
        if verdict == "degraded" { _ = try cron.run(["stop"], seconds: 60) }
      }
      return "said: \(message)"
    }
  }

  @Sendable private static func powerCuts(_ trial: Trial) throws -> String {
    var disk: LoopDisk?
    var generator = SeededGenerator(seed: trial.options.seed)
    return try trial.use(
      [.tick, .second, JobPlan(name: "slow", everySeconds: 3, work: "sleep 2")], state: "disk/state", starting: false,
      on: { cron in
        let made = try LoopDisk(cron)
        disk = made
        return made
      }
    ) { cron in
      guard let disk else { throw RowFailure("no disk") }
      for round in 0..<10 {
        try OtherBoot.start(cron, number: round)
        trial.letPass(seconds: 2 + Double.random(in: 0..<2.5, using: &generator))
        // All stop at one instant: nobody may see the disk's death and act on it.
        let all = Processes.naming(cron.sandbox.path)
        for identity in all { try cron.signal(identity, Signal.stop) }
        try disk.cutPower()
        for identity in all { try cron.signal(identity, Signal.kill) }
        Processes.killAll(naming: cron.sandbox.path)
        try disk.powerUp()
      }
      try OtherBoot.start(cron, number: 99)
      try trial.look(cron)
      try cron.waitForMore(2, of: "tick")
      return "10 cuts"
    }
  }

  @Sendable private static func anotherBoot(_ trial: Trial) throws -> String {
    try trial.use(DeathRows.jobs) { cron in
      let run = try DeathRows.startLong(cron)
      let job = try cron.runningJob("long").process
      Processes.killRoles(cron)
      try cron.signal(job, Signal.kill)
      Processes.killAll(naming: cron.sandbox.path)
      try OtherBoot.start(cron, number: 1)
      let row = try waitForValue("what became of the run") {
        try cron.runs("long").first { $0.run == run && $0.outcome != nil }
      }
      try trial.expect(row.outcome == "interrupted", JSONWriter.text(row.json))
      try trial.look(cron)
      try cron.waitForMore(2, of: "tick")
      return "recorded as interrupted"
    }
  }
}

/// A start that finds another boot id than the kernel's: in a mount namespace of its own.
enum OtherBoot {
  static func start(_ cron: Cronwatch, number: Int) throws {
    let digits = String(number)
    let name = "0b007000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    let file = try cron.sandbox.write("boot-\(number)", name + "\n")
    let line = "mount --bind \"$1\" /proc/sys/kernel/random/boot_id && exec \"$2\" start \"$3\""
    var start = try cron.spawn(
      ["--mount", "/bin/sh", "-c", line, "sh", file, Program.path, cron.crontabPath],
      executable: try Surroundings.tool("unshare"))
    let (output, error) = (start.outputPath, start.errorPath)
    let cause = try start.wait("start", seconds: 60)
    if cause != .exited(0) {
      let said = text(error) + text(output)
      if said.contains("unshare:") || said.contains("mount:") { throw RowSkipped("no mount namespace: \(said)") }
      throw RowFailure("start of another boot: \(cause) \(said)")
    }
  }
}
