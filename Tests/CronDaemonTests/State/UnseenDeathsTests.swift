import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// What nobody of ours saw, and what is said for a while.
@Suite struct UnseenDeathsTests {
  @Test(arguments: [.exited(70), .signaled(11, coreDumped: true), .signaled(9, coreDumped: false)] as [ExitCause])
  func `PID 1 hands an end on as one word`(cause: ExitCause) throws {
    let seen = SeenEnd(pid: 4711, cause: cause)
    #expect(SeenEnd(seen.word) == seen)
    #expect(SeenEnd("") == nil && SeenEnd("pid=1") == nil && SeenEnd("pid=1 code=x at_us=1 monotonic_ns=1") == nil)
    let beat = DeathRecord(
      atMicroseconds: 1, monotonicNanoseconds: seen.monotonicNanoseconds - 3_500_000_000, boot: "b", role: .watcher,
      pid: 4711, cause: nil, uptimeSeconds: 10, reason: "found-dead", isUnwanted: true)
    let death = seen.completed(beat)
    #expect(death.cause == cause && death.reason == "unasked" && death.uptimeSeconds == 13)
    #expect(death.atMicroseconds == seen.atMicroseconds && death.boot == "b" && death.isUnwanted)
  }

  @Test func `where nothing ever ran nobody has died`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(try UnseenDeaths.withKept(state).isEmpty)
  }

  /// The second removal once took the word of the first.
  @Test func `what was mended is said beside what was mended before, each once and the newest eight`() throws {
    let sandbox = try Sandbox()
    let file = NoticeFile(try StateDirectory.open(sandbox.path(of: "state"), create: true))
    let now = SystemClock.monotonic()
    #expect(file.read() == nil)
    file.say("watcher.lock was removed", nowNanoseconds: now)
    file.say("control.sock was\nremoved", nowNanoseconds: now)
    file.say("watcher.lock was removed", nowNanoseconds: now)
    #expect(file.read() == "control.sock was removed; watcher.lock was removed")
    file.say("long ago", nowNanoseconds: now - NoticeFile.saidNanoseconds - 1)
    #expect(file.read() == "control.sock was removed; watcher.lock was removed")
    for number in 1...20 { file.say("\(number) \(String(repeating: "x", count: 500))", nowNanoseconds: now) }
    let said = try #require(file.read()).split(separator: ";")
    #expect(said.count == 8 && said.first?.hasPrefix("13 x") == true && said.last?.hasPrefix(" 20 x") == true)
    file.clear()
    #expect(file.read() == nil)
  }
}
