import CronSystem
import CronTestSupport
import Glibc
import Testing

@Suite struct PollerTests {
  @Test func `tells what is ready by its token, until it is removed`() throws {
    let poller = try Poller()
    var pipe = try Pipe(nonBlocking: true)
    let event = try EventDescriptor()
    let reading = pipe.takeReadEnd()
    let writing = pipe.takeWriteEnd()
    try poller.add(reading.raw, token: .max)
    try poller.add(writing.raw, token: 2, for: .writable)
    try poller.add(event.raw, token: 3)
    #expect(try poller.wait(timeoutMilliseconds: 0).map(\.token) == [2])
    try poller.modify(writing.raw, token: 2, for: [])
    #expect(try poller.wait(timeoutMilliseconds: 0) == [])
    try writing.write(bytes("x"))
    try event.ring()
    let ready = try poller.wait(timeoutMilliseconds: nil)
    #expect(Set(ready.map(\.token)) == [.max, 3])
    #expect(ready.allSatisfy { $0.isReadable && !$0.isWritable && !$0.isHungUp })
    #expect(try event.take() && event.take() == false)
    try poller.remove(reading.raw)
    #expect(try poller.wait(timeoutMilliseconds: 0) == [])
  }

  @Test func `a lifeline's end shows as hang-up and end of file`() throws {
    let poller = try Poller()
    var pipe = try Pipe(nonBlocking: true)
    let reading = pipe.takeReadEnd()
    try poller.add(reading.raw, token: 1)
    #expect(try reading.readAvailable(upTo: 1) == .wouldBlock)
    try pipe.takeWriteEnd().close()
    // A fork of a test beside this one may hold the other end for a moment.
    let ready = try #require(try poller.wait(timeoutMilliseconds: 20_000).first)
    #expect(ready.isHungUp)
    #expect(try reading.readAvailable(upTo: 1) == .endOfFile)
  }

  @Test func `inotify tells names, the end of a watch, and nothing when nothing happened`() throws {
    let sandbox = try Sandbox()
    let inotify = try INotify()
    try sandbox.directory.makeDirectory("d")
    let watch = try inotify.watch(sandbox.path(of: "d"))
    #expect(try inotify.read() == [])
    try sandbox.write("d/tab", "x")
    let events = try inotify.read()
    #expect(events.allSatisfy { $0.watch == watch && $0.name == "tab" && !$0.isOverflow && !$0.isEnded })
    #expect(!events.isEmpty)
    try sandbox.directory.openSubdirectory("d").unlink("tab")
    try sandbox.directory.removeDirectory("d")
    // A fork of a test beside this one may hold the directory open for a moment.
    try waitUntil("the end of the watch") { try inotify.read().last?.isEnded == true }
    try inotify.unwatch(watch)
  }

  @Test func `a queue of changes that is inherited keeps its watches and what waits in it`() throws {
    let sandbox = try Sandbox()
    func made() throws -> (inherited: Int32, watch: Int32) {
      let first = try INotify()
      let watch = try first.watch(sandbox.path)
      let number = FileDescriptor(owning: first.raw)
      let copy = try number.duplicate(closeOnExec: false).release()
      _ = number.release()
      try sandbox.write("tab", "x")
      return (copy, watch)
    }
    let (inherited, watch) = try made()
    let second = try INotify(inherited: inherited)
    #expect(try second.read().contains { $0.watch == watch && $0.name == "tab" })
    #expect(try second.read() == [])
    #expect(try second.watch(sandbox.path) == watch)
  }
}

/// One after the other: a step of the wall clock is for every alarm of the machine.
@Suite(.serialized) struct TimerTests {
  @Test(arguments: [TimerDescriptor.Clock.monotonic, .boottime, .realtime])
  func `rings once at an instant, at once when it has passed, never when disarmed`(clock: TimerDescriptor.Clock) throws
  {
    let timer = try TimerDescriptor(clock)
    let poller = try Poller()
    try poller.add(timer.raw, token: 1)
    for instant in [Int64.min, 0, 1, now(clock), now(clock) + 20_000] {
      var news = TimerDescriptor.Expiry.clockSet
      // Somebody else's step of the clock isn't ours to fail of.
      while news == .clockSet {
        try timer.arm(atMicroseconds: instant)
        #expect(try poller.wait(timeoutMilliseconds: 20_000).count == 1)
        news = try timer.read()
      }
      #expect(now(clock) >= instant)
      #expect(news == .expired)
      #expect(try timer.read() != .expired)
    }
    try timer.arm(atMicroseconds: .max)
    #expect(try timer.read() != .expired)
    try timer.arm(atMicroseconds: 1)
    try timer.disarm()
    #expect(try timer.read() == .pending)
  }

  @Test func `rings after a duration`() throws {
    let timer = try TimerDescriptor(.monotonic)
    let before = SystemClock.monotonic()
    try timer.arm(afterMilliseconds: 30)
    try waitUntil("the alarm") { try timer.read() == .expired }
    #expect(SystemClock.monotonic() - before >= 30_000_000)
    try timer.arm(afterMilliseconds: -5)
    try waitUntil("a negative delay is none") { try timer.read() == .expired }
  }

  /// Sets the clock to what it shows; a step of microseconds cancels as one of hours does.
  @Test(.enabled(if: CurrentProcess.effectiveUser == 0, "needs CAP_SYS_TIME"))
  func `a step of the wall clock makes an armed alarm readable as clockSet`() throws {
    let timer = try TimerDescriptor(.realtime)
    let poller = try Poller()
    try poller.add(timer.raw, token: 1)
    try timer.arm(atMicroseconds: SystemClock.wall() + 3_600_000_000)
    #expect(try timer.read() == .pending)
    if !stepWallClock() { try Test.cancel("the clock can't be set here") }
    #expect(try poller.wait(timeoutMilliseconds: 20_000).count == 1)
    #expect(try timer.read() == .clockSet)
    #expect(try timer.read() == .pending)
    try timer.arm(atMicroseconds: SystemClock.wall() + 3_600_000_000)
    #expect(stepWallClock())
    // Armed again before the news was read: told by the arming, and armed nevertheless.
    #expect(try timer.arm(atMicroseconds: SystemClock.wall() + 10_000) == .clockSet)
    #expect(try poller.wait(timeoutMilliseconds: 20_000).count == 1)
    #expect(try timer.read() == .expired)
  }

  private func stepWallClock() -> Bool {
    var now = timespec()
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_settime(CLOCK_REALTIME, &now) == 0
  }

  private func now(_ clock: TimerDescriptor.Clock) -> Int64 {
    switch clock {
    case .realtime: SystemClock.wall()
    case .monotonic: SystemClock.monotonic() / 1_000
    case .boottime: SystemClock.boottime() / 1_000
    }
  }
}
