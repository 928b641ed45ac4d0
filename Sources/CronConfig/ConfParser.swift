/// What a `.conf` file says.
public struct ParsedConf: Hashable, Sendable {
  /// The settings; defaults for what isn't set.
  public var settings: DaemonSettings
  /// The jobs of `[job NAME]` sections, in file order.
  public var jobs: [JobDefinition]
  /// What was found in it, with a bound.
  public var findings: DiagnosticList
  /// Lines and sections that have no effect because of an error.
  public var rejectedLines: Int
  /// Where each job's schedules stand, in the order of `jobs`.
  public internal(set) var schedulePositions: [[SourcePosition]] = []

  /// The findings that are kept.
  public var diagnostics: [Diagnostic] { findings.entries }
  /// Whether the file may be used: it loads whole or not at all.
  public var isAccepted: Bool { findings.errors == 0 }

  /// What a file says.
  public init(
    settings: DaemonSettings = DaemonSettings(), jobs: [JobDefinition] = [],
    findings: DiagnosticList = DiagnosticList(), rejectedLines: Int = 0
  ) {
    self.settings = settings
    self.jobs = jobs
    self.findings = findings
    self.rejectedLines = rejectedLines
  }
}

/// Reads `cronwatch.conf` and `jobs.d` files: INI with `key = value`, `#` and `;` comments on lines of their own.
public struct ConfParser {
  /// Parses a whole file; `file` is the path for diagnostics. Without `checkZone` every zone passes.
  ///
  /// All errors are reported; a caller takes the result only if `isAccepted`.
  public static func parse(
    _ bytes: [UInt8], file: String, checkZone: (String) -> ZoneCheck = { _ in .known }
  ) -> ParsedConf {
    if let refusal = FileRefusal.find(in: bytes) {
      let diagnostic = Diagnostic(
        position: SourcePosition(file: file, line: refusal.line, column: refusal.column), level: .error,
        code: refusal.code, message: refusal.message, hint: refusal.hint)
      return ParsedConf(findings: DiagnosticList([diagnostic]), rejectedLines: 1)
    }
    return withoutActuallyEscaping(checkZone) { check in
      var reader = ConfReader(bytes: bytes, file: file, checkZone: check)
      reader.readAll()
      return reader.result
    }
  }
}

/// The state of one pass over a `.conf` file.
struct ConfReader {
  /// What the lines that are read now belong to.
  private enum Section {
    case none
    case settings(String)
    case job(JobSection)
    /// It was refused; its lines were reported with it.
    case refused
  }

  let bytes: [UInt8]
  let file: String
  let checkZone: (String) -> ZoneCheck

  private(set) var result = ParsedConf()
  private var section = Section.none
  private var sections: [JobSection] = []
  private var jobLines: [String: Int] = [:]
  private var settingLines: [String: Int] = [:]
  private var line = 0
  private var lineStart = 0

  init(bytes: [UInt8], file: String, checkZone: @escaping (String) -> ZoneCheck) {
    self.bytes = bytes
    self.file = file
    self.checkZone = checkZone
  }

  /// Reads every line, then builds the jobs: `[jobs]` may stand below them.
  mutating func readAll() {
    var next = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while next < bytes.count {
      lineStart = next
      line += 1
      var end = next
      while end < bytes.count, bytes[end] != ASCII.newline { end += 1 }
      next = end + 1
      readLine(ASCII.trimmed(bytes[lineStart..<end]))
    }
    closeSection()
    for section in sections {
      switch section.build(file: file, defaults: result.settings.jobDefaults) {
      case .success(let job):
        result.jobs.append(job)
        result.schedulePositions.append(section.schedulePositions)
      case .failure(let problem):
        reject(problem.code, problem.message, hint: problem.hint, at: problem.position(file: file))
      }
      for warning in section.warnings(file: file) { result.findings.append(warning) }
    }
  }

  private mutating func readLine(_ text: ArraySlice<UInt8>) {
    guard let first = text.first, first != ASCII.hash, first != UInt8(ascii: ";") else { return }
    if text.count > CrontabParser.longestLine {
      return reject("line-too-long", "the line is longer than 64 KiB", at: position(lineStart))
    }
    if let invalid = InvalidText.firstIndex(bytes, text.startIndex, text.endIndex) {
      return reject(
        "invalid-utf8", "the line is not valid UTF-8", hint: "save the file as UTF-8",
        at: position(invalid))
    }
    if first == UInt8(ascii: "[") {
      closeSection()
      section = .refused
      return openSection(text)
    }
    guard let equals = text.firstIndex(of: ASCII.equals) else {
      return reject(
        "missing-equals", "the line is no section and no key = value", hint: "a comment begins with #",
        at: position(text.startIndex))
    }
    let key = ASCII.trimmed(text[..<equals])
    let value = ASCII.trimmed(text[(equals + 1)...])
    readEntry(
      key: String(decoding: key, as: UTF8.self), value: String(decoding: value, as: UTF8.self),
      keyPosition: position(text.startIndex), valueIndex: value.isEmpty ? text.endIndex : value.startIndex)
  }

