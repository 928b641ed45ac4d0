import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// What the jobs wrote down, held against `audit` and `runs`: the campaign's judge, which asks nobody else.
struct Account {
  /// What must not be; empty = every occurrence is accounted for, and none ran twice.
  private(set) var findings: [String] = []
  /// Runs that began, by their own evidence.
  private(set) var starts = 0
  /// Occurrences that `audit` expected up to the watermark.
  private(set) var occurrences = 0
  /// Rows of `runs` by outcome, and by reason where there is one.
  private(set) var outcomes: [String: Int] = [:]
  /// CRC-32C of the evidence and of all rows of `runs`.
  private(set) var digest = ""

  /// What a row allows beside the ordinary.
  struct Allowance: OptionSet {
    let rawValue: Int
    /// The ledger was damaged or lost by the row: the audit may say so, and what was recorded there is gone.
    static let damage = Allowance(rawValue: 1)
    /// The disk stays as it is to the end, so that the last verdict may be `degraded`.
    static let degraded = Allowance(rawValue: 2)
    /// The calls of jobs fail as well, so that one may end without its lines or with another status.
    static let silentJobs = Allowance(rawValue: 4)
  }

  private let allowance: Allowance
  private let jobs: [JobPlan]

  /// Reads everything; nothing may run any more.
  init(of cron: Cronwatch, _ jobs: [JobPlan], allowing allowance: Allowance = []) throws {
    self.allowance = allowance
    self.jobs = jobs
    let evidence = cron.evidenceText
    let lines = evidence.split(separator: "\n")
    let testimonies = lines.compactMap(Testimony.init)
    if testimonies.count != lines.count { findings.append("\(lines.count - testimonies.count) torn lines of evidence") }
    let listing = try cron.run(["runs", "--json", "--limit", "0"], seconds: 120)
    if listing.exit != 0 { findings.append("runs ends with \(listing.exit): \(listing.error)") }
    let rows = try listing.jsonLines().map(RunRow.init)
    digest = Self.digest(evidence + listing.output)
    for row in rows {
      // Every exit status by itself would be a table of its own.
      let reason = row.exitCode == nil ? row.reason : nil
      let what = [row.outcome ?? "open", reason].compactMap { $0 }.joined(separator: ": ")
      outcomes[what, default: 0] += 1
    }
    try takeAudit(cron)
    checkEvidence(testimonies)
    checkRows(rows, testimonies)
    if !allowance.contains(.damage) { try checkGrids(rows) }
  }

  static func digest(_ text: String) -> String {
    let digits = String(CRC32C.checksum(Array(text.utf8)), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The audit's own findings; what is only listed is none.
  private mutating func takeAudit(_ cron: Cronwatch) throws {
    let audit = try cron.run(["audit", "--json"], seconds: 300)
    let listed: Set<String> = ["open", "queued", "not-recomputed", "summary"]
    for item in try audit.jsonLines() {
      let kind = item["kind"]?.stringValue ?? ""
      if kind == "summary" { occurrences = Int(item["totals"]?["occurrences"]?.integerValue ?? 0) }
      if !listed.contains(kind), !allowance.contains(.damage) {
        findings.append("audit: \(JSONWriter.text(item))")
      }
    }
    if audit.exit > 1 { findings.append("audit ends with \(audit.exit): \(audit.error)") }
  }

  /// No run began twice, and no occurrence.
  private mutating func checkEvidence(_ testimonies: [Testimony]) {
    var runs: Set<String> = []
    var occurrences: Set<String> = []
    for line in testimonies where line.isBegin {
      starts += 1
      if !runs.insert(line.run).inserted { findings.append("run \(line.run) of \(line.job) began twice") }
      guard let occurrence = line.occurrence else { continue }
      if !occurrences.insert("\(line.job)@\(occurrence)").inserted {
        findings.append("\(line.job)@\(occurrence) was fired twice, the second time as run \(line.run)")
      }
    }
  }

  /// What began is known to the ledger as it happened, and what the ledger says that ran has left its evidence.
  private mutating func checkRows(_ rows: [RunRow], _ testimonies: [Testimony]) {
    var known: [String: RunRow] = [:]
    for row in rows { if let run = row.run { known[run] = row } }
    let plans = Dictionary(jobs.map { ($0.name, $0) }) { first, _ in first }
    for line in testimonies where line.isBegin {
      guard let row = known[line.run] else {
        if !allowance.contains(.damage) { findings.append("run \(line.run) of \(line.job) is not recorded") }
        continue
      }
      if row.job != line.job || row.occurrence != line.occurrence {
        findings.append("run \(line.run) is recorded as another: \(JSONWriter.text(row.json))")
      }
      if row.reason == "could-not-start" || row.outcome == "missed" || row.outcome == "skipped" {
        findings.append("run \(line.run) began, and is recorded as not: \(JSONWriter.text(row.json))")
      }
    }
    let began = Set(testimonies.lazy.filter(\.isBegin).map(\.run))
    let ended = Set(testimonies.lazy.filter { !$0.isBegin }.map(\.run))
    for row in rows {
      guard let run = row.run, let outcome = row.outcome else {
        if row.outcome == nil { findings.append("still open: \(JSONWriter.text(row.json))") }
        continue
      }
      if allowance.contains(.silentJobs) { continue }
      guard outcome == "succeeded" || (outcome == "failed" && row.exitCode != nil), let plan = plans[row.job] else {
        continue
      }
      if !began.contains(run) || !ended.contains(run) {
        findings.append("recorded as done, without evidence: \(JSONWriter.text(row.json))")
      }
      if row.exitCode ?? plan.exitStatus != plan.exitStatus {
        findings.append("another exit status than the job's: \(JSONWriter.text(row.json))")
      }
    }
  }

  /// Every instant from the first decided to the last has exactly one row.
  private mutating func checkGrids(_ rows: [RunRow]) throws {
    for plan in jobs {
      guard let period = plan.everySeconds else { continue }
      var decided: [Int: Int] = [:]
      for row in rows where row.job == plan.name {
        guard let text = row.occurrence else { continue }
        let first = try epochSeconds(text)
        let last = try row.occurrenceLast.map(epochSeconds) ?? first
        if row.count > 1, (last - first) / period + 1 != row.count {
          findings.append("a range with another count: \(JSONWriter.text(row.json))")
        }
        for instant in stride(from: first, through: last, by: period) { decided[instant, default: 0] += 1 }
      }
      for (instant, count) in decided.sorted(by: { $0.key < $1.key }) where count > 1 {
        findings.append("\(plan.name) decided the instant \(instant) \(count) times")
      }
      guard let first = decided.keys.min(), let last = decided.keys.max() else { continue }
      for instant in stride(from: first, through: last, by: period) where decided[instant] == nil {
        findings.append("\(plan.name) has nothing recorded of the instant \(instant)")
      }
    }
  }

  /// In one line: what was seen.
  var summary: String {
    let parts = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    return "\(starts) starts, \(parts), \(findings.count) findings"
  }

  /// For a result file.
  var json: [(String, JSONValue)] {
    [
      ("starts", .integer(Int64(starts))), ("occurrences", .integer(Int64(occurrences))),
      (
        "outcomes", .object(JSONObject(outcomes.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
      ),
      ("findings", .array(findings.prefix(50).map { .string($0) })), ("digest", .string(digest)),
    ]
  }
}
