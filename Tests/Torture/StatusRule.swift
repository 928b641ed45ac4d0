import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// Something that `cronwatch status` says: a verdict, and words of its message.
struct Said: Sendable {
  let verdict: String
  let words: String
  /// Whether it has to be said while the fault lasts; else it may be, for a moment.
  let isRequired: Bool

  /// It must be said while the fault lasts.
  static func must(_ verdict: String, _ words: String = "") -> Said {
    Said(verdict: verdict, words: words, isRequired: true)
  }

  /// It may be said for a moment.
  static func may(_ verdict: String, _ words: String = "") -> Said {
    Said(verdict: verdict, words: words, isRequired: false)
  }

  func isIn(_ status: JSONValue) -> Bool {
    guard status["verdict"]?.stringValue == verdict else { return false }
    return words.isEmpty || (status["message"]?.stringValue ?? "").contains(words)
  }

  var text: String { words.isEmpty ? "`\(verdict)`" : "`\(verdict)`, “\(words)”" }
}

/// What `cronwatch status` must say while a fault lasts; whatever else it says beside `healthy` fails the row.
enum StatusRule: Sendable {
  /// Nothing is to be seen: it is healthy whenever it is asked.
  case healthy
  /// These; an empty list would be `healthy`.
  case says([Said])
  /// What tests hold.
  case held(String)

  var said: [Said] { if case .says(let list) = self { list } else { [] } }

  /// For people.
  var text: String {
    switch self {
    case .healthy: return "`healthy`: nothing to see"
    case .held(let words): return words
    case .says(let list):
      let required = list.filter(\.isRequired).map(\.text).joined(separator: "; ")
      let allowed = list.filter { !$0.isRequired }.map(\.text).joined(separator: " or ")
      if allowed.isEmpty { return required }
      return (required.isEmpty ? "`healthy`" : required) + "; for a moment \(allowed)"
    }
  }
}

/// What a row's answers of status are held against, from its start to its end.
final class StatusWitness {
  private let rule: StatusRule
  private var missing: [Int] = []
  private var answers = 0
  private var isOn = false

  init(_ rule: StatusRule) { self.rule = rule }

  /// Whether every answer counts now; before the start and after the end of a row none does.
  func use(_ body: () throws -> String) throws -> String {
    missing = rule.said.indices.filter { rule.said[$0].isRequired }
    (answers, isOn) = (0, true)
    defer { isOn = false }
    let said = try body()
    if case .held = rule { return said }
    if let first = missing.first { throw RowFailure("status never said \(rule.said[first].text)") }
    if answers == 0 { throw RowFailure("nobody looked at status while the fault lasted") }
    return said
  }

  /// Takes an answer; one that the row doesn't know fails it.
  func take(_ status: JSONValue) throws {
    guard isOn else { return }
    answers += 1
    missing.removeAll { rule.said[$0].isIn(status) }
    if status["verdict"]?.stringValue == "healthy" || rule.said.contains(where: { $0.isIn(status) }) { return }
    if case .held = rule { return }
    throw RowFailure("status says: \(status["verdict"]?.stringValue ?? "") \(status["message"]?.stringValue ?? "")")
  }

  /// Takes the words of a command that says why nothing can be told.
  func takeRefusal(_ result: CommandResult) throws {
    try take(["verdict": .string("exit \(result.exit)"), "message": .string(result.output + result.error)])
  }

  /// Looks while the fault lasts, until the next thing that has to be said is said; a few times where none has.
  ///
  /// Then the text must be of one mind with its exit status: jobs fire automatically, or they don't.
  func look(_ cron: Cronwatch, seconds: Double) throws {
    let wanted = missing.first
    let deadline = SystemClock.monotonic() + Int64(seconds * 1e9)
    for _ in 0..<4 {
      _ = try cron.status()
      Pause.milliseconds(150)
    }
    while let wanted, missing.contains(wanted) {
      let status = try cron.status()
      if SystemClock.monotonic() > deadline {
        throw RowFailure("status doesn't say \(rule.said[wanted].text), but: \(status["message"]?.stringValue ?? "")")
      }
      Pause.milliseconds(150)
    }
    let answer = try cron.run(["status"])
    if (answer.exit == 0) != answer.output.contains("jobs will fire automatically") {
      throw RowFailure("status ends with \(answer.exit) and says: \(answer.output)")
    }
  }
}
