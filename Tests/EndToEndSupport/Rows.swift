import CronTestSupport
package import CronWire
package import Testing

/// One line that a job wrote: which job, for which instant, as which run.
package struct Evidence: Hashable {
  package let job: String
  /// Empty for a manual run.
  package let occurrence: String
  package let run: String

  package init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3 else { return nil }
    job = String(words[0])
    occurrence = String(words[1])
    run = String(words[2])
  }
}

/// One row of `runs --json`.
package struct RunRow {
  package let json: JSONValue

  package init(_ json: JSONValue) { self.json = json }

  package var run: String? { json["run"]?.stringValue }
  package var job: String { json["job"]?.stringValue ?? "" }
  package var occurrence: String? { json["occurrence"]?.stringValue }
  package var occurrenceLast: String? { json["occurrence_last"]?.stringValue }
  package var count: Int { Int(json["count"]?.integerValue ?? 0) }
  package var trigger: String? { json["trigger"]?.stringValue }
  package var outcome: String? { json["outcome"]?.stringValue }
  package var reason: String? { json["reason"]?.stringValue }
  package var exitCode: Int? { json["exit_code"]?.integerValue.map(Int.init) }
  package var signal: String? { json["signal"]?.stringValue }
  package var latenessMilliseconds: Int64? { json["lateness_ms"]?.integerValue }
}

/// Seconds since 1970 of an occurrence's text, `2026-06-18T12:00:00Z`.
package func epochSeconds(_ text: String) throws -> Int {
  let digits = text.split { !$0.isNumber }.compactMap { Int($0) }
  try #require(digits.count == 6, "no instant: \(text)")
  let (month, day) = (digits[1], digits[2])
  let year = month <= 2 ? digits[0] - 1 : digits[0]
  let era = year / 400
  let yearOfEra = year - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * 86_400 + digits[3] * 3_600 + digits[4] * 60 + digits[5]
}

extension Cronwatch {
  /// Holds the evidence of an interval job against the ledger: nothing ran twice, nothing ran unrecorded, and every
  /// instant of the grid from the first decided to the last has exactly one row.
  package func requireExactAccount(
    of job: String, everySeconds period: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    // Jobs may go on meanwhile: what ran before the ledger was read is in it, what it knows has left evidence after.
    let before = evidence(job)
    let rows = try runs(job)
    let lines = evidence(job)
    try requireOnce(lines.filter { !$0.occurrence.isEmpty }.map(\.occurrence), "fired twice", sourceLocation)
    try requireOnce(lines.map(\.run), "ran twice", sourceLocation)
    let recorded = Set(rows.compactMap(\.run))
    for line in before {
      try #require(recorded.contains(line.run), "unrecorded: \(line)", sourceLocation: sourceLocation)
    }
    let ran = Set(lines.map(\.run))
    for row in rows where row.outcome == "succeeded" {
      try #require(ran.contains(row.run ?? ""), "recorded, but never ran: \(row.json)", sourceLocation: sourceLocation)
    }
    var decided: [Int] = []
    for row in rows {
      guard let text = row.occurrence else { continue }
      let first = try epochSeconds(text)
      let last = try row.occurrenceLast.map(epochSeconds) ?? first
      try #require(
        row.count <= 1 || (last - first) / period + 1 == row.count, "\(row.json)", sourceLocation: sourceLocation)
      decided += stride(from: first, through: last, by: period)
    }
    try requireOnce(decided, "decided twice", sourceLocation)
    decided.sort()
    for (earlier, later) in zip(decided, decided.dropFirst()) {
      try #require(
        later - earlier == period, "nothing is recorded between \(earlier) and \(later)", sourceLocation: sourceLocation
      )
    }
  }

  private func requireOnce<Value: Hashable>(_ values: [Value], _ what: String, _ place: SourceLocation) throws {
    var seen: Set<Value> = []
    for value in values { try #require(seen.insert(value).inserted, "\(value) \(what)", sourceLocation: place) }
  }
}
