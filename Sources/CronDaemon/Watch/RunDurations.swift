public import CronLedger
internal import CronTime

/// How long a job's runs take; pure.
public enum RunDurations {
  /// The runs of one job that count: the newest.
  private static let most = 25

  /// The median seconds of each job's newest runs that ended by themselves; rows come newest first.
  public static func medians(_ rows: [HistoryRow]) -> [String: Double] {
    var durations: [String: [Double]] = [:]
    for row in rows {
      guard row.outcome == .succeeded || row.outcome == .failed, let start = row.startedAt, let end = row.finishedAt,
        durations[row.job, default: []].count < most
      else { continue }
      durations[row.job, default: []].append(max(Double(Instant.microseconds(from: start, to: end)) / 1e6, 0))
    }
    return durations.mapValues { values in
      let sorted = values.sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
  }
}
