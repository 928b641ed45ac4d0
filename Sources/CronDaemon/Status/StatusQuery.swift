public import CronSystem
internal import CronTime
public import CronWire

/// Status as a command shows it: the watcher's answer, or the command's own evaluation when it doesn't answer.
public enum StatusQuery {
  /// What to print, and what to end with.
  public struct Answer: Hashable, Sendable {
    /// The object of `--json`.
    public var json: JSONValue
    /// The text, with a newline at its end.
    public var text: String
    /// 0 healthy and asleep, 3 down, else 1.
    public var exitStatus: Int32
  }

  /// The milliseconds that the watcher has for its answer.
  static let patienceMilliseconds: Int64 = 1000

  /// Asks the watcher and, when it doesn't answer in time, evaluates the files; throws when locks can't be asked for.
  public static func ask(_ state: StateDirectory, color: Bool) throws(Errno) -> Answer {
    do throws(ControlError) {
      if let answer = answer(of: try reply(in: state.root, ControlLimits.socketName, color: color)) { return answer }
    } catch {
      // Whatever the reason, the files tell.
    }
    return answer(StatusEvaluator.evaluate(try StatusCollector(state).collect()), color: color)
  }

  /// Asks as a member of `[watcher] status-group`, who may reach the socket and read nothing else.
  ///
  /// There are no files to fall back on: without an answer nothing is known.
  public static func askAsGuest(path: String, color: Bool) throws(ControlError) -> Answer {
    guard let answer = answer(of: try replyForGuest(path: path, color: color)) else { throw .malformed }
    return answer
  }

  /// The same as a report, with what a guest may see: what `status` shows, and nothing that is read from files.
  static func reportAsGuest(path: String) throws(ControlError) -> StatusReport {
    let reply = try replyForGuest(path: path, color: false)
    let now = Instant(microseconds: SystemClock.wall())
    guard reply["ok"]?.boolValue == true, let report = StatusReport(reply: reply, now: now) else { throw .malformed }
    return report
  }

  private static func replyForGuest(path: String, color: Bool) throws(ControlError) -> JSONValue {
    do {
      return try reply(in: Directory.passage(path), ControlLimits.statusSocketName, color: color)
    } catch let error as ControlError {
      throw error
    } catch let error as Errno {
      throw .unreachable(error)
    } catch {
      throw .malformed
    }
  }

  private static func reply(
    in directory: borrowing Directory, _ name: String, color: Bool
  ) throws(ControlError) -> JSONValue {
    let request: JSONValue = ["verb": "status", "color": .bool(color)]
    return try ControlClient.ask(in: directory, name, request, timeoutMilliseconds: patienceMilliseconds)
  }

  private static func answer(of reply: JSONValue) -> Answer? {
    guard reply["ok"]?.boolValue == true, let json = reply["status"], let text = reply["text"]?.stringValue,
      let exit = reply["exit"]?.integerValue.flatMap({ Int32(exactly: $0) })
    else { return nil }
    return Answer(json: json, text: text, exitStatus: exit)
  }

  /// The answer of a report.
  public static func answer(_ report: StatusReport, color: Bool) -> Answer {
    Answer(
      json: report.json, text: StatusText.render(report, color: color), exitStatus: report.exitStatus)
  }

  /// The answer in the form that the control socket carries.
  public static func reply(_ report: StatusReport, color: Bool) -> JSONValue {
    let answer = answer(report, color: color)
    let summary = report.facts.currentSummary
    return ControlReply.success([
      ("exit", JSONValue(answer.exitStatus)), ("status", answer.json), ("text", .string(answer.text)),
      ("failures", .array((summary?.failures ?? []).prefix(5).map(\.json))),
      ("coming", .array((summary?.coming ?? []).prefix(10).map(\.json))),
    ])
  }
}
