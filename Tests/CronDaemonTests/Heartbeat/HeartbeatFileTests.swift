import CronSystem
import CronTestSupport
import CronTime
import Glibc
import Testing

@testable import CronDaemon

@Suite struct HeartbeatFileTests {
  private func age(_ file: HeartbeatFile) -> BeatAge {
    let reading = file.read()
    return BeatAge.age(of: reading, now: .now())
  }

  @Test(.acceptance(28, 29)) func `a liveness beat has an age, success follows only after its own`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let (ticker, success) = (HeartbeatFile(state, .ticker), HeartbeatFile(state, .success))
    #expect(ticker.read() == .missing)
    #expect(ticker.write(.now(tick: 0, phase: .starting, intervalSeconds: 5, nextDue: nil)) == nil)
    let alive = try #require(age(ticker).seconds)
    #expect(alive >= 0 && alive < 5)
    #expect(age(success) == .unknown)
    #expect(success.write(.now(tick: 1, phase: .ticking, intervalSeconds: 5, nextDue: nil)) == nil)
    let clean = try #require(age(success).seconds)
    #expect(clean >= 0 && clean < 5)
  }

  @Test(.acceptance(31)) func `a state directory without room for a beat fails no caller and leaves nothing`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    // Root may write anywhere, so a file in the directory's place stands for what can't be written.
    try state.root.removeDirectory("heartbeat")
    try sandbox.write("state/heartbeat", "")
    let file = HeartbeatFile(state, .ticker)
    #expect(file.write(.now(tick: 0, phase: .starting, intervalSeconds: 5, nextDue: nil)) != nil)
    #expect(age(file) == .unknown)
    #expect(TickErrorFile(state).write(TickFailure(at: Instant(seconds: 1), message: "x")) != nil)
    #expect(SummaryFile(state).write(TickerSummary()) != nil)
    let names = try state.root.list()
    #expect(!names.contains { AtomicFile.isTemporary($0) })
    #expect(Set(names) == Set(StateDirectory.Subdirectory.allCases.map(\.rawValue) + ["format"]))
  }

  @Test(arguments: [true, false])
  func `a directory or a link in a beat's place is kept aside, and the beat is written`(isLink: Bool) throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let place = state.path + "/heartbeat/ticker"
    if isLink {
      try #require(symlink("/etc/hostname", place) == 0)
    } else {
      _ = try Directory.create(place)
    }
    let file = HeartbeatFile(state, .ticker)
    // Without it a ticker that fires is starting for a minute, then stalled, then killed.
    #expect(file.write(.now(tick: 3, phase: .ticking, intervalSeconds: 5, nextDue: nil)) == nil)
    #expect(age(file).seconds != nil)
    let kept = try state.existingDirectory(.quarantine).list()
    #expect(kept.count == 1 && kept.allSatisfy { $0.hasPrefix("heartbeat-ticker-") })
  }

  @Test func `a deleted file is made again, also when its directory went with it`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let file = HeartbeatFile(state, .ticker)
    let beat = Beat.now(tick: 1, phase: .ticking, intervalSeconds: 5, nextDue: nil)
    #expect(file.write(beat) == nil)
    try state.directory(.heartbeat).unlink("ticker")
    try state.root.removeDirectory("heartbeat")
    #expect(file.read() == .missing)
    #expect(file.write(beat) == nil)
    #expect(file.read() == .beat(beat))
  }

  @Test(arguments: ["", "garbage", String(repeating: "x", count: 512)])
  func `a damaged file is damaged, not missing`(content: String) throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try sandbox.write("state/heartbeat/ticker", content, permissions: 0o600)
    #expect(HeartbeatFile(state, .ticker).read() == .damaged)
  }

  @Test func `a beat goes through no link`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try sandbox.write("victim", "precious", permissions: 0o600)
    #expect(symlink("../../victim", sandbox.path(of: "state/heartbeat/ticker")) == 0)
    let file = HeartbeatFile(state, .ticker)
    // It is kept aside, and a file of our own stands in its place.
    #expect(file.write(.now(tick: 1, phase: .ticking, intervalSeconds: 5, nextDue: nil)) == nil)
    #expect(try state.existingDirectory(.heartbeat).status("ticker")?.kind == .regular)
    #expect(sandbox.read("victim") == "precious")
  }

  @Test func `an error and a summary come back as they were written`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let errors = TickErrorFile(state)
    #expect(errors.read() == nil)
    #expect(errors.write(TickFailure(at: Instant(seconds: 77), message: "EIO: Input/output error")) == nil)
    #expect(errors.read() == TickFailure(at: Instant(seconds: 77), message: "EIO: Input/output error"))
    #expect(errors.write(TickFailure(at: Instant(seconds: 78), message: String(repeating: "m", count: 9000))) == nil)
    #expect(errors.read()?.at == Instant(seconds: 78))

    let file = SummaryFile(state)
    #expect(file.read() == nil)
    let summary = Self.summary()
    #expect(file.write(summary) == nil)
    #expect(file.read() == summary)
    // A shorter one leaves the tail of the longer one behind its length.
    #expect(file.write(TickerSummary()) == nil)
    #expect(file.read() == TickerSummary())
  }

  @Test func `a summary that doesn't fit is shortened, not refused`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    var summary = Self.summary()
    let name = String(repeating: "j", count: 2000)
    summary.running = (0..<100).map { .init(run: "r\($0)", job: name, pid: 1, startedAt: nil) }
    let file = SummaryFile(state)
    #expect(file.write(summary) == nil)
    let kept = try #require(file.read()?.running.count)
    #expect(kept > 0 && kept < 100)
  }

  static func summary() -> TickerSummary {
    var summary = TickerSummary()
    summary.trigger = "chronos"
    summary.jobsTotal = 3
    summary.jobsPaused = 1
    summary.linesRejected = 2
    summary.next = [.init(job: "a", at: Instant(seconds: 100))]
    summary.coming = summary.next + [.init(job: "a", at: Instant(seconds: 160))]
    summary.running = [.init(run: "r", job: "b", pid: 9, startedAt: Instant(seconds: 90))]
    summary.workers = [.init(pid: 8, run: nil, job: nil), .init(pid: 7, run: "r", job: "b")]
    summary.queued = 4
    summary.degraded = ["a pool is full"]
    summary.failures = [.init(run: nil, job: "c", at: Instant(seconds: 80), outcome: "missed", reason: "down")]
    summary.earliestDue = Instant(seconds: 100)
    summary.earliestDueGraceSeconds = 150
    summary.successThresholdSeconds = 60
    return summary
  }
}
