import Testing

@testable import Torture

/// docs/faults.md says what the rows of the campaign are, and what was seen when they last ran.
@Suite struct FaultDocumentTests {
  static let path = "docs/faults.md"

  @Test func `the rows and what was seen of them are those of the tool and of its result files`() throws {
    let document = try #require(Repository.text(of: Self.path))
    let results = Repository.text(of: "docs/results/torture.json") ?? ""
    let soak = Repository.text(of: "docs/results/soak.json") ?? ""
    let renewed = try #require(Document.renewed(document, results: results, soak: soak), "its marks are missing")
    #expect(document == renewed, "bin/torture --write renews it")
  }

  @Test func `every number from 1 to the last is one row`() {
    #expect(FaultRow.all.map(\.number) == Array(1...FaultRow.all.count))
  }

  @Test func `what failed when it last ran is a finding of this test too`() throws {
    for name in ["torture", "soak"] {
      let results = try #require(Repository.text(of: "docs/results/\(name).json"))
      #expect(!results.contains("\"verdict\":\"failed\""))
      if name == "soak" { #expect(results.contains("\"findings\":[]")) }
    }
  }

  @Test func `a bar or a line break of what was seen doesn't break the table`() {
    let result =
      "{\"rows\":[{\"row\":1,\"verdict\":\"failed\",\"seen\":\"a|b\\nc\",\"commit\":\"x\",\"build\":\"debug\"}]}"
    let line = Document.rows(result).split(separator: "\n").first { $0.hasPrefix("| 1 |") }
    #expect(line?.hasSuffix("| **failed** (x, debug): a\\|b c |") == true)
  }
}
