internal import CronSystem

/// Supervises one run at a time, in a session of its own, and writes down how it ended before anybody is told.
///
/// One thread, one loop. Its record is locked by the open file description that the ticker handed over, so that it is
/// never unlocked while the worker lives. The ticker's end is no reason to stop: the run is finished and recorded.
final class Worker {
  private static let forwardingPause: Int64 = 40

  private enum Token: UInt64 { case signals, doorbell, timer, output }

  private let arguments: WorkerArguments
  private let record: WorkerRecord
  private let doorbell: FileDescriptor
  private let state: StateDirectory
  private let poller: Poller
  private let signals: SignalDescriptor
  private let timer: TimerDescriptor
  private let watch: OutputWatch
  private var current: CurrentRun?
  private var finishedRuns = 0
  /// The ticker is gone: finish what there is, and end.
  private var isAlone = false
  private var mustEnd = false

  /// Takes over descriptors 3 (the locked record) and 4 (the doorbell).
  init(_ arguments: WorkerArguments) throws(Errno) {
    self.arguments = arguments
    record = WorkerRecord(FileDescriptor(owning: 3))
    doorbell = FileDescriptor(owning: 4)
    signals = try SignalDescriptor()
    try CurrentProcess.setChildSubreaper()
    // Ours already, because it is the ticker's open file; else nobody may think that this slot is served.
    guard try FileLock.tryLock(record.descriptor) else { throw .accessDenied }
    do {
      state = try StateDirectory.open(arguments.state, create: false)
    } catch {
      throw .noEntry
    }
    poller = try Poller()
    timer = try TimerDescriptor(.monotonic)
    watch = OutputWatch(
      slot: arguments.slot,
      pauseMilliseconds: arguments.forwardsOutput ? Self.forwardingPause : RunOutput.boundingPause,
      token: Token.output.rawValue)
    try doorbell.setNonBlocking(true)
    try poller.add(signals.raw, token: Token.signals.rawValue)
    try poller.add(doorbell.raw, token: Token.doorbell.rawValue)
    try poller.add(timer.raw, token: Token.timer.rawValue)
    try record.write(ProcessIdentity.currentProcess)
    Fault.point("worker.started")
  }

  /// Serves orders until the ticker says `bye` or is gone, or until this worker has served enough.
  func run() throws(Errno) {
    say("idle")
    while !isFinished {
      for ready in try poller.wait(timeoutMilliseconds: nil) {
        switch Token(rawValue: ready.token) {
        case .signals: try readSignals()
        case .doorbell: try readDoorbell()
        case .timer: _ = try timer.read()
        case .output: try watch.wasRung(now: SystemClock.monotonic(), poller: poller)
        case nil: break
        }
      }
      try attend()
    }
  }

  private var isFinished: Bool { current == nil && (mustEnd || isAlone) }

  /// Tells the ticker; nobody to tell is no error.
  private func say(_ message: String) {
    if isAlone { return }
    do { if try doorbell.send(Array(message.utf8)) == 0 { isAlone = true } } catch { isAlone = true }
  }

  // MARK: Orders

  private func readDoorbell() throws(Errno) {
    while true {
      switch try doorbell.receive(upTo: 4096) {
      case .wouldBlock: return
      case .endOfStream:
        try poller.remove(doorbell.raw)
        isAlone = true
        // The order may have been written just before the ticker died, and its doorbell never rung.
        if current == nil { try obey() }
        return
      case .bytes(let bytes, _):
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        switch words.first {
        case "run": if current == nil { try obey() }
        case "stop": current?.stop(words.last == "timeout" ? .timedOut : .stopped, now: SystemClock.monotonic())
        case "bye": mustEnd = true
        default: break
        }
      }
    }
  }

  /// Starts what stands in the slot, unless that was done before or is too late.
  private func obey() throws(Errno) {
    guard case .order(let order) = record.readOrder(), record.isUntouched(order.claim) else { return }
    Fault.point("worker.order-read")
    let now = SystemClock.wall()
    guard now <= order.startDeadline else {
      try conclude(order, ExitFact(cause: .declined, startedAt: now, endedAt: now), saying: "declined")
      return
    }
    do throws(StartFault) {
      try start(order)
    } catch {
      current = nil
      var exit = ExitFact(cause: .notStarted, startedAt: now, endedAt: SystemClock.wall())
      exit.isRetryable = error.isRetryable
      exit.message = error.message
      try conclude(order, exit, saying: "failed")
    }
  }

  private func start(_ order: SlotOrder) throws(StartFault) {
    let preparation: JobPreparation
    do throws(JobPreparation.Failure) {
      preparation = try JobPreparation(order)
    } catch {
      throw StartFault(message: error.message, isRetryable: error.isRetryable)
    }
    var run = CurrentRun(order, output: try openOutput(order, owner: preparation.identity))
    do throws(StartFault) {
      try run.launch(preparation, record: record, openFiles: arguments.openFiles)
    } catch {
      guard let status = error.shellStatus else { throw error }
      try endWithoutProcess(run, status: status)
      return
    }
    Fault.point("worker.exec-written")
    watch.begin(run.outputRaw, now: SystemClock.monotonic(), poller: poller)
    let pid = run.pid
    current = consume run
    say("started \(order.claim.run) \(pid)")
  }

