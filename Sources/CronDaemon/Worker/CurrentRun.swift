import CronSystem

/// The run that a worker supervises now: its process, its output, its limits in time.
struct CurrentRun: ~Copyable {
  let order: SlotOrder
  private(set) var pid: Int32 = -1
  private(set) var stopCause: ExitFact.Cause?
  private var output: RunOutput
  private var startedAt: Int64 = 0
  /// CLOCK_MONOTONIC, ns: when TERM is due.
  private var timeoutAt: Int64?
  /// When KILL is due.
  private var killAt: Int64?

  init(_ order: SlotOrder, output: consuming RunOutput) {
    self.order = order
    self.output = output
  }

  /// Starts the job; a command that isn't there or can't be executed ends as a shell would end it.
  mutating func launch(
    _ preparation: JobPreparation, record: borrowing WorkerRecord, openFiles: UInt64
  ) throws {
    let input = try Self.input(order.standardInput)
    var launch = LaunchOrder(
      arguments: preparation.arguments, environment: preparation.environment, input: input.raw, output: output.raw,
      searchPath: preparation.searchPath)
    launch.identity = preparation.identity
    launch.directory = preparation.directory
    launch.openFiles = openFiles
    launch.record = LaunchRecord(
      raw: record.descriptor.raw, offset: WorkerRecord.execOffset, run: order.claim.run, sequence: order.claim.sequence)
    startedAt = SystemClock.wall()
    Fault.point("worker.before-launch")
    do throws(LaunchFailure) {
      pid = try JobLauncher.launch(launch)
    } catch {
      switch error.step {
      case .directory:
        output.append("cronwatch: can't enter \(preparation.directory): \(error.error); starting in /")
        launch.directory = "/"
        pid = try JobLauncher.launch(launch)
      case .exec:
        // The job did run as far as anybody can tell: a shell would have said this and ended so.
        let word = preparation.arguments.first ?? ""
        let reason = error.shellStatus == 127 ? "not found" : "\(error.error)"
        launch.arguments = [
          "/bin/sh", "-c", "echo \"$0: $1\" >&2; exit \"$2\"", word, reason, String(error.shellStatus),
        ]
        launch.directory = "/"
        pid = try JobLauncher.launch(launch)
      default:
        throw error
      }
    }
    let now = SystemClock.monotonic()
    timeoutAt = order.timeoutSeconds.map { now &+ Self.nanoseconds($0) }
  }

  /// Text for standard input, in memory so that a dead worker can't end it early; or nothing.
  private static func input(_ text: String?) throws(Errno) -> FileDescriptor {
    guard let text else { return try FileDescriptor.open("/dev/null", .read) }
    let file = try Memfd.create(name: "cronwatch-stdin")
    try file.write(Array(text.utf8), at: 0)
    return file
  }

  // MARK: Time

  /// Sends what is due: TERM at the timeout, KILL a grace later.
  mutating func enforceTime(now: Int64) {
    if let due = timeoutAt, now >= due {
      timeoutAt = nil
      stop(.timedOut, now: now)
    }
    if let due = killAt, now >= due {
      killAt = nil
      signalGroup(Signal.kill)
      ProcessTree.killDescendants(except: pid)
    }
  }

  /// Begins to stop the job: TERM to its group, and CONT so that a stopped one hears it.
  mutating func stop(_ cause: ExitFact.Cause, now: Int64) {
    if stopCause == nil { stopCause = cause }
    signalGroup(Signal.terminate)
    signalGroup(Signal.resume)
    if killAt == nil { killAt = now &+ Self.nanoseconds(order.killGraceSeconds) }
  }

  /// The job is our child and not reaped yet, so that its number can't mean anybody else.
  private func signalGroup(_ number: Int32) {
    guard pid > 1 else { return }
    do { try ProcessGroup.signal(pid, number) } catch {}
  }

  private static func nanoseconds(_ seconds: Int64) -> Int64 {
    seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow ? .max / 4 : seconds * 1_000_000_000
  }

  // MARK: Output and end

  /// Forwards and bounds the output.
  mutating func inspect(following: Bool, escaping: Bool, atEnd: Bool = false) {
    if following { output.follow(name: order.job, escaping: escaping, atEnd: atEnd) }
    output.bound()
  }

  /// What is written down of the end.
  func exit(_ ended: EndedChild) -> ExitFact {
    var exit = ExitFact(cause: stopCause ?? .ended, startedAt: startedAt, endedAt: SystemClock.wall())
    switch ended.cause {
    case .exited(let status): exit.exitCode = status
    case .signaled(let number, _): exit.signal = Signal.name(number)
    }
    exit.userMicroseconds = ended.usage.userMicroseconds
    exit.systemMicroseconds = ended.usage.systemMicroseconds
    exit.maximumResidentKibibytes = ended.usage.maximumResidentKibibytes
    return exit
  }

  /// Moves what the run wrote to its kept place; its size, 0 = it wrote nothing.
  consuming func keepOutput(in outputs: borrowing Directory) -> Int64 {
    let (job, run) = (order.job, order.claim.run)
    return output.keep(in: outputs, job: job, run: run)
  }
}
