internal import CronSystem
internal import CronWire

/// The watcher's own upgrade: it executes a new program in place, with its pid, its lock and its children.
extension Watcher {
  /// Looks at a request to restart; the answer comes once the program has proved itself.
  func beginRestart(_ request: ControlRequest, _ now: Int64) {
    guard !isStopping, restartInPlace == nil else {
      let message = isStopping ? "stopping" : "another restart is under way"
      return answer(request.client, ControlReply.failure(exit: 75, message), now)
    }
    guard let program = request.message["program"]?.stringValue, program.hasPrefix("/"),
      case .array(let elements)? = request.message["words"],
      let words = RestartInPlace.words(elements.compactMap(\.stringValue), own: arguments.ownWords)
    else {
      return answer(request.client, ControlReply.failure(exit: 64, "restart: which program, and how?"), now)
    }
    do throws(Errno) {
      restartInPlace = try RestartInPlace(
        client: request.client, program: program, words: words, state: state.path, nowNanoseconds: now)
      log.info("asked to restart", LogField("program", program))
    } catch {
      log.error("a program to restart with can't be executed", LogField("program", program), LogField("error", error))
      answer(request.client, ControlReply.failure(exit: 70, "\(program) can't be executed: \(error)"), now)
    }
  }

  /// The program's test of itself is over: the ticker leaves, or all stays as it was.
  func programIsTested(_ cause: ExitCause, _ now: Int64) {
    guard let restart = restartInPlace else { return }
    guard cause == .exited(0), !isStopping else {
      restartInPlace = nil
      log.error("the program failed its self-test; going on as before", LogField("end", cause))
      let message = "\(restart.program) failed its self-test (\(cause)); cronwatch goes on as before"
      return answer(restart.client, ControlReply.failure(exit: 70, message), now)
    }
    answer(restart.client, ControlReply.success([("execution", JSONValue(arguments.execution + 1))]), now)
    restart.leave(nowNanoseconds: now)
    guard let ticker else { return becomeProgram(now) }
    ticker.endReason = "restart"
    if !ticker.send(.leave) { ticker.signal(Signal.terminate) }
  }

  /// Whatever the restart waits for takes too long.
  func restartIsLate(_ now: Int64) {
    guard let restart = restartInPlace, restart.deadlineNanoseconds <= now else { return }
    if restart.isLeaving { becomeProgram(now) } else { restart.endProof() }
  }

  /// Executes the program in this process; goes on as before when that fails.
  func becomeProgram(_ now: Int64) {
    guard let restart = restartInPlace else { return }
    restartInPlace = nil
    if isStopping { return }
    log.info("restarting in place", LogField("program", restart.program))
    manager.send(.reloading(monotonicMicroseconds: now / 1000))
    failRelays(now)
    control?.close(poller: poller)
    control = nil
    // What is written now may be meant to differ from the table of a moment ago: the next ticker reads it first.
    do { try state.directory(.lastGood).unlink("watcher") } catch {}
    var words = ["cronwatch", "role", "watcher"] + restart.words + ["--execution", "\(arguments.execution + 1)"]
    var kept: [Int32] = []
    defer { for raw in kept { _ = FileDescriptor(owning: raw) } }
    do throws(Errno) {
      // The lock is the open file's: it stays held from the old program to the new one.
      kept.append(try lock.inheritable().release())
      words += ["--lock-fd", "\(kept[0])"]
      if let memory = try spill?.duplicate(closeOnExec: false).release() {
        kept.append(memory)
        words += ["--spill-fd", "\(memory)"]
      }
      try CurrentProcess.exec(
        restart.program, arguments: words, environment: Environment.entries(), keepsSignalMask: true)
    } catch {
      log.error("the program can't be executed; going on as before", LogField("error", error))
      manager.send(.ready)
      openControl()
    }
  }
}
