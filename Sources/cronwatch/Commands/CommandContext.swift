import CronDaemon
import CronSystem
import CronTime
import CronWire

/// What every command has at hand: where things are, what time it is, and where answers go.
struct CommandContext {
  let arguments: Arguments

  // MARK: Answers

  /// One line on standard output. Whoever closed it wants no more.
  func print(_ line: String) {
    do { try StandardOutput.write(line + "\n") } catch {}
  }

  /// One line on standard error.
  func printError(_ line: String) {
    do { try StandardError.write(line + "\n") } catch {}
  }

  /// One JSON value a line.
  func print(_ value: JSONValue) {
    do { try StandardOutput.write(JSONWriter.line(value) + [UInt8(ascii: "\n")]) } catch {}
  }

  var outputIsTerminal: Bool { CurrentProcess.isTerminal(1) }

  var wantsColor: Bool {
    StatusText.wantsColor(isTerminal: outputIsTerminal, environment: { Environment.get($0) })
  }

  /// Names of jobs and files made safe to show, unless raw text was asked for.
  func shown(_ text: String) -> String { arguments.has("--raw") ? text : HumanText.escaped(text) }

  // MARK: Time

  var now: Instant { Instant(microseconds: SystemClock.wall()) }

  /// The zone of that name; without one the default of schedules.
  func zone(named name: String?) throws(CommandFailure) -> Zone {
    do throws(ZoneLookupError) {
      return try ZoneLookup.zone(named: name)
    } catch {
      throw CommandFailure(.badData, "unknown zone '\(HumanText.escaped(name ?? ""))'", hint: error.hint)
    }
  }

  // MARK: Places

  /// The state directory's path, absolute.
  func statePath() throws(CommandFailure) -> String {
    let path = StateLocation.resolve(
      flag: arguments.value("--state"), environment: { Environment.get($0) },
      effectiveUser: CurrentProcess.effectiveUser, home: Environment.get("HOME"))
    guard let path else {
      throw CommandFailure(
        .usage, "no state directory: neither HOME nor CRONWATCH_STATE is set", hint: "give --state DIR")
    }
    return try absolute(path)
  }

  /// The configuration file's path, absolute; empty when nothing names one.
  func configurationPath() throws(CommandFailure) -> String {
    let path = StateLocation.resolveConfiguration(
      flag: arguments.value("--config"), environment: { Environment.get($0) },
      effectiveUser: CurrentProcess.effectiveUser, home: Environment.get("HOME"))
    guard let path else { return "" }
    return try absolute(path)
  }

  func absolute(_ path: String) throws(CommandFailure) -> String {
    do throws(Errno) {
      return StateLocation.absolute(path, currentDirectory: try CurrentProcess.workingDirectory())
    } catch {
      throw CommandFailure(.temporary, "the current directory can't be told: \(error)")
    }
  }

  /// Opens the state directory; nil when there is none yet.
  func existingState() throws(CommandFailure) -> StateDirectory? {
    let path = try statePath()
    do throws(StateError) {
      return try StateDirectory.open(path, create: false)
    } catch {
      if error.reason == .missing { return nil }
      throw CommandFailure(ExitStatus(rawValue: error.exitStatus) ?? .temporary, "\(error)", hint: error.hint)
    }
  }

  /// Asks whoever serves the control socket; a refusal becomes a failure with its own exit status.
  func ask(_ state: StateDirectory, _ members: [(String, JSONValue)]) throws(CommandFailure) -> JSONValue {
    let answer: JSONValue
    do throws(ControlError) {
      answer = try ControlClient.ask(state, .object(JSONObject(members)))
    } catch {
      if case .unreachable = error {
        throw CommandFailure(.notRunning, "cronwatch is not running for \(state.path)", hint: "cronwatch start")
      }
      throw CommandFailure(.unavailable, "\(error)", hint: "cronwatch status")
    }
    try Self.requireSuccess(answer)
    return answer
  }

  /// A refusal becomes a failure with its own exit status.
  static func requireSuccess(_ answer: JSONValue) throws(CommandFailure) {
    if answer["ok"]?.boolValue == true { return }
    let status = answer["exit"]?.integerValue.flatMap { Int32(exactly: $0) }.flatMap { ExitStatus(rawValue: $0) }
    throw CommandFailure(status ?? .temporary, answer["message"]?.stringValue ?? "refused")
  }
}
