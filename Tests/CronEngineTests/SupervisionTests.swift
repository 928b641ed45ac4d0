import CronEngine
import CronTestSupport
import Testing

private let second: Int64 = 1_000_000_000

@Suite struct SupervisionTests {
  @Test func `starts a ticker and believes READY`() {
    var watch = Watch()
    #expect(watch.spawns == [false])
    #expect(watch.machine.phase == .starting)
    watch.becomeReady()
    #expect(watch.machine.phase == .running)
    #expect(watch.declared == [.starting, .running])
  }

  @Test(.acceptance(23)) func `the first restart is at once, later ones wait twice as long each, up to the limit`()
    throws
  {
    var watch = Watch()
    var delays: [Int64] = []
    for _ in 0..<14 {
      watch.becomeReady()
      let spawned = watch.spawns.count
      watch.die()
      if watch.spawns.count > spawned {
        delays.append(0)
      } else {
        delays.append(try #require(watch.timer) - watch.now)
        try watch.fireTimer(beatAge: nil)
      }
      #expect(watch.spawns.count == spawned + 1)
    }
    #expect(delays[0] == 0)
    for (index, delay) in delays.enumerated().dropFirst() {
      let nominal = min(60 * second, (second / 5) << Int64(index - 1))
      #expect(delay <= min(60 * second, nominal + nominal / 5))
      #expect(delay >= nominal - nominal / 5)
    }
    // Never given up: the last delays are at the limit, give or take the jitter.
    #expect(delays.suffix(3).allSatisfy { $0 >= 48 * second })
    // Jitter is there, and comes from the seed.
    #expect(Set(delays.suffix(3)).count > 1 || delays.suffix(3).contains { $0 < 60 * second })
  }

  @Test(.acceptance(23)) func `five quiet minutes forgive one level`() throws {
    var watch = Watch(SupervisionSettings(safeModeAfter: 0))
    for _ in 0..<5 {
      watch.becomeReady()
      watch.die()
      if watch.timer != nil { try watch.fireTimer(beatAge: nil) }
    }
    watch.becomeReady()
    // Nobody waits after such a life, but the next one is short: level 5 would wait 3.2 s, ten quiet minutes make it 3.
    watch.die(after: 600 * second)
    watch.becomeReady()
    watch.die()
    let delay = try #require(watch.timer) - watch.now
    #expect((640_000_000...960_000_000).contains(delay))
    try watch.fireTimer(beatAge: nil)
    watch.becomeReady()
    let spawned = watch.spawns.count
    watch.die(after: 3600 * second)
    #expect(watch.spawns.count == spawned + 1, "an hour of quiet forgives everything")
    watch.becomeReady()
    watch.die()
    let last = try #require(watch.timer) - watch.now
    #expect((160_000_000...240_000_000).contains(last), "but the next is no first death")
  }

  @Test(.acceptance(23), arguments: [(10 * second, 0), (10 * second - 1, 1), (second, 1)] as [(Int64, Int)])
  func `after ten healthy seconds from READY the restart is at once, however often it died before`(
    lived: Int64, waits: Int
  ) throws {
    var watch = Watch()
    for _ in 0..<4 {
      watch.becomeReady()
      watch.die()
      if watch.timer != nil { try watch.fireTimer(beatAge: nil) }
    }
    for _ in 0..<3 {
      watch.send(.spawned(now: watch.now))
      watch.now += 30 * second
      watch.send(.ready(now: watch.now))
      let spawned = watch.spawns.count
      watch.die(after: lived)
      #expect(watch.spawns.count == spawned + 1 - waits)
      if watch.timer != nil { try watch.fireTimer(beatAge: nil) }
    }
  }

  @Test func `a long life that never came to READY is no healthy one`() throws {
    var watch = Watch()
    watch.becomeReady()
    watch.die()
    watch.send(.spawned(now: watch.now))
    let spawned = watch.spawns.count
    watch.die(after: 40 * second)
    #expect(watch.spawns.count == spawned && watch.timer != nil)
  }

  @Test func `three deaths in ten minutes are a crash loop, five start safe mode`() throws {
    var watch = Watch()
    for death in 1...6 {
      watch.becomeReady()
      watch.die("exit status 70")
      if death >= 3 {
        guard case .crashLooping(let deaths, let lastEnd, let at) = watch.machine.phase else {
          Issue.record("death \(death): \(watch.machine.phase)")
          return
        }
        #expect(deaths == death)
        #expect(lastEnd == "exit status 70")
        #expect(at == watch.timer)
      }
      if watch.timer != nil { try watch.fireTimer(beatAge: nil) }
    }
    #expect(watch.spawns == [false, false, false, false, false, true, true])
  }

  @Test(.acceptance(66)) func `an end by design is no death`() throws {
    var watch = Watch()
    for _ in 0..<10 {
      watch.becomeReady()
      let end = TickerEnd.classify(exitCode: 0, signal: nil, phaseAsleep: true, stopRequested: false)
      watch.send(.exited(end, now: watch.now))
      #expect(watch.machine.phase == .asleep)
      #expect(watch.timer == nil)
      #expect(watch.machine.recentDeaths == 0)
      watch.send(.wake(now: watch.now))
      #expect(watch.machine.phase == .starting)
    }
    #expect(watch.spawns == Array(repeating: false, count: 11))
    // The same exit status without the phase is a death.
    let death = TickerEnd.classify(exitCode: 0, signal: nil, phaseAsleep: false, stopRequested: false)
    watch.becomeReady()
    watch.send(.exited(death, now: watch.now))
    #expect(watch.machine.recentDeaths == 1)
  }

  static let ends: [(Int?, String?, Bool, Bool, TickerEnd)] = [
    (0, nil, true, false, .asleep), (0, nil, false, true, .stopped), (0, nil, true, true, .stopped),
    (0, nil, false, false, .died("exit status 0")), (78, nil, false, false, .misconfigured),
    (70, nil, false, false, .died("exit status 70")), (nil, "KILL", true, false, .died("signal KILL")),
    (nil, "TERM", false, true, .stopped), (nil, nil, false, false, .died("unknown end")),
  ]

  @Test(.acceptance(66), arguments: ends)
  func `ends are classified`(_ row: (Int?, String?, Bool, Bool, TickerEnd)) {
    let end = TickerEnd.classify(exitCode: row.0, signal: row.1, phaseAsleep: row.2, stopRequested: row.3)
    #expect(end == row.4)
  }

  @Test func `exit 78 waits for a change instead of spinning`() throws {
    var watch = Watch()
    watch.becomeReady()
    watch.send(.exited(.misconfigured, now: watch.now))
    #expect(watch.machine.phase == .misconfigured)
    #expect(watch.machine.recentDeaths == 0)
    #expect(watch.spawns.count == 1)
    #expect(try #require(watch.timer) - watch.now == 60 * second)
    watch.send(.wake(now: watch.now))
    #expect(watch.spawns.count == 2)
  }

  @Test(.acceptance(35), arguments: [(0, 20), (5, 35), (60, 200)] as [(Int64, Int64)])
  func `stale is strictly older than three intervals and twenty seconds`(_ interval: Int64, _ threshold: Int64) throws {
    var watch = Watch(SupervisionSettings(beatInterval: interval * second))
    #expect(SupervisionSettings.staleThreshold(beatInterval: interval * second) == threshold * second)
    watch.becomeReady()
    try watch.fireTimer(beatAge: threshold * second)
    #expect(watch.machine.phase == .running, "exactly the threshold is not stale")
    #expect(watch.inspections == 0)
    try watch.fireTimer(beatAge: threshold * second + 1)
    #expect(watch.machine.phase == .stalled(.inspecting))
    #expect(watch.inspections == 1)
  }

  @Test func `the next look is when the newest beat would become stale`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 3 * second)
    #expect(try #require(watch.timer) == watch.now + 32 * second + 1)
  }

  @Test(.acceptance(35)) func `a stalled ticker is aborted, killed and replaced`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 100 * second)
    watch.send(.childState(stopped: false, now: watch.now))
    #expect(watch.signals == [.abort])
    let abortedAt = watch.now
    try watch.fireTimer(beatAge: 105 * second)
    #expect(watch.signals == [.abort, .kill])
    #expect(watch.now - abortedAt == 5 * second)
    watch.send(.exited(.died("signal KILL"), now: watch.now))
    #expect(watch.spawns.count == 2)
    #expect(watch.declared.contains(.stalled(.aborted)))
  }

  @Test(.acceptance(35)) func `a stopped ticker is continued first, and recovers`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 36 * second)
    watch.send(.childState(stopped: true, now: watch.now))
    #expect(watch.signals == [.continue])
    try watch.fireTimer(beatAge: 1 * second)
    #expect(watch.machine.phase == .running)
    #expect(watch.machine.recentDeaths == 0)
    // If it doesn't: abort, then kill.
    try watch.fireTimer(beatAge: 36 * second)
    watch.send(.childState(stopped: true, now: watch.now))
    try watch.fireTimer(beatAge: 46 * second)
    try watch.fireTimer(beatAge: 51 * second)
    #expect(watch.signals == [.continue, .continue, .abort, .kill])
  }

  @Test func `beating again after SIGABRT saves nobody`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 36 * second)
    watch.send(.childState(stopped: false, now: watch.now))
    try watch.fireTimer(beatAge: 0)
    #expect(watch.signals == [.abort, .kill])
  }

  @Test func `a watcher whose own timer was late gives the ticker its time again`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 400 * second, late: 5 * second + 1)
    #expect(watch.machine.phase == .running)
    #expect(try #require(watch.timer) == watch.now + 35 * second + 1)
    try watch.fireTimer(beatAge: 435 * second, late: 5 * second)
    #expect(watch.machine.phase == .stalled(.inspecting), "five seconds late is not late")
  }

  @Test func `an unknown beat is not a dead ticker`() throws {
    var watch = Watch()
    watch.becomeReady()
    for _ in 0..<20 { try watch.fireTimer(beatAge: nil) }
    #expect(watch.machine.phase == .running)
    #expect(watch.signals.isEmpty)
  }

  @Test func `a start without a beat is hung after sixty seconds, one that beats is not`() throws {
    var watch = Watch()
    watch.send(.spawned(now: watch.now))
    #expect(try #require(watch.timer) == watch.now + 60 * second)
    for _ in 0..<5 { try watch.fireTimer(beatAge: 2 * second) }
    #expect(watch.machine.phase == .starting)
    try watch.fireTimer(beatAge: nil)
    #expect(watch.machine.phase == .stalled(.inspecting))
  }

  @Test func `what SIGKILL can't end is said, and no second ticker is started`() throws {
    var watch = Watch()
    watch.becomeReady()
    try watch.fireTimer(beatAge: 36 * second)
    watch.send(.childState(stopped: false, now: watch.now))
    try watch.fireTimer(beatAge: 41 * second)
    try watch.fireTimer(beatAge: 101 * second)
    #expect(watch.machine.phase == .unkillable)
    #expect(watch.spawns.count == 1)
    watch.die()
    #expect(watch.spawns.count == 2)
  }

  @Test func `a spawn that fails is tried again a second later and is no death`() throws {
    var watch = Watch()
    watch.send(.spawnFailed("EAGAIN", now: watch.now))
    #expect(try #require(watch.timer) == watch.now + second)
    #expect(watch.machine.recentDeaths == 0)
    try watch.fireTimer(beatAge: nil)
    #expect(watch.spawns.count == 2)
  }

  @Test(.acceptance(2), arguments: [(drain: 0, killed: 4_000), (3_000, 4_000), (4_000, 4_800)] as [(Int64, Int64)])
  func `a stop ends the ticker within five seconds`(drain: Int64, killed: Int64) throws {
    var watch = Watch()
    watch.becomeReady()
    watch.send(.stop(drain: drain * 1_000_000, now: watch.now))
    let asked = watch.now
    #expect(watch.signals == [.terminate, .continue])
    #expect(watch.machine.phase == .stopping)
    // Nothing helps: it is killed before the five seconds are over.
    try watch.fireTimer(beatAge: 1 * second)
    #expect(watch.signals.last == .kill)
    #expect(watch.now - asked == killed * 1_000_000)
    watch.send(.exited(.died("signal KILL"), now: watch.now))
    #expect(watch.machine.phase == .stopped)
    #expect(watch.timer == nil)
    #expect(watch.spawns.count == 1)
  }

  @Test func `a drain has its time before the stop is forced`() throws {
    var watch = Watch()
    watch.becomeReady()
    watch.send(.stop(drain: 8 * second, now: watch.now))
    #expect(try #require(watch.timer) == watch.now + 8_800_000_000)
  }

  @Test func `a later stop replaces the patience of an earlier one, and one at once needs none`() throws {
    var watch = Watch()
    watch.becomeReady()
    watch.send(.stop(drain: 86_400 * second, now: watch.now))
    watch.send(.stop(drain: 8 * second, now: watch.now))
    #expect(watch.signals == [.terminate, .continue, .terminate, .continue])
    #expect(try #require(watch.timer) == watch.now + 8_800_000_000)
    watch.send(.stopAtOnce(now: watch.now))
    #expect(try #require(watch.timer) == watch.now + 800_000_000)
    try watch.fireTimer(beatAge: nil)
    #expect(watch.signals.last == .kill)
    // Nothing is more urgent than that.
    let signals = watch.signals
    watch.send(.stop(drain: 8 * second, now: watch.now))
    #expect(watch.signals == signals)
    watch.send(.exited(.died("signal KILL"), now: watch.now))
    #expect(watch.machine.phase == .stopped)
  }

  @Test func `a stop is final in every phase`() throws {
    var waiting = Watch()
    waiting.becomeReady()
    waiting.die()
    waiting.becomeReady()
    waiting.die()
    waiting.send(.stop(drain: 0, now: waiting.now))
    #expect(waiting.machine.phase == .stopped)
    waiting.send(.timer(now: waiting.now + 100 * second, beatAge: nil))
    waiting.send(.wake(now: waiting.now))
    #expect(waiting.spawns.count == 2)

    var spawning = Watch()
    spawning.send(.stop(drain: 0, now: spawning.now))
    spawning.send(.spawned(now: spawning.now))
    #expect(spawning.signals == [.terminate, .continue])
    try spawning.fireTimer(beatAge: nil)
    try spawning.fireTimer(beatAge: nil)
    #expect(spawning.machine.phase == .unkillable)
    spawning.send(.exited(.died("signal KILL"), now: spawning.now))
    #expect(spawning.machine.phase == .stopped)
    #expect(spawning.spawns.count == 1)
  }
}
