/// One option of a verb: the same table makes the parser, the help and the hints.
struct OptionSpecification: Sendable {
  /// Long name with its dashes: `--state`.
  let name: String
  /// What stands for the value in help; nil for a flag.
  let value: String?
  let summary: String

  init(_ name: String, value: String? = nil, _ summary: String) {
    self.name = name
    self.value = value
    self.summary = summary
  }
}

extension OptionSpecification {
  /// Options that every verb takes.
  static let common: [OptionSpecification] = [
    OptionSpecification("--state", value: "DIR", "state directory (default: $CRONWATCH_STATE, or the user's own)"),
    OptionSpecification(
      "--config", value: "FILE", "configuration file (default: $CRONWATCH_CONFIG, or the user's own)"),
    OptionSpecification("--help", "show this help"),
  ]
}