  private mutating func readEntry(key: String, value: String, keyPosition: SourcePosition, valueIndex: Int) {
    switch section {
    case .refused: return
    case .none:
      reject("key-outside-section", "\"\(key)\" stands before the first [section]", at: keyPosition)
    case .settings(let name):
      readSetting(section: name, key: key, value: value, at: keyPosition, valueIndex: valueIndex)
    case .job(var job):
      do throws(LineProblem) {
        try job.set(
          key: key, value: value, keyIndex: lineStart, valueIndex: valueIndex, position: position(valueIndex),
          checkZone: checkZone)
      } catch {
        job.failed = true
        let place = error.index == lineStart ? keyPosition : position(error.index)
        reject(error.code, error.message, hint: error.hint, at: place)
      }
      section = .job(job)
    }
  }

  private mutating func readSetting(
    section: String, key: String, value: String, at position: SourcePosition, valueIndex: Int
  ) {
    guard let setting = SettingsTable.setting(section: section, key: key) else {
      return unknownKey(key, section: section, at: position)
    }
    if !setting.isList, let first = settingLines.updateValue(line, forKey: setting.name) {
      settingLines[setting.name] = first
      return reject("repeated-key", "\(setting.name) is set already in line \(first)", at: position)
    }
    do throws(ValueRefusal) {
      var text = value
      if case .zone = setting.kind, !value.isEmpty { text = try JobValue.zone(value, checkZone) }
      try setting.apply(text, to: &result.settings)
    } catch {
      reject(
        "invalid-value", "\(setting.name): \(error.message)", hint: error.hint, at: self.position(valueIndex))
    }
  }

  private mutating func unknownKey(_ key: String, section: String, at position: SourcePosition) {
    let keys = SettingsTable.all.filter { $0.section == section }.map(\.key)
    let elsewhere = SettingsTable.all.first { $0.key == key }.map { "it belongs into [\($0.section)]" }
    let hint = NearestName.hint(key, among: keys) ?? elsewhere ?? "keys are " + keys.joined(separator: ", ")
    reject("unknown-key", "there is no key \"\(key)\" in [\(section)]", hint: hint, at: position)
  }

  // MARK: Sections

  private mutating func openSection(_ text: ArraySlice<UInt8>) {
    let place = position(text.startIndex)
    guard text.last == UInt8(ascii: "]"), text.count > 2 else {
      return reject("malformed-section", "a section is written [name] on a line of its own", at: place)
    }
    let words = String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
      .split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    let name = words.first ?? ""
    if name == "job" { return openJob(words, at: place) }
    if words.count == 1, SettingsTable.sections.contains(name) {
      section = .settings(name)
      return
    }
    let shown = words.joined(separator: " ")
    if SettingsTable.laterSections.contains(name) {
      return reject("unavailable-section", "[\(shown)] is not available in this version", at: place)
    }
    let known = SettingsTable.sections + ["job"]
    let hint = NearestName.hint(name, among: known) ?? "sections are " + known.joined(separator: ", ")
    reject("unknown-section", "there is no section [\(shown)]", hint: hint, at: place)
  }

  private mutating func openJob(_ words: [String], at place: SourcePosition) {
    guard words.count == 2, JobName.isValid(words[1]) else {
      return reject("invalid-name", "a job's section is written [job NAME]", hint: JobName.rule, at: place)
    }
    if let first = jobLines[words[1]] {
      let before = SourcePosition(file: file, line: first, column: 1)
      let finding = JobName.duplicate(words[1], at: place, first: before)
      return reject(finding.code, finding.message, hint: finding.hint, at: place)
    }
    jobLines[words[1]] = line
    section = .job(JobSection(name: words[1], line: line, column: place.column))
  }

  private mutating func closeSection() {
    if case .job(let job) = section, !job.failed { sections.append(job) }
    section = .none
  }

  // MARK: Findings

  private mutating func reject(_ code: String, _ message: String, hint: String? = nil, at position: SourcePosition) {
    result.rejectedLines += 1
    result.findings.append(
      Diagnostic(position: position, level: .error, code: code, message: message, hint: hint))
  }

  private func position(_ index: Int) -> SourcePosition {
    SourcePosition(file: file, line: line, column: ASCII.column(bytes, lineStart: lineStart, at: index))
  }
}
