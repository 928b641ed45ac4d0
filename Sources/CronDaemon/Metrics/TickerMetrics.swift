internal import CronLedger
internal import CronSystem

/// The ticker's part in the metrics file: it counts what it writes to the ledger, and keeps the counts where whoever
/// writes that file finds them.
final class TickerMetrics {
  private static let everyNanoseconds: Int64 = 1_000_000_000

  private let file: CountersFile
  private var counters: RunCounters
  private var written: RunCounters?
  private var nextNanoseconds: Int64 = .min

  /// Goes on where the ticker before ended.
  init(_ state: StateDirectory) {
    file = CountersFile(state)
    written = file.read()
    counters = written ?? RunCounters()
  }

  /// Counts what these records say.
  func take(_ records: [SequencedRecord]) {
    for record in records { counters.take(record.record) }
  }

  /// Keeps the counts when they have changed, at most once a second; a disk that refuses costs only the numbers.
  func write(isWanted: Bool, nowNanoseconds: Int64) {
    guard isWanted, nowNanoseconds >= nextNanoseconds, counters != written else { return }
    nextNanoseconds = nowNanoseconds &+ Self.everyNanoseconds
    if file.write(counters) == nil { written = counters }
  }
}
