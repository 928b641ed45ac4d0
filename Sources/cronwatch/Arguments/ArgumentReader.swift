import CronDaemon

/// The words of a command line after the verb, sorted into options and operands.
struct Arguments {
  fileprivate(set) var operands: [String] = []
  fileprivate var values: [String: [String]] = [:]

  /// Whether the flag was given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// The last value given for the option.
  func value(_ name: String) -> String? { values[name]?.last }

  /// Every value given for the option, in order.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// A decimal number within the range, or the default where the option is absent.
  func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(CommandFailure) -> Int {
    guard let text = value(name) else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw CommandFailure(
        .usage, "\(name): '\(HumanText.escaped(text))' is not a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// Reads the words after the verb by its table of options.
enum ArgumentReader {
  /// Long options with `--name value` or `--name=value`, `--` ends them, `-h` is `--help`; anything else is an operand.
  static func read(_ words: ArraySlice<String>, for verb: Verb) throws(CommandFailure) -> Arguments {
    var arguments = Arguments()
    let options = verb.options + OptionSpecification.common
    var rest = words
    while let word = rest.popFirst() {
      if word == "--" {
        arguments.operands += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        arguments.operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0] == "-h" ? "--help" : parts[0]
      guard let option = options.first(where: { $0.name == name }) else {
        throw unknown(name, among: options, verb: verb)
      }
      arguments.values[name, default: []].append(try value(of: option, inline: parts.count > 1 ? parts[1] : nil, &rest))
    }
    try checkCount(arguments, verb)
    return arguments
  }

  private static func value(
    of option: OptionSpecification, inline: String?, _ rest: inout ArraySlice<String>
  ) throws(CommandFailure) -> String {
    guard let placeholder = option.value else {
      guard inline == nil else { throw CommandFailure(.usage, "\(option.name) takes no value") }
      return ""
    }
    if let inline { return inline }
    guard let next = rest.popFirst() else {
      throw CommandFailure(.usage, "\(option.name) needs a value: \(option.name) \(placeholder)")
    }
    return next
  }

  private static func unknown(_ name: String, among options: [OptionSpecification], verb: Verb) -> CommandFailure {
    let nearest = NearestWord.find(name, among: options.map(\.name))
    return CommandFailure(
      .usage, "unknown option '\(HumanText.escaped(name))' for 'cronwatch \(verb.name)'",
      hint: nearest.map { "did you mean \($0)?" } ?? "see 'cronwatch \(verb.name) --help'")
  }

  private static func checkCount(_ arguments: Arguments, _ verb: Verb) throws(CommandFailure) {
    if arguments.has("--help") { return }
    let count = arguments.operands.count
    guard verb.operandCount.contains(count) else {
      let problem = count < verb.operandCount.lowerBound ? "too few operands" : "too many operands"
      throw CommandFailure(.usage, "\(problem) for 'cronwatch \(verb.name)'", hint: "usage: \(verb.usageLine)")
    }
  }
}
