import Testing

@Suite struct DocumentTests {
  /// Where a reader begins.
  static let roots = ["README.md", "docs/README.md"]

  @Test func `every document can be reached by links from the README or the index`() {
    var reached: Set<String> = []
    var waiting = Self.roots.filter(Repository.exists)
    while let document = waiting.popLast() {
      guard reached.insert(document).inserted, let text = Repository.text(of: document) else { continue }
      waiting += MarkdownLinks.targets(in: text, of: document).filter { $0.hasSuffix(".md") }
    }
    for document in Repository.files(below: "docs", endings: [".md"]) {
      #expect(reached.contains(document), "no link leads to \(document)")
    }
  }

  @Test func `every link leads to a file that exists`() {
    for document in Repository.files(below: "docs", endings: [".md"]) + ["README.md"] {
      for target in MarkdownLinks.targets(in: Repository.text(of: document) ?? "", of: document) {
        #expect(Repository.exists(target), "\(document) links to \(target)")
      }
    }
  }

  @Test func `links are resolved against the document's folder`() {
    let text = "[a](b.md) [c](../README.md#top) ![d](pictures/x.png) [e](#here) [f](https://x.example/y.md) `[g](h)`"
    #expect(
      MarkdownLinks.targets(in: text, of: "docs/sub/a.md") == [
        "docs/sub/b.md", "docs/README.md", "docs/sub/pictures/x.png",
      ])
  }

  @Test func `the fault points of the sources are those of the document`() throws {
    let document = try #require(Repository.text(of: "docs/testing.md"))
    let part = try #require(GeneratedPart(of: document, opening: "<!-- faults -->", closing: "<!-- /faults -->"))
    let listed = part.content.split(separator: "\n").compactMap { row -> String? in
      let pieces = row.split(separator: "`", omittingEmptySubsequences: false)
      return row.hasPrefix("| `") && pieces.count > 2 ? String(pieces[1]) : nil
    }
    let passed = Repository.swiftFiles.filter(\.isProduct).flatMap { FaultPoints.names(in: $0) }
    #expect(Set(listed).count == listed.count, "a point is listed twice")
    #expect(Set(listed) == Set(passed))
  }

  @Test func `fault points are found in code, not in comments`() {
    let text = """
      /// `Fault.point("commented")`
      Fault.point("claim.synced")
      if Fault.fails("ledger.sync") { Fault.point("a"); Fault.point("b") }
      """
    let file = SourceFile(path: "Sources/CronDaemon/A.swift", text: text)
    #expect(FaultPoints.names(in: file) == ["claim.synced", "a", "b", "ledger.sync"])
  }
}

/// The relative links of Markdown text, as paths from the root.
enum MarkdownLinks {
  static func targets(in text: String, of document: String) -> [String] {
    var found: [String] = []
    for line in text.split(separator: "\n") {
      // What stands between backticks is shown, not linked.
      let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined(separator: " ")
      for piece in prose.split(separator: "](", omittingEmptySubsequences: false).dropFirst() {
        let target = piece.prefix { $0 != ")" && $0 != "#" && $0 != " " }
        if target.isEmpty || target.contains("://") || target.hasPrefix("mailto:") { continue }
        found.append(resolve(String(target), from: document))
      }
    }
    return found
  }

  private static func resolve(_ target: String, from document: String) -> String {
    var parts = document.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
    }
    return parts.joined(separator: "/")
  }
}

/// The named places where a debug build can be made to fail.
enum FaultPoints {
  static func names(in file: SourceFile) -> [String] {
    var found: [String] = []
    for (code, line) in zip(file.code, file.lines) where code.contains("Fault.") {
      for call in ["Fault.point(\"", "Fault.fails(\""] {
        for piece in line.split(separator: call, omittingEmptySubsequences: false).dropFirst() {
          found.append(String(piece.prefix { $0 != "\"" }))
        }
      }
    }
    return found
  }
}
