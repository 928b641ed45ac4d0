import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// What released versions have left on disk is read by this one, for ever.
///
/// When a format changes: these files stay as they are, and so does the code that reads them; the new version gets a
/// directory of its own (Tests/Fixtures/versions/make). What an older version can't live with gets another major in
/// `StateFormat` and in the ledger's head, and then downgrades are refused.
@Suite(.ownThread)
struct VersionTests {
  private static let tests = "/" + "\(#filePath)".split(separator: "/").dropLast(2).joined(separator: "/")

  /// The files below a directory, by their paths from there.
  private static func files(_ path: String) throws -> [String] {
    try Directory.open(path).list().flatMap { name in
      (try? files("\(path)/\(name)").map { "\(name)/\($0)" }) ?? [name]
    }
  }

  @Test("what a version left is read whole, and the run that ended behind its back is recorded", arguments: ["0.1.0"])
  func leftBehind(version: String) throws {
    let fixture = "\(Self.tests)/Fixtures/versions/\(version)"
    try Cronwatch.use { cron in
      for file in try Self.files(fixture) where file != "runs.jsonl" {
        try cron.sandbox.write("state/\(file)", text("\(fixture)/\(file)"), permissions: 0o600)
      }
      let written = try text("\(fixture)/runs.jsonl").split(separator: "\n").map {
        try JSONReader.parse(Array($0.utf8))
      }
      try #require(written.count > 10 && written.contains { $0["outcome"]?.stringValue == "timed-out" })
      let read = try cron.run(["runs", "--json", "--limit", "0"]).jsonLines()
      try #require(read.count == written.count, "rows of runs")
      for (old, new) in zip(written, read) {
        for member in old.objectValue?.members ?? [] { #expect(new[member.key] == member.value, "\(member.key)") }
      }
      #expect(try cron.runs("long").map(\.outcome) == [nil])

      try cron.crontab("")
      try cron.start()
      try cron.wait("the end of the open run") { try cron.runs("long").first?.outcome != nil }
      let long = try #require(try cron.runs("long").first)
      #expect(long.outcome == "failed" && long.exitCode == 7, "\(JSONWriter.text(long.json))")
      #expect(!cron.log.contains("the ledger isn't as it should be"), "\(cron.log)")
    }
  }

  @Test("what a newer version left is refused plainly, with what to do, and nothing of it is touched")
  func newer() throws {
    try Cronwatch.use { cron in
      try cron.sandbox.write("state/format", "2.0\n", permissions: 0o600)
      try cron.sandbox.write("state/ledger/000001.log", "in other words\n", permissions: 0o600)
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      for words in [["start", cron.crontabPath], ["status"], ["runs"]] {
        let refused = try cron.run(words)
        #expect(refused.exit == 73)
        for said in [cron.state, "a newer cronwatch", "format 2.0", "knows 1.0", "no job fires", "--state"] {
          #expect(refused.error.contains(said), "\(words): \(refused.error)")
        }
      }
      #expect(try Self.files(cron.state).sorted() == ["format", "ledger/000001.log"])
      #expect(text(cron.state + "/format") == "2.0\n")
      #expect(text(cron.state + "/ledger/000001.log") == "in other words\n")
    }
  }
}
