/// Where the parts of a job line are, as ranges of byte indices in the file.
struct CrontabFields {
  /// Five fields, or a nickname, or `@every` and its duration.
  var schedule: Range<Int>
  /// The user column of a system crontab.
  var user: Range<Int>?
  /// The rest of the line.
  var command: Range<Int>

  /// Splits a job line; the schedule itself isn't judged.
  static func split(
    _ bytes: [UInt8], _ first: Int, _ end: Int, format: CrontabFormat
  ) throws(LineProblem) -> CrontabFields {
    if bytes[first] == UInt8(ascii: "-") {
      throw LineProblem(
        at: first, "leading-dash", "a line can't begin with '-'",
        hint: "some crons use it to keep a job out of their log; remove it")
    }
    let schedule = try scheduleRange(bytes, first, end, format: format)
    var rest = ASCII.skipBlanks(bytes, from: schedule.upperBound, to: end)
    try CrontabHints.refuseSixthField(bytes, schedule, rest, end)
    var user: Range<Int>?
    if format == .system {
      let userEnd = ASCII.skipWord(bytes, from: rest, to: end)
      let commandStart = ASCII.skipBlanks(bytes, from: userEnd, to: end)
      try checkUser(bytes, rest, userEnd, hasCommand: commandStart < end)
      user = rest..<userEnd
      rest = commandStart
    }
    guard rest < end else {
      throw LineProblem(at: end, "missing-command", "there is no command after the schedule")
    }
    if bytes[rest] == UInt8(ascii: "-") {
      throw LineProblem(
        at: rest, "command-flag", "a command can't begin with '-'",
        hint: "the flags that some crons take before a command (-n, -q, -s) are not supported")
    }
    return CrontabFields(schedule: schedule, user: user, command: rest..<end)
  }

  private static func scheduleRange(
    _ bytes: [UInt8], _ first: Int, _ end: Int, format: CrontabFormat
  ) throws(LineProblem) -> Range<Int> {
    if bytes[first] == UInt8(ascii: "@") {
      let wordEnd = ASCII.skipWord(bytes, from: first, to: end)
      guard CrontabHints.lowercased(bytes[first..<wordEnd]) == "@every" else { return first..<wordEnd }
      let duration = ASCII.skipBlanks(bytes, from: wordEnd, to: end)
      return first..<ASCII.skipWord(bytes, from: duration, to: end)
    }
    var fieldEnd = first
    var count = 0
    var next = first
    while count < 5, next < end {
      fieldEnd = ASCII.skipWord(bytes, from: next, to: end)
      next = ASCII.skipBlanks(bytes, from: fieldEnd, to: end)
      count += 1
    }
    guard count == 5, next < end else {
      throw CrontabHints.tooFewFields(bytes, first, end, count: count, format: format)
    }
    return first..<fieldEnd
  }

  private static func checkUser(
    _ bytes: [UInt8], _ start: Int, _ end: Int, hasCommand: Bool
  ) throws(LineProblem) {
    guard start < end else {
      throw LineProblem(at: end, "missing-user", "there is no user and no command after the schedule")
    }
    let name = String(decoding: bytes[start..<end], as: UTF8.self)
    let column = "a system crontab has a user between the schedule and the command"
    if bytes[start..<end].contains(UInt8(ascii: ":")) {
      throw LineProblem(
        at: start, "invalid-user", "\"\(name)\" is not a user name",
        hint: "groups and login classes after ':' are not supported")
    }
    let odd = bytes[start..<end].contains { !isUserByte($0) }
    if odd || bytes[start] == UInt8(ascii: "-") {
      throw LineProblem(at: start, "invalid-user", "\"\(name)\" is not a user name", hint: column)
    }
    if !hasCommand {
      throw LineProblem(at: end, "missing-command", "there is no command after the user \"\(name)\"", hint: column)
    }
  }

  /// What user names are made of, in passwd and in directories (`DOMAIN\name`, `name@domain`, `machine$`).
  private static func isUserByte(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte >= 0x80 || "._-@$\\+".utf8.contains(byte)
  }
}

/// A command and the input that a `%` gives it (crontab(5)).
struct CommandText {
  /// The command, `\%` as `%`.
  let command: String
  /// What follows the first unescaped `%`, further ones as newlines, ended by a newline; nil when nothing does.
  let standardInput: String?
  /// The index of that `%`.
  let percent: Int?

  /// Splits the rest of a job line.
  init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
    guard let first = bytes[start..<end].firstIndex(of: ASCII.percent) else {
      command = String(decoding: bytes[start..<end], as: UTF8.self)
      standardInput = nil
      percent = nil
      return
    }
    var output = Array(bytes[start..<first])
    var commandEnd: Int?
    var split: Int?
    for index in first..<end {
      guard bytes[index] == ASCII.percent else {
        output.append(bytes[index])
        continue
      }
      if index > start, bytes[index - 1] == ASCII.backslash {
        output[output.count - 1] = ASCII.percent
      } else if commandEnd == nil {
        commandEnd = output.count
        split = index
      } else {
        output.append(ASCII.newline)
      }
    }
    let boundary = commandEnd ?? output.count
    command = String(decoding: output[..<boundary], as: UTF8.self)
    var input = output[boundary...]
    if !input.isEmpty, input.last != ASCII.newline { input.append(ASCII.newline) }
    standardInput = input.isEmpty ? nil : String(decoding: input, as: UTF8.self)
    percent = split
  }
}
