import CronSystem
import CronWire
import EndToEndSupport

/// The tables of docs/faults.md, made from the rows and from the result files, so that neither can say anything else.
enum Document {
  static let opening = "<!-- rows: bin/torture --write -->"
  static let closing = "<!-- /rows -->"
  static let soakOpening = "<!-- soak: bin/torture --soak --write -->"
  static let soakClosing = "<!-- /soak -->"

  /// The document with both tables anew; nil when it lacks their marks.
  static func renewed(_ document: String, results: String, soak: String) -> String? {
    replaced(document, opening, closing, with: rows(results)).flatMap {
      replaced($0, soakOpening, soakClosing, with: self.soak(soak))
    }
  }

  /// Every row with its last result.
  static func rows(_ results: String) -> String {
    let parsed = try? JSONReader.parse(Array(results.utf8))
    var seen: [Int: JSONValue] = [:]
    for row in parsed?["rows"]?.arrayValue ?? [] {
      if let number = row["row"]?.integerValue { seen[Int(number)] = row }
    }
    let lines = FaultRow.all.map { row in
      "| "
        + ([String(row.number), row.name, row.how, row.expectation, row.status.text, verdict(row, seen[row.number])]
        .map(cell))
        .joined(separator: " | ") + " |"
    }
    return (["| | fault | how | expected | status meanwhile | seen |", "|---|---|---|---|---|---|"] + lines).joined(
      separator: "\n")
  }

  private static func verdict(_ row: FaultRow, _ result: JSONValue?) -> String {
    switch row.check {
    case .tests(let names): return "held by tests: \(names)"
    case .never(let reason): return "not run: \(reason)"
    case .run:
      guard let result, let verdict = result["verdict"]?.stringValue else { return "not run yet" }
      let seen = result["seen"]?.stringValue ?? ""
      let place = "\(result["commit"]?.stringValue ?? ""), \(result["build"]?.stringValue ?? "")"
      return verdict == "skipped" ? "not run: \(seen)" : "**\(verdict)** (\(place)): \(seen)"
    }
  }

  /// The figures of the soaks, a column each.
  static func soak(_ results: String) -> String {
    let soaks = (try? JSONReader.parse(Array(results.utf8)))?["soaks"]?.arrayValue ?? []
    if soaks.isEmpty { return "Not run yet." }
    let names = [
      ("seed", "seed"), ("commit", "commit"), ("build", "build"), ("kills", "kill -9"), ("kills_by_role", "of them"),
      ("stops", "SIGSTOP"), ("watchers_started", "watchers started"), ("seconds", "seconds"),
      ("starts", "starts that jobs wrote down"), ("occurrences", "occurrences"), ("outcomes", "rows of `runs`"),
      ("findings", "findings"), ("digest", "CRC-32C of evidence and `runs`"),
    ]
    let rows = names.map { name, words in
      "| \(words) | " + soaks.map { figure($0[name]) }.joined(separator: " | ") + " |"
    }
    let head = rows[0] + "\n|" + String(repeating: "---|", count: soaks.count + 1)
    return ([head] + rows.dropFirst()).joined(separator: "\n")
  }

  private static func figure(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text
    case .array(let items)?: items.isEmpty ? "none" : "**\(items.count)**"
    case .object(let object)?:
      object.members.map { "\($0.value.integerValue ?? 0) \($0.key)" }.joined(separator: ", ")
    case let value?: JSONWriter.text(value)
    case nil: ""
    }
  }

  /// A bar inside a cell would end it, and a line break the row.
  private static func cell(_ text: String) -> String {
    text.split(separator: "\n").joined(separator: " ").split(separator: "|", omittingEmptySubsequences: false)
      .joined(separator: "\\|")
  }

  static func replaced(
    _ document: String, _ opening: String, _ closing: String, with content: String
  ) -> String? {
    guard let start = document.firstRange(of: opening), let end = document.firstRange(of: closing) else { return nil }
    return document[..<start.upperBound] + "\n" + content + "\n" + document[end.lowerBound...]
  }

  /// Renews DOCS/faults.md by what stands in DOCS/results.
  static func renew(in docs: String) throws {
    let path = docs + "/faults.md"
    let (results, soak) = (text(docs + "/results/torture.json"), text(docs + "/results/soak.json"))
    guard let renewed = renewed(text(path), results: results, soak: soak) else {
      throw RowFailure("\(path) lacks the marks of its tables")
    }
    try ResultFile.write(renewed, to: path)
  }
}
