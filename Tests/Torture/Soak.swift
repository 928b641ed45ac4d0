import CronSystem
import CronTestRandom
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Thousands of kill -9 of random processes of ours under load; afterwards every occurrence must be accounted for.
struct Soak {
  private let options: Options

  init(_ options: Options) { self.options = options }

  /// What a soak came to.
  struct Result {
    var account: Account
    var kills: [String: Int]
    var stops: Int
    var starts: Int
    var seconds: Double

    func json(_ options: Options) -> JSONValue {
      let byRole = kills.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer(Int64($0.value))) }
      return .object(
        JSONObject(
          ResultFile.origin + [
            ("seed", .string(String(options.seed))), ("kills", .integer(Int64(kills.values.reduce(0, +)))),
            ("kills_by_role", .object(JSONObject(byRole))), ("stops", .integer(Int64(stops))),
            ("watchers_started", .integer(Int64(starts))), ("seconds", .number(seconds.rounded())),
          ] + account.json))
    }
  }

  /// Dozens of jobs that fire every second or two, some of them long, one that waits its turn, one that runs beside
  /// itself.
  static let jobs: [JobPlan] =
    (1...16).map { JobPlan(name: "each-\($0)", everySeconds: 1) }
    + (1...6).map { JobPlan(name: "other-\($0)", everySeconds: 2, exitStatus: $0) }
    + (1...4).map { JobPlan(name: "long-\($0)", everySeconds: 7, work: "sleep \($0)", exitStatus: 30 + $0) }
    + [
      JobPlan(name: "beside", everySeconds: 3, work: "sleep 4", options: "overlap=allow"),
      JobPlan(name: "waits", everySeconds: 3, work: "sleep 2", options: "overlap=queue"),
      JobPlan(name: "ends", everySeconds: 11, work: "sleep 3"),
    ]

  private static let settings = """
    [ticker]
    interval = 1s
    [watcher]
    restart-delay-max = 1ms
    safe-mode-after = 1000
    [workers]
    idle = 6
    [ledger]
    segment-size = 256K
    [jobs]
    drain = 20s
    catch-up = once
    [log]
    max-size = 64M

    """

  func run() throws -> Result {
    var result: Result?
    try Cronwatch.use(configuration: Self.settings) { cron in
      let made = try soak(cron)
      if !made.account.findings.isEmpty { ResultFile.keep(cron, as: "soak-\(options.seed)", options) }
      result = made
    }
    guard let result else { throw RowFailure("the soak has no result") }
    return result
  }

  private func soak(_ cron: Cronwatch) throws -> Result {
    let began = SystemClock.monotonic()
    try cron.plan(Self.jobs)
    try cron.start()
    var keeper = WatcherKeeper(cron, seed: options.seed)
    var nemesis = Nemesis(seed: options.seed, rate: options.rate)
    var watchman = Watchman()
    var said = 0
    var looked = began
    var pausedNanoseconds: Int64 = 0
    while nemesis.killCount < options.kills {
      let now = SystemClock.monotonic()
      if let pause = options.pause, access(pause, F_OK) == 0 {
        pausedNanoseconds += try holdStill(cron, &nemesis, &keeper, while: pause)
        continue
      }
      try keeper.keep(now)
      nemesis.act(on: cron.state, now: now)
      if now - looked > 5_000_000_000 {
        looked = now
        if let double = try watchman.look(at: cron.sandbox.path(of: "evidence")) {
          ResultFile.keep(cron, as: "soak-\(options.seed)", options)
          throw RowFailure(double)
        }
      }
      if nemesis.killCount / 500 > said {
        said = nemesis.killCount / 500
        Report.say("torture: \(nemesis.killCount) kills, \(watchman.starts) starts, \((now - began) / 1_000_000_000) s")
      }
      _ = poll(nil, 0, 5)
    }
    nemesis.release()
    try keeper.finish()
    let seconds = Double(SystemClock.monotonic() - began - pausedNanoseconds) / 1e9
    try cron.settle()
    return Result(
      account: try Account(of: cron, Self.jobs), kills: nemesis.kills, stops: nemesis.stops, starts: keeper.starts,
      seconds: seconds)
  }

  /// Ends everything until the machine is ours again, and says for how long.
  private func holdStill(
    _ cron: Cronwatch, _ nemesis: inout Nemesis, _ keeper: inout WatcherKeeper, while pause: String
  ) throws -> Int64 {
    let began = SystemClock.monotonic()
    nemesis.release()
    try keeper.finish()
    _ = try cron.run(["stop"], seconds: 60)
    Report.say("torture: paused by \(pause)")
    while access(pause, F_OK) == 0 { _ = poll(nil, 0, 1_000) }
    return SystemClock.monotonic() - began
  }
}

