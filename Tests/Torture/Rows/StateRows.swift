import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// The state directory as a whole.
extension FaultRow {
  static let stateRows: [FaultRow] = [
    FaultRow(
      number: 45, name: "the state directory removed while running", how: "`rm -rf` of it, again while it is made anew",
      expectation: "the same watcher makes it anew and fires on; nothing fires twice, nobody spins",
      status: .says([.may("starting"), .may("down", "jobs will NOT fire"), .may("degraded")]),
      check: .run(stateRemoved)),
    FaultRow(
      number: 46, name: "a state directory that others may write, or of another owner", how: "chmod 0777; chown",
      expectation: "status 77 and a plain message, at once",
      status: .says([
        .must("exit 77", "others may write in the state directory"), .may("exit 77", "belongs to uid 65534"),
      ]), check: .run(wrongOwner)),
    FaultRow(
      number: 47, name: "a format from the future", how: "`99.0` in `format`; a ledger's head of format 9.0",
      expectation: "73, or firing from memory; not a byte there changes",
      status: .says([.must("exit 73", "99.0")]), check: .run(future)),
  ]

  @Sendable private static func stateRemoved(_ trial: Trial) throws -> String {
    try trial.use(allowing: .damage) { cron in
      try cron.waitForMore(2, of: "tick")
      let ours = Victims.look(cron.state).all.map(\.identity)
      try Surroundings.run(["rm", "-rf", cron.state], in: cron)
      try trial.look(cron)
      trial.letPass(seconds: 8)
      let ticks = ours.compactMap { identity -> UInt64? in
        let words = text("/proc/\(identity.pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return words.count > 12 ? (UInt64(words[11]) ?? 0) + (UInt64(words[12]) ?? 0) : nil
      }
      try trial.expect((ticks.max() ?? 0) < 600, "somebody spins: \(ticks) ticks of processor time")
      try cron.wait("status says what happened", seconds: 60) {
        (try? cron.status())?["message"]?.stringValue?.contains("removed or replaced") == true
      }
      _ = try cron.run(["reload"])
      try cron.waitForVerdict("healthy", seconds: 60)
      try cron.waitForMore(3, of: "tick")
      let victims = Victims.look(cron.state)
      let (watchers, tickers) = (victims.byRole["watcher"]?.count ?? 0, victims.byRole["ticker"]?.count ?? 0)
      try trial.expect(watchers == 1 && tickers == 1, "\(watchers) watchers, \(tickers) tickers")
      return "made anew by the same watcher"
    }
  }

  @Sendable private static func wrongOwner(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      _ = try Directory.create(cron.state)
      chmod(cron.state, 0o777)
      let open = try cron.run(["start", cron.crontabPath])
      try trial.expect(open.exit == 77 && open.error.contains(cron.state), "\(open.exit): \(open.error)")
      try trial.status.takeRefusal(try cron.run(["status"]))
      chmod(cron.state, 0o700)
      if CurrentProcess.effectiveUser == 0 {
        chown(cron.state, 65_534, 65_534)
        let foreign = try cron.run(["start", cron.crontabPath])
        try trial.status.takeRefusal(try cron.run(["status"]))
        chown(cron.state, 0, 0)
        try trial.expect(foreign.exit == 77 && foreign.seconds < 5, "\(foreign.exit): \(foreign.error)")
      }
      return "77"
    }
  }

  @Sendable private static func future(_ trial: Trial) throws -> String {
    try trial.use(allowing: .damage, starting: false) { cron in
      try cron.start()
      try cron.waitForMore(3, of: "tick")
      try cron.stop()
      try cron.sandbox.write("state/format", "99.0\n")
      let before = try Surroundings.run(
        ["/bin/sh", "-c", "cd \"$1\" && find . -type f | sort | xargs cksum", "sh", cron.state], in: cron)
      let refused = try cron.run(["start", cron.crontabPath])
      let after = try Surroundings.run(
        ["/bin/sh", "-c", "cd \"$1\" && find . -type f | sort | xargs cksum", "sh", cron.state], in: cron)
      try trial.expect(refused.exit == 73 && refused.error.contains("99.0"), "\(refused.exit): \(refused.error)")
      try trial.expect(before == after, "something was written")
      try trial.status.takeRefusal(try cron.run(["status"]))
      try cron.sandbox.write("state/format", "1.0\n")
      return "73, untouched"
    }
  }
}
