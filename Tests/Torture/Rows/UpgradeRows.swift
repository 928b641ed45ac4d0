import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Two versions of the program in turn: the newest tagged one and this one.
extension FaultRow {
  static let upgradeRows: [FaultRow] = [
    FaultRow(
      number: 78, name: "upgrade while a job runs, and while one ends in between",
      how: "the version before this one starts; `restart` of this one; watcher and ticker stopped between the two",
      expectation: "the same watcher, the job unharmed, its end recorded by the new version; both read all records",
      status: .says([.may("starting"), .may("stopping"), .may("stalled"), .may("down"), .may("degraded")]),
      check: .run { try change($0, backwards: false) }),
    FaultRow(
      number: 79, name: "downgrade while a job runs, and while one ends in between",
      how: "this binary starts; `restart` of the version before it; later a format from the future",
      expectation: "as an upgrade while the format's major is the same; a higher one is refused, not a byte changes",
      status: .says([.may("starting"), .may("stopping"), .may("stalled"), .may("down"), .may("degraded")]),
      check: .run { try change($0, backwards: true) }),
  ]

  /// The binary of the version before this one, as bin/torture has built it.
  private static func previous() throws -> (program: String, tag: String) {
    let (path, why) = (Environment.get("CRONWATCH_TORTURE_PREVIOUS"), Environment.get("CRONWATCH_TORTURE_NO_PREVIOUS"))
    guard let path, !path.isEmpty else { throw RowSkipped(why ?? "no earlier version was built") }
    return (path, Environment.get("CRONWATCH_TORTURE_PREVIOUS_TAG") ?? "the version before")
  }

