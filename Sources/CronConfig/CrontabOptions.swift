/// The options that ride in comments above a job: `# cronwatch: name=backup timeout=30m`.
struct CrontabOptions {
  /// What a comment line is.
  enum Comment {
    case prose
    /// Options begin at the index.
    case options(Int)
    /// It looks like options, without the colon.
    case missingColon(Int)
  }

  /// The keys of this version.
  static let keys = ["name", "timeout", "overlap", "zone", "grace", "catch-up"]
  /// Keys of the design that this version doesn't have.
  static let laterKeys = ["idle-timeout", "retries", "retry-delay", "jitter", "nice"]

  /// Where they begin.
  let line: Int
  let index: Int
  let lineStart: Int

  private(set) var name: String?
  private(set) var timeoutSeconds: Int64?
  private(set) var overlap: OverlapPolicy?
  private(set) var zone: String?
  private(set) var graceSeconds: Int64?
  private(set) var catchUp: CatchUpPolicy?
  /// One of them has an error: the job must not run under other policies than it asks for.
  private(set) var failed = false
  private var seen: Set<String> = []

  init(line: Int, index: Int, lineStart: Int) {
    self.line = line
    self.index = index
    self.lineStart = lineStart
  }

  /// Tells options from prose.
  static func recognise(_ bytes: [UInt8], _ first: Int, _ end: Int) -> Comment {
    var word = first
    while word < end, bytes[word] == ASCII.hash { word += 1 }
    word = ASCII.skipBlanks(bytes, from: word, to: end)
    let keyword = "cronwatch"
    guard bytes[word..<end].starts(with: keyword.utf8) else { return .prose }
    var next = word + keyword.utf8.count
    if next < end, bytes[next] == UInt8(ascii: ":") { return .options(next + 1) }
    let blanks = next
    next = ASCII.skipBlanks(bytes, from: next, to: end)
    guard next > blanks, next < end else { return .prose }
    if bytes[next] == UInt8(ascii: ":") { return .options(next + 1) }
    let key = bytes[next..<ASCII.skipWord(bytes, from: next, to: end)].prefix { $0 != ASCII.equals }
    let known = keys.contains { $0.utf8.elementsEqual(key) }
    return known && key.endIndex < end && bytes[key.endIndex] == ASCII.equals ? .missingColon(next) : .prose
  }

  /// Reads the `key=value` words of one line; each problem makes the whole set fail.
  mutating func read(
    _ bytes: [UInt8], _ start: Int, _ end: Int, checkZone: (String) -> ZoneCheck
  ) -> [LineProblem] {
    var problems: [LineProblem] = []
    var next = ASCII.skipBlanks(bytes, from: start, to: end)
    if next == end {
      problems.append(LineProblem(at: next, "missing-options", "there are no options after the colon"))
    }
    while next < end, problems.count < 20 {
      let wordEnd = ASCII.skipWord(bytes, from: next, to: end)
      do throws(LineProblem) {
        try readWord(bytes, next, wordEnd, checkZone)
      } catch {
        problems.append(error)
      }
      next = ASCII.skipBlanks(bytes, from: wordEnd, to: end)
    }
    if !problems.isEmpty { failed = true }
    return problems
  }

  private mutating func readWord(
    _ bytes: [UInt8], _ start: Int, _ end: Int, _ checkZone: (String) -> ZoneCheck
  ) throws(LineProblem) {
    guard let word = String(validating: bytes[start..<end], as: UTF8.self) else {
      throw LineProblem(at: start, "invalid-utf8", "the option is not valid UTF-8")
    }
    guard let equals = word.utf8.firstIndex(of: ASCII.equals), equals > word.startIndex else {
      throw LineProblem(
        at: start, "invalid-option", "\"\(word)\" is not key=value", hint: "write key=value without blanks around =")
    }
    let key = String(word[..<equals])
    let value = String(word[word.utf8.index(after: equals)...])
    guard Self.keys.contains(key) else {
      if Self.laterKeys.contains(key) {
        throw LineProblem(at: start, "unavailable-option", "the option \"\(key)\" is not available in this version")
      }
      throw LineProblem(
        at: start, "unknown-option", "there is no option \"\(key)\"",
        hint: NearestName.hint(key, among: Self.keys) ?? "options are " + Self.keys.joined(separator: ", "))
    }
    guard seen.insert(key).inserted else {
      throw LineProblem(at: start, "repeated-option", "\"\(key)\" is given twice")
    }
    do throws(ValueRefusal) {
      try set(key, value, checkZone)
    } catch {
      throw LineProblem(
        at: start + key.utf8.count + 1, "invalid-option-value", "\(key): \(error.message)", hint: error.hint)
    }
  }

  private mutating func set(
    _ key: String, _ value: String, _ checkZone: (String) -> ZoneCheck
  ) throws(ValueRefusal) {
    switch key {
    case "name": name = try JobValue.name(value)
    case "timeout": timeoutSeconds = try JobValue.seconds(value)
    case "overlap": overlap = try JobValue.overlap(value)
    case "zone": zone = try JobValue.zone(value, checkZone)
    case "grace": graceSeconds = try JobValue.seconds(value)
    default: catchUp = try JobValue.catchUp(value)
    }
  }
}
