import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct LastWordsTests {
  private static func words(_ parts: [String]) -> String? {
    var words = LastWords()
    for part in parts { words.add(Array(part.utf8)) }
    return words.text
  }

  @Test(
    arguments: [
      ([], nil), ([" \n", "\t\n"], nil), (["Fatal ", "error: x\n"], "Fatal error: x"),
      (["\na\n\nb\n\n"], "a\n\nb"),
      ([String(repeating: "x", count: 1024)], String(repeating: "x", count: 1024)),
      (
        [String(repeating: "h", count: 256), String(repeating: "m", count: 100), String(repeating: "t", count: 768)],
        String(repeating: "h", count: 256) + "\n[… 100 bytes …]\n" + String(repeating: "t", count: 768)
      ),
    ] as [([String], String?)])
  func `short words are kept whole, of long ones the beginning and the end`(parts: [String], text: String?) {
    #expect(Self.words(parts) == text)
  }

  @Test func `what is kept doesn't depend on the pieces in which it came`() {
    let all = (0..<400).map { "line \($0)\n" }.joined()
    let whole = Self.words([all])
    #expect(whole == Self.words(all.map { String($0) }))
    #expect(whole?.hasPrefix("line 0\n") == true && whole?.hasSuffix("line 399") == true)
  }

  @Test func `a flood neither waits for its reader nor is kept whole`() throws {
    var pipe = try Pipe(nonBlocking: true)
    let crash = CrashPipe(pipe.takeReadEnd())
    let writer = pipe.takeWriteEnd()
    var written = 0
    let line = Array("again and again\n".utf8)
    while try writer.writeAvailable(line[...]) == line.count { written += line.count }
    #expect(written >= 4096)
    let text = try #require(crash.lastWords())
    #expect(text.utf8.count < 1100 && text.hasPrefix("again") && text.hasSuffix("again and again"))
    // There is room again, and what comes now is the end.
    #expect(try writer.writeAvailable(Array("Fatal error: enough\n".utf8)[...]) == 20)
    #expect(crash.lastWords()?.hasSuffix("Fatal error: enough") == true)
    _ = consume writer
    // A fork of another test may hold the writing end for a moment.
    try waitUntil("the end") { crash.read().hasEnded }
  }
}
