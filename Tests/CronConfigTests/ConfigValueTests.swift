import CronConfig
import Testing

@Suite("Values in files")
struct ConfigValueTests {
  @Test(
    "durations",
    arguments: [
      ("0", 0), ("90s", 90_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1w", 604_800_000), ("500ms", 500),
      ("1s500ms", 1500), ("30m1h", nil), ("1h1h", nil), ("5", nil), ("", nil), ("s", nil), ("-5s", nil), ("5 s", nil),
      ("1.5h", nil), ("5S", nil), ("99999999999999999999s", nil), ("999999999d", nil), ("5y", nil), ("5sm", nil),
    ] as [(String, Int64?)])
  func durations(_ text: String, _ milliseconds: Int64?) {
    #expect(DurationText.milliseconds(text) == milliseconds)
    guard let milliseconds else { return }
    #expect(DurationText.milliseconds(DurationText.text(milliseconds: milliseconds)) == milliseconds)
  }

  @Test(
    "sizes",
    arguments: [
      ("0", 0), ("512", 512), ("64K", 65_536), ("10M", 10_485_760), ("2g", 2_147_483_648), ("1T", 1_099_511_627_776),
      ("", nil), ("M", nil), ("10MB", nil), ("-1", nil), ("1.5M", nil), ("99999999999999999", nil), ("9999999T", nil),
    ] as [(String, Int64?)])
  func sizes(_ text: String, _ bytes: Int64?) {
    #expect(SizeText.bytes(text) == bytes)
    guard let bytes else { return }
    #expect(SizeText.bytes(SizeText.text(bytes)) == bytes)
  }

  @Test(
    "catch-up policies",
    arguments: [
      ("skip", .skip), ("once", .once), ("all", .all(limit: 100)), ("all(7)", .all(limit: 7)), ("all(0)", nil),
      ("all(10001)", nil), ("all()", nil), ("all(-1)", nil), ("all(+1)", nil), ("All", nil), ("", nil), ("all(7", nil),
    ] as [(String, CatchUpPolicy?)])
  func catchUp(_ text: String, _ policy: CatchUpPolicy?) {
    #expect(CatchUpPolicy(text) == policy)
    if let policy { #expect(CatchUpPolicy(policy.description) == policy) }
  }

  @Test(
    "the nearest name is one that a slip explains",
    arguments: [
      ("tiemout", "timeout"), ("TIMEOUT", "timeout"), ("timeuot", "timeout"), ("overlp", "overlap"), ("zon", "zone"),
      ("banana", nil), ("", nil), ("x", nil),
    ] as [(String, String?)])
  func nearest(_ word: String, _ name: String?) {
    #expect(NearestName.find(word, among: ["timeout", "overlap", "zone", "grace"]) == name)
  }

  @Test("a finding is one line that editors understand")
  func text() {
    var finding = Diagnostic(
      position: SourcePosition(file: "/f", line: 3, column: 7), level: .error, code: "x", message: "what", hint: "how")
    #expect(finding.text == "/f:3:7: error: what; how")
    finding.position.column = 0
    finding.hint = nil
    #expect(finding.text == "/f:3: error: what")
    finding.position.line = 0
    #expect(finding.text == "/f: error: what")
  }
}
