import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Zone data that changes while jobs go by it, as an upgrade of tzdata does.
@Suite(.ownThread)
struct ZoneTests {
  private static let day: Int64 = 86_400
  private let begin = SystemClock.wall() / 1_000_000

  /// The offset of a land where it is noon so many seconds from now. Of one test all lie within a day, so that moving
  /// the land by some seconds skips no date, whatever the time is here.
  private func offset(noonIn seconds: Int64) -> Int64 {
    Self.day / 2 - begin % Self.day - (SystemClock.wall() / 1_000_000 - begin) - seconds
  }

  @Test(
    "new zone data holds at once: what it brings near fires, and a local time that was decided isn't owed again",
    .acceptance(58), arguments: ["rename", "in place"])
  func newData(way: String) throws {
    try Cronwatch.use { cron in
      let folder = cron.sandbox.path(of: "zones")
      _ = try Directory.create(folder)
      _ = try Directory.create(folder + "/Test")
      cron.environment["TZDIR"] = folder
      func publish(offset: Int64) throws {
        let place = folder + "/Test/Land"
        let path = way == "rename" ? folder + "/Land.new" : place
        try FileDescriptor.open(path, [.write, .create, .truncate]).write(Self.zone(offset: offset), at: 0)
        if way == "rename" { #expect(rename(path, place) == 0) }
      }
      // At noon of a land whose noon is hours away.
      try publish(offset: offset(noonIn: 7 * 3_600))
      try cron.configure(
        """
        [job noon]
        schedule = 0 0 12 * * *
        zone = Test/Land
        command = echo "$CRONWATCH_JOB $CRONWATCH_OCCURRENCE $CRONWATCH_RUN" >> \(cron.sandbox.path(of: "evidence"))

        """)
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "clock"))
      try cron.start()
      try cron.waitForEvidence("clock", count: 2)
      let hashes = {
        Set(text(cron.state + "/ledger/000001.log").split(separator: " ").filter { $0.hasPrefix("zone_data=") })
      }
      #expect(cron.evidence("noon").isEmpty)
      let known = hashes()

      // The land moves: its noon is some seconds from now.
      try publish(offset: offset(noonIn: 6))
      try cron.waitForEvidence("noon", count: 1)
      #expect(hashes().count == known.count + 1)
      try cron.waitForVerdict("healthy")

      // And moves again: seconds later the clocks there show noon a second time.
      let again = offset(noonIn: 6)
      try publish(offset: again)
      try cron.wait("that to be noticed") { hashes().count == known.count + 2 }
      let passes = cron.evidence("clock").count + 9
      try cron.waitForEvidence("clock", count: passes)
      #expect(cron.evidence("noon").count == 1)

      // Data that can't be read takes no job away.
      unlink(folder + "/Test/Land")
      try cron.wait("a word about it") { try cron.run(["status"]).output.contains("the zone Test/Land can't be read") }
      let without = try cron.status()
      #expect(without["jobs"]?["total"]?.integerValue == 2 && without["verdict"]?.stringValue == "degraded")
      try publish(offset: again)
      try cron.waitForVerdict("healthy")
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      let audit = try cron.run(["audit"])
      #expect(audit.exit == 0, "\(audit.output)")
      #expect(try cron.runs("noon").count == 1)
    }
  }

  /// A stop is no way to have a local time twice, nor to lose a zone whose file is being replaced.
  @Test(.acceptance(58)) func `zone data that came while nothing ran owes nothing twice, and none takes no job away`()
    throws
  {
    try Cronwatch.use { cron in
      let folder = cron.sandbox.path(of: "zones")
      _ = try Directory.create(folder)
      _ = try Directory.create(folder + "/Test")
      cron.environment["TZDIR"] = folder
      func publish(_ name: String, offset: Int64) throws {
        try FileDescriptor.open(folder + "/Test/" + name, [.write, .create, .truncate]).write(
          Self.zone(offset: offset), at: 0)
      }
      func job(_ name: String, _ schedule: String, _ zone: String) -> String {
        """
        [job \(name)]
        schedule = \(schedule)
        zone = Test/\(zone)
        command = echo "$CRONWATCH_JOB $CRONWATCH_OCCURRENCE $CRONWATCH_RUN" >> \(cron.sandbox.path(of: "evidence"))


        """
      }
      try publish("Land", offset: offset(noonIn: 4))
      try publish("Isle", offset: 3_600)
      try publish("Lake", offset: 7_200)
      let stays =
        job("noon", "0 0 12 * * *", "Land") + job("often", "* * * * * *", "Land") + job("isle", "@every 1s", "Isle")
      try cron.configure(stays + job("lake", "* * * * * *", "Lake"))
      try cron.crontab("")
      try cron.start()
      try cron.waitForEvidence("noon", count: 1)
      try cron.waitForEvidence("isle", count: 2)
      try cron.waitForEvidence("lake", count: 2)
      try cron.stop()
      // While nothing runs the land moves so that its clocks show noon again, the isle's file is lost, and nobody goes
      // by the lake's time any more.
      try publish("Land", offset: offset(noonIn: 8))
      unlink(folder + "/Test/Isle")
      try cron.configure(stays)
      let (often, isle) = (cron.evidence("often").count, cron.evidence("isle").count)
      try cron.start()
      try cron.waitForEvidence("often", count: often + 12)
      try cron.waitForEvidence("isle", count: isle + 12)
      #expect(cron.evidence("noon").count == 1)
      #expect(
        try cron.status()["message"]?.stringValue?.contains("the zone Test/Isle can't be read") == true)
      try cron.wait("a moment when nothing runs or waits") { try cron.runs().allSatisfy { $0.outcome != nil } }
      try cron.stop()
      let audit = try cron.run(["audit"])
      #expect(audit.exit == 0, "\(audit.output)")
    }
  }

  /// A TZif file (version 1) of a zone with one offset, in seconds; tzfile(5).
  private static func zone(offset: Int64) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count: UInt8 in [0, 0, 0, 0, 1, 4] { bytes += [0, 0, 0, count] }
    let word = UInt32(bitPattern: Int32(offset))
    bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: word >> UInt32($0 * 8)) }
    return bytes + [0, 0] + Array("TST\0".utf8)
  }
}
