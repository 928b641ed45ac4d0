/// The common mistakes in job lines, and what to write instead.
enum CrontabHints {
  /// Refuses a sixth time field: other crons read it as seconds or years, crontab(5) as the command.
  static func refuseSixthField(
    _ bytes: [UInt8], _ schedule: Range<Int>, _ rest: Int, _ end: Int
  ) throws(LineProblem) {
    guard bytes[schedule.lowerBound] != UInt8(ascii: "@") else { return }
    let word = bytes[rest..<ASCII.skipWord(bytes, from: rest, to: end)]
    guard looksLikeTimeField(word) else { return }
    let text = String(decoding: word, as: UTF8.self)
    let year = word.count == 4 && word.allSatisfy(ASCII.isDigit)
    throw LineProblem(
      at: rest, "sixth-time-field", "\"\(text)\" is a sixth time field, and a crontab line has five",
      hint: year
        ? "a year can't be given in a crontab; if it is a program, write its path"
        : "seconds can't be given in a crontab; write @every 30s, or a schedule in cronwatch.conf")
  }

  /// The finding for a line with less than five fields and a command.
  static func tooFewFields(
    _ bytes: [UInt8], _ first: Int, _ end: Int, count: Int, format: CrontabFormat
  ) -> LineProblem {
    let expected = format == .system ? "five time fields, a user and a command" : "five time fields and a command"
    let word = String(decoding: bytes[first..<ASCII.skipWord(bytes, from: first, to: end)], as: UTF8.self)
    let lastStart = bytes[first..<end].lastIndex { !ASCII.isBlank($0) }
      .flatMap { last in bytes[first...last].lastIndex(where: ASCII.isBlank) }
    let lastWord = ASCII.trimmed(bytes[(lastStart ?? first)..<end])
    if count == 5, looksLikeTimeField(lastWord) || dayNames.contains(lowercased(lastWord)) {
      return LineProblem(at: end, "missing-command", "there is no command after the schedule")
    }
    let hint: String? =
      switch word.lowercased() {
      case "export", "set", "setenv": "write NAME=value without \"\(word)\""
      case "every": "write it as @every 90s"
      case "reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly":
        "write it as @\(word.lowercased())"
      default: ASCII.isLetter(bytes[first]) ? "a comment begins with #, a variable is written NAME=value" : nil
      }
    return LineProblem(
      at: first, "missing-fields",
      "a job line has \(expected), and this one has \(count) \(count == 1 ? "word" : "words")",
      hint: hint)
  }

  /// What is accepted, and probably not meant.
  static func commandWarnings(
    _ bytes: [UInt8], _ fields: CrontabFields, _ text: CommandText, format: CrontabFormat
  ) -> [LineProblem] {
    var problems: [LineProblem] = []
    let command = fields.command
    if format != .system, bytes[command].starts(with: "root".utf8), bytes.count > command.lowerBound + 4 {
      let next = ASCII.skipBlanks(bytes, from: command.lowerBound + 4, to: command.upperBound)
      if next > command.lowerBound + 4, next < command.upperBound, bytes[next] == UInt8(ascii: "/") {
        problems.append(
          LineProblem(
            at: command.lowerBound, "user-column", "this line runs a program named root",
            hint: "only system crontabs have a user column"))
      }
    }
    if let percent = text.percent, percent > command.lowerBound, bytes[percent - 1] == UInt8(ascii: "+") {
      problems.append(
        LineProblem(
          at: percent, "percent-ends-command", "the command ends at this '%', the rest is its input",
          hint: "write \\% for a percent sign"))
    }
    return problems
  }

  /// Whether a word can only be meant as a time field: `*`, `*/5`, `0-30`, `?`, `2026`, `MON-FRI`.
  static func looksLikeTimeField(_ word: ArraySlice<UInt8>) -> Bool {
    guard let first = word.first else { return false }
    if ASCII.isDigit(first) || first == UInt8(ascii: "*") || first == UInt8(ascii: "?") {
      return word.allSatisfy { ASCII.isDigit($0) || "*/,-?~#LW".utf8.contains($0) }
    }
    guard word.allSatisfy({ ASCII.isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ",") }) else {
      return false
    }
    let parts = word.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ",") }
    let upper = word.allSatisfy { !ASCII.isLetter($0) || $0 < 0x60 }
    return (parts.count > 1 || upper) && parts.allSatisfy { dayNames.contains(lowercased($0)) }
  }

  static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).lowercased()
  }

  private static let dayNames: Set<String> = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday",
  ]
}
