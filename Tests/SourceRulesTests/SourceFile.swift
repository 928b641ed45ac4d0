/// One source file with its lines, and the same lines without what comments and strings say.
struct SourceFile {
  /// The path from the root: `Sources/CronTime/Instant.swift`.
  let path: String
  /// The lines as they stand.
  let lines: [String]
  /// The lines with comments, and the inside of string literals, blanked.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var blanker = CodeBlanker(characters: Array(text.unicodeScalars))
    code = blanker.blanked().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The target that the file belongs to: the folder below Sources or Tests.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// Whether it is part of the product.
  var isProduct: Bool { path.hasPrefix("Sources/") }

  /// The lines of a trailing newline don't count.
  var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }
}

/// Blanks comments and string literals of Swift text, so that rules look at code only.
///
/// It knows nested comments, escapes, raw and multi-line strings, and interpolations, whose code stays.
struct CodeBlanker {
  /// Where the scan stands: in code (with the depth of parentheses since its interpolation began) or in a string.
  private enum Context {
    case code(depth: Int)
    case string(hashes: Int, isMultiline: Bool)
  }

  private let characters: [Unicode.Scalar]
  private var offset = 0
  private var output = String.UnicodeScalarView()
  private var contexts: [Context] = [.code(depth: 0)]

  init(characters: [Unicode.Scalar]) {
    self.characters = characters
  }

  mutating func blanked() -> String {
    while offset < characters.count {
      switch contexts.last {
      case .string(let hashes, let isMultiline)?: inString(hashes, isMultiline)
      case .code(let depth)?: inCode(depth)
      case nil: contexts = [.code(depth: 0)]
      }
    }
    return String(output)
  }

  private func sees(_ text: String, at distance: Int = 0) -> Bool {
    var place = offset + distance
    for scalar in text.unicodeScalars {
      guard place < characters.count, characters[place] == scalar else { return false }
      place += 1
    }
    return true
  }

  /// Copies characters that count as code.
  private mutating func keep(_ count: Int) {
    for _ in 0..<count where offset < characters.count {
      output.append(characters[offset])
      offset += 1
    }
  }

  /// Passes over characters that don't, keeping lines apart.
  private mutating func blank(_ count: Int) {
    for _ in 0..<count where offset < characters.count {
      output.append(characters[offset] == "\n" ? "\n" : " ")
      offset += 1
    }
  }

  private mutating func inCode(_ depth: Int) {
    let isOutermost = contexts.count == 1
    if sees("//") {
      while offset < characters.count, characters[offset] != "\n" { blank(1) }
    } else if sees("/*") {
      blankComment()
    } else if sees("`") {
      keepRawIdentifier()
    } else if let hashes = openingHashes() {
      let isMultiline = sees("\"\"\"", at: hashes)
      contexts.append(.string(hashes: hashes, isMultiline: isMultiline))
      keep(hashes + (isMultiline ? 3 : 1))
    } else if sees(")"), !isOutermost, depth == 0 {
      contexts.removeLast()
      keep(1)
    } else {
      if !isOutermost, sees("(") { contexts[contexts.count - 1] = .code(depth: depth + 1) }
      if !isOutermost, sees(")") { contexts[contexts.count - 1] = .code(depth: depth - 1) }
      keep(1)
    }
  }

  /// The name of a test may hold anything but a backtick: quotes and slashes in it open nothing.
  private mutating func keepRawIdentifier() {
    repeat { keep(1) } while offset < characters.count && !sees("`") && !sees("\n")
    if sees("`") { keep(1) }
  }

  /// How many `#` stand before the quote that opens a string here; nil when none opens.
  private func openingHashes() -> Int? {
    var hashes = 0
    while sees("#", at: hashes) { hashes += 1 }
    return sees("\"", at: hashes) ? hashes : nil
  }

  private mutating func inString(_ hashes: Int, _ isMultiline: Bool) {
    let marks = String(repeating: "#", count: hashes)
    let quotes = isMultiline ? "\"\"\"" : "\""
    if sees(quotes + marks) {
      contexts.removeLast()
      keep(quotes.count + hashes)
    } else if sees("\\" + marks + "(") {
      contexts.append(.code(depth: 0))
      keep(hashes + 2)
    } else if sees("\\" + marks) {
      blank(hashes + 2)
    } else if !isMultiline, sees("\n") {
      // Never legal: forget what was open instead of misreading the rest of the file.
      contexts = [.code(depth: 0)]
    } else {
      blank(1)
    }
  }

  private mutating func blankComment() {
    var depth = 0
    repeat {
      if sees("/*") {
        depth += 1
        blank(2)
      } else if sees("*/") {
        depth -= 1
        blank(2)
      } else {
        blank(1)
      }
    } while depth > 0 && offset < characters.count
  }
}
