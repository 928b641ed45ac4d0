/// One place where a source file breaks a rule.
struct Violation: Hashable, CustomStringConvertible {
  let path: String
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// The rules of size and words.
enum SourceRule {
  static let longestFile = 400
  static let longestFunction = 69
  static let widestLine = 120

  /// Words that stand for unfinished work, wherever they are. Put together here, so that this file has none itself.
  private static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

  /// What no code does, in any target, and why not.
  private static let bannedAnywhere = [
    ("try" + "!", "a trap in release says nothing"),
    ("as" + "!", "a trap in release says nothing"),
    ("unsafe" + "Flags", "a package with them can't be a dependency; link flags live in bin/"),
    (".dis" + "abled(", "a test is mended or removed"),
    ("with" + "KnownIssue", "a test is mended or removed"),
  ]

  /// What the daemon's code doesn't do.
  private static let bannedInProduct = [
    ("await", "the processes are single-threaded loops"),
    ("async", "the processes are single-threaded loops"),
    ("Task {", "the processes are single-threaded loops"),
    ("Task.", "the processes are single-threaded loops"),
    ("fork(", "children come from the C shim and posix_spawn"),
    ("vfork(", "children come from the C shim and posix_spawn"),
  ]

  /// What tests don't do.
  private static let bannedInTests = ["sleep(", "usleep(", "nanosleep(", "Task.sleep"].map {
    ($0, "tests wait for events, not for durations")
  }

  /// Everything that one Swift file breaks.
  static func violations(in file: SourceFile) -> [Violation] {
    sizeViolations(in: file) + longFunctions(in: file) + wordViolations(in: file)
      + ImportDirection.violations(in: file)
  }

  /// Everything that one C file breaks.
  static func violations(inC file: SourceFile) -> [Violation] {
    sizeViolations(in: file) + longCFunctions(in: file) + unfinishedWork(in: file)
  }

  private static func sizeViolations(in file: SourceFile) -> [Violation] {
    var found: [Violation] = []
    if file.lineCount > longestFile {
      found.append(Violation(path: file.path, line: file.lineCount, message: "more than \(longestFile) lines"))
    }
    for (index, line) in file.lines.enumerated() where line.count > widestLine {
      found.append(Violation(path: file.path, line: index + 1, message: "wider than \(widestLine) columns"))
    }
    return found
  }

  private static func unfinishedWork(in file: SourceFile) -> [Violation] {
    file.lines.enumerated().flatMap { index, line in
      unfinished.filter { occurs($0, in: line) }.map {
        Violation(path: file.path, line: index + 1, message: "unfinished: \($0)")
      }
    }
  }

  private static func wordViolations(in file: SourceFile) -> [Violation] {
    var found = unfinishedWork(in: file)
    let banned = bannedAnywhere + (file.isProduct ? bannedInProduct : bannedInTests)
    for (index, line) in file.code.enumerated() {
      for (word, why) in banned where occurs(word, in: line) {
        found.append(Violation(path: file.path, line: index + 1, message: "\(word): \(why)"))
      }
    }
    return found
  }

  /// Whether the word stands in the line by itself: `fork(` is not in `vfork(` nor in `.fork(`.
  static func occurs(_ word: String, in line: String) -> Bool {
    let line = Array(line.utf8), word = Array(word.utf8)
    guard let first = word.first, let last = word.last, line.count >= word.count else { return false }
    for start in 0...(line.count - word.count) where line[start] == first {
      let end = start + word.count
      guard line[start..<end].elementsEqual(word) else { continue }
      let before = start > 0 ? line[start - 1] : UInt8(ascii: " ")
      let after = end < line.count ? line[end] : UInt8(ascii: " ")
      let isMember = before == UInt8(ascii: ".") || before == UInt8(ascii: "`")
      let beginsApart = !isWordByte(first) || !(isWordByte(before) || isMember)
      let endsApart = !isWordByte(last) || !isWordByte(after)
      if beginsApart && endsApart { return true }
    }
    return false
  }

  /// Whether an identifier may have it; of other letters than ASCII's each byte counts.
  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// Functions and initialisers that end more than `longestFunction` lines below their first line.
  private static func longFunctions(in file: SourceFile) -> [Violation] {
    var found: [Violation] = []
    for (start, line) in file.code.enumerated() {
      let words = line.split(separator: " ").map(String.init)
      guard let place = words.firstIndex(where: { isFunctionKeyword($0) }),
        words[..<place].allSatisfy({ isModifier($0) })
      else { continue }
      let indent = line.prefix { $0 == " " }
      let closing = indent + "}"
      guard !line.hasSuffix("}"), let end = file.code[(start + 1)...].firstIndex(where: { $0 == closing }) else {
        continue
      }
      // A requirement without a body meets the brace of what comes after it, or of nothing at its depth.
      if let next = nextDeclaration(in: file, after: start, indent: indent.count), next < end { continue }
      if end - start > longestFunction {
        found.append(
          Violation(path: file.path, line: start + 1, message: "a function of more than \(longestFunction) lines"))
      }
    }
    return found
  }

  private static func isFunctionKeyword(_ word: String) -> Bool {
    word == "func" || word == "deinit" || ["init(", "init?(", "init<"].contains { word.hasPrefix($0) }
  }

  private static func isModifier(_ word: String) -> Bool {
    word.hasPrefix("@") || word.hasSuffix(")")
      || [
        "public", "private", "internal", "fileprivate", "package", "static", "mutating", "consuming", "borrowing",
        "override", "final", "nonisolated", "convenience", "required", "nonmutating",
      ].contains(word)
  }

  private static func nextDeclaration(in file: SourceFile, after start: Int, indent: Int) -> Int? {
    file.code[(start + 1)...].firstIndex { line in
      let words = line.split(separator: " ").map(String.init)
      guard line.prefix(while: { $0 == " " }).count == indent else { return false }
      guard let place = words.firstIndex(where: { isFunctionKeyword($0) }) else { return false }
      return words[..<place].allSatisfy { isModifier($0) }
    }
  }

  /// C functions: from a brace in the first column, or at the end of a line that begins there, to the next one.
  private static func longCFunctions(in file: SourceFile) -> [Violation] {
    var found: [Violation] = []
    var start: Int?
    for (index, line) in file.lines.enumerated() {
      if line == "}" || line.hasPrefix("};") {
        if let start, index - start > longestFunction {
          found.append(
            Violation(path: file.path, line: start + 1, message: "a function of more than \(longestFunction) lines"))
        }
        start = nil
      } else if start == nil, line.hasSuffix("{"), let first = line.first, first.isLetter || first == "{" {
        start = index
      }
    }
    return found
  }
}