/// Reads the evidence as it grows: a double fire ends the soak at once, while its traces are fresh.
private struct Watchman {
  private var offset: Int64 = 0
  private var rest: [UInt8] = []
  private var seen: Set<String> = []
  private(set) var starts = 0

  /// Looks at what is new; the occurrence that was fired twice, and its second run.
  mutating func look(at path: String) throws -> String? {
    guard let file = try? FileDescriptor.open(path, .read) else { return nil }
    let bytes = rest + (try file.read(upTo: 1 << 24, at: offset))
    offset += Int64(bytes.count - rest.count)
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
    rest = Array(bytes[(end + 1)...])
    for line in String(decoding: bytes[...end], as: UTF8.self).split(separator: "\n") {
      guard let testimony = Testimony(line), testimony.isBegin else { continue }
      starts += 1
      guard let occurrence = testimony.occurrence else { continue }
      let key = "\(testimony.job)@\(occurrence)"
      if !seen.insert(key).inserted { return "\(key) was fired twice, the second time as run \(testimony.run)" }
    }
    return nil
  }
}

/// Starts a watcher where none is, as a service manager would.
struct WatcherKeeper: ~Copyable {
  private let cron: Cronwatch
  private var generator: SeededGenerator
  private var start: Program.Started?
  private var startsAt: Int64?
  private var lookedAt: Int64 = 0
  private(set) var starts = 1

  init(_ cron: Cronwatch, seed: UInt64) {
    self.cron = cron
    // A sequence of its own: what the nemesis draws must not depend on how often we start.
    generator = SeededGenerator(seed: seed ^ 0x5757_5757)
  }

  mutating func keep(_ now: Int64) throws {
    if let pid = start?.pid {
      guard try Reaper.peek(child: pid) != nil else { return }
      try finish()
    }
    guard now - lookedAt > 50_000_000 else { return }
    lookedAt = now
    if Victims.look(cron.state).has("watcher") {
      startsAt = nil
      return
    }
    guard let at = startsAt else {
      // A moment in which the ticker is alone.
      startsAt = now + Int64.random(in: 0...400, using: &generator) * 1_000_000
      return
    }
    guard at <= now else { return }
    startsAt = nil
    starts += 1
    start = try cron.spawn(["start", cron.crontabPath])
  }

  /// Waits for the end of a start that is under way.
  mutating func finish() throws {
    guard start != nil else { return }
    _ = try start?.wait("start", seconds: 90)
    start = nil
  }
}

extension Cronwatch {
  /// Starts what isn't running, lets everything end, and stops: afterwards the ledger knows all.
  ///
  /// A stop fires nothing new and waits for what runs, as long as `jobs.drain` says.
  func settle(as verdict: String = "healthy", seconds: Double = 60) throws {
    environment["CRONWATCH_FAULT"] = nil
    _ = try run(["start", crontabPath], seconds: 90)
    try waitForVerdict(verdict, seconds: seconds)
    _ = try run(["stop"], seconds: 90)
    try wait("the end of all its processes", seconds: seconds) { Processes.naming(sandbox.path).isEmpty }
    if try runs().contains(where: { $0.outcome == nil && $0.run != nil }) {
      // What its worker saw to the end is recorded by the next ticker.
      _ = try run(["start", crontabPath], seconds: 90)
      try waitForVerdict(verdict, seconds: seconds)
      _ = try run(["stop"], seconds: 90)
    }
  }
}
