public import CronTime

/// Names one occurrence of one job: `backup@2026-06-18T12:00:00Z`.
public struct OccurrenceKey: Hashable, Sendable, CustomStringConvertible {
  /// The job's name.
  public var job: String
  /// The nominal instant that the schedule names, before any jitter.
  public var instant: Instant

  /// Names the job's occurrence at the instant.
  public init(job: String, instant: Instant) {
    self.job = job
    self.instant = instant
  }

  /// `JOB@INSTANT`, whole seconds, UTC.
  public var description: String { "\(job)@\(instant)" }
}
