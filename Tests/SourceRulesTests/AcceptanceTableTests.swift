import Testing

@Suite struct AcceptanceTableTests {
  @Test func `the document lists every tag and nothing else`() throws {
    let document = try #require(Repository.text(of: AcceptanceTable.path))
    let part = try #require(
      GeneratedPart(of: document, opening: AcceptanceTable.opening, closing: AcceptanceTable.closing))
    let table = AcceptanceTable(files: Repository.swiftFiles.filter { !$0.isProduct })
    if Repository.isUpdating {
      #expect(Repository.write(part.replacing(with: table.markdown), to: AcceptanceTable.path))
    } else {
      #expect(part.content == table.markdown, "CRONWATCH_UPDATE=1 swift test --filter AcceptanceTableTests mends it")
    }
  }

  @Test func `no tag names a line that the list doesn't have`() {
    let table = AcceptanceTable(files: Repository.swiftFiles.filter { !$0.isProduct })
    #expect(table.proofs.filter { !(1...AcceptanceTable.lastLine).contains($0.line) }.isEmpty)
  }

  @Test func `the document has the sentence of every line`() throws {
    let lines = try #require(Repository.text(of: AcceptanceTable.path)).split(separator: "\n")
    for line in 1...AcceptanceTable.lastLine {
      #expect(lines.filter { $0.hasPrefix("\(line). ") }.count == 1, "line \(line)")
    }
  }

  /// What has been built so far: a line in here that loses its last test fails.
  static let built: [ClosedRange<Int>] = [1...9, 17...19, 23...35, 50...60, 62...62, 64...66, 71...71]

  @Test(arguments: built.flatMap(Array.init))
  func `every line that is built has a test`(line: Int) {
    let table = AcceptanceTable(files: Repository.swiftFiles.filter { !$0.isProduct })
    #expect(table.proofs.contains { $0.line == line })
  }

  @Test func `tags of tests and suites are found with their names`() {
    let text = """
      @Suite(.acceptance(5)) struct Some_Tests {
        @Test(.acceptance(71, 2), arguments: [1, 2])
        func `says "OVERDUE" | more`(x: Int) {}
        // @Test(.acceptance(9)) func commented() {}
        let text = ".acceptance(8)"
        @Test(.acceptance(2)) func plain() {}
      }
      """
    let table = AcceptanceTable(files: [SourceFile(path: "Tests/ATests/A.swift", text: text)])
    #expect(table.proofs.map(\.line) == [2, 2, 5, 71])
    #expect(table.proofs.map(\.test) == ["plain", "says \"OVERDUE\" | more", "Some_Tests", "says \"OVERDUE\" | more"])
    #expect(table.markdown.contains("\n| 2 | `ATests/A`: plain |\n| 2 | `ATests/A`: says \"OVERDUE\" \\| more |\n"))
    #expect(table.markdown.contains("\n| 9 | no test yet |\n"))
  }

  @Test(arguments: ["", "<a>", "</a>", "</a><a>", "<a><a></a>", "<a></a></a>"])
  func `markers that are missing, doubled or turned round are no part`(text: String) {
    #expect(GeneratedPart(of: text, opening: "<a>", closing: "</a>") == nil)
  }

  @Test func `a generated part is replaced between its markers`() throws {
    let part = try #require(GeneratedPart(of: "x<a>\n\nold\nrow\n</a>y", opening: "<a>", closing: "</a>"))
    #expect(part.content == "old\nrow")
    #expect(part.replacing(with: "new") == "x<a>\nnew\n</a>y")
  }
}
