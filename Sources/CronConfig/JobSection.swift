import CronTime

/// A problem of a whole `[job NAME]` section.
struct SectionProblem: Error {
  let line: Int
  let column: Int
  let code: String
  let message: String
  var hint: String?

  func position(file: String) -> SourcePosition { SourcePosition(file: file, line: line, column: column) }
}

/// One `[job NAME]` section while it is read.
struct JobSection {
  /// The keys of this version.
  static let keys = [
    "schedule", "zone", "command", "exec", "user", "timeout", "overlap", "grace", "catch-up", "on-interrupt", "durable",
  ]
  /// Keys of the design that this version doesn't have.
  static let laterKeys = [
    "retries", "retry-delay", "idle-timeout", "jitter", "nice", "after", "group",
  ]

  let name: String
  let line: Int
  let column: Int
  /// A line of it was refused; the job isn't built.
  var failed = false

  private var schedules: [(schedule: Schedule, zone: String?, position: SourcePosition)] = []
  private var zone: String?
  private var command: JobCommand?
  private var user: String?
  private var timeoutSeconds: Int64?
  private var overlap: OverlapPolicy?
  private var graceSeconds: Int64?
  private var catchUp: CatchUpPolicy?
  private var onInterrupt = InterruptPolicy.record
  private var durability = DurabilityPolicy.preferred
  private var seen: Set<String> = []

  init(name: String, line: Int, column: Int) {
    self.name = name
    self.line = line
    self.column = column
  }

  /// Takes one key. The indices are those of key and value, for the place of an error.
  mutating func set(
    key: String, value: String, keyIndex: Int, valueIndex: Int, position: SourcePosition,
    checkZone: (String) -> ZoneCheck
  ) throws(LineProblem) {
    guard Self.keys.contains(key) else {
      if Self.laterKeys.contains(key) {
        throw LineProblem(at: keyIndex, "unavailable-key", "\"\(key)\" is not available in this version")
      }
      throw LineProblem(
        at: keyIndex, "unknown-key", "there is no key \"\(key)\" in [job \(name)]",
        hint: NearestName.hint(key, among: Self.keys) ?? "keys are " + Self.keys.joined(separator: ", "))
    }
    let isFirst = seen.insert(key).inserted
    if !isFirst, key != "schedule" {
      throw LineProblem(at: keyIndex, "repeated-key", "\"\(key)\" is set twice in [job \(name)]")
    }
    if value.isEmpty {
      throw LineProblem(at: valueIndex, "missing-value", "\"\(key)\" has no value")
    }
    if key == "schedule" { return try addSchedule(value, valueIndex, position, checkZone) }
    do throws(ValueRefusal) {
      try set(key, value, checkZone)
    } catch {
      throw LineProblem(at: valueIndex, "invalid-value", "\(key): \(error.message)", hint: error.hint)
    }
  }

  private mutating func addSchedule(
    _ text: String, _ index: Int, _ position: SourcePosition, _ checkZone: (String) -> ZoneCheck
  ) throws(LineProblem) {
    guard schedules.count < 100 else {
      throw LineProblem(at: index, "too-many-schedules", "a job has at most 100 schedules")
    }
    let parsed: ZonedSchedule
    do throws(ScheduleError) {
      parsed = try ZonedSchedule.parse(text, dialect: .any, seed: name)
    } catch {
      throw LineProblem(at: index + max(error.column - 1, 0), error.code, error.message, hint: error.hint)
    }
    if let zone = parsed.zoneName {
      do throws(ValueRefusal) {
        _ = try JobValue.zone(zone, checkZone)
      } catch {
        throw LineProblem(at: index + max(parsed.zoneColumn - 1, 0), "unknown-zone", error.message, hint: error.hint)
      }
    }
    schedules.append((parsed.schedule, parsed.zoneName, position))
  }

  /// The job's zone: its own key, else the one that all of its schedules name.
  private func jobZone() throws(SectionProblem) -> String? {
    for (_, named, position) in schedules {
      if let zone, let named, named != zone {
        throw zoneConflict(position, "the schedule names the zone \(named), the job has zone = \(zone)")
      }
      if zone == nil, named != schedules[0].zone {
        let (one, other) = (schedules[0].zone ?? "none", named ?? "none")
        throw zoneConflict(position, "a job has one zone, but its schedules name \(one) and \(other)")
      }
    }
    return zone ?? schedules[0].zone
  }

