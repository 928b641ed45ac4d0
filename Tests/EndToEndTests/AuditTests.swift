import CronSystem
import CronTestSupport
import CronTime
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// `cronwatch audit` over the ledger of a real daemon that was killed, reloaded and stopped.
@Suite(.ownThread)
struct AuditTests {
  @Test func `a ledger of kills and reloads is clean, and a line that is deleted from it is missed`() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 2s", name: "leaves"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 2)
      try cron.waitForEvidence("leaves", count: 1)
      let ticker = try cron.ticker()
      try cron.kill(ticker)
      try cron.wait("another ticker") { try cron.ticker() != ticker }
      let beforeReload = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: beforeReload + 1)
      // One job changes, one goes, one comes.
      try cron.crontab(
        Cronwatch.evidenceLine("@every 2s") + Cronwatch.evidenceLine("@every 3s", name: "comes"))
      #expect(try cron.run(["reload"]).exit == 0)
      try cron.waitForEvidence("comes", count: 1)
      let afterReload = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: afterReload + 2)

      // While it runs: what is going on is listed and is no finding.
      let live = try cron.run(["audit", "--json"])
      #expect(live.exit == 0, "\(live.output)\(live.error)")
      try cron.stop()
      try requireClean(cron)
      try deleteClaim(cron)
    }
  }

  private func requireClean(_ cron: Cronwatch) throws {
    let result = try cron.run(["audit", "--json", "--verify"])
    try #require(result.exit == 0, "\(result.output)\(result.error)")
    let summary = try #require(try result.jsonLines().last)
    #expect(summary["kind"]?.stringValue == "summary")
    #expect(summary["findings"]?.integerValue == 0)
    let jobs = summary["jobs"]?.arrayValue?.compactMap { $0["job"]?.stringValue } ?? []
    #expect(jobs == ["comes", "leaves", "tick"])
    let total = summary["totals"]
    let counted = try cron.runs().filter { $0.occurrence != nil }.reduce(0) { $0 + $1.count }
    #expect(total?["occurrences"]?.integerValue == Int64(counted))
    #expect(total?["outcomes"]?["succeeded"]?.integerValue == Int64(cron.evidence().count))
    #expect(try #require(total?["lateness_ms"]?["max"]?.integerValue) >= 0)
    #expect(try #require(summary["verified"]?["records"]?.integerValue) > 20)
    #expect(summary["verified"]?["damaged_bytes"]?.integerValue == 0)
    let text = try cron.run(["audit"])
    #expect(text.exit == 0 && text.output.hasSuffix("no findings\n"))
  }

  /// Takes one claim out of the first segment, as somebody with an editor would.
  private func deleteClaim(_ cron: Cronwatch) throws {
    let path = cron.state + "/ledger/000001.log"
    var lines = text(path).split(separator: "\n").map(String.init)
    let victim = try #require(lines.firstIndex { $0.contains(" claim ") && $0.contains(" job=tick ") })
    let words = lines[victim].split(separator: " ")
    let occurrence = try #require(words.first { $0.hasPrefix("occurrence=") }).dropFirst("occurrence=".count)
    lines.remove(at: victim)
    try FileDescriptor.open(path, [.write, .truncate]).write(Array((lines.joined(separator: "\n") + "\n").utf8), at: 0)

    let result = try cron.run(["audit", "--json"])
    #expect(result.exit == 1)
    let items = try result.jsonLines()
    let missing = try #require(items.first { $0["kind"]?.stringValue == "no-outcome" }, "\(result.output)")
    #expect(missing["job"]?.stringValue == "tick")
    #expect(missing["occurrence"]?.stringValue == String(occurrence))
    #expect(items.contains { $0["kind"]?.stringValue == "sequence" })
    let shown = try cron.run(["audit"])
    #expect(shown.exit == 1)
    #expect(shown.output.contains("tick@\(occurrence)"))
  }

  /// What stands in the ledger's place, the status, and a word of the message.
  static let bad: [(String, Int, String)] = [
    ("newer segment", 65, "later version"), ("file", 65, "not a directory"), ("link", 65, "not a directory"),
    ("nothing", 0, "nothing is recorded"), ("garbage", 1, "damaged"), ("segment is a directory", 65, "can't be read"),
  ]

  @Test(arguments: bad)
  func `a ledger that can't be read is said plainly, and left alone`(_ row: (String, Int, String)) throws {
    try Cronwatch.use { cron in
      _ = try Directory.create(cron.state)
      let ledger = cron.state + "/ledger"
      if row.0 == "file" {
        try cron.sandbox.write("state/ledger", "x")
      } else if row.0 == "link" {
        try #require(symlink("/tmp", ledger) == 0)
      } else if row.0 != "nothing" {
        _ = try Directory.create(ledger)
      }
      switch row.0 {
      case "newer segment":
        let body = "7 snapshot format=9.0 wonder=yes"
        try cron.sandbox.write(
          "state/ledger/000001.log", "\(Checksum.hexadecimal(Checksum.crc32c(Array(body.utf8)))) \(body)\n")
      case "garbage":
        let body = "9 through at=2026-06-18T12:00:00Z"
        try cron.sandbox.write(
          "state/ledger/000001.log",
          "what is this\n\(Checksum.hexadecimal(Checksum.crc32c(Array(body.utf8)))) \(body)\n")
      case "segment is a directory": _ = try Directory.create(ledger + "/000001.log")
      default: break
      }
      let result = try cron.run(["audit"])
      #expect(result.exit == row.1, "\(result.output)\(result.error)")
      #expect((result.output + result.error).contains(row.2), "\(result.output)\(result.error)")
    }
  }
}
