import Testing

@testable import CronDaemon

@Suite struct RecordedFailuresTests {
  private static let second: Int64 = 1_000_000_000

  @Test func `an error that goes on for a day is recorded 144 times, not at each tick`() {
    var failures = RecordedFailures()
    let recorded = (0..<86_400).count { failures.take("EIO", nowNanoseconds: Int64($0) * Self.second) }
    #expect(recorded == 144)
  }

  @Test func `another error is recorded too, and errors that take turns not more than once a minute`() {
    var failures = RecordedFailures()
    let moments: [(error: String, second: Int64)] = [("EIO", 0), ("ENOSPC", 59), ("ENOSPC", 60), ("ENOSPC", 121)]
    let first = moments.map { failures.take($0.error, nowNanoseconds: $0.second * Self.second) }
    #expect(first == [true, false, true, false])
    let errors = ["EIO", "ENOSPC"]
    let recorded = (200..<3_800).count { failures.take(errors[$0 % 2], nowNanoseconds: Int64($0) * Self.second) }
    #expect(recorded == 60)
  }
}
