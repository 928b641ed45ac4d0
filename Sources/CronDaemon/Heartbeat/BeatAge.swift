/// How long ago a beat was written; pure.
public enum BeatAge: Hashable, Sendable {
  /// Missing, damaged, future-dated: nothing that proves life, and nothing that proves death.
  case unknown
  /// Seconds, ≥ 0.
  case seconds(Double)

  /// The age of what was read, at a moment read after it.
  ///
  /// Within one boot CLOCK_MONOTONIC decides, so that a step of the wall clock changes nothing; a beat of another boot
  /// is aged by the wall clock, for display. A beat from the future has no age.
  public static func age(of reading: BeatReading, now: BeatMoment) -> BeatAge {
    guard case .beat(let beat) = reading else { return .unknown }
    if beat.boot == now.boot {
      let difference = now.monotonicNanoseconds.subtractingReportingOverflow(beat.monotonicNanoseconds)
      guard !difference.overflow, difference.partialValue >= 0 else { return .unknown }
      return .seconds(Double(difference.partialValue) / 1e9)
    }
    let difference = now.wallSeconds.subtractingReportingOverflow(beat.wallSeconds)
    guard !difference.overflow, difference.partialValue >= 0 else { return .unknown }
    return .seconds(Double(difference.partialValue))
  }

  /// The seconds; nil when unknown.
  public var seconds: Double? {
    if case .seconds(let seconds) = self { seconds } else { nil }
  }

  /// Whether the age is known and not beyond the limit; the limit itself is still fresh.
  public func isWithin(_ limitSeconds: Int64) -> Bool {
    if case .seconds(let seconds) = self { seconds <= Double(limitSeconds) } else { false }
  }
}

/// The clocks that an age is measured by, read together.
public struct BeatMoment: Hashable, Sendable {
  /// Wall time in seconds since the epoch.
  public var wallSeconds: Int64
  /// CLOCK_MONOTONIC in nanoseconds.
  public var monotonicNanoseconds: Int64
  /// The running boot.
  public var boot: String

  /// A moment of these readings.
  public init(wallSeconds: Int64, monotonicNanoseconds: Int64, boot: String) {
    self.wallSeconds = wallSeconds
    self.monotonicNanoseconds = monotonicNanoseconds
    self.boot = boot
  }
}
