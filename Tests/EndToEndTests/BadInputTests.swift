import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What is typed or written wrongly ends at once, with a reason, a place and the right status.
@Suite(.ownThread)
struct BadInputTests {
  @Test(
    "words that make no command are usage errors",
    arguments: [
      ["start", "--fourground"], ["status", "--jsn"], ["frobnicate"], ["runs", "--limit", "many"], ["run"],
      ["next", "* * * * *", "--zone"], [],
    ])
  func usage(words: [String]) throws {
    try Cronwatch.use { cron in
      let result = try cron.run(words)
      #expect(result.exit == 64)
      #expect(!result.error.isEmpty)
    }
  }

  @Test(
    "a bad schedule is 65, with a caret under the column",
    arguments: [
      ("61 * * * *", 0), ("*/5 * 32 * *", 6), ("* * * * mon-funday", 12), ("* 1-99 * * *", 2),
      ("every munday at 9", 6), ("daily at 25:00", 9), ("calendar: 09:00:00.5", 18), ("30m", 0),
      ("calendar: daily Europe/Pariss", 16),
    ])
  func badSchedule(schedule: String, column: Int) throws {
    try Cronwatch.use { cron in
      let result = try cron.run(["next", schedule])
      #expect(result.exit == 65)
      let lines = result.error.split(separator: "\n")
      let shown = try #require(lines.firstIndex { $0.hasSuffix(schedule) }, "\(result.error)")
      let caret = try #require(lines[(shown + 1)...].first { $0.contains("^") }, "\(result.error)")
      let indent = lines[shown].utf8.count - schedule.utf8.count
      let found = caret.utf8.prefix { $0 != UInt8(ascii: "^") }.count - indent
      #expect((column...column + 3).contains(found), "\(result.error)")
    }
  }

  @Test("a state directory that can't be used is 73 or 77, and is named")
  func unusableState() throws {
    try Cronwatch.use { cron in
      try cron.crontab("@hourly true\n")
      try cron.sandbox.write("file", "")
      let below = cron.sandbox.path(of: "file") + "/state"
      let notMade = try cron.run(["start", "--state", below, cron.crontabPath])
      #expect(notMade.exit == 73)
      #expect(notMade.error.contains(below))

      let open = cron.sandbox.path(of: "open")
      _ = try Directory.create(open)
      #expect(chmod(open, 0o777) == 0)
      let writable = try cron.run(["start", "--state", open, cron.crontabPath])
      #expect(writable.exit == 77)
      #expect(writable.error.contains(open))
    }
  }

  @Test("a state directory that isn't ours is never reported as down")
  func foreignState() throws {
    guard CurrentProcess.effectiveUser == 0 else { try Test.cancel("only root can give a directory away") }
    try Cronwatch.use { cron in
      _ = try Directory.create(cron.state)
      #expect(chown(cron.state, 65_534, 65_534) == 0)
      for words in [["start"], ["status"], ["runs"], ["stop"]] {
        let result = try cron.run(words)
        #expect(result.exit == 77, "\(words)")
        #expect(result.error.contains(cron.state))
      }
    }
  }

  @Test("a crontab that is no text file is refused with the reason when it is named, and never waited for")
  func noFile() throws {
    try Cronwatch.use { cron in
      let fifo = cron.sandbox.path(of: "fifo")
      #expect(mkfifo(fifo, 0o600) == 0)
      let directory = cron.sandbox.path(of: "directory")
      _ = try Directory.create(directory)
      let large = cron.sandbox.path(of: "large")
      try FileDescriptor.open(large, [.write, .create]).truncate(to: 65 << 20)
      for (path, reason) in [
        (fifo, "FIFO"), (directory, "directory"), (large, "64 MiB"), (cron.sandbox.path(of: "none"), "ENOENT"),
      ] {
        let checked = try cron.run(["check", path], seconds: 90)
        #expect(checked.exit == 65, "\(path)")
        #expect((checked.output + checked.error).contains(reason), "\(checked.output)\(checked.error)")
        let started = try cron.run(["start", path], seconds: 90)
        #expect(started.exit == 78, "\(path)")
        #expect(started.error.contains(reason), "\(started.error)")
      }
      #expect(try cron.run(["status"]).exit == 3)
    }
  }

  @Test("a crontab with NULs or a million lines too many is refused with the reason, and the rest runs")
  func refusedContents() throws {
    try Cronwatch.use { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      let nul = try cron.sandbox.write("nul", "* * * * * true\u{0}\n")
      let long = try cron.sandbox.write("long", String(repeating: "\n", count: 1_000_001))
      let started = try cron.run(["start", cron.crontabPath, nul, long])
      #expect(started.exit == 0, "\(started.error)")
      let status = try cron.waitForVerdict("degraded")
      let sentences = (status["degraded"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "\n")
      #expect(sentences.contains("\(nul): ") && sentences.contains("NUL"), "\(sentences)")
      #expect(sentences.contains("\(long): ") && sentences.contains("1,000,000 lines"), "\(sentences)")
      try cron.waitForEvidence(count: 1)
      #expect(try cron.run(["status"]).exit == 1)
      try cron.stop()
    }
  }

  @Test("a bad line is said with its place and skipped; every other line runs")
  func badLine() throws {
    try Cronwatch.use { cron in
      try cron.crontab("61 * * * * never\n" + Cronwatch.evidenceLine("@every 1s"))
      let started = try cron.run(["start", cron.crontabPath])
      #expect(started.exit == 0)
      try cron.waitForEvidence(count: 1)
      let status = try cron.waitForVerdict("degraded")
      #expect(status["message"]?.stringValue?.contains("\(cron.crontabPath):3:1: ") == true)
      #expect(status["jobs"]?["rejected"]?.integerValue == 1)
      #expect(cron.log.contains("\(cron.crontabPath):3:1: "))
      let text = try cron.run(["status"])
      #expect(text.exit == 1)
      #expect(!text.output.contains("jobs will fire automatically"))
      let checked = try cron.run(["check", cron.crontabPath])
      #expect(checked.exit == 65)
      #expect((checked.output + checked.error).contains("\(cron.crontabPath):3:1: error: "))
      try cron.stop()
    }
  }

  @Test("100,000 lines load, and fire")
  func manyLines() throws {
    // A debug build on a busy machine takes its time.
    try Cronwatch.use(configuration: "[crontabs]\nread-timeout = 10m\n") { cron in
      // None of them is due while the test runs.
      let hour = Int(SystemClock.wall() / 3_600_000_000 % 24)
      let quiet = (0..<99_999).map { "\($0 % 60) \((hour + 2 + $0 / 60 % 20) % 24) * * * true \($0)\n" }.joined()
      try cron.crontab(quiet + Cronwatch.evidenceLine("@every 2s"))
      try cron.start(seconds: 400)
      #expect(try cron.status()["jobs"]?["total"]?.integerValue == 100_000)
      try cron.waitForEvidence(count: 1, seconds: 200)
    }
  }
}
