import CronTime

/// Why a line is refused: a byte index in the file, and what to tell.
struct LineProblem: Error {
  var index: Int
  var code: String
  var message: String
  var hint: String?

  init(at index: Int, _ code: String, _ message: String, hint: String? = nil) {
    self.index = index
    self.code = code
    self.message = message
    self.hint = hint
  }
}

/// The state of one pass over a crontab: what is set at this line, and what was found so far.
struct CrontabReader {
  let bytes: [UInt8]
  let file: String
  let format: CrontabFormat
  let defaults: JobDefaults
  let checkZone: (String) -> ZoneCheck

  private(set) var result = ParsedCrontab()
  private var variables = CrontabVariables()
  private var pending: CrontabOptions?
  private var namer: JobNamer
  private var schedules: [String: Schedule] = [:]
  private var line = 0
  private var lineStart = 0

  init(
    bytes: [UInt8], file: String, format: CrontabFormat, defaults: JobDefaults,
    checkZone: @escaping (String) -> ZoneCheck
  ) {
    self.bytes = bytes
    self.file = file
    self.format = format
    self.defaults = defaults
    self.checkZone = checkZone
    namer = JobNamer(file: file, owner: format.owner)
  }

  /// Reads every line.
  mutating func readAll() {
    var next = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while next < bytes.count {
      lineStart = next
      line += 1
      var end = next
      while end < bytes.count, bytes[end] != ASCII.newline { end += 1 }
      next = end + 1
      while end > lineStart, bytes[end - 1] == ASCII.carriageReturn { end -= 1 }
      readLine(to: end)
    }
    dropPendingOptions()
  }

  private mutating func readLine(to end: Int) {
    let first = ASCII.skipBlanks(bytes, from: lineStart, to: end)
    if first == end { return dropPendingOptions() }
    if end - lineStart > CrontabParser.longestLine {
      pending = nil
      return reject(LineProblem(at: lineStart, "line-too-long", "the line is longer than 64 KiB"))
    }
    if bytes[first] == ASCII.hash { return readComment(first, end) }
    if let invalid = InvalidText.firstIndex(bytes, first, end) {
      pending = nil
      return reject(
        LineProblem(at: invalid, "invalid-utf8", "the line is not valid UTF-8", hint: "save the file as UTF-8"))
    }
    switch EnvironmentLine.read(bytes, first, end) {
    case .other: readJob(first, end)
    case .malformed(let problem):
      dropPendingOptions()
      reject(problem)
    case .variable(let variable, let valueIndex):
      dropPendingOptions()
      if result.mailTo == nil, variable.name == "MAILTO", !variable.value.isEmpty {
        result.mailTo = position(first)
      }
      for finding in variables.set(variable, checkZone: checkZone) { report(finding, at: valueIndex) }
    }
  }

  private mutating func readComment(_ first: Int, _ end: Int) {
    switch CrontabOptions.recognise(bytes, first, end) {
    case .prose:
      dropPendingOptions()
    case .missingColon(let index):
      dropPendingOptions()
      reject(LineProblem(at: index, "option-comment-colon", "options need a colon", hint: "write \"# cronwatch: …\""))
    case .options(let start):
      var options = pending ?? CrontabOptions(line: line, index: first, lineStart: lineStart)
      let problems = options.read(bytes, start, end, checkZone: checkZone)
      for problem in problems { report(problem) }
      if !problems.isEmpty { result.rejectedLines += 1 }
      pending = options
    }
  }

  private mutating func readJob(_ first: Int, _ end: Int) {
    let options = pending
    pending = nil
    do throws(LineProblem) {
      let fields = try CrontabFields.split(bytes, first, end, format: format)
      let text = CommandText(bytes, fields.command.lowerBound, fields.command.upperBound)
      let user = fields.user.map { String(decoding: bytes[$0], as: UTF8.self) } ?? format.owner
      let raw = String(decoding: bytes[fields.command], as: UTF8.self)
      // Also a line that is refused below has its ordinal: repairing it must not rename its twins.
      let ordinal = namer.ordinal(user: user ?? "", command: raw)
      if text.command.utf8.allSatisfy(ASCII.isBlank) {
        throw LineProblem(at: fields.command.lowerBound, "missing-command", "there is no command before the '%'")
      }
      var name = ""
      if options?.name == nil {
        name = namer.derive(user: user ?? "", command: raw, ordinal: ordinal, line: line)
      }
      let schedule = try schedule(fields, seed: options?.name ?? name)
      let zone = try checkedZone(options, first)
      if let shellProblem = variables.shellProblem, options?.failed != true {
        throw LineProblem(at: first, "unusable-shell", shellProblem)
      }
      if let explicit = options?.name {
        let taken = namer.take(explicit, line: line)
        name = taken.name
        if let before = taken.takenAt { throw duplicate(name, first: before, options: options, at: first) }
      }
      warn(about: schedule, fields: fields, text: text)
      append(schedule, name: name, user: user, zone: zone, text: text, options: options, first: first)
    } catch {
      reject(error)
    }
  }

