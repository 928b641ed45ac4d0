import CronTestSupport
import Foundation
import Testing

@Suite struct EngineSimulationTests {
  /// Seeds of each block; `CRONWATCH_SEEDS` (of all blocks together) asks for more.
  private static let seedsPerBlock: UInt64 = {
    let wanted = ProcessInfo.processInfo.environment["CRONWATCH_SEEDS"].flatMap(UInt64.init)
    return max(1, (wanted ?? 2000) / 20)
  }()
  private static let steps = 60

  /// Seeds in blocks, so that they run beside each other; a block that fails names its seed and tells the story.
  @Test(.acceptance(57, 58, 59, 62), arguments: 0..<20 as Range<UInt64>)
  func `every occurrence is decided exactly once, and never dispatched before its claim is durable`(
    _ block: UInt64
  ) throws {
    var fires = 0
    var occurrences = 0
    let seeds = (block * Self.seedsPerBlock)..<((block + 1) * Self.seedsPerBlock)
    for seed in seeds {
      var world = Simulation(seed: seed)
      try world.run(steps: Self.steps)
      fires += world.fires
      occurrences += world.occurrences
      guard world.problems.isEmpty else {
        let problems = world.problems.prefix(5)
        world = Simulation(seed: seed, tellsStory: true)
        try world.run(steps: Self.steps)
        Issue.record("seed \(seed): \(problems)\n\(world.excerpt)")
        return
      }
    }
    // A world in which nothing happens proves nothing.
    #expect(fires > seeds.count * 30)
    #expect(occurrences > seeds.count * 100)
  }

  @Test func `a seed tells the same story twice`() throws {
    for seed: UInt64 in [3, 77] {
      var first = Simulation(seed: seed, tellsStory: true)
      var second = Simulation(seed: seed, tellsStory: true)
      try first.run(steps: Self.steps)
      try second.run(steps: Self.steps)
      #expect(first.story.count > 100)
      #expect(first.story == second.story)
    }
  }
}
