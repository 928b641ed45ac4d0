/// One broken decision of Tests/Fixtures/mutations, as bin/mutate reads it.
struct Mutation: Hashable {
  static let folder = "Tests/Fixtures/mutations"
  static let opening = "<!-- mutations: bin/mutate --write -->"
  static let closing = "<!-- /mutations -->"

  let name: String
  /// What is broken by it.
  let what: String
  /// `file`, `tests` and `lines`.
  var fields: [String: String] = [:]
  var original: [String] = []
  var replacement: [String] = []

  /// The lines of the founding list whose tests must fail.
  var lines: [Int] { (fields["lines"] ?? "").split(separator: " ").compactMap { Int($0) } }

  /// All of one list; a row that can't be read is an error by its text.
  static func list(_ text: String) -> (mutations: [Mutation], errors: [String]) {
    var mutations: [Mutation] = []
    var errors: [String] = []
    for row in text.split(separator: "\n") where !row.hasPrefix("#") {
      let rest = String(row.dropFirst(2))
      let parts = rest.split(separator: ": ", maxSplits: 1).map(String.init)
      if row.hasPrefix("= "), parts.count == 2 {
        mutations.append(Mutation(name: parts[0], what: parts[1]))
      } else if let last = mutations.indices.last, row.hasPrefix("- ") {
        mutations[last].original.append(rest)
      } else if let last = mutations.indices.last, row.hasPrefix("+ ") {
        mutations[last].replacement.append(rest)
      } else if let last = mutations.indices.last, let colon = row.firstRange(of: ": ") {
        mutations[last].fields[String(row[..<colon.lowerBound])] = String(row[colon.upperBound...])
      } else {
        errors.append(String(row))
      }
    }
    return (mutations, errors)
  }
}
