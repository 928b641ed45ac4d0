import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// An input that kills every process which touches it costs itself, not the jobs beside it.
@Suite(.ownThread)
struct QuarantineTests {
  private static func degraded(_ cron: Cronwatch) throws -> String {
    try cron.status()["degraded"]?.arrayValue?.compactMap(\.stringValue).joined(separator: "\n") ?? ""
  }

  @Test func `a job that kills each ticker that dispatches it is quarantined, the others fire, and a change lifts it`()
    throws
  {
    try Cronwatch.use(faults: "order.begin@1+:kill", eachProcess: true) { cron in
      cron.environment["CRONWATCH_FAULT_INPUT"] = "poison"
      try cron.crontab(
        Cronwatch.evidenceLine("@every 1s") + Cronwatch.evidenceLine("@every 1s", name: "poison"))
      _ = try cron.run(["start", cron.crontabPath])
      try cron.wait("the quarantine") { try Self.degraded(cron).contains("job poison is quarantined") }
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 2)
      #expect(try cron.status()["verdict"]?.stringValue == "degraded")
      #expect(try Self.degraded(cron).contains("safe mode"))
      let deaths = try cron.run(["status", "--deaths", "--json"]).jsonLines()
      #expect(deaths.count >= 5)
      #expect(deaths.prefix(3).allSatisfy { $0["during"]?.stringValue == "dispatching poison" })
      #expect(try cron.run(["status", "--deaths"]).output.contains("unasked while dispatching poison"))
      #expect(cron.evidence("poison").isEmpty)
      try cron.wait("its occurrences are accounted for") {
        try cron.runs("poison").contains { $0.outcome == "missed" && $0.reason == "could-not-start" }
      }
      let ticker = try cron.ticker()
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.wait("the quarantine's end") { try !Self.degraded(cron).contains("quarantined") }
      #expect(try cron.ticker() == ticker)
    }
  }

  @Test(arguments: [("job.load", "loading"), ("job.decide", "deciding")])
  func `a job that kills each ticker that computes its schedule is quarantined, the others fire, a change lifts it`(
    point: String, step: String
  ) throws {
    try Cronwatch.use(faults: "\(point)@1+:kill", eachProcess: true) { cron in
      cron.environment["CRONWATCH_FAULT_INPUT"] = "poison"
      let tick = Cronwatch.evidenceLine("@every 1s")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s", name: "poison") + tick)
      _ = try cron.run(["start", cron.crontabPath])
      try cron.wait("the quarantine") { try Self.degraded(cron).contains("job poison is quarantined") }
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 2)
      let deaths = try cron.run(["status", "--deaths", "--json"]).jsonLines()
      #expect(deaths.count >= 5)
      #expect(deaths.prefix(3).allSatisfy { $0["during"]?.stringValue == "\(step) poison" }, "\(deaths)")
      #expect(cron.evidence("poison").isEmpty)
      let ticker = try cron.ticker()
      try cron.crontab(tick)
      try cron.wait("the quarantine's end") { try !Self.degraded(cron).contains("quarantined") }
      #expect(try cron.ticker() == ticker)
    }
  }

  @Test func `a compiled table that kills each ticker, even made anew, is waited on instead of died of`() throws {
    try Cronwatch.use(faults: "table.decode@1+:kill", eachProcess: true) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      _ = try cron.run(["start", cron.crontabPath])
      try cron.waitForVerdict("failing")
      let deaths = try cron.run(["status", "--deaths", "--json"]).jsonLines().filter { $0["unwanted"] == true }
      #expect(deaths.count >= 5, "\(deaths)")
      #expect(deaths.allSatisfy { $0["during"]?.stringValue == "decoding last-good/table" }, "\(deaths)")
      #expect(cron.log.contains("it is the one that tickers died of"))
    }
  }

  @Test func `a ledger whose replay kills each ticker is set aside, jobs fire, nothing runs twice; it is read later`()
    throws
  {
    try Cronwatch.use(faults: "ledger.read@1+:kill", eachProcess: true) { cron in
      cron.environment["CRONWATCH_FAULT_INPUT"] = "no segment"
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForEvidence("tick", count: 2)
      try cron.stop()
      cron.environment["CRONWATCH_FAULT_INPUT"] = "000001.log"
      _ = try cron.run(["start", cron.crontabPath])
      try cron.wait("the ledger to be set aside") { try Self.degraded(cron).contains("000001.log") }
      #expect(try Self.degraded(cron).contains("it ended three tickers that read it back"))
      #expect(try cron.verdict() == "degraded")
      let count = cron.evidence("tick").count
      try cron.waitForEvidence("tick", count: count + 2)
      let deaths = try cron.run(["status", "--deaths", "--json"]).jsonLines().filter { $0["unwanted"] == true }
      #expect(deaths.count >= 5)
      #expect(deaths.prefix(3).allSatisfy { $0["during"]?.stringValue == "replaying 000001.log" }, "\(deaths)")

      // With a program that can read it, all of it is there: what ran before and what ran without it.
      try cron.stop()
      cron.environment["CRONWATCH_FAULT_INPUT"] = "no segment"
      try cron.start()
      try cron.waitForEvidence("tick", count: cron.evidence("tick").count + 1)
      try cron.stop()
      let occurrences = cron.evidence("tick").map(\.occurrence)
      #expect(Set(occurrences).count == occurrences.count, "one ran twice")
      #expect(try cron.runs("tick").count { $0.outcome == "succeeded" } == occurrences.count)
      #expect(try cron.run(["audit"]).exit == 1, "what was set aside is damage that the audit tells")
    }
  }

  @Test func `a crontab that kills each reader is passed over, and the others are loaded`() throws {
    try Cronwatch.use(faults: "reader.before-parse@1+:kill", eachProcess: true) { cron in
      let poison = cron.sandbox.path(of: "poison")
      cron.environment["CRONWATCH_FAULT_INPUT"] = poison
      try cron.sandbox.write("poison", "@hourly true\n")
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      // Whether it still waits for READY when the crash loop is found out is a matter of the machine's speed.
      _ = try cron.run(["start", cron.crontabPath, poison])
      try cron.waitForEvidence("tick", count: 2)
      #expect(try Self.degraded(cron).contains("\(poison) is quarantined: three readers running died reading it"))
      #expect(try cron.run(["status", "--deaths"]).output.contains("while parsing \(poison)"))
    }
  }
}
