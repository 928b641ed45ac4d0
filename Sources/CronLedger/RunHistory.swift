/// What is asked of the history.
public struct HistoryQuery: Hashable, Sendable {
  /// Only this job's rows; nil = every job's.
  public var job: String?
  /// Only this run.
  public var run: RunIdentifier?
  /// At most so many rows; 0 = all.
  public var limit: Int
  /// A larger segment is passed over, bytes.
  public var maximumSegmentBytes = 256 << 20

  /// Makes a query.
  public init(job: String? = nil, run: RunIdentifier? = nil, limit: Int = 50) {
    self.job = job
    self.run = run
    self.limit = max(0, limit)
  }

  func admits(_ job: String) -> Bool { self.job == nil || self.job == job }
}

/// The rows of `cronwatch runs`, newest first, and what couldn't be read.
public struct RunHistory: Sendable {
  /// Nothing that happened.
  public init() {}

  /// The rows, by descending place of their claims or ranges.
  public private(set) var rows: [HistoryRow] = []
  /// Segments, or parts of them, that couldn't be read: rows may be missing.
  public private(set) var findings: [RecoveryFinding] = []

  /// Reads segments from the newest back until no older one can hold a row that is asked for.
  ///
  /// It only reads, and may do so while a ticker appends: a record that is half written isn't seen yet. Memory: one
  /// segment, twice the limit of rows, and the open runs.
  public static func read(
    _ query: HistoryQuery, from reader: inout some LedgerReading
  ) -> RunHistory {
    var history = RunHistory()
    let numbers: [Int]
    do throws(StorageError) {
      numbers = try reader.list().compactMap(SegmentName.number).sorted(by: >)
    } catch {
      history.findings.append(RecoveryFinding(.unreadable, segment: "", detail: error.description))
      return history
    }
    var seen = Seen()
    for number in numbers {
      let name = SegmentName.of(number)
      do throws(StorageError) {
        let bytes = try reader.readAll(name, limit: query.maximumSegmentBytes)
        let segment = SegmentRows(bytes, name: name, query: query, seen: &seen)
        history.findings += segment.findings.prefix(max(0, 100 - history.findings.count))
        history.merge(segment.rows, limit: query.limit)
        if history.isComplete(query, behind: segment.covered) { break }
      } catch {
        history.findings.append(RecoveryFinding(.unreadable, segment: name, detail: error.description))
      }
    }
    return history
  }

  private mutating func merge(_ more: [HistoryRow], limit: Int) {
    rows = (rows + more).sorted { $0.sequence > $1.sequence }
    if limit > 0, rows.count > limit { rows.removeLast(rows.count - limit) }
  }

  /// Whether older segments, whose rows all have places up to `covered`, can't add any.
  private func isComplete(_ query: HistoryQuery, behind covered: UInt64?) -> Bool {
    if query.run != nil { return rows.contains { !$0.isLive } || rows.count == query.limit && query.limit > 0 }
    guard let covered, query.limit > 0, rows.count >= query.limit, let last = rows.last else { return false }
    return last.sequence > covered
  }
}

/// What newer segments have said already.
private struct Seen {
  /// Runs that a newer segment restated: older segments know less of them.
  var runs: Set<RunIdentifier> = []
  /// Ranges that a newer segment holds once more, after a failed sync.
  var ranges: Set<UInt64> = []
  /// Whether any newer segment began with a whole snapshot: what it doesn't restate isn't alive.
  var hasSnapshot = false
}

/// The rows of one segment. Each segment restates the open runs, so a run's end never lacks its claim.
private struct SegmentRows {
  private(set) var rows: [HistoryRow] = []
  private(set) var findings: [RecoveryFinding] = []
  /// The place of the last record before this segment; nil when its head is damaged.
  private(set) var covered: UInt64?
  private var index: [RunIdentifier: Int] = [:]
  private let query: HistoryQuery

  init(_ bytes: [UInt8], name: String, query: HistoryQuery, seen: inout Seen) {
    self.query = query
    var scanner = SegmentScanner(bytes)
    while let item = scanner.next() {
      switch item {
      case .record(let record, _): take(record, seen: seen)
      case .damage(let range):
        findings.append(
          RecoveryFinding(
            .damaged, segment: name, offset: range.lowerBound,
            detail: "\(range.count) bytes are no record, and records follow"))
      case .tornTail: break
      }
    }
    if seen.hasSnapshot {
      for row in rows.indices where rows[row].isLive { rows[row].lose() }
    }
    seen.runs.formUnion(restated)
    seen.ranges.formUnion(repeatedRanges)
    if let head = SegmentHead(bytes), head.isComplete { seen.hasSnapshot = true }
  }

  private var restated: [RunIdentifier] {
    guard let covered else { return rows.compactMap(\.run) }
    return rows.lazy.filter { $0.sequence <= covered }.compactMap(\.run)
  }

  private var repeatedRanges: [UInt64] {
    guard let covered else { return rows.lazy.filter { $0.run == nil }.map(\.sequence) }
    return rows.lazy.filter { $0.run == nil && $0.sequence <= covered }.map(\.sequence)
  }

  private mutating func take(_ record: SequencedRecord, seen: Seen) {
    switch record.record {
    case .snapshot: if covered == nil { covered = record.seq }
    case .claim(let claim):
      guard query.admits(claim.job), query.run == nil || query.run == claim.run, !seen.runs.contains(claim.run),
        index[claim.run] == nil
      else { return }
      index[claim.run] = rows.count
      rows.append(HistoryRow(claim: claim, sequence: record.seq))
    case .start(let start):
      if let row = index[start.run] { rows[row].start(start) }
    case .end(let end):
      if let row = index[end.run] { rows[row].end(end) }
    case .skipped(let range): take(range, outcome: .skipped, at: record.seq, seen: seen)
    case .missed(let range): take(range, outcome: .missed, at: record.seq, seen: seen)
    default: break
    }
  }

  private mutating func take<Reason: RawRepresentable<String>>(
    _ range: NotRun<Reason>, outcome: Outcome, at sequence: UInt64, seen: Seen
  ) {
    guard query.run == nil, query.admits(range.job), !seen.ranges.contains(sequence) else { return }
    rows.append(HistoryRow(range: range, outcome: outcome, sequence: sequence))
  }
}
