import CronDaemon
import CronSystem
import CronWire

/// Makes a running cronwatch go on as this program, or starts one.
enum Restarting {
  /// The program's test of itself and the leave of the old ticker are within this.
  private static let answerMilliseconds: Int64 = 30_000
  /// How long the new ticker may take until it is ready, in nanoseconds; a ledger of any size is recovered sooner.
  private static let patienceNanoseconds: Int64 = 120_000_000_000
  private static let lookMilliseconds = 20

  static func restart(_ context: CommandContext, _ arguments: Arguments) throws(CommandFailure) -> ExitStatus {
    if let state = try context.existingState() {
      if !arguments.has("--foreground"), let execution = try become(state, context, arguments) {
        try waitUntilReady(state, execution: execution)
        try Starting.printStatus(state, context)
        return .success
      }
      do throws(CommandFailure) {
        try Stopping.stop(state, context, StopOrder())
      } catch  where error.status == .notRunning {
        // Then it only has to be started.
      }
    }
    return try Starting.start(context, arguments)
  }

  /// Asks the watcher to become this program; nil when there is none that would, its number of executions when it does.
  private static func become(
    _ state: StateDirectory, _ context: CommandContext, _ arguments: Arguments
  ) throws(CommandFailure) -> Int64? {
    // A ticker that fires alone, or a watcher of a version that can't do it, says nothing of executions.
    guard let known = ping(state), known["execution"]?.integerValue != nil else { return nil }
    let words = try Starting.words(context, arguments, state)
    let request: JSONValue = [
      "verb": "restart", "program": .string(try program()), "words": .array(words.map { .string($0) }),
    ]
    guard JSONWriter.line(request).count <= ControlLimits.messageBytes else { return nil }
    let answer: JSONValue
    do throws(ControlError) {
      answer = try ControlClient.ask(state, request, timeoutMilliseconds: answerMilliseconds)
    } catch {
      return nil
    }
    try CommandContext.requireSuccess(answer)
    return answer["execution"]?.integerValue
  }

  /// The path of this program; after an upgrade it names the new one.
  private static func program() throws(CommandFailure) -> String {
    let deleted = " (deleted)"
    do throws(Errno) {
      let path = try CurrentProcess.executablePath()
      return path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path
    } catch {
      throw CommandFailure(.temporary, "the path of this program can't be told: \(error)")
    }
  }

  /// What the watcher says of itself; nil when it doesn't answer.
  private static func ping(_ state: StateDirectory) -> JSONValue? {
    do throws(ControlError) {
      return try ControlClient.ask(state, ["verb": "ping"], timeoutMilliseconds: 5_000)
    } catch {
      return nil
    }
  }

  private static func waitUntilReady(_ state: StateDirectory, execution: Int64) throws(CommandFailure) {
    let hint = "the log: \(state.path)/log/cronwatch.log"
    let deadline = SystemClock.monotonic() &+ patienceNanoseconds
    do throws(Errno) {
      while SystemClock.monotonic() < deadline {
        if let answer = ping(state), let current = answer["execution"]?.integerValue, current >= execution,
          answer["ready"]?.boolValue == true
        {
          return
        }
        if try !RoleLock.query(.watcher, in: state).isHeld {
          throw Errno.noProcess
        }
        _ = try Poller().wait(timeoutMilliseconds: lookMilliseconds)
      }
    } catch {
      throw CommandFailure(.temporary, "the watcher ended while it restarted: \(error)", hint: hint)
    }
    throw CommandFailure(.temporary, "restarted, but its ticker isn't ready yet; it goes on trying", hint: hint)
  }
}
