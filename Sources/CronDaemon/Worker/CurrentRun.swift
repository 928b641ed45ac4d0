internal import CronSystem

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
  ) throws(StartFault) {
    let input: FileDescriptor
    do {
      input = try Self.input(order.standardInput)
    } catch {
      throw StartFault(message: "standard input: \(error)", isRetryable: true)
    }
    startedAt = SystemClock.wall()
    Fault.point("worker.before-launch")
    let launch = JobLaunch(
      preparation, input: input.raw, output: output.raw, openFiles: openFiles,
      record: LaunchRecord(
        raw: record.descriptor.raw, offset: WorkerRecord.execOffset, run: order.claim.run,
        sequence: order.claim.sequence))
    pid = try launch.start { output.append($0) }
    let now = SystemClock.monotonic()
    timeoutAt = order.timeoutSeconds.map { Self.instant(now, after: $0) }
  }

  /// Text for standard input, in memory so that a dead worker can't end it early; or nothing.
  private static func input(_ text: String?) throws(Errno) -> FileDescriptor {
    guard let text else { return try FileDescriptor.open("/dev/null", .read) }
    let file = try Memfd.create(name: "cronwatch-stdin")
    try file.write(Array(text.utf8), at: 0)
    return file
  }

  /// For a watch on its output.
  var outputRaw: Int32 { output.raw }

  // MARK: Time

  /// When something is due next, CLOCK_MONOTONIC in ns; nil = nothing is.
  var deadline: Int64? {
    switch (timeoutAt, killAt) {
    case (nil, nil): nil
    case (let due?, nil), (nil, let due?): due
    case (let timeout?, let kill?): min(timeout, kill)
    }
  }

  /// Sends what is due: TERM at the timeout, KILL a grace later.
  mutating func enforceTime(now: Int64) {
    if let due = timeoutAt, now >= due { stop(.timedOut, now: now) }
    if let due = killAt, now >= due {
      killAt = nil
      Fault.point("worker.before-kill")
      signalGroup(Signal.kill)
      ProcessTree.killDescendants(except: pid)
    }
  }

  /// Begins to stop the job: TERM to its group, and CONT so that a stopped one hears it. The first cause counts.
  mutating func stop(_ cause: ExitFact.Cause, now: Int64) {
    timeoutAt = nil
    let isFirst = stopCause == nil
    if isFirst {
      stopCause = cause
      killAt = Self.instant(now, after: order.killGraceSeconds)
    }
    signalGroup(Signal.terminate)
    signalGroup(Signal.resume)
  }

  /// The job is our child and not reaped yet, so that its number can't mean anybody else.
  private func signalGroup(_ number: Int32) {
    guard pid > 1 else { return }
    do { try ProcessGroup.signal(pid, number) } catch {}
  }

  private static func instant(_ now: Int64, after seconds: Int64) -> Int64 {
    let (duration, overflow) = max(0, seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (instant, tooLate) = now.addingReportingOverflow(duration)
    return overflow || tooLate ? .max : instant
  }

  // MARK: Output and end

  /// Forwards and bounds the output; false = there is more to forward.
  mutating func inspect(atEnd: Bool = false) -> Bool { output.inspect(atEnd: atEnd) }

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

  /// What is written down of a run that came to no process, because there isn't even a shell.
  func exit(shellStatus: Int32) -> ExitFact {
    ExitFact(cause: .ended, exitCode: shellStatus, startedAt: startedAt, endedAt: SystemClock.wall())
  }

  /// Moves what the run wrote to its kept place; its size, 0 = it wrote nothing.
  consuming func keepOutput(in outputs: borrowing Directory) -> Int64 {
    let (job, run) = (order.job, order.claim.run)
    return output.keep(in: outputs, job: job, run: run)
  }
}
