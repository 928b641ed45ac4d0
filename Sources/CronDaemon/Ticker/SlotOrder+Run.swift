import CronConfig
import CronEngine
import CronLedger
import CronTime

extension SlotOrder {
  /// What a worker needs of the engine's order.
  init(_ order: RunOrder, settings: DaemonSettings) {
    let command: Command =
      switch order.job.command {
      case .shellLine(let line): .line(line)
      case .words(let words): .words(words)
      }
    self.init(
      claim: SlotClaim(run: order.run.text, sequence: order.claimSequence), job: order.job.name, command: command)
    occurrence = order.occurrence?.description ?? ""
    attempt = order.attempt
    startDeadline = order.startDeadline?.microseconds ?? .max
    shell = order.job.shell
    user = order.job.user
    environment = order.job.environment.map { Variable(name: $0.name, value: $0.value) }
    inherited = settings.inheritEnvironment
    standardInput = order.job.standardInput
    timeoutSeconds = order.timeoutSeconds
    killGraceSeconds = order.killGraceSeconds
    outputLimit = settings.outputLimit
  }
}

extension ExitFact {
  /// The engine's event for what a worker wrote of a run.
  func event(_ run: RunIdentifier, at moment: Moment) -> Event {
    let (ended, started) = (Instant(microseconds: endedAt), Instant(microseconds: startedAt))
    let code = exitCode.map { Int($0) }
    let hasOutput = outputBytes > 0
    switch cause {
    case .ended:
      if let signal {
        return .ended(run, .signaled(name: signal, at: ended, startedAt: started, output: hasOutput), moment)
      }
      return .ended(run, .exited(code: code ?? 255, at: ended, startedAt: started, output: hasOutput), moment)
    case .timedOut:
      return .ended(
        run, .timedOut(code: code, signal: signal, at: ended, startedAt: started, output: hasOutput), moment)
    case .stopped:
      return .ended(
        run, .stopped(code: code, signal: signal, at: ended, startedAt: started, output: hasOutput), moment)
    case .declined: return .ended(run, .declined, moment)
    case .notStarted:
      return .couldNotStart(run, StartFailure(message: message, isRetryable: isRetryable), moment)
    }
  }
}

extension WorkerEvent {
  /// The engine's event for what the pool has learnt; nil for what only the log wants.
  func event(at moment: Moment) -> Event? {
    guard let claim, let run = RunIdentifier(claim.run) else { return nil }
    switch self {
    case .started(_, let pid, let at): return .started(run, pid: pid, at: Instant(microseconds: at), moment)
    case .ended(_, let exit): return exit.event(run, at: moment)
    case .unknown(_, let reason): return .ended(run, .unknown(reason: reason), moment)
    case .neverRan:
      let failure = StartFailure(message: "its worker died before the command was started", isRetryable: true)
      return .couldNotStart(run, failure, moment)
    case .noWorker(_, let reason):
      return .couldNotStart(run, StartFailure(message: reason, isRetryable: true), moment)
    case .workerDied: return nil
    }
  }
}
