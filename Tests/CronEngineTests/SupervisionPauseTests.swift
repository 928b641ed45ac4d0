import CronEngine
import Testing

private let second: Int64 = 1_000_000_000

/// A watcher that didn't run has seen nothing.
@Suite struct SupervisionPauseTests {
  /// A pause may end just before a deadline: then the timer isn't late, and yet nothing was seen.
  @Test func `a watcher that stood still gives all their whole time once more, whenever its timer was due`() throws {
    var watch = Watch()
    watch.becomeReady()
    watch.now = try #require(watch.timer) - second
    watch.send(.paused(now: watch.now))
    #expect(watch.timer == watch.now + 35 * second + 1)
    // The timer of before means nothing any more.
    watch.send(.timer(now: watch.now + second, beatAge: 95 * second))
    #expect(watch.inspections == 0 && watch.machine.phase == .running)
    try watch.fireTimer(beatAge: 100 * second)
    #expect(watch.machine.phase == .stalled(.inspecting), "but a second pause has to come before it waits again")

    watch.send(.childState(stopped: true, now: watch.now))
    watch.send(.paused(now: watch.now + 60 * second))
    #expect(watch.timer == watch.now + 65 * second && watch.signals == [.continue])

    var starting = Watch()
    starting.send(.spawned(now: starting.now))
    starting.send(.paused(now: starting.now + 59 * second))
    #expect(starting.timer == starting.now + 119 * second)

    var stopping = Watch()
    stopping.becomeReady()
    stopping.send(.stop(drain: 0, now: stopping.now))
    stopping.send(.paused(now: stopping.now + 3 * second))
    #expect(stopping.timer == stopping.now + 8 * second, "the request to stop gets its time as well")

    var waiting = Watch()
    for _ in 0..<2 {
      waiting.becomeReady()
      waiting.die()
    }
    let next = waiting.timer
    waiting.send(.paused(now: waiting.now + 59 * second))
    #expect(waiting.timer == next, "a ticker is owed as soon as ever")
  }
}
