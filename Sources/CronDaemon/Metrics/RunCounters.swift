public import CronLedger
public import CronTime
public import CronWire

/// What has happened, in numbers that only grow, drawn from the records of the ledger as they are written; pure.
public struct RunCounters: Hashable, Sendable {
  /// Upper ends of the buckets of lateness, in milliseconds; beyond the last one there is one more.
  public static let latenessBounds: [Int64] = [
    10, 50, 100, 500, 1_000, 5_000, 30_000, 60_000, 300_000, 1_800_000, 7_200_000,
  ]
  /// Jobs whose last success is kept.
  public static let mostJobs = 1_000
  /// Claims whose start is waited for.
  private static let mostClaims = 20_000

  /// Ends of attempts by outcome.
  public private(set) var outcomes: [Outcome: Int64] = [:]
  /// Occurrences that were deliberately not run.
  public private(set) var skipped: [SkipReason: Int64] = [:]
  /// Occurrences that were owed and not run.
  public private(set) var missed: [MissReason: Int64] = [:]
  /// Starts by bucket of lateness, each counted once; one more than there are bounds.
  public private(set) var lateness = [Int64](repeating: 0, count: latenessBounds.count + 1)
  /// The sum of all lateness, in milliseconds.
  public private(set) var latenessSum: Int64 = 0
  /// When each job last succeeded.
  public private(set) var lastSuccess: [String: Instant] = [:]
  private var due: [RunIdentifier: Instant] = [:]

  /// Nothing has happened.
  public init() {}

  /// Counts what a record says.
  public mutating func take(_ record: Record) {
    switch record {
    case .claim(let claim):
      if let instant = claim.due ?? claim.occurrence, due.count < Self.mostClaims { due[claim.run] = instant }
    case .start(let start):
      if let instant = due.removeValue(forKey: start.run) { count(late: instant, start.at) }
    case .end(let end):
      outcomes[end.outcome, default: 0] &+= 1
      if let instant = due.removeValue(forKey: end.run), let start = end.startedAt { count(late: instant, start) }
      if end.outcome == .succeeded, lastSuccess[end.job] != nil || lastSuccess.count < Self.mostJobs {
        lastSuccess[end.job] = end.endedAt
      }
    case .skipped(let range): skipped[range.reason, default: 0] &+= Int64(range.count)
    case .missed(let range): missed[range.reason, default: 0] &+= Int64(range.count)
    case .retire(let job, _): lastSuccess[job] = nil
    default: break
    }
  }

  private mutating func count(late due: Instant, _ start: Instant) {
    let milliseconds = max(Instant.microseconds(from: due, to: start) / 1_000, 0)
    let bucket = Self.latenessBounds.firstIndex { milliseconds <= $0 } ?? Self.latenessBounds.count
    lateness[bucket] &+= 1
    latenessSum &+= milliseconds
  }
}

/// The counters in `heartbeat/counters`: how they outlive a ticker.
extension RunCounters {
  /// The object of the file.
  public var json: JSONValue {
    func counts<Key: RawRepresentable<String>>(_ values: [Key: Int64]) -> JSONValue {
      .object(JSONObject(values.map { ($0.key.rawValue, .integer($0.value)) }.sorted { $0.0 < $1.0 }))
    }
    return [
      "outcomes": counts(outcomes), "skipped": counts(skipped), "missed": counts(missed),
      "lateness": .array(lateness.map { .integer($0) }), "lateness_sum_ms": .integer(latenessSum),
      "last_success": .array(
        lastSuccess.sorted { $0.key < $1.key }.map { ["job": .string($0.key), "at": .integer($0.value.microseconds)] }),
    ]
  }

  /// Reads what `json` made; what is missing or odd begins at nothing.
  public init(json: JSONValue) {
    func counts<Key: RawRepresentable<String> & Hashable>(_ name: String) -> [Key: Int64] {
      var found: [Key: Int64] = [:]
      for member in json[name]?.objectValue?.members ?? [] {
        if let key = Key(rawValue: member.key), let count = member.value.integerValue, count >= 0 { found[key] = count }
      }
      return found
    }
    outcomes = counts("outcomes")
    skipped = counts("skipped")
    missed = counts("missed")
    let buckets = (json["lateness"]?.arrayValue ?? []).compactMap(\.integerValue).map { max($0, 0) }
    if buckets.count == lateness.count { lateness = buckets }
    latenessSum = max(json["lateness_sum_ms"]?.integerValue ?? 0, 0)
    for entry in (json["last_success"]?.arrayValue ?? []).prefix(Self.mostJobs) {
      guard let job = entry["job"]?.stringValue, let at = entry["at"]?.integerValue else { continue }
      lastSuccess[job] = Instant(microseconds: at)
    }
  }
}