  private func openOutput(_ order: SlotOrder, owner: LaunchIdentity?) throws(StartFault) -> RunOutput {
    do throws(Errno) {
      do throws(Errno) {
        return try tryOutput(order, owner: owner)
      } catch .isDirectory {
        // No run could be started in this slot as long as it stands there; it is kept.
        let name = "output-\(arguments.slot)-\(SystemClock.wall())"
        try state.slot(arguments.slot).rename("output", into: try state.directory(.quarantine), as: name)
        return try tryOutput(order, owner: owner)
      }
    } catch {
      throw StartFault(message: "the output file: \(error)", isRetryable: true)
    }
  }

  private func tryOutput(_ order: SlotOrder, owner: LaunchIdentity?) throws(Errno) -> RunOutput {
    let slot = try state.slot(arguments.slot)
    let limit = RunOutput.limit(ordered: order.outputLimit, slot: arguments.slot)
    if arguments.forwardsOutput {
      let forwarder = try OutputForwarder(name: order.job, escaping: arguments.escapesOutput)
      return try RunOutput(slotDirectory: slot, limit: limit, owner: owner, forwarder: forwarder)
    }
    return try RunOutput(slotDirectory: slot, limit: limit, owner: owner, forwarder: nil)
  }

  // MARK: The run

  /// What is due now, and when to wake next.
  private func attend() throws(Errno) {
    guard current != nil else { return }
    let now = SystemClock.monotonic()
    current?.enforceTime(now: now)
    let isDone = current?.inspect() ?? true
    try watch.didLook(isDone: isDone, now: now, poller: poller)
    let wakes = [current?.deadline, watch.dueAt].compactMap { $0 }
    if let wake = wakes.min(), wake != .max {
      try timer.arm(atMicroseconds: wake / 1_000 &+ 1)
    } else {
      try timer.disarm()
    }
  }

  private func readSignals() throws(Errno) {
    let received = try signals.readInformation()
    // That comes from PID 1 when the container or the machine ends, and nobody else will tell the job.
    if received.contains(where: { $0.number == Signal.terminate && $0.senderIdentifier == 1 }) {
      current?.stop(.stopped, now: SystemClock.monotonic())
    }
    guard received.contains(where: { $0.number == Signal.child }) else { return }
    while let ended = try Reaper.peek() {
      if let pid = current?.pid, ended.pid == pid {
        try finish(ended)
      } else {
        try Reaper.reap(ended.pid)
      }
    }
  }

  /// What is owed once the job has ended; the zombie is reaped last, so that a crash in between loses nothing.
  private func finish(_ ended: EndedChild) throws(Errno) {
    guard var run = current.take() else { return }
    Fault.point("worker.job-ended")
    try timer.disarm()
    try watch.end(poller: poller)
    if run.stopCause != nil { ProcessTree.killDescendants(except: ended.pid) }
    var exit = run.exit(ended)
    _ = run.inspect(atEnd: true)
    exit.leftovers = ProcessTree.orphans(except: ended.pid)
    let order = run.order
    exit.outputBytes = keepOutput(run)
    Fault.point("worker.output-kept")
    // Its leftovers pass up when we end; another run's mustn't be mixed with them.
    if exit.leftovers > 0 { mustEnd = true }
    try conclude(order, exit, saying: "ended", reaping: ended.pid)
  }

  /// A command that isn't there, on a machine that has no shell to say so.
  private func endWithoutProcess(_ run: consuming CurrentRun, status: Int32) throws(StartFault) {
    var exit = run.exit(shellStatus: status)
    let order = run.order
    _ = run.inspect(atEnd: true)
    exit.outputBytes = keepOutput(run)
    do {
      try conclude(order, exit, saying: "ended")
    } catch {
      throw StartFault(message: "the record: \(error)", isRetryable: false)
    }
  }

  private func keepOutput(_ run: consuming CurrentRun) -> Int64 {
    do { return run.keepOutput(in: try state.directory(.output)) } catch { return 0 }
  }

  /// Writes the exit down, reaps, and tells.
  private func conclude(
    _ order: SlotOrder, _ exit: ExitFact, saying word: String, reaping pid: Int32? = nil
  ) throws(Errno) {
    try record.write(exit, for: order.claim)
    Fault.point("worker.exit-written")
    if let pid { try Reaper.reap(pid) }
    finishedRuns += 1
    if finishedRuns >= arguments.runsPerWorker { mustEnd = true }
    say("\(word) \(order.claim.run)")
    if !mustEnd { say("idle") }
  }
}
