public import CronSystem
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
      let request: JSONValue = ["verb": "status", "color": .bool(color)]
      let reply = try ControlClient.ask(state, request, timeoutMilliseconds: patienceMilliseconds)
      if reply["ok"]?.boolValue == true, let json = reply["status"], let text = reply["text"]?.stringValue,
        let exit = reply["exit"]?.integerValue.flatMap({ Int32(exactly: $0) })
      {
        return Answer(json: json, text: text, exitStatus: exit)
      }
    } catch {
      // Whatever the reason, the files tell.
    }
    return answer(StatusEvaluator.evaluate(try StatusCollector(state).collect()), color: color)
  }

  /// The answer of a report.
  public static func answer(_ report: StatusReport, color: Bool) -> Answer {
    Answer(
      json: report.json, text: StatusText.render(report, color: color), exitStatus: report.exitStatus)
  }

  /// The answer in the form that the control socket carries.
  public static func reply(_ report: StatusReport, color: Bool) -> JSONValue {
    let answer = answer(report, color: color)
    return ControlReply.success([
      ("exit", JSONValue(answer.exitStatus)), ("status", answer.json), ("text", .string(answer.text)),
    ])
  }
}
