import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// A file system that a row's state stands on.
protocol Ground {
  func remove()
}

extension SmallDisk: Ground {
  func remove() { unmount() }
}

/// What a row's body works with.
struct Trial {
  let number: Int
  let options: Options
  let status: StatusWitness

  /// A tick a second, and a restart without a pause.
  static let settings =
    "[ticker]\ninterval = 1s\n[watcher]\nrestart-delay-max = 1ms\nsafe-mode-after = 1000\n[jobs]\ndrain = 10s\n"

  /// An instance with jobs of every second and of every other; afterwards everything must be accounted for.
  ///
  /// What the body returns and what the account came to are what is seen.
  func use(
    _ jobs: [JobPlan] = [.tick, .second], more: String = "", state: String = "state", configuration: String = settings,
    faults: String? = nil, eachProcess: Bool = false, allowing allowance: Account.Allowance = [],
    starting: Bool = true, on ground: ((Cronwatch) throws -> any Ground)? = nil, _ body: (Cronwatch) throws -> String
  ) throws -> String {
    var seen = ""
    try Cronwatch.use(state: state, faults: faults, eachProcess: eachProcess, configuration: configuration) { cron in
      var made: (any Ground)?
      // A file system that somebody stands in can't be taken away.
      defer {
        Processes.killAll(naming: cron.sandbox.path)
        made?.remove()
      }
      do {
        made = try ground?(cron)
        try cron.plan(jobs, then: more)
        if starting { try cron.start() }
        cron.statusObserver = { try status.take($0) }
        let said = try status.use { try body(cron) }
        cron.statusObserver = nil
        try cron.settle(as: allowance.contains(.degraded) ? "degraded" : "healthy")
        let account = try Account(of: cron, jobs, allowing: allowance)
        if let finding = account.findings.first {
          throw RowFailure("\(account.findings.count) findings, first: \(finding)")
        }
        seen = [said, account.summary].filter { !$0.isEmpty }.joined(separator: "; ")
      } catch {
        if !(error is RowSkipped) { ResultFile.keep(cron, as: "row-\(number)", options) }
        throw error
      }
    }
    return seen
  }

  /// Looks at what status says while the fault lasts.
  func look(_ cron: Cronwatch, seconds: Double = 40) throws { try status.look(cron, seconds: seconds) }

  /// Fails the row unless the condition holds.
  func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw RowFailure(what()) }
  }

  /// Lets time pass that a fault needs: a frozen process, a slow disk.
  func letPass(seconds: Double) {
    let deadline = SystemClock.monotonic() + Int64(seconds * 1e9)
    while SystemClock.monotonic() < deadline { _ = poll(nil, 0, 20) }
  }

  /// Milliseconds that a body took.
  func milliseconds(_ body: () throws -> Void) rethrows -> Int64 {
    let began = SystemClock.monotonic()
    try body()
    return (SystemClock.monotonic() - began) / 1_000_000
  }
}

extension Cronwatch {
  /// Waits for another ticker than that one.
  @discardableResult
  func waitForAnotherTicker(than old: ProcessIdentity, seconds: Double = 30) throws -> ProcessIdentity {
    try waitForValue("another ticker than \(old.pid)", seconds: seconds) {
      let pid = try status()["ticker"]?["pid"]?.integerValue
      guard let identity = pid.flatMap({ ProcessIdentity.read(Int32($0)) }), identity != old else { return nil }
      return identity
    }
  }

  /// Seconds since the ticker's last beat; nil = unknown.
  func beatAge() throws -> Double? { try status()["ticker"]?["beat_age_s"]?.numberValue }

  /// The only run of a job that is going on: its id and process.
  func runningJob(_ name: String) throws -> (run: String, process: ProcessIdentity) {
    try waitForValue("a running \(name)") {
      for running in try status()["running"]?.arrayValue ?? [] where running["job"]?.stringValue == name {
        guard let run = running["run"]?.stringValue, let pid = running["pid"]?.integerValue,
          let identity = ProcessIdentity.read(Int32(pid))
        else { continue }
        return (run, identity)
      }
      return nil
    }
  }

  /// The worker of that job: its parent.
  func worker(of job: ProcessIdentity) throws -> ProcessIdentity {
    guard let parent = ProcessStatus.read(job.pid)?.parent, let worker = ProcessIdentity.read(parent),
      workers().contains(worker)
    else { throw RowFailure("the job \(job.pid) has no worker") }
    return worker
  }

  /// Signals all of them, if they are still those.
  func signal(_ processes: [ProcessIdentity], _ number: Int32) throws {
    for process in processes { try signal(process, number) }
  }
}
