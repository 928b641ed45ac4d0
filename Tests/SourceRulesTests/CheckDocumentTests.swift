import Testing

@Suite struct CheckDocumentTests {
  @Test func `the findings of the document are those of the sources`() throws {
    let document = try #require(Repository.text(of: "docs/check.md"))
    let listed = document.split(separator: "\n").compactMap { row -> String? in
      guard row.hasPrefix("| `") else { return nil }
      return row.split(separator: "`").dropFirst().first.map(String.init)
    }
    #expect(Set(listed).count == listed.count, "a code is listed twice")
    let sources = Repository.swiftFiles.filter { file in
      ["Sources/CronTime/", "Sources/CronConfig/"].contains { file.path.hasPrefix($0) }
    }.compactMap { Repository.text(of: $0.path) }
    let used = Set(sources.flatMap(FindingCodes.used))
    #expect(used.count > 60)
    #expect(used.subtracting(listed).sorted() == [], "not in docs/check.md")
    let gone = listed.filter { code in !sources.contains { $0.contains("\"\(code)\"") } }
    #expect(gone == [], "in docs/check.md only")
  }

  @Test func `codes are told from messages`() {
    let text = """
      LineProblem(at: first, "one-code", "a message")
      Diagnostic(position: place, level: .note, code: "two-code", message: "x-y")
      error(token, "three-code", "it-self is no code")
      LineProblem(at: index, finding.code, "a message")
      throw error("a message", hint: "no-code")
      """
    #expect(FindingCodes.used(in: text).sorted() == ["one-code", "three-code", "two-code"])
  }
}

/// The codes of findings in a source's text.
enum FindingCodes {
  private static let markers = ["code: \"", "LineProblem(", "reject(", "error(", "warning("]

  static func used(in text: String) -> [String] {
    markers.flatMap { marker in
      text.split(separator: marker, omittingEmptySubsequences: false).dropFirst().compactMap { rest -> String? in
        if marker.hasSuffix("\"") { return code(rest.prefix { $0 != "\"" }) }
        let parts = rest.prefix(80).split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? code(parts[1]) : nil
      }
    }
  }

  /// Kebab-case of two words or more.
  private static func code(_ text: Substring) -> String? {
    let words = text.split(separator: "-", omittingEmptySubsequences: false)
    let isKebab = words.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) } }
    return words.count > 1 && isKebab ? String(text) : nil
  }
}
