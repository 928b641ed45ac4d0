/// Which tests carry which acceptance lines, as docs/acceptance.md shows it.
struct AcceptanceTable {
  /// One test that says that it proves a line.
  struct Proof: Hashable, Comparable {
    let line: Int
    let file: String
    let test: String

    static func < (left: Proof, right: Proof) -> Bool {
      (left.line, left.file, left.test) < (right.line, right.file, right.test)
    }
  }

  /// The last line of the founding list.
  static let lastLine = 71
  static let path = "docs/acceptance.md"
  static let opening = "<!-- acceptance: CRONWATCH_UPDATE=1 swift test --filter AcceptanceTableTests -->"
  static let closing = "<!-- /acceptance -->"

  let proofs: [Proof]

  init(files: [SourceFile]) {
    proofs = files.flatMap { Self.proofs(in: $0) }.sorted()
  }

  /// The tags of a file, each with the name of the test or suite that comes after it.
  private static func proofs(in file: SourceFile) -> [Proof] {
    let code = file.code.joined(separator: "\n")
    var rest = code[...]
    var found: [Proof] = []
    while let tag = rest.firstRange(of: ".acceptance(") {
      rest = rest[tag.upperBound...]
      guard let close = rest.firstIndex(of: ")") else { break }
      let numbers = rest[..<close].split { !$0.isNumber }.compactMap { Int($0) }
      rest = rest[close...]
      guard let name = declaredName(in: rest) else { continue }
      found += numbers.map { Proof(line: $0, file: shortened(file.path), test: name) }
    }
    return found
  }

  /// The name after the first `func`, `struct` or the like.
  private static func declaredName(in code: Substring) -> String? {
    let keywords = ["func ", "struct ", "enum ", "class ", "actor "]
    var rest = code
    var start: Substring.Index?
    // Line by line: a keyword that never comes would be looked for to the end of the file.
    while start == nil, !rest.isEmpty {
      let line = rest.prefix { $0 != "\n" }
      start = keywords.compactMap { line.firstRange(of: $0)?.upperBound }.min()
      rest = rest[line.endIndex...].dropFirst()
    }
    guard let start else { return nil }
    let name = code[start...]
    if name.first == "`" { return String(name.dropFirst().prefix { $0 != "`" }) }
    return String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  private static func shortened(_ path: String) -> String {
    String(path.dropFirst("Tests/".count).dropLast(".swift".count))
  }

  /// The generated part of the document, without its markers.
  var markdown: String {
    var rows = ["| line | proved by |", "|---|---|"]
    for line in 1...Self.lastLine {
      let own = proofs.filter { $0.line == line }
      rows += own.map { "| \(line) | `\($0.file)`: \($0.test.replacing("|", with: "\\|")) |" }
      if own.isEmpty { rows.append("| \(line) | no test yet |") }
    }
    return rows.joined(separator: "\n")
  }
}

/// The part of a document between two markers, which a test compares and `CRONWATCH_UPDATE=1` rewrites.
struct GeneratedPart {
  let before: String
  let content: String
  let after: String

  /// Nil when the markers aren't there, each once and in order.
  init?(of document: String, opening: String, closing: String) {
    let openings = document.ranges(of: opening), closings = document.ranges(of: closing)
    guard openings.count == 1, closings.count == 1, let open = openings.first, let close = closings.first,
      open.upperBound <= close.lowerBound
    else { return nil }
    before = String(document[..<open.upperBound])
    content = Self.trimmed(document[open.upperBound..<close.lowerBound])
    after = String(document[close.lowerBound...])
  }

  func replacing(with content: String) -> String {
    before + "\n" + content + "\n" + after
  }

  private static func trimmed(_ text: Substring) -> String {
    let head = text.drop { $0.isNewline }
    guard let last = head.lastIndex(where: { !$0.isNewline }) else { return "" }
    return String(head[...last])
  }
}