  /// The path without links, as /proc has it.
  private static func real(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else { throw RowFailure("\(path) can't be resolved") }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func change(_ trial: Trial, backwards: Bool) throws -> String {
    let (old, tag) = try previous()
    let (first, second) = try backwards ? (real(Program.path), real(old)) : (real(old), real(Program.path))
    return try trial.use(DeathRows.jobs, starting: false) { cron in
      try cron.perform(["start", cron.crontabPath], by: first)
      try cron.waitForVerdict("healthy")
      let watcher = try cron.watcher()
      try trial.expect(try cron.program(of: watcher) == first, "the first version isn't what runs")

      // A job runs on through the change.
      let run = try DeathRows.startLong(cron)
      let job = try cron.runningJob("long").process
      try cron.perform(["restart"], by: second)
      try trial.expect(try cron.watcher() == watcher, "it is another watcher")
      try trial.expect(try cron.program(of: watcher) == second, "the second version isn't what runs")
      try trial.expect(try cron.program(of: cron.ticker()) == second, "the ticker isn't of the second version")
      try trial.expect(try cron.runningJob("long").process == job, "the job isn't adopted")
      try cron.waitForMore(2, of: "tick")
      try DeathRows.endLong(cron, run, as: "failed", exit: 7)

      // Back, and there again with a job that ends while there is no ticker.
      try cron.perform(["restart"], by: first)
      try Directory.open(cron.sandbox.path).unlink("go")
      let other = try DeathRows.startLong(cron)
      try changeWhileEnding(cron, to: second)
      try DeathRows.endLong(cron, other, as: "failed", exit: 7)
      try cron.waitForMore(2, of: "tick")
      try cron.stop()

      try readByBoth(cron, first, second)
      if backwards { try refuseTheFuture(cron, old) }
      let versions = try [first, second].map { try cron.perform(["version"], by: $0).output.dropLast() }
      return "\(tag): from \(versions[0]) to \(versions[1])"
    }
  }

  /// Restarts as that program; the job ends when the old ticker has ended and the new one isn't there.
  private static func changeWhileEnding(_ cron: Cronwatch, to program: String) throws {
    let (job, ticker, watcher) = (try cron.runningJob("long").process, try cron.ticker(), try cron.watcher())
    // Stopped, the ticker can't leave before the watcher is stopped too, which then doesn't notice its end.
    try cron.signal(ticker, Signal.stop)
    let asked = cron.log.split(separator: "asked to restart").count
    var restart = try cron.spawn(["restart"], executable: program)
    try cron.wait("the watcher's test of the program") {
      cron.log.split(separator: "asked to restart").count > asked
        && !ProcessStatus.children(of: watcher.pid).contains {
          ProcessStatus.commandLine(of: $0)?.contains("--self-test") == true
        }
    }
    Pause.milliseconds(50)
    try cron.signal(watcher, Signal.stop)
    try cron.signal(ticker, Signal.resume)
    try cron.wait("the end of the old ticker") { !ticker.isAlive }
    try cron.sandbox.write("go", "")
    try cron.wait("the end of the job") { !job.isAlive }
    try cron.signal(watcher, Signal.resume)
    guard try restart.wait("restart", seconds: 60) == .exited(0) else {
      throw RowFailure("restart: \(text(restart.errorPath))")
    }
  }

  /// What one version says of the runs the other says too: of every row the columns that both have.
  private static func readByBoth(_ cron: Cronwatch, _ first: String, _ second: String) throws {
    let rows = try [first, second].map { program in
      try cron.perform(["runs", "--json", "--limit", "0"], by: program).jsonLines().map {
        $0.objectValue?.members ?? []
      }
    }
    guard rows[0].count == rows[1].count, !rows[0].isEmpty else {
      throw RowFailure("one version reads \(rows[0].count) rows of runs, the other \(rows[1].count)")
    }
    for (one, other) in zip(rows[0], rows[1]) {
      let known = Dictionary(other.map { ($0.key, $0.value) }) { first, _ in first }
      for member in one where known[member.key] != nil && known[member.key] != member.value {
        throw RowFailure("\(member.key): \(JSONWriter.text(member.value)) to one version, not to the other")
      }
    }
    for program in [first, second] { try cron.perform(["audit"], by: program) }
  }

  /// The old version starts nothing on a directory of a later major, and changes nothing there.
  private static func refuseTheFuture(_ cron: Cronwatch, _ old: String) throws {
    try cron.sandbox.write("state/format", "99.0\n")
    let before = try Contents.digest(of: cron)
    let refused = try cron.run(["start", cron.crontabPath], by: old)
    guard refused.exit == 73, try Contents.digest(of: cron) == before else {
      throw RowFailure("a format of a later version: \(refused.exit): \(refused.error)")
    }
    try cron.sandbox.write("state/format", "1.0\n")
  }
}

/// Every byte below the state directory.
private enum Contents {
  static func digest(of cron: Cronwatch) throws -> String {
    let line = "cd \"$0\" && find . -type f -print0 | sort -z | xargs -0 cksum"
    return try Surroundings.run(["/bin/sh", "-c", line, cron.state], in: cron)
  }
}

extension Cronwatch {
  /// Runs one command of that program to its end.
  func run(_ words: [String], by program: String, seconds: Double = 60) throws -> CommandResult {
    var started = try spawn(words, executable: program)
    let (output, error, began) = (started.outputPath, started.errorPath, SystemClock.monotonic())
    guard case .exited(let status) = try started.wait("\(words[0]) by \(program)", seconds: seconds) else {
      throw RowFailure("\(words[0]) by \(program) died")
    }
    let took = Double(SystemClock.monotonic() - began) / 1e9
    return CommandResult(exit: Int(status), output: text(output), error: text(error), seconds: took)
  }

  /// The same, and it has to succeed.
  @discardableResult
  func perform(_ words: [String], by program: String) throws -> CommandResult {
    let result = try run(words, by: program)
    if result.exit != 0 { throw RowFailure("\(words[0]) by \(program): \(result.exit): \(result.error)") }
    return result
  }

  /// What a process executes.
  func program(of process: ProcessIdentity) throws -> String {
    try Directory.open("/proc/\(process.pid)").linkTarget("exe")
  }
}
