import CronDaemon

extension Verb {
  static let help = Verb(
    name: "help", operands: "[COMMAND]", operandCount: 0...1,
    summary: "show this overview, or one command's help",
    details: "Without a word: the overview. With one: what `cronwatch COMMAND --help` shows.",
    options: [],
    examples: [("cronwatch help", "the overview"), ("cronwatch help start", "all about starting")],
    run: { (context, arguments) throws(CommandFailure) in
      guard let name = arguments.operands.first else {
        context.print(HelpText.overview())
        return .success
      }
      guard let verb = Verb.all.first(where: { $0.name == name }) else { throw HelpText.unknownVerb(name) }
      context.print(HelpText.text(of: verb))
      return .success
    })

  static let version = Verb(
    name: "version", operands: "", operandCount: 0...0,
    summary: "print the version, or test whether this program can run here",
    details: """
      Prints one line: the name and the version. With --self-test it tries what it needs of this machine, and whether it
      understands the files of the state directory; a restart asks a new program for that before it becomes it.
      Exit status: 0, or 70 when something of it fails.
      """,
    options: [OptionSpecification("--self-test", "try what it needs, change nothing")],
    examples: [
      ("cronwatch version", "the version"),
      ("./cronwatch version --self-test", "whether another program could take over"),
    ],
    run: { (context, arguments) throws(CommandFailure) in
      if arguments.has("--self-test") { try SelfTest.run(context) }
      context.print("cronwatch \(Version.text)")
      return .success
    })
}

/// The texts of help, made from the verbs' own table.
enum HelpText {
  static func overview() -> String {
    let width = Verb.all.map(\.name.count).max() ?? 0
    var lines = [
      "cronwatch runs crontabs, survives the crash of any of its own processes, and tells the truth about both.",
      "",
      "usage: cronwatch COMMAND [OPTION…] [OPERAND…]",
      "",
    ]
    for verb in Verb.all { lines.append("  \(padded(verb.name, width))  \(verb.summary)") }
    lines += [
      "",
      "Begin with:   cronwatch start my.crontab     then:   cronwatch status",
      "One command:  cronwatch COMMAND --help",
    ]
    return lines.joined(separator: "\n")
  }

  static func text(of verb: Verb) -> String {
    var lines = ["usage: \(verb.usageLine)", "", verb.details, "", "options:"]
    let options = (verb.options + OptionSpecification.common).map { option in
      (left: option.value.map { "\(option.name) \($0)" } ?? option.name, right: option.summary)
    }
    let width = options.map(\.left.count).max() ?? 0
    for option in options { lines.append("  \(padded(option.left, width))  \(option.right)") }
    lines += ["", "examples:"]
    let exampleWidth = verb.examples.map(\.line.count).max() ?? 0
    for example in verb.examples { lines.append("  \(padded(example.line, exampleWidth))  # \(example.meaning)") }
    return lines.joined(separator: "\n")
  }

  static func unknownVerb(_ name: String) -> CommandFailure {
    let nearest = NearestWord.find(name, among: Verb.all.map(\.name))
    return CommandFailure(
      .usage, "unknown command '\(HumanText.escaped(name))'",
      hint: nearest.map { "did you mean 'cronwatch \($0)'?" } ?? "see 'cronwatch help'")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