  private mutating func append(
    _ schedule: Schedule, name: String, user: String?, zone: String?, text: CommandText, options: CrontabOptions?,
    first: Int
  ) {
    let terms = JobTerms(
      zone: zone, standardInput: text.standardInput, user: user, shell: variables.shell ?? defaults.shell,
      environment: variables.list, timeoutSeconds: options?.timeoutSeconds ?? defaults.timeoutSeconds,
      graceSeconds: options?.graceSeconds ?? defaults.graceSeconds, overlap: options?.overlap ?? defaults.overlap,
      catchUp: options?.catchUp ?? defaults.catchUp, randomDelayMinutes: variables.randomDelayMinutes, file: file,
      sourceKind: format.sourceKind)
    result.jobs.append(
      JobDefinition(
        name: name, schedules: [schedule], command: .shellLine(text.command), line: line,
        column: ASCII.column(bytes, lineStart: lineStart, at: first), terms: terms, neighbour: result.jobs.last))
  }

  private mutating func schedule(_ fields: CrontabFields, seed: String) throws(LineProblem) -> Schedule {
    let text = String(decoding: bytes[fields.schedule], as: UTF8.self)
    if let known = schedules[text] { return known }
    do throws(ScheduleError) {
      let schedule = try Schedule.parse(text, dialect: .crontabLine, seed: seed)
      // What `~` and `H` mean depends on the job's name.
      if schedules.count < 4096, !text.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "H") }) {
        schedules[text] = schedule
      }
      return schedule
    } catch {
      throw LineProblem(
        at: fields.schedule.lowerBound + max(error.column - 1, 0), error.code, error.message, hint: error.hint)
    }
  }

  /// The job's zone: its own option, else `CRON_TZ`; under a refused one nothing may run.
  private func checkedZone(_ options: CrontabOptions?, _ first: Int) throws(LineProblem) -> String? {
    if options?.failed == true {
      throw LineProblem(
        at: first, "options-refused", "the option comment above this job has an error, so the job is not loaded")
    }
    if let zone = options?.zone { return zone }
    if let problem = variables.zoneProblem { throw LineProblem(at: first, "unknown-zone", problem) }
    return variables.zone
  }

  private func duplicate(_ name: String, first: Int, options: CrontabOptions?, at index: Int) -> LineProblem {
    let place = SourcePosition(file: file, line: first, column: 1)
    let finding = JobName.duplicate(name, at: position(index), first: place)
    return LineProblem(at: index, finding.code, finding.message, hint: finding.hint)
  }

  private mutating func warn(about schedule: Schedule, fields: CrontabFields, text: CommandText) {
    for warning in schedule.warnings {
      report(
        .warning, warning.code, warning.message, hint: warning.hint, at: position(fields.schedule.lowerBound))
    }
    for problem in CrontabHints.commandWarnings(bytes, fields, text, format: format) {
      report(.warning, problem.code, problem.message, hint: problem.hint, at: position(problem.index))
    }
  }

  // MARK: Findings

  /// Options that stand directly above no job line do nothing, and their author should know.
  private mutating func dropPendingOptions() {
    guard let options = pending else { return }
    pending = nil
    if !options.failed { result.rejectedLines += 1 }
    let column = ASCII.column(bytes, lineStart: options.lineStart, at: options.index)
    report(
      .error, "options-without-job", "these options stand directly above no job line, so they have no effect",
      hint: "put them on the line before the job", at: SourcePosition(file: file, line: options.line, column: column))
  }

  private mutating func reject(_ problem: LineProblem) {
    result.rejectedLines += 1
    report(problem)
  }

  private mutating func report(_ problem: LineProblem) {
    report(.error, problem.code, problem.message, hint: problem.hint, at: position(problem.index))
  }

  private mutating func report(_ finding: VariableFinding, at index: Int) {
    if finding.level == .error { result.rejectedLines += 1 }
    report(finding.level, finding.code, finding.message, hint: finding.hint, at: position(index))
  }

  private mutating func report(
    _ level: DiagnosticLevel, _ code: String, _ message: String, hint: String?, at position: SourcePosition
  ) {
    result.findings.append(
      Diagnostic(position: position, level: level, code: code, message: message, hint: hint))
  }

  private func position(_ index: Int) -> SourcePosition {
    SourcePosition(file: file, line: line, column: ASCII.column(bytes, lineStart: lineStart, at: index))
  }
}

extension CrontabFormat {
  /// The owner of a spool crontab: scope of its names and user of its jobs.
  var owner: String? {
    if case .user(let owner) = self { return owner }
    return nil
  }

  var sourceKind: SourceKind {
    switch self {
    case .system: .systemCrontab
    case .user(owner: nil): .crontab
    case .user: .spool
    }
  }
}

/// Text that is no UTF-8.
enum InvalidText {
  /// The index of the first byte that belongs to no well-formed character; nil when all do.
  static func firstIndex(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int? {
    var index = start
    while index < end, bytes[index] < 0x80 { index += 1 }
    if index == end { return nil }
    let slice = bytes[index..<end]
    if String(validating: slice, as: UTF8.self) != nil { return nil }
    var low = index
    // The length of the longest valid prefix, one character at a time.
    while low < end {
      let length = bytes[low] < 0x80 ? 1 : bytes[low] < 0xE0 ? 2 : bytes[low] < 0xF0 ? 3 : 4
      guard low + length <= end, String(validating: bytes[low..<low + length], as: UTF8.self) != nil else { return low }
      low += length
    }
    return index
  }
}
