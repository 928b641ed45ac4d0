import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// `cronwatch doctor` from outside; what it finds about this machine is this machine's.
@Suite(.ownThread)
struct DoctorTests {
  private static func rows(_ result: CommandResult) throws -> [String: JSONValue] {
    let rows = try result.jsonLines()
    let problems = rows.count { $0["result"]?.stringValue == "problem" }
    #expect(result.exit == (problems > 0 ? 1 : 0))
    for row in rows {
      let isActionable = row["result"]?.stringValue == "problem"
      #expect((row["remedy"]?.stringValue != nil) == isActionable, "who is told what to do hears it by the exit status")
    }
    return Dictionary(rows.map { ($0["check"]?.stringValue ?? "", $0) }) { first, _ in first }
  }

  @Test func `it says whether jobs will fire and what keeps them from it, before, while and after`() throws {
    try Cronwatch.use { cron in
      let before = try Self.rows(try cron.run(["doctor", "--json"]))
      #expect(before["status"]?["remedy"]?.stringValue == "run `cronwatch start`")
      #expect(before["state-directory"]?["result"]?.stringValue == "note")
      #expect(before["ledger"] == nil)
      #expect(text(cron.state + "/format").isEmpty, "it only reads")

      try cron.crontab("MAILTO=root\n" + Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForVerdict("healthy")
      let live = try Self.rows(try cron.run(["doctor", "--json"]))
      #expect(live.count == 16)
      for check in ["status", "configuration", "state-directory", "writable", "permissions", "foreign-files", "ledger"]
      {
        #expect(live[check]?["result"]?.stringValue == "ok", "\(live[check] ?? .null)")
      }
      #expect(live["mail"]?["result"]?.stringValue != "ok")
      #expect(live["open-files"]?["found"]?.stringValue?.hasPrefix("the ticker may open") == true)

      let told = try cron.run(["doctor"])
      #expect(told.output.split(separator: "\n").count == 16 && told.error.contains("16 checks"))
    }
  }

  @Test func `checks that hang are given up, and the others are made`() throws {
    try Cronwatch.use(faults: "doctor.state:hang", eachProcess: true) { cron in
      let rows = try Self.rows(try cron.run(["doctor", "--json"]))
      #expect(rows.count == 16)
      #expect(rows["status"]?["result"]?.stringValue == "problem")
      #expect(rows["status"]?["found"]?.stringValue?.contains("did not answer within 5 s") == true)
      #expect(rows["ledger"]?["found"]?.stringValue?.contains("not looked at") == true)
      #expect(rows["open-files"]?["found"]?.stringValue?.contains("may open") == true)
    }
  }
}
