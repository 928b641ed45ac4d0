import CronSystem
import CronTestSupport
import EndToEndSupport
import Testing

/// `config/Dockerfile` as its builder reads it: stages of instructions, with continued lines joined.
struct Dockerfile {
  /// `RUN …`: the instruction's word, and the rest.
  typealias Step = (word: String, rest: String)

  /// From one `FROM` to the next.
  struct Stage {
    let name: String
    let base: String
    var steps: [Step] = []

    /// What the last instruction of that word says.
    func last(_ word: String) -> String? { steps.last { $0.word == word }?.rest }
    /// What all of them say.
    func all(_ word: String) -> [String] { steps.filter { $0.word == word }.map(\.rest) }
    /// The commands of its `RUN`s, one a line of the shell.
    var commands: [[String]] {
      all("RUN").flatMap { $0.split(separator: "&&") }.map { $0.split(separator: " ").map(String.init) }
    }
  }

  private(set) var stages: [Stage] = []

  init(_ text: String) {
    var open = ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasSuffix("\\") {
        open += line.dropLast() + " "
        continue
      }
      let words = (open + line).split(separator: " ", maxSplits: 1).map(String.init)
      open = ""
      guard words.count == 2 else { continue }
      if words[0] != "FROM" {
        if !stages.isEmpty { stages[stages.count - 1].steps.append((words[0], words[1])) }
        continue
      }
      let parts = words[1].split(separator: " ").map(String.init)
      stages.append(Stage(name: parts.count == 3 ? parts[2] : "", base: parts[0]))
    }
  }

  func stage(_ name: String) throws -> Stage { try #require(stages.first { $0.name == name }, "no stage \(name)") }

  /// A stage with all that it has from those before it.
  func whole(_ name: String) throws -> Stage {
    var stage = try stage(name)
    var base = stage.base
    while let before = stages.first(where: { $0.name == base }) {
      stage.steps = before.steps + stage.steps
      base = before.base
    }
    return stage
  }

  /// The words of `["a", "b"]`.
  static func words(_ list: String) -> [String] {
    list.split(whereSeparator: { "[], ".contains($0) }).map { String($0.drop { $0 == "\"" }.prefix { $0 != "\"" }) }
  }
}
