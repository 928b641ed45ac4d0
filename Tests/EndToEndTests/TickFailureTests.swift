import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// A tick that fails is in the ledger, for those who ask later why nothing was decided.
@Suite(.ownThread)
struct TickFailureTests {
  @Test("ticks that fail are recorded with their cause, once and not one by one", arguments: [false, true])
  func recorded(forGood: Bool) throws {
    let fault = forGood ? "tick@6+:error" : "tick@6:error"
    try Cronwatch.use(
      faults: fault, eachProcess: true, configuration: "[ticker]\ninterval = 1s\nsuccess-threshold = 2s\n"
    ) { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      let failed = try waitForValue("a failed tick") { () -> String? in
        let error = text(cron.state + "/heartbeat/error")
        return error.contains("fault point") ? error : nil
      }
      #expect(!failed.isEmpty)
      let tick = try cron.status()["ticker"]?["tick"]?.integerValue ?? 0
      try cron.wait("more ticks") { (try cron.status()["ticker"]?["tick"]?.integerValue ?? 0) >= tick + 4 }
      if forGood { try cron.waitForVerdict("failing") } else { try cron.waitForVerdict("healthy") }
      try cron.stop()
      let records = try cron.ledgerLines("tick-failed")
      #expect(records.count == 1, "\(records)")
      #expect(records.first?.contains("message=fault%20point") == true, "\(records)")
    }
  }
}

extension Cronwatch {
  /// The lines of one type in the segments.
  fileprivate func ledgerLines(_ type: String) throws -> [String] {
    try Directory.open(state + "/ledger").list().filter { $0.hasSuffix(".log") }.sorted().flatMap { name in
      text(state + "/ledger/" + name).split(separator: "\n").map(String.init).filter {
        $0.split(separator: " ").dropFirst(2).first == type[...]
      }
    }
  }
}
