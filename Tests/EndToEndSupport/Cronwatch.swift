package import CronSystem
package import CronTestSupport
package import CronWire
import Glibc
package import Testing

/// One instance of the built program, in directories of its own, as a user would have it.
///
/// Whatever happens in `use`, no process of it survives; when the body throws, its log goes to standard error.
package final class Cronwatch {
  package let sandbox: Sandbox
  /// The state directory.
  package let state: String
  /// Variables of every command and, by inheritance, of the daemon.
  package var environment: [String: String]
  /// The crontab that `start` names.
  package let crontabPath: String
  /// Judges every answer of `status()`.
  package var statusObserver: ((JSONValue) throws -> Void)?
  private var commandCount = 0

  /// Makes the directories; starts nothing. Faults strike once for all processes, unless each has its own.
  package static func use(
    state: String = "state", faults: String? = nil, eachProcess: Bool = false, configuration: String? = nil,
    _ body: (Cronwatch) throws -> Void
  ) throws {
    let cron = try Cronwatch(state: state, configuration: configuration)
    if let faults { try cron.inject(faults, eachProcess: eachProcess) }
    defer { Processes.killAll(naming: cron.sandbox.path) }
    do {
      try body(cron)
    } catch {
      cron.sayWhatHappened(error)
      throw error
    }
  }

  private init(state name: String, configuration: String?) throws {
    sandbox = try Sandbox()
    state = sandbox.path(of: name)
    crontabPath = sandbox.path(of: "crontab")
    environment = [
      "PATH": "/usr/bin:/bin", "HOME": sandbox.path(of: "home"), "TZ": "UTC", "CRONWATCH_STATE": state,
      "CRONWATCH_CONFIG": sandbox.path(of: "cronwatch.conf"),
    ]
    if let parent = Environment.get("TMPDIR") { environment["TMPDIR"] = parent }
    _ = try Directory.create(sandbox.path(of: "home"))
    _ = try Directory.create(sandbox.path(of: "commands"))
    if let configuration { try configure(configuration) }
  }

  /// Asks for faults in every process that is started from now on (docs/testing.md).
  package func inject(_ faults: String, eachProcess: Bool = false) throws {
    environment["CRONWATCH_FAULT"] = faults
    if eachProcess { return }
    environment["CRONWATCH_FAULT_DIRECTORY"] = sandbox.path(of: "faults")
    _ = try Directory.create(sandbox.path(of: "faults"))
  }

  /// Writes `cronwatch.conf`.
  package func configure(_ text: String) throws { try sandbox.write("cronwatch.conf", text) }

  /// Writes a crontab whose jobs can be told from those of other tests; `EVIDENCE` is the path of the evidence file.
  package func crontab(_ text: String) throws {
    try sandbox.write("crontab", "SANDBOX=\(sandbox.path)\nEVIDENCE=\(sandbox.path(of: "evidence"))\n" + text)
  }

  /// A line that writes down each of its runs: `@every 1s` and what else the command does.
  package static func evidenceLine(
    _ schedule: String, name: String = "tick", options: String = "", then more: String = ""
  )
    -> String
  {
    """
    # cronwatch: name=\(name) \(options)
    \(schedule) echo "$CRONWATCH_JOB $CRONWATCH_OCCURRENCE $CRONWATCH_RUN" >> $EVIDENCE\(more)

    """
  }

  // MARK: Commands

  /// Runs one command to its end.
  package func run(
    _ arguments: [String], environment more: [String: String] = [:], seconds: Double = 120,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    let began = SystemClock.monotonic()
    var started = try spawn(arguments, environment: more)
    let output = started.outputPath
    let error = started.errorPath
    let what = "cronwatch " + arguments.joined(separator: " ")
    let exit: Int
    switch try started.wait(what, seconds: seconds, sourceLocation: sourceLocation) {
    case .exited(let status): exit = Int(status)
    case .signaled(let number, _): exit = 128 + Int(number)
    }
    let took = Double(SystemClock.monotonic() - began) / 1e9
    return CommandResult(exit: exit, output: text(output), error: text(error), seconds: took)
  }

  /// Starts a command and leaves it running; it is killed with the value that stands for it.
  package func spawn(
    _ arguments: [String], environment more: [String: String] = [:], executable: String = Program.path
  ) throws -> Program.Started {
    commandCount += 1
    return try Program.start(
      arguments, environment: environment.merging(more) { $1 },
      filePrefix: sandbox.path(of: "commands/\(commandCount)-\(arguments.first ?? "")"), executable: executable)
  }

  /// `start` with the crontab, if one was written; it has to succeed.
  @discardableResult
  package func start(
    _ more: [String] = [], seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    let operands = access(crontabPath, F_OK) == 0 ? [crontabPath] : []
    let result = try run(["start"] + more + operands, seconds: seconds, sourceLocation: sourceLocation)
    try #require(result.exit == 0, "\(result.output)\(result.error)", sourceLocation: sourceLocation)
    return result
  }

  /// `start --foreground`, left running, once its ticker is ready.
  package func startForeground(
    _ more: [String] = [], environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Program.Started {
    let operands = access(crontabPath, F_OK) == 0 ? [crontabPath] : []
    let started = try spawn(["start", "--foreground"] + more + operands, environment: environment)
    try wait("the foreground's first clean tick", sourceLocation: sourceLocation) {
      try status()["ticker"]?["success_age_s"]?.numberValue != nil
    }
    return started
  }

  /// `stop`; it has to succeed.
  @discardableResult
  package func stop(sourceLocation: SourceLocation = #_sourceLocation) throws -> CommandResult {
    let result = try run(["stop"], sourceLocation: sourceLocation)
    try #require(result.exit == 0, "\(result.output)\(result.error)", sourceLocation: sourceLocation)
    return result
  }

  /// The object of `status --json`.
  package func status() throws -> JSONValue {
    let status = try run(["status", "--json"]).json()
    try statusObserver?(status)
    return status
  }

  /// The verdict of `status`.
  package func verdict() throws -> String { try status()["verdict"]?.stringValue ?? "none" }

  /// All rows of `runs --json`, the oldest first.
  package func runs(_ job: String? = nil) throws -> [RunRow] {
    let result = try run(["runs", "--json", "--limit", "0"] + (job.map { [$0] } ?? []))
    try #require(result.exit == 0, "\(result.error)")
    return try result.jsonLines().reversed().map(RunRow.init)
  }

  // MARK: Processes

  /// The watcher's pid; fails the test when there is none.
  package func watcher() throws -> ProcessIdentity { try role("watcher") }

  /// The ticker's pid; fails the test when there is none.
  package func ticker() throws -> ProcessIdentity { try role("ticker") }

  private func role(_ name: String) throws -> ProcessIdentity {
    let pid = try waitForValue("a \(name)") { try status()[name]?["pid"]?.integerValue }
    return try #require(ProcessIdentity.read(Int32(pid)))
  }

  /// The workers that are alive, by their command lines.
  package func workers() -> [ProcessIdentity] {
    Processes.naming(state).filter { identity in
      let words = ProcessStatus.commandLine(of: identity.pid) ?? []
      return words.count > 2 && words[1] == "role" && words[2] == "worker"
    }
  }

  /// Sends a signal to exactly that process.
  package func signal(_ identity: ProcessIdentity, _ number: Int32) throws {
    try ProcessDescriptor(identity)?.signal(number)
  }

  /// Kills a process and waits until it is gone or a zombie.
  package func kill(_ identity: ProcessIdentity) throws {
    try signal(identity, Signal.kill)
    try wait("the death of \(identity.pid)") { !identity.isAlive }
  }

  // MARK: Evidence

  /// What the jobs wrote down, in order.
  package func evidence(_ job: String? = nil) -> [Evidence] {
    text(sandbox.path(of: "evidence")).split(separator: "\n").compactMap(Evidence.init)
      .filter { job == nil || $0.job == job }
  }

  /// The daemon's log.
  package var log: String { text(state + "/log/cronwatch.log") }

  /// Waits until a condition holds; fails the test at the deadline.
  package func wait(
    _ what: String, seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
  ) throws {
    try waitUntil(what, seconds: seconds, sourceLocation: sourceLocation) {
      if try condition() { return true }
      _ = poll(nil, 0, 20)
      return false
    }
  }

  /// Waits until a job has left so many lines of evidence.
  @discardableResult
  package func waitForEvidence(
    _ job: String? = nil, count: Int = 1, seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [Evidence] {
    try wait("\(count) runs of \(job ?? "any job")", seconds: seconds, sourceLocation: sourceLocation) {
      evidence(job).count >= count
    }
    return evidence(job)
  }

  /// Waits for a verdict.
  @discardableResult
  package func waitForVerdict(
    _ wanted: String, seconds: Double = 90, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONValue {
    try waitForValue("the verdict \(wanted)", seconds: seconds, sourceLocation: sourceLocation) {
      let status = try status()
      // A bare `nil` would be a JSON null, and a value.
      return status["verdict"]?.stringValue == wanted ? Optional.some(status) : .none
    }
  }

  private func sayWhatHappened(_ error: any Error) {
    let lines = log.split(separator: "\n").suffix(40).joined(separator: "\n")
    let status = (try? run(["status"], seconds: 5).output) ?? ""
    try? StandardError.write("--- \(state): \(error)\n\(lines)\n\(status)---\n")
  }
}
