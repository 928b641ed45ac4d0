import CronTestSupport
import CronWire
import EndToEndSupport

/// The table of docs/resources.md, made from the result file.
enum LeakDocument {
  static let opening = "<!-- leak: bin/torture --leak --write -->"
  static let closing = "<!-- /leak -->"

  /// A row for each process of each part of the campaign.
  static func table(_ results: String) -> String {
    let parts = (try? JSONReader.parse(Array(results.utf8)))?["leaks"]?.arrayValue ?? []
    if parts.isEmpty { return "Not run yet." }
    var lines = [
      "| what | process | own pages after the warm-up → at the end | most | descriptors | most | findings |",
      "|---|---|---|---|---|---|---|",
    ]
    for part in parts {
      func word(_ name: String) -> String {
        part[name]?.stringValue ?? part[name]?.integerValue.map(String.init) ?? "?"
      }
      let seconds = Int(part["seconds"]?.numberValue ?? 0)
      let what = "\(word("count")) \(word("what")) in \(seconds) s (\(word("commit")), \(word("build")))"
      let findings = part["findings"]?.arrayValue?.compactMap(\.stringValue) ?? []
      for role in ["watcher", "ticker", "worker"] {
        guard let row = part[role] else { continue }
        func figure(_ name: String) -> String { row[name]?.integerValue.map(String.init) ?? "?" }
        lines.append(
          "| \(what) | \(role) | \(figure("private_kib_after_warm_up")) → \(figure("private_kib_at_end")) KiB "
            + "| \(figure("private_kib_most")) KiB "
            + "| \(figure("descriptors_after_warm_up")) → \(figure("descriptors_at_end")) "
            + "| \(figure("descriptors_most")) | \(findings.isEmpty ? "none" : findings.joined(separator: "; ")) |")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Renews DOCS/resources.md by what stands in DOCS/results.
  static func renew(in docs: String) throws {
    let path = docs + "/resources.md"
    let content = table(text(docs + "/results/leak.json"))
    guard let renewed = Document.replaced(text(path), opening, closing, with: content) else {
      throw RowFailure("\(path) lacks the marks of its table")
    }
    try ResultFile.write(renewed, to: path)
  }
}
