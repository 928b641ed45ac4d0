import Foundation
import Testing

/// `next` allocates nothing: counted from outside, over the benchmark's corpus, in a release build.
@Suite struct AllocationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let program = root + "/.build/release/ScheduleBenchmark"
  private static let sources = root + "/Tests/Benchmarks/schedule"

  /// The last line that a command wrote to standard error.
  private static func run(_ words: [String], preload: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = (preload.map { ["LD_PRELOAD=\($0)"] } ?? []) + words
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let data = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    try #require(process.terminationStatus == 0, "\(words): \(text)")
    return text.split(separator: "\n").last.map(String.init) ?? ""
  }

  @Test func `100,000 calls of each schedule's next allocate nothing`() throws {
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      try Test.cancel("the benchmark isn't built; bin/test builds it first")
    }
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("cronwatch-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let counter = scratch.path + "/count.so"
    // Where Swift is, its clang is.
    _ = try Self.run(
      ["clang", "-shared", "-fPIC", "-O1", "-o", counter, Self.sources + "/count-allocations.c"])
    let counts = try [1, 100_000].map { calls in
      let said = try Self.run(
        [Self.program, "--allocations", Self.sources + "/corpus.tsv", "\(calls)"], preload: counter)
      return try #require(Int(said), "\(said)")
    }
    #expect(counts[0] > 0, "the counter counts what parsing allocates")
    #expect(counts[0] == counts[1])
  }
}
