import CronSystem
import CronTestSupport
import CronTime
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Something in the ledger's place that is no ledger of ours: said, kept as it is, and the jobs fire.
@Suite(.ownThread)
struct BadLedgerTests {
  /// What is put there, below the state directory.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// A part of the reason that status and the log give.
    var said: String
    /// Where it is.
    var path: String
    /// Whether the ledger can be written beside it.
    var isWritable = true
    /// Whether only root can make it.
    var needsRoot = false
    var make: @Sendable (String) throws -> Void
  }

  private static let newer: [UInt8] = line("7 snapshot format=9.0 wonder=yes") + Array("\u{1}\u{0}binary".utf8)
  private static let segment = "ledger/000001.log"

  private static func line(_ body: String) -> [UInt8] {
    Array("\(Checksum.hexadecimal(Checksum.crc32c(Array(body.utf8)))) \(body)\n".utf8)
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    try FileDescriptor.open(path, [.write, .create]).write(bytes)
  }

  static let rows: [Row] = [
    Row(testDescription: "a later version's", said: "written by a later version", path: segment, isWritable: false) {
      try write(newer, $0)
    },
    Row(testDescription: "garbage", said: "damaged", path: segment) {
      try write((0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }, $0)
    },
    Row(testDescription: "an empty file", said: "it holds no record", path: segment) { try write([], $0) },
    Row(testDescription: "a directory as a segment", said: "it is a directory", path: segment) {
      _ = try Directory.create($0)
    },
    Row(testDescription: "a link as a segment", said: "it is a symbolic link", path: segment) {
      try write(Array("secret\n".utf8), $0 + ".target")
      try #require(symlink($0 + ".target", $0) == 0)
    },
    Row(testDescription: "a FIFO as a segment", said: "it is no regular file", path: segment) {
      try #require(mkfifo($0, 0o600) == 0)
    },
    Row(testDescription: "a second name of a segment", said: "it has a second name", path: segment) {
      try write(line("0 snapshot format=1.0 at=2026-06-18T12:00:00Z records=0"), $0 + ".twin")
      try #require(link($0 + ".twin", $0) == 0)
    },
    Row(testDescription: "another user's segment", said: "it belongs to another user", path: segment, needsRoot: true) {
      try write(line("0 snapshot format=1.0 at=2026-06-18T12:00:00Z records=0"), $0)
      try #require(chown($0, 65_534, 65_534) == 0)
    },
    Row(testDescription: "a file as the ledger", said: "it is not a directory", path: "ledger", isWritable: false) {
      try write(Array("notes\n".utf8), $0)
    },
    Row(testDescription: "a link as the ledger", said: "it is not a directory", path: "ledger", isWritable: false) {
      _ = try Directory.create($0 + ".target")
      try #require(symlink($0 + ".target", $0) == 0)
    },
    Row(testDescription: "a FIFO as the ledger", said: "it is not a directory", path: "ledger", isWritable: false) {
      try #require(mkfifo($0, 0o600) == 0)
    },
    Row(
      testDescription: "another user's ledger", said: "it belongs to another user", path: "ledger", isWritable: false,
      needsRoot: true
    ) {
      _ = try Directory.create($0)
      try write(line("0 snapshot format=1.0 at=2026-06-18T12:00:00Z records=0"), $0 + "/000001.log")
      try #require(chown($0, 65_534, 65_534) == 0)
    },
    Row(testDescription: "a directory as the reserve", said: "it is a directory", path: "ledger/reserve") {
      _ = try Directory.create($0)
    },
  ]

  @Test(.acceptance(56), arguments: rows)
  func `it is said and kept, the jobs fire, and a crash of the ticker repeats none of them`(_ row: Row) throws {
    if row.needsRoot, CurrentProcess.effectiveUser != 0 { try Test.cancel("only root can give a file away") }
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      _ = try Directory.create(cron.state)
      if row.path != "ledger" { _ = try Directory.create(cron.state + "/ledger") }
      let place = cron.state + "/" + row.path
      try row.make(place)
      let before = try Self.portrait(place)
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@reboot", name: "boot"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 3)
      try cron.waitForEvidence("boot", count: 1)
      let status = try cron.waitForVerdict("degraded")
      let sentences = (status["degraded"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; ")
      #expect(sentences.contains(row.said), "\(sentences)")
      #expect(sentences.contains("decisions are kept in memory") == !row.isWritable, "\(sentences)")
      #expect(!(try cron.run(["status"]).output.contains("will fire automatically")))

      try cron.kill(cron.ticker())
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
      try cron.stop()
      // What the boot owed was given once, though the ledger may not tell.
      #expect(cron.evidence("boot").count == 1)
      let occurrences = cron.evidence("tick").map(\.occurrence)
      #expect(Set(occurrences).count == occurrences.count, "\(occurrences)")
      #expect(try Self.portrait(place) == before)
      #expect(cron.log.contains(row.said), "\(cron.log)")
      // Beside what can't be written nothing appears.
      if !row.isWritable, row.path == Self.segment {
        #expect(try Directory.open(cron.state + "/ledger").list() == ["000001.log"])
      }
    }
  }

  /// All of these looked like a crash at the segment's beginning, or like nothing at all, and what it held ran again.
  @Test(.acceptance(56), arguments: ["emptied", "removed", "cut behind a line", "filled with zeros"])
  func `a newest segment that somebody takes away is noticed by what slots say, and nothing in it runs again`(
    _ damage: String
  ) throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab("# cronwatch: grace=10m\n" + Cronwatch.evidenceLine("@every 1s"))
      for _ in 1...2 {
        try cron.start()
        try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
        _ = Processes.killAll(naming: cron.state)
      }
      let ledger = try Directory.open(cron.state + "/ledger")
      let newest = try #require(try ledger.list().filter { $0.hasSuffix(".log") }.max())
      #expect(newest != "000001.log")
      let file = try ledger.openFile(newest, .readWrite)
      let lines = try file.readToEnd(limit: 1 << 24).split(separator: UInt8(ascii: "\n"))
      let claims = lines.indices.filter { String(decoding: lines[$0], as: UTF8.self).contains(" claim run=") }
      switch damage {
      case "emptied": try file.truncate(to: 0)
      case "removed": try ledger.unlink(newest)
      case "filled with zeros": try file.write([UInt8](repeating: 0, count: Int(file.size())), at: 0)
      default:
        // The last may not have begun.
        let kept = lines[..<(try #require(claims.dropLast().last))].reduce(0) { $0 + $1.count + 1 }
        try file.truncate(to: Int64(kept))
      }
      try cron.start()
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
      let status = try cron.waitForVerdict("degraded")
      let said = (status["degraded"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; ")
      #expect(said.contains("a worker has an order of record"), "\(said)")
      try cron.stop()
      let occurrences = cron.evidence("tick").map(\.occurrence)
      #expect(Set(occurrences).count == occurrences.count, "\(occurrences)")
      // It is said once: the numbers go on behind what the slots named.
      try cron.start()
      try cron.waitForVerdict("healthy")
    }
  }

  @Test func `a ledger that was removed doesn't make a boot owe again what it has had`() throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@reboot", name: "boot"))
      try cron.start()
      try cron.waitForEvidence("boot")
      try cron.wait("a clean tick") { try cron.status()["ticker"]?["success_age_s"]?.numberValue != nil }
      try cron.stop()
      Sandbox.remove(cron.state + "/ledger")
      try cron.start()
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 1)
      try cron.stop()
      #expect(cron.evidence("boot").count == 1)
      #expect(try cron.run(["audit"]).exit == 0)
    }
  }

  /// A second run began beside the one that went on: its claim was in what was lost.
  @Test(.acceptance(56), arguments: ["garbage in its segments", "removed", "too slow to be read back"])
  func `a run that goes on holds its job's turn although the ledger has lost it, and its end is recorded`(
    _ damage: String
  ) throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s") + """
          # cronwatch: name=held
          @every 1s echo $CRONWATCH_RUN >> $SANDBOX/starts; while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; exit 3

          """)
      try cron.start()
      let starts = { text(cron.sandbox.path(of: "starts")).split(separator: "\n").map(String.init) }
      try cron.wait("a clean tick after the beginning") {
        try cron.status()["running"]?[0]?["pid"]?.integerValue != nil && cron.evidence("tick").count > 1
      }
      try cron.stop()
      let ledger = try Directory.open(cron.state + "/ledger")
      let before = try ledger.list().filter { $0.hasSuffix(".log") }.map { name in
        (name, try FileDescriptor.open(cron.state + "/ledger/" + name, .read).readToEnd(limit: 16 << 20))
      }
      switch damage {
      case "removed": Sandbox.remove(cron.state + "/ledger")
      case "too slow to be read back": try cron.inject("recovery.time@3+:error", eachProcess: true)
      default:
        for name in try ledger.list() where name.hasSuffix(".log") {
          Sandbox.remove(cron.state + "/ledger/" + name)
          try Self.write((0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }, cron.state + "/ledger/" + name)
        }
      }
      try cron.start()
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 3)
      if damage == "too slow to be read back" {
        let status = try cron.waitForVerdict("degraded")
        #expect("\(status["degraded"] ?? .null)".contains("reading it back takes too long"))
        for (name, bytes) in before {
          let after = try FileDescriptor.open(cron.state + "/ledger/" + name, .read).readToEnd(limit: 16 << 20)
          #expect(after == bytes, "\(name) is written")
        }
        let occurrences = cron.evidence("tick").map(\.occurrence)
        #expect(Set(occurrences).count == occurrences.count, "\(occurrences)")
      }
      #expect(try cron.status()["running"]?[0]?["job"]?.stringValue == "held")
      #expect(starts().count == 1)
      let first = try #require(starts().first)
      try cron.sandbox.write("go", "")
      try cron.wait("its end") { try cron.runs("held").contains { $0.run == first && $0.outcome == "failed" } }
      try cron.wait("the next one") { starts().count > 1 }
      try cron.stop()
    }
  }

  /// What a path is: kind, owner, and content as far as there is one.
  private static func portrait(_ path: String) throws -> String {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    var words = ["\(status.st_mode)", "\(status.st_uid)"]
    switch status.st_mode & S_IFMT {
    case S_IFREG: words.append("\(try FileDescriptor.open(path, .read).readToEnd(limit: 1 << 20))")
    case S_IFDIR: words += try Directory.open(path).list().sorted()
    default: words.append("\(status.st_ino)")
    }
    return words.joined(separator: " ")
  }
}
