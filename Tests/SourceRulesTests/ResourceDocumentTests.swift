import Testing

@testable import Torture

/// docs/resources.md says what the leak campaign saw last.
@Suite struct ResourceDocumentTests {
  @Test func `the table is that of the result file, and nothing grew`() throws {
    let document = try #require(Repository.text(of: "docs/resources.md"))
    let results = Repository.text(of: "docs/results/leak.json") ?? ""
    let renewed = try #require(
      Document.replaced(
        document, LeakDocument.opening, LeakDocument.closing, with: LeakDocument.table(results)),
      "its marks are missing")
    #expect(document == renewed, "bin/torture --leak --write renews it")
    #expect(!results.contains("grew from"))
  }
}
