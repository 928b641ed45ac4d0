import CronTestRandom
import CronTestSupport
import Foundation
import Testing

/// The inputs that the fuzzer begins with, and those that once reached new code, in every run of the tests.
@Suite struct FuzzCorpusTests {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/fuzz")

  @Test("holds for every file of the fuzzer's corpus", arguments: ParserProperties.allCases)
  func corpus(_ parser: ParserProperties) throws {
    let directory = Self.directory.appending(path: parser.rawValue)
    let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
    #expect(files.count >= 2)
    for file in files {
      #expect(parser.violation(Array(try Data(contentsOf: file))) == nil, "\(parser) \(file.lastPathComponent)")
    }
  }

  @Test("holds for every beginning of a file and every flipped byte", arguments: ParserProperties.allCases)
  func damaged(_ parser: ParserProperties) throws {
    var random = SeededGenerator(seed: 20_261_121)
    let directory = Self.directory.appending(path: parser.rawValue)
    for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
      let bytes = Array(try Data(contentsOf: file))
      for _ in 0..<40 where !bytes.isEmpty {
        var damaged = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        #expect(parser.violation(damaged) == nil, "\(parser) \(file.lastPathComponent): \(damaged)")
      }
    }
  }
}
