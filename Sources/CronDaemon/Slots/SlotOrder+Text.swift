extension SlotOrder {
  /// The longest order that fits a slot, in bytes; a longer one can't be started.
  static let maximumBytes = 1024 * 1024

  /// One line with every field; lists are numbered keys.
  var encoded: [UInt8] {
    var fields: [(String, String)] = [
      ("run", claim.run), ("seq", String(claim.sequence)), ("job", job), ("occurrence", occurrence),
      ("attempt", String(attempt)), ("deadline_us", String(startDeadline)), ("shell", shell),
      ("kill_grace_s", String(killGraceSeconds)), ("output_limit", String(outputLimit)),
    ]
    if let user { fields.append(("user", user)) }
    if let standardInput { fields.append(("stdin", standardInput)) }
    if let timeoutSeconds { fields.append(("timeout_s", String(timeoutSeconds))) }
    switch command {
    case .line(let line): fields.append(("line", line))
    case .words(let words): for (index, word) in words.enumerated() { fields.append(("word\(index)", word)) }
    }
    for (index, variable) in environment.enumerated() {
      fields.append(("name\(index)", variable.name))
      fields.append(("value\(index)", variable.value))
    }
    for (index, name) in inherited.enumerated() { fields.append(("inherit\(index)", name)) }
    return SlotText.line("ORDER", fields)
  }

  /// The order in these bytes; nil when it isn't whole or lacks a field.
  init?(decoding bytes: [UInt8]) {
    guard let fields = SlotText.fields("ORDER", in: bytes),
      let run = fields["run"], let sequence = fields["seq"].flatMap({ UInt64($0) }),
      let job = fields["job"], let occurrence = fields["occurrence"],
      let attempt = fields["attempt"].flatMap({ Int($0) }),
      let deadline = fields["deadline_us"].flatMap({ Int64($0) }), let shell = fields["shell"],
      let killGrace = fields["kill_grace_s"].flatMap({ Int64($0) }),
      let outputLimit = fields["output_limit"].flatMap({ Int64($0) })
    else { return nil }
    let words = Self.list("word", fields)
    guard let command = fields["line"].map(Command.line) ?? (words.isEmpty ? nil : .words(words)) else { return nil }
    let names = Self.list("name", fields)
    let values = Self.list("value", fields)
    guard names.count == values.count else { return nil }

    self.init(claim: SlotClaim(run: run, sequence: sequence), job: job, command: command)
    self.occurrence = occurrence
    self.attempt = attempt
    startDeadline = deadline
    self.shell = shell
    killGraceSeconds = killGrace
    self.outputLimit = outputLimit
    user = fields["user"]
    standardInput = fields["stdin"]
    timeoutSeconds = fields["timeout_s"].flatMap { Int64($0) }
    environment = zip(names, values).map(Variable.init)
    inherited = Self.list("inherit", fields)
  }

  private static func list(_ key: String, _ fields: [String: String]) -> [String] {
    var values: [String] = []
    while let value = fields["\(key)\(values.count)"] { values.append(value) }
    return values
  }
}
