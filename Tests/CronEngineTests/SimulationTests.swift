import CronTestSupport
import Testing

@Suite struct EngineSimulationTests {
  /// Seeds in blocks, so that they run beside each other; a block that fails names its seed and tells the story.
  @Test(.acceptance(57, 58, 59, 62), arguments: 0..<20)
  func `every occurrence is decided exactly once, and never dispatched before its claim is durable`(
    _ block: UInt64
  ) throws {
    var fires = 0
    var occurrences = 0
    for seed in (block * 100)..<(block * 100 + 100) {
      var world = Simulation(seed: seed)
      try world.run(steps: 120)
      fires += world.fires
      occurrences += world.occurrences
      guard world.problems.isEmpty else {
        let problems = world.problems.prefix(5)
        world = Simulation(seed: seed, tellsStory: true)
        try world.run(steps: 120)
        Issue.record("seed \(seed): \(problems)\n\(world.excerpt)")
        return
      }
    }
    // A world in which nothing happens proves nothing.
    #expect(fires > 100 * 50)
    #expect(occurrences > 100 * 100)
  }
}
