import CronTime
import CronTimeSystem
import Testing

/// The examples of docs/crontime.md: `LibraryDocumentTests` compares what stands between the markers with the document.
@Suite struct LibraryExampleTests {
  @Test func `the next times of a schedule in a zone`() throws {
    var printed: [String] = []
    func print(_ text: String) { printed.append(text) }
    // example: next
    let schedule = try Schedule.parse("30 2 * * MON-FRI")
    let zone = try SystemZones.zone(named: "Europe/Paris")
    var instant = Instant(seconds: 1_774_569_600)  // Friday, 2026-03-27T00:00:00Z
    for _ in 0..<2 {
      guard let next = schedule.next(after: instant, in: zone) else { break }
      print(zone.rfc3339(next))
      instant = next
    }
    // prints 2026-03-27T02:30:00+01:00
    //        2026-03-30T02:30:00+02:00
    // end
    #expect(printed == ["2026-03-27T02:30:00+01:00", "2026-03-30T02:30:00+02:00"])
  }

  @Test func `an error has a column, a reason and a hint`() {
    var printed: [String] = []
    func print(_ text: String) { printed.append(text) }
    // example: error
    do throws(ScheduleError) {
      _ = try Schedule.parse("0 24 * * *")
    } catch {
      print("column \(error.column): \(error.message); \(error.hint ?? "")")
    }
    // prints column 3: 24 is not an hour; hours go from 0 to 23; midnight is 0
    // end
    #expect(printed == ["column 3: 24 is not an hour; hours go from 0 to 23; midnight is 0"])
  }

  @Test func `what a schedule means, and what a clock change does to it`() throws {
    var printed: [String] = []
    func print(_ text: String) { printed.append(text) }
    // example: explain
    let parsed = try ZonedSchedule.parse("calendar: Mon..Fri *-*-* 09:00 America/New_York")
    print(parsed.schedule.explanation)
    var zones = SystemZones.database()
    let zone = try zones.zone(named: parsed.zoneName ?? "UTC")
    print(zone.rfc3339(parsed.schedule.next(after: Instant(seconds: 0), in: zone) ?? .distantFuture))
    // prints at 09:00 on Monday to Friday
    //        1970-01-01T09:00:00-05:00
    // end
    #expect(printed == ["at 09:00 on Monday to Friday", "1970-01-01T09:00:00-05:00"])
  }
}

@Suite struct SystemZonesTests {
  @Test func `zones are read by name, and names are listed`() throws {
    let zone = try SystemZones.zone(named: "America/New_York")
    #expect(zone.offset(at: 0).utcOffsetSeconds == -18_000)
    let names = SystemZones.names()
    #expect(names.contains("America/New_York") && names.contains("Etc/GMT+5") && !names.contains("posix/Asia/Tokyo"))
  }

  @Test(arguments: ["Nowhere/City", "posix/Europe/Paris", "right/Europe/Paris", "../etc/passwd", "", "zone.tab"])
  func `what is no zone is refused`(name: String) {
    #expect(throws: ZoneError.self) { try SystemZones.zone(named: name) }
  }

  @Test func `the setting wins over TZ, and TZ over the link`() {
    var database = SystemZones.database()
    func name(_ setting: String, _ environment: String?) -> String {
      SystemZones.defaultZone(setting: setting, environment: environment, database: &database).name
    }
    #expect(name("Asia/Tokyo", "Europe/Paris") == "Asia/Tokyo")
    #expect(name("", "Europe/Paris") == "Europe/Paris")
    #expect(name("", ":Europe/Paris") == "Europe/Paris")
    #expect(name("", "EST5EDT4,M3.2.0,M11.1.0") == name("", nil))
  }

  @Test func `zones, schedules and databases go from one thread to another`() {
    func isSendable(_ value: some Sendable) -> Bool { true }
    #expect(isSendable(Zone.utc) && isSendable(SystemZones.database()))
    #expect(isSendable(try? Schedule.parse("@daily")))
  }
}
