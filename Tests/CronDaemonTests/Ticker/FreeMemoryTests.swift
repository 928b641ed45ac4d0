import Testing

@testable import CronDaemon

/// When a ticker gives back what a herd of jobs took.
@Suite struct FreeMemoryTests {
  private func givesBack(_ memory: inout FreeMemory, _ now: Int64, untilNextFire: Int64? = nil) -> Bool {
    memory.givesBack(untilNextFire: untilNextFire, at: now)
  }

  /// It was given back 20 ms after each herd's first dispatch, and what the rest of the herd took stayed.
  @Test func `it goes back between the herds of each minute, never amid one`() {
    var memory = FreeMemory()
    var given: [Int64] = []
    for now in stride(from: Int64(0), to: 300_000_000_000, by: 10_000_000) {
      let inMinute = now % 60_000_000_000
      if inMinute <= 5_000_000_000 { memory.grows(at: now) }
      let untilNext = (60_000_000_000 - inMinute) / 1_000
      if givesBack(&memory, now, untilNextFire: untilNext) { given.append(inMinute) }
    }
    #expect(given == Array(repeating: 5_200_000_000, count: 5))
  }

  @Test func `it goes back once a minute at most, not shortly before a fire, and not where nothing was started`() {
    var memory = FreeMemory()
    #expect(!givesBack(&memory, 1_000_000_000), "nothing has been started")
    memory.grows(at: 1_000_000_000)
    #expect(!givesBack(&memory, 1_199_999_999))
    #expect(!givesBack(&memory, 1_200_000_000, untilNextFire: 99_999))
    #expect(givesBack(&memory, 1_200_000_000, untilNextFire: 100_000))
    #expect(!givesBack(&memory, 70_000_000_000), "nothing has been started since")
    memory.grows(at: 2_000_000_000)
    #expect(!givesBack(&memory, 61_199_999_999))
    #expect(givesBack(&memory, 61_200_000_000))
  }
}
