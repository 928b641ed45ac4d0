import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon

/// What nobody of ours saw, and what is said for a while.
@Suite struct UnseenDeathsTests {
  @Test(arguments: [.exited(70), .signaled(11, coreDumped: true), .signaled(9, coreDumped: false)] as [ExitCause])
  func `PID 1 hands an end on as one word`(cause: ExitCause) throws {
    let seen = SeenEnd(pid: 4711, cause: cause)
    #expect(SeenEnd(seen.word) == seen)
    #expect(SeenEnd("") == nil && SeenEnd("pid=1") == nil && SeenEnd("pid=x at_us=1 monotonic_ns=1") == nil)
    let beat = DeathRecord(
      atMicroseconds: 1, monotonicNanoseconds: seen.monotonicNanoseconds - 3_500_000_000, boot: "b", role: .watcher,
      pid: 4711, cause: nil, uptimeSeconds: 10, reason: "found-dead", isUnwanted: true)
    let death = seen.completed(beat)
    #expect(death.cause == cause && death.reason == "unasked" && death.uptimeSeconds == 13)
    #expect(death.atMicroseconds == seen.atMicroseconds && death.boot == "b" && death.isUnwanted)
  }

  @Test func `a ticker that saw nothing but the end of its channel says so, and of its own watcher alone`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(WatcherEndFile(state).read() == nil)
    var seen = SeenEnd(pid: 4711, cause: nil)
    WatcherEndFile(state).write(seen)
    #expect(WatcherEndFile(state).read() == seen)
    seen.cause = .exited(70)
    WatcherEndFile(state).write(seen)
    #expect(WatcherEndFile(state).read()?.cause == .exited(70))
    var death = DeathRecord(
      atMicroseconds: 1, monotonicNanoseconds: seen.monotonicNanoseconds - 1, boot: "b", role: .watcher,
      pid: 4711, cause: nil, uptimeSeconds: 10, reason: "found-dead", isUnwanted: true)
    seen.cause = nil
    #expect(seen.isOf(death) && seen.completed(death).reason == "eof" && seen.completed(death).cause == nil)
    death.pid = 4712
    #expect(!seen.isOf(death))
    (death.pid, death.monotonicNanoseconds) = (4711, seen.monotonicNanoseconds + 1)
    #expect(!seen.isOf(death), "its number is another's by now")
  }

  private static let started = "2026-11-22T10:00:00.000Z info watcher pid=7 started\n"
  private static let json = #"{"time":"2026-11-22T10:00:00.000Z","level":"info","role":"watcher","message":"x"}"# + "\n"
  private static let ticks = "2026-11-22T10:00:03.000Z info ticker a tick\n"
  private static let later = "2026-11-22T10:00:30.000Z info ticker firing on\n"

  @Test(
    arguments: [
      (started + "Fatal error: one\nat two\n" + later, "Fatal error: one\nat two"),
      (json + ticks + "Fatal error: one\n", "Fatal error: one"),
      // It lived on after these.
      ("a warning of libc\n" + started + "another\n" + ticks + started, nil),
      (started + ticks + later + "of whoever came after\n", nil),
      (later + "of whoever was before or after\n", nil),
      ("Fatal error: whose?\n", nil),
      (#"{"time":"2026-11-22T10:00:00.000Z","level":"info"}"# + "\nFatal error: whose?\n", nil),
      ("", nil),
    ] as [(String, String?)])
  func `a watcher's last words are the lines of its time that no logger wrote`(log: String, words: String?) throws {
    let noon = try #require(Instant(rfc3339: "2026-11-22T10:00:00Z")).microseconds
    #expect(LoggedWords.words(Array(log.utf8)[...], lived: noon - 1...noon + 10_000_000) == words)
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