  private func zoneConflict(_ position: SourcePosition, _ message: String) -> SectionProblem {
    SectionProblem(
      line: position.line, column: position.column, code: "zone-conflict", message: message,
      hint: "give the zone once, with zone =")
  }

  private mutating func set(
    _ key: String, _ value: String, _ checkZone: (String) -> ZoneCheck
  ) throws(ValueRefusal) {
    switch key {
    case "zone": zone = try JobValue.zone(value, checkZone)
    case "command": try setCommand(.shellLine(value))
    case "exec": try setCommand(.words(try ExecWords.split(value)))
    case "user": user = try Self.userName(value)
    case "timeout": timeoutSeconds = value == "none" ? nil : try JobValue.seconds(value)
    case "overlap": overlap = try JobValue.overlap(value)
    case "grace": graceSeconds = value == "auto" ? nil : try JobValue.seconds(value)
    case "on-interrupt": onInterrupt = try JobValue.word(value)
    case "durable": durability = try JobValue.word(value)
    default: catchUp = try JobValue.catchUp(value)
    }
  }

  private mutating func setCommand(_ value: JobCommand) throws(ValueRefusal) {
    if command != nil { throw ValueRefusal("a job has either command or exec") }
    command = value
  }

  private static func userName(_ text: String) throws(ValueRefusal) -> String {
    let odd = text.utf8.contains { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }
    guard !odd, text.utf8.first != UInt8(ascii: "-") else {
      throw ValueRefusal("\"\(text)\" is not a user name")
    }
    return text
  }

  /// The job, when all that it needs was given.
  func build(file: String, defaults: JobDefaults) -> Result<JobDefinition, SectionProblem> {
    guard let command else {
      return .failure(
        SectionProblem(
          line: line, column: column, code: "missing-key", message: "[job \(name)] has neither command nor exec"))
    }
    guard !schedules.isEmpty else {
      return .failure(
        SectionProblem(line: line, column: column, code: "missing-key", message: "[job \(name)] has no schedule"))
    }
    let zone: String?
    do throws(SectionProblem) { zone = try jobZone() } catch { return .failure(error) }
    return .success(
      JobDefinition(
        name: name, schedules: schedules.map(\.schedule), zone: zone, command: command, user: user,
        shell: defaults.shell, timeoutSeconds: seen.contains("timeout") ? timeoutSeconds : defaults.timeoutSeconds,
        graceSeconds: seen.contains("grace") ? graceSeconds : defaults.graceSeconds,
        overlap: overlap ?? defaults.overlap, catchUp: catchUp ?? defaults.catchUp, onInterrupt: onInterrupt,
        durability: durability, position: SourcePosition(file: file, line: line, column: column), sourceKind: .conf))
  }

  /// Where its schedules stand.
  var schedulePositions: [SourcePosition] { schedules.map(\.position) }

  /// What is odd about its schedules.
  func warnings(file: String) -> [Diagnostic] {
    schedules.flatMap { entry in
      entry.schedule.warnings.map {
        Diagnostic(
          position: entry.position, level: .warning, code: $0.code, message: $0.message, hint: $0.hint)
      }
    }
  }
}

/// The words of `exec =`: blanks separate, quotes join, a backslash takes the next character as it is.
enum ExecWords {
  static func split(_ text: String) throws(ValueRefusal) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    var inWord = false
    var quote: UInt8?
    var escaped = false
    for byte in text.utf8 {
      if escaped {
        word.append(byte)
        escaped = false
      } else if byte == ASCII.backslash, quote != ASCII.singleQuote {
        escaped = true
        inWord = true
      } else if let open = quote {
        if byte == open { quote = nil } else { word.append(byte) }
      } else if byte == ASCII.doubleQuote || byte == ASCII.singleQuote {
        quote = byte
        inWord = true
      } else if ASCII.isBlank(byte) {
        if inWord { words.append(String(decoding: word, as: UTF8.self)) }
        word = []
        inWord = false
      } else {
        word.append(byte)
        inWord = true
      }
    }
    if quote != nil { throw ValueRefusal("a quote is never closed") }
    if escaped { throw ValueRefusal("the backslash at the end escapes nothing") }
    if inWord { words.append(String(decoding: word, as: UTF8.self)) }
    guard let first = words.first, !first.isEmpty else { throw ValueRefusal("there is no program") }
    return words
  }
}
