import CronTestSupport
import Foundation
import Testing

/// A start needs memory for a segment and for what is open, not for all that was ever recorded: a release build, from
/// outside.
@Suite struct RecoveryMemoryTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let program = root + "/.build/release/LedgerBenchmark"
  private static let records = 400_000

  /// What `recover` says of a state directory: the number behind each word.
  private static func recover(_ state: String) throws -> [Substring: Double] {
    let output = try ProgramOutput.of(program, ["recover", state])
    try #require(output.status == 0)
    let words = (output.text.split(separator: "\n").last ?? "").split(separator: " ")
    return Dictionary(zip(words, words.dropFirst()).compactMap { word, value in Double(value).map { (word, $0) } }) {
      first, _ in first
    }
  }

  @Test func `a ledger that has to be read from its first record on is recovered within 48 MiB`() throws {
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      try Test.cancel("the benchmark isn't built; bin/test builds it first")
    }
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("cronwatch-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: scratch) }
    let size = 4 << 20
    #expect(try ProgramOutput.of(Self.program, ["write", scratch.path, "\(Self.records)", "\(size)"]).status == 0)
    let ledger = scratch.appendingPathComponent("ledger")
    let names = try FileManager.default.contentsOfDirectory(atPath: ledger.path)
    let segments = names.filter { $0.hasSuffix(".log") }.sorted()
    let bytes = try segments.reduce(0) { sum, name in
      let path = ledger.appendingPathComponent(name).path
      return sum + (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
    }
    #expect(bytes > 50 << 20, "it is larger than what it may take")
    // Without their heads none of the later ones can be begun with.
    for name in segments.dropFirst() {
      let file = try FileHandle(forWritingTo: ledger.appendingPathComponent(name))
      try file.write(contentsOf: Data("damaged!".utf8))
      try file.close()
    }
    let said = try Self.recover(scratch.path)
    #expect(said["records"].map { Int($0) >= Self.records } == true, "\(said)")
    #expect(said["peak_kib"].map { $0 > 0 && $0 < 48 * 1024 } == true, "\(said)")
  }
}
