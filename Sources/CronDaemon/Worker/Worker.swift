import CronSystem

/// A worker: supervises one run at a time, in a session of its own, and writes down how it ended before anybody is told.
///
/// One thread, one loop. Its record is locked by the open file description that the ticker handed over, so that it is
/// never unlocked while the worker lives. The ticker's end is no reason to stop: the run is finished and recorded first.
final class Worker {
  private static let inspectionMilliseconds: Int64 = 250
  private static let followMilliseconds: Int64 = 50

  enum Token: UInt64 { case signals, doorbell, timer }

  let arguments: WorkerArguments
  let record: WorkerRecord
  let doorbell: FileDescriptor
  let state: StateDirectory
  private let poller: Poller
  private let signals: SignalDescriptor
  private let timer: TimerDescriptor
  private var current: CurrentRun?
  private var lastClaim: SlotClaim?
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
    guard try FileLock.tryLock(record.descriptor) else { throw .accessDenied }
    do {
      state = try StateDirectory.open(arguments.state, create: false)
    } catch {
      throw .noEntry
    }
    poller = try Poller()
    timer = try TimerDescriptor(.monotonic)
    try doorbell.setNonBlocking(true)
    try poller.add(signals.raw, token: Token.signals.rawValue)
    try poller.add(doorbell.raw, token: Token.doorbell.rawValue)
    try poller.add(timer.raw, token: Token.timer.rawValue)
    try record.write(ProcessIdentity.currentProcess)
  }

  /// Serves orders until the ticker says `bye` or is gone, or until this worker has served enough.
  func run() throws(Errno) {
    say("idle")
    while !isFinished {
      for ready in try poller.wait(timeoutMilliseconds: nil) {
        switch Token(rawValue: ready.token) {
        case .signals: try readSignals()
        case .doorbell: try readDoorbell()
        case .timer: try readTimer()
        case nil: break
        }
      }
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
        case "stop": stop(words.count > 1 && words[1] == "timeout" ? .timedOut : .stopped)
        case "bye": mustEnd = true
        default: break
        }
      }
    }
  }

  /// Starts what stands in the slot, unless that was done before or is too late.
  private func obey() throws(Errno) {
    guard case .order(let order) = record.readOrder(), order.claim != lastClaim,
      record.readExit(order.claim) == nil, record.readExec(order.claim) == nil
    else { return }
    Fault.point("worker.order-read")
    lastClaim = order.claim
    let now = SystemClock.wall()
    guard now <= order.startDeadline else {
      try conclude(order, ExitFact(cause: .declined, startedAt: now, endedAt: now), saying: "declined")
      return
    }
    do throws(StartFault) {
      current = try launch(order)
    } catch {
      var exit = ExitFact(cause: .notStarted, startedAt: now, endedAt: SystemClock.wall())
      exit.isRetryable = error.isRetryable
      exit.message = error.message
      try conclude(order, exit, saying: "failed")
      return
    }
    Fault.point("worker.launched")
    say("started \(order.claim.run) \(current?.pid ?? 0)")
    try armTimer()
  }

  private func openSlot() throws(Errno) -> Directory {
    try state.directory(.workers).ensureSubdirectory(String(arguments.slot))
  }

  private func launch(_ order: SlotOrder) throws(StartFault) -> CurrentRun {
    let preparation: JobPreparation
    do throws(JobPreparation.Failure) {
      preparation = try JobPreparation(order)
    } catch {
      throw StartFault(message: error.message, isRetryable: error.isRetryable)
    }
    do {
      var run = try CurrentRun(
        order,
        output: RunOutput(
          slotDirectory: openSlot(), limit: order.outputLimit, owner: preparation.identity))
      try run.launch(preparation, record: record, openFiles: arguments.openFiles)
      return run
    } catch let failure as LaunchFailure {
      let isRetryable = failure.step == .fork || failure.error == .wouldBlock || failure.error == .noMemory
      throw StartFault(message: failure.description, isRetryable: isRetryable)
    } catch {
      throw StartFault(message: "\(error)", isRetryable: true)
    }
  }

  // MARK: The run

  private func readSignals() throws(Errno) {
    let numbers = try signals.read()
    guard numbers.contains(Signal.child) else { return }
    while let ended = try Reaper.peek() {
      if let pid = current?.pid, ended.pid == pid {
        try finish(ended)
      } else {
        try Reaper.reap(ended.pid)
      }
    }
  }

  private func readTimer() throws(Errno) {
    _ = try timer.read()
    guard current != nil else { return }
    current?.inspect(following: arguments.forwardsOutput, escaping: arguments.escapesOutput)
    current?.enforceTime(now: SystemClock.monotonic())
    try armTimer()
  }

  private func armTimer() throws(Errno) {
    try timer.arm(
      afterMilliseconds: arguments.forwardsOutput ? Self.followMilliseconds : Self.inspectionMilliseconds)
  }

  private func stop(_ cause: ExitFact.Cause) {
    current?.stop(cause, now: SystemClock.monotonic())
  }

  /// Everything that is owed once the job has ended; the zombie is reaped last, so that a crash in between loses nothing.
  private func finish(_ ended: EndedChild) throws(Errno) {
    guard var run = current.take() else { return }
    Fault.point("worker.job-ended")
    try timer.disarm()
    if run.stopCause != nil { ProcessTree.killDescendants(except: ended.pid) }
    run.inspect(following: arguments.forwardsOutput, escaping: arguments.escapesOutput, atEnd: true)
    var exit = run.exit(ended)
    exit.leftovers = ProcessStatus.children(of: CurrentProcess.identifier).filter { $0 != ended.pid }.count
    let order = run.order
    exit.outputBytes = run.keepOutput(in: try state.directory(.output))
    if exit.leftovers > 0 { mustEnd = true }
    finishedRuns += 1
    if finishedRuns >= arguments.runsPerWorker { mustEnd = true }
    try conclude(order, exit, saying: "ended", reaping: ended.pid)
  }

  /// Writes the exit down, reaps, and tells.
  private func conclude(
    _ order: SlotOrder, _ exit: ExitFact, saying word: String, reaping pid: Int32? = nil
  ) throws(Errno) {
    try record.write(exit, for: order.claim)
    Fault.point("worker.exit-written")
    if let pid { try Reaper.reap(pid) }
    say("\(word) \(order.claim.run)")
    if !mustEnd { say("idle") }
  }
}

/// Why a job couldn't be started.
struct StartFault: Error {
  let message: String
  let isRetryable: Bool
}
