import CronSimulation
import CronTestSupport
import Foundation
import Testing

/// Worlds run in a release build, by thousands; `bin/test` builds it first.
@Suite struct SimulationTests {
  private static let program =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/.build/release/Simulate"
  private static let blocks: UInt64 = 8
  /// Seeds of each block; `CRONWATCH_SEEDS` (of all blocks together) asks for more.
  private static let seedsPerBlock: UInt64 = {
    let wanted = ProcessInfo.processInfo.environment["CRONWATCH_SEEDS"].flatMap(UInt64.init)
    return max(1, (wanted ?? 2000) / blocks)
  }()

  private static func simulate(_ words: [String]) throws -> ProgramOutput {
    guard FileManager.default.isExecutableFile(atPath: program) else {
      try Test.cancel("the worlds aren't built; bin/test builds them first")
    }
    // It only computes; the programs of other tests have instants to keep.
    return try ProgramOutput.of("/usr/bin/nice", ["-n", "10", program] + words)
  }

  /// Seeds in blocks, so that they run beside each other; a block that fails names its seeds and tells the first story.
  @Test(.acceptance(57, 58, 59, 62), arguments: 0..<blocks)
  func `every occurrence is decided once, through crashes of everything at any write`(_ block: UInt64) throws {
    let seeds = Self.seedsPerBlock
    let output = try Self.simulate(["\(block * seeds)", "\(seeds)"])
    let text = output.text
    guard output.status == 0 else {
      let seed = text.split(separator: " ").dropFirst().first.map { $0.prefix { $0.isNumber } } ?? ""
      Issue.record("\(text)\n\(try Self.simulate(["--excerpt", String(seed)]).text)")
      return
    }
    let counts = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    // A world in which little happens proves little.
    #expect((counts["fires"] as? UInt64).map { $0 >= seeds * 100 } == true)
    #expect((counts["whole"] as? UInt64).map { $0 > seeds / 2 } == true)
    if seeds >= 100 {
      for (name, value) in SimulationCounts().named where name != "unknowable" {
        #expect(counts[name] as? Int ?? 0 > value, "\(name) never happened")
      }
    }
  }

  @Test func `a seed tells the same story twice`() throws {
    for seed in ["3", "77"] {
      let first = try Self.simulate(["--story", seed])
      #expect(first.text.split(separator: "\n").count > 100)
      #expect(try Self.simulate(["--story", seed]) == first)
    }
  }

  /// Two worlds of each climate, and each again for every change of its disk.
  @Test(.acceptance(57, 58), arguments: 0..<UInt64(8))
  func `a death or a loss of power at any single write loses nothing and repeats nothing`(_ seed: UInt64) throws {
    let output = try Self.simulate(["--each-write", "\(seed)", "1", "20"])
    #expect(output.status == 0, "\(output.text)")
    let counts = try #require(try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any])
    #expect(counts["seeds"] as? Int ?? 0 > 100)
    #expect(counts["power_losses"] as? Int ?? 0 > 50)
  }

  @Test(arguments: PlantedFault.allCases)
  func `a mistake that is planted is seen`(_ fault: PlantedFault) throws {
    let output = try Self.simulate(["--fault", fault.rawValue])
    #expect(output.status == 0, "\(output.text)")
    #expect(output.text.hasPrefix("seed "))
  }
}
