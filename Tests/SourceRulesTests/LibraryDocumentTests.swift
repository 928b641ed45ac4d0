import Testing

/// docs/crontime.md shows the examples that run as tests, and lists what the library offers.
@Suite(.serialized) struct LibraryDocumentTests {
  static let path = "docs/crontime.md"

  @Test func `the examples of the document are those that run`() throws {
    let document = try #require(Repository.text(of: Self.path))
    let source = try #require(Repository.text(of: "Tests/CronTimeSystemTests/LibraryExampleTests.swift"))
    let examples = LibraryExample.all(in: source)
    #expect(examples.map(\.name) == ["next", "error", "explain"])
    for example in examples {
      try LibraryExample.check(
        document, at: Self.path, part: "example-\(example.name)", content: "```swift\n\(example.code)\n```")
    }
  }

  @Test(arguments: ["CronTime", "CronTimeSystem"])
  func `the list of what is public is that of the sources`(target: String) throws {
    let document = try #require(Repository.text(of: Self.path))
    let files = Repository.swiftFiles.filter { $0.isProduct && $0.target == target }
    let declarations = PublicSurface.declarations(in: files)
    #expect(declarations.count > 3)
    try LibraryExample.check(
      document, at: Self.path, part: "public-\(target)",
      content: "```swift\n\(declarations.joined(separator: "\n"))\n```")
  }

  @Test func `declarations are found with their type, without bodies`() {
    let text = """
      public struct Zone: Hashable, Sendable {
        /// The name.
        public let name: String
        public static let utc = Zone(
          name: "UTC")
        let table: Int
        public func text(
          of value: Int, in zone: Zone
        ) throws(ZoneError) -> String { "public let fake" }
        public var size: Int { 1 }
        package func hidden() {}
        public static func < (left: Zone, right: Zone) -> Bool { true }
      }
      extension Zone {
        public enum Kind: Hashable { case a }
      }
      public enum Level {
        case low(Int)
        var text: String {
          switch self {
          case .low: "low"
          }
        }
      }
      """
    #expect(
      PublicSurface.declarations(in: [SourceFile(path: "Sources/CronTime/A.swift", text: text)]) == [
        "enum Level", "  case low(Int)", "struct Zone: Hashable, Sendable", "  enum Kind: Hashable",
        "  let name: String", "  static let utc",
        "  func text(of value: Int, in zone: Zone) throws(ZoneError) -> String", "  var size: Int",
      ])
  }
}

/// A piece of a test between `// example: NAME` and `// end`.
struct LibraryExample {
  let name: String
  /// Its lines without the indentation of the first.
  let code: String

  static func all(in source: String) -> [LibraryExample] {
    var found: [LibraryExample] = []
    var name: String?
    var lines: [Substring] = []
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("// example: ") {
        (name, lines) = (String(text.dropFirst(12)), [])
      } else if text == "// end", let ended = name {
        let indent = lines.first?.prefix { $0 == " " }.count ?? 0
        found.append(LibraryExample(name: ended, code: lines.map { $0.dropFirst(indent) }.joined(separator: "\n")))
        name = nil
      } else {
        lines.append(line)
      }
    }
    return found
  }

  /// Compares a part of the document, or writes it with `CRONWATCH_UPDATE=1`.
  static func check(_ document: String, at path: String, part name: String, content: String) throws {
    // Read again: the part before may just have been written.
    let document = Repository.isUpdating ? Repository.text(of: path) ?? document : document
    let part = try #require(
      GeneratedPart(of: document, opening: "<!-- \(name) -->", closing: "<!-- /\(name) -->"), "no part \(name)")
    if Repository.isUpdating {
      #expect(Repository.write(part.replacing(with: content), to: path))
    } else {
      #expect(part.content == content, "CRONWATCH_UPDATE=1 swift test --filter LibraryDocumentTests mends it")
    }
  }
}

/// What a target offers to other packages.
enum PublicSurface {
  /// The public declarations without bodies, types first, each followed by its members; operators and conformances'
  /// own members are left out.
  static func declarations(in files: [SourceFile]) -> [String] {
    var types: [(name: String, head: String)] = []
    var members: [String: [String]] = [:]
    for file in files {
      var owner = ""
      var isPublicEnum = false
      for (index, line) in file.lines.enumerated() {
        let code = String(line)
        if !code.hasPrefix(" "), let name = typeName(code) {
          (owner, isPublicEnum) = (name, code.hasPrefix("public enum "))
        }
        if isPublicEnum, code.hasPrefix("  case ") { members[owner, default: []].append(code) }
        guard code.drop(while: { $0 == " " }).hasPrefix("public "), !code.contains("public import") else { continue }
        let head = head(file.lines[index...])
        if !code.hasPrefix(" ") {
          types.append((owner, head))
        } else if code.hasPrefix("  public "), !isBoilerplate(head) {
          members[owner, default: []].append("  " + head)
        }
      }
    }
    return types.sorted { $0.name < $1.name }.flatMap { [$0.head] + sorted(members[$0.name] ?? []) }
  }

  /// Nested types before all else, otherwise as the sources have them.
  private static func sorted(_ members: [String]) -> [String] {
    let isType: (String) -> Bool = { $0.hasPrefix("  enum ") || $0.hasPrefix("  struct ") }
    return members.filter(isType) + members.filter { !isType($0) }
  }

  private static func isBoilerplate(_ head: String) -> Bool {
    head.hasPrefix("static func ==") || head.hasPrefix("static func <") || head.hasPrefix("func hash(into")
      || head == "var description: String"
  }

  /// The name of the type that a line at the first column opens or extends.
  private static func typeName(_ line: String) -> String? {
    let words = line.split { $0 == " " || $0 == ":" || $0 == "{" || $0 == "<" }.map(String.init)
    guard let keyword = words.firstIndex(where: { ["struct", "enum", "class", "extension"].contains($0) }),
      keyword + 1 < words.count, keyword < 3
    else { return nil }
    return words[keyword + 1]
  }

  /// A declaration up to its body or value, on one line.
  private static func head(_ lines: ArraySlice<String>) -> String {
    var text = ""
    for line in lines.prefix(12) {
      let part = line.drop { $0 == " " }
      text += text.isEmpty || text.hasSuffix("(") || part.hasPrefix(")") ? String(part) : " " + part
      if let end = end(of: text) {
        text = String(text[..<end])
        break
      }
      let isOpen = text.filter { $0 == "(" }.count > text.filter { $0 == ")" }.count
      if !isOpen { break }
    }
    while text.hasSuffix(" ") { text.removeLast() }
    return String(text.dropFirst("public ".count))
  }

  /// Where the body or the value of a stored property begins, outside of parentheses.
  private static func end(of text: String) -> String.Index? {
    var depth = 0
    for index in text.indices {
      switch text[index] {
      case "(": depth += 1
      case ")": depth -= 1
      case "{" where depth == 0: return index
      case "=" where depth == 0 && text[..<index].hasSuffix(" ") && !text.hasPrefix("public static func"): return index
      default: break
      }
    }
    return nil
  }
}
