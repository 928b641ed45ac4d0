import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// What decisions cost in instructions, counted by callgrind(1), held against the table of docs/benchmarks.md.
@Suite(.ownThread)
struct InstructionCostTests {
  private static let valgrind = "/usr/bin/valgrind"
  private static let band = 0.75...1.3

  /// Instructions of a program from its first to its last.
  private static func count(_ program: String, _ words: [String], _ cron: Cronwatch) throws -> Int {
    let path = try ReleaseProgram.path(program)
    if access(valgrind, X_OK) != 0 { try Test.cancel("valgrind isn't installed") }
    cron.environment["SWIFT_DETERMINISTIC_HASHING"] = "1"
    var counted = try cron.spawn(
      ["--tool=callgrind", "--callgrind-out-file=/dev/null", path] + words, executable: valgrind)
    let cause = try counted.wait("\(program) under callgrind", seconds: 300)
    let said = text(counted.errorPath)
    let line = said.split(separator: "\n").first { $0.contains("Collected : ") }
    guard cause == .exited(0), let count = line?.split(separator: " ").last.flatMap({ Int($0) }) else {
      throw DeadlineMissed(description: "\(program) under callgrind: \(cause) \(said)")
    }
    return count
  }

  @Test func `a start of the program`() throws {
    try Cronwatch.use { cron in
      let count = try Self.count("cronwatch", ["version"], cron)
      try CostTable.expect("`cronwatch version`: instructions", count, within: Self.band)
    }
  }

  @Test func `the next instant of a schedule`() throws {
    try Cronwatch.use { cron in
      let words = ["next", "*/7 3-9 * * 1-5", "--zone", "Europe/Berlin", "--from", "2026-01-01T00:00:00Z", "--count"]
      let few = try Self.count("cronwatch", words + ["1000"], cron)
      let many = try Self.count("cronwatch", words + ["3000"], cron)
      try CostTable.expect("an instant of `cronwatch next`: instructions", (many - few) / 2_000, within: Self.band)
    }
  }

  @Test func `a simulated life`() throws {
    try Cronwatch.use { cron in
      // A hundred fires with crashes, recoveries, clock steps and bad disks: the engine's and the ledger's code.
      let count = try Self.count("Simulate", ["1", "3"], cron)
      try CostTable.expect("a simulated life: instructions", count / 3, within: Self.band)
    }
  }
}
