import EndToEndSupport
import Glibc
import Testing

@Suite struct BinaryTests {
  static let release = ".build/release/cronwatch"

  @Test func `the release has no fault points`() throws {
    let binary = try content(of: Self.release)
    #expect(!contains(binary, "CRONWATCH_FAULT"))
  }

  @Test func `the debug build has what the release has not`() throws {
    let binary = try content(of: Program.builtBeside)
    let sources = Repository.swiftFiles.filter(\.isProduct)
    let isNamed = sources.contains { $0.target == "cronwatch" && $0.code.contains { $0.contains("import CronDaemon") } }
    if !isNamed { try Test.cancel("the executable doesn't use CronDaemon yet") }
    #expect(contains(binary, "CRONWATCH_FAULT"))
  }

  @Test func `the release needs nothing of a toolchain`() throws {
    let binary = try content(of: Self.release)
    for word in ["libswiftCore.so", "libFoundation.so", "libdispatch.so", "/usr/lib/swift/linux"] {
      #expect(!contains(binary, word), "the binary names \(word)")
    }
  }

  /// `replacing`, `firstRange(of:)` and `ranges(of:)` of strings bring it in: a megabyte that every process maps.
  @Test func `the release carries no engine of regular expressions`() throws {
    #expect(!contains(try content(of: Self.release), "_RegexParser"))
  }

  @Test func `the search sees what is there`() {
    let bytes = Array("xxCRCRON\0WATCHCRON".utf8)
    #expect(contains(bytes, "CRON\0WATCH"))
    #expect(contains(bytes, "WATCHCRON"))
    #expect(!contains(bytes, "CRONS"))
    #expect(!contains([], "C"))
  }

  private func content(of path: String) throws -> [UInt8] {
    guard let bytes = Repository.bytes(of: path), !bytes.isEmpty else {
      try Test.cancel("\(path) isn't built; bin/test builds it first")
    }
    return bytes
  }

  /// Whether the bytes hold the word; in C, for a debug build would take seconds for a binary.
  private func contains(_ bytes: [UInt8], _ word: String) -> Bool {
    let word = Array(word.utf8)
    guard let first = word.first else { return true }
    return bytes.withUnsafeBytes { buffer in
      guard var start = buffer.baseAddress else { return false }
      let end = start + buffer.count
      while let hit = memchr(start, Int32(first), end - start) {
        let candidate = UnsafeRawPointer(hit)
        if end - candidate < word.count { return false }
        if memcmp(candidate, word, word.count) == 0 { return true }
        start = candidate + 1
      }
      return false
    }
  }
}
