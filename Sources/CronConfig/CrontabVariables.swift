/// A line `NAME = value`, with cron's quoting (crontab(5)).
enum EnvironmentLine {
  /// It is no such line.
  case other
  /// A variable; the index is that of its value.
  case variable(EnvironmentVariable, valueIndex: Int)
  /// It begins as one.
  case malformed(LineProblem)

  /// Reads a line. Name and value may be quoted, blanks may surround `=`; nothing is expanded.
  static func read(_ bytes: [UInt8], _ first: Int, _ end: Int) -> EnvironmentLine {
    let byte = bytes[first]
    // What begins like a schedule is judged as one.
    if ASCII.isDigit(byte) || "*@-?~/,".utf8.contains(byte) { return .other }
    var nameStart = first
    var nameEnd = first
    var next = first
    if byte == ASCII.doubleQuote || byte == ASCII.singleQuote {
      nameStart += 1
      guard let close = bytes[nameStart..<end].firstIndex(of: byte) else {
        return .malformed(LineProblem(at: first, "unclosed-quote", "the quote is never closed"))
      }
      nameEnd = close
      next = close + 1
    } else {
      while nameEnd < end, !ASCII.isBlank(bytes[nameEnd]), bytes[nameEnd] != ASCII.equals { nameEnd += 1 }
      next = nameEnd
    }
    next = ASCII.skipBlanks(bytes, from: next, to: end)
    guard next < end, bytes[next] == ASCII.equals else { return .other }
    let name = bytes[nameStart..<nameEnd]
    guard !name.isEmpty, !name.contains(ASCII.equals) else {
      return .malformed(LineProblem(at: first, "invalid-variable", "there is no variable name before the '='"))
    }
    return value(bytes, ASCII.skipBlanks(bytes, from: next + 1, to: end), end, name: name)
  }

  private static func value(
    _ bytes: [UInt8], _ start: Int, _ end: Int, name: ArraySlice<UInt8>
  ) -> EnvironmentLine {
    var range = start..<end
    if start < end, bytes[start] == ASCII.doubleQuote || bytes[start] == ASCII.singleQuote {
      guard let close = bytes[(start + 1)..<end].firstIndex(of: bytes[start]) else {
        return .malformed(LineProblem(at: start, "unclosed-quote", "the quote is never closed"))
      }
      let rest = ASCII.skipBlanks(bytes, from: close + 1, to: end)
      guard rest == end else {
        return .malformed(
          LineProblem(
            at: rest, "text-after-quote", "there is text after the closing quote",
            hint: "quote the whole value; a comment needs a line of its own"))
      }
      range = (start + 1)..<close
    } else {
      let trimmed = ASCII.trimmed(bytes[start..<end])
      range = trimmed.startIndex..<trimmed.endIndex
    }
    let variable = EnvironmentVariable(
      name: String(decoding: name, as: UTF8.self), value: String(decoding: bytes[range], as: UTF8.self))
    return .variable(variable, valueIndex: start)
  }
}

/// A finding about a variable's value.
struct VariableFinding {
  var level: DiagnosticLevel
  var code: String
  var message: String
  var hint: String?
}

/// The variables that are set at a line of a crontab, and what they mean for the jobs below.
struct CrontabVariables {
  /// In the order in which they were first set.
  private(set) var list: [EnvironmentVariable] = []
  private(set) var shell: String?
  private(set) var shellProblem: String?
  private(set) var zone: String?
  private(set) var zoneProblem: String?
  private(set) var randomDelayMinutes = 0

  /// Sets a variable for the lines below.
  ///
  /// After a refused SHELL or CRON_TZ no job below may run until it is set again: it would run in the wrong way.
  mutating func set(_ variable: EnvironmentVariable, checkZone: (String) -> ZoneCheck) -> [VariableFinding] {
    var findings: [VariableFinding] = []
    switch variable.name {
    case "LOGNAME", "USER":
      return [
        VariableFinding(
          level: .warning, code: "fixed-variable",
          message: "\(variable.name) is always the job's user; this value is ignored")
      ]
    case "CRON_TZ": findings = setZone(variable.value, checkZone)
    case "SHELL": findings = setShell(variable.value)
    case "RANDOM_DELAY":
      findings = setRandomDelay(variable.value)
      if !findings.isEmpty { return findings }
    case "PATH" where variable.value.utf8.contains(UInt8(ascii: "$")):
      findings = [
        VariableFinding(
          level: .warning, code: "no-expansion", message: "nothing is expanded in a crontab's variables",
          hint: "write the directories out")
      ]
    default:
      if variable.name.hasPrefix("CRONWATCH_") {
        return [
          VariableFinding(
            level: .warning, code: "fixed-variable",
            message: "\(variable.name) belongs to cronwatch; this value is ignored")
        ]
      }
    }
    if let index = list.firstIndex(where: { $0.name == variable.name }) {
      list[index] = variable
    } else {
      list.append(variable)
    }
    return findings
  }

  private mutating func setZone(_ name: String, _ check: (String) -> ZoneCheck) -> [VariableFinding] {
    zone = nil
    zoneProblem = nil
    if name.isEmpty { return [] }
    guard case .unknown(let nearest) = check(name) else {
      zone = name
      return []
    }
    let message = "there is no zone \"\(name)\""
    zoneProblem = message + " (CRON_TZ above), so the job is not loaded"
    let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "jobs below are not loaded until CRON_TZ is set again"
    return [VariableFinding(level: .error, code: "unknown-zone", message: message, hint: hint)]
  }

  private mutating func setShell(_ path: String) -> [VariableFinding] {
    shell = nil
    shellProblem = nil
    if path.utf8.first == UInt8(ascii: "/") {
      shell = path
      return []
    }
    let message = "SHELL is not an absolute path"
    shellProblem = "\(message) (above), so the job is not loaded"
    return [
      VariableFinding(
        level: .error, code: "unusable-shell", message: message, hint: "write it like SHELL=/bin/bash")
    ]
  }

  private mutating func setRandomDelay(_ text: String) -> [VariableFinding] {
    if text.utf8.count <= 4, text.utf8.allSatisfy(ASCII.isDigit), let minutes = Int(text), minutes <= 1440 {
      randomDelayMinutes = minutes
      return []
    }
    return [
      VariableFinding(
        level: .error, code: "invalid-random-delay",
        message: "RANDOM_DELAY is a number of minutes from 0 to 1440; this line is ignored")
    ]
  }
}
