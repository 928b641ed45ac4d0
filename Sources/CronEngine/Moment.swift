public import CronTime

/// One reading of all clocks; time enters the engine only so.
public struct Moment: Hashable, Sendable {
  /// CLOCK_REALTIME.
  public var wall: Instant
  /// CLOCK_MONOTONIC, which stands still while the machine sleeps.
  public var monotonicNanoseconds: Int64
  /// CLOCK_BOOTTIME, which doesn't.
  public var boottimeNanoseconds: Int64

  /// Takes one reading of each clock, made together.
  public init(wall: Instant, monotonicNanoseconds: Int64, boottimeNanoseconds: Int64) {
    self.wall = wall
    self.monotonicNanoseconds = monotonicNanoseconds
    self.boottimeNanoseconds = boottimeNanoseconds
  }
}

/// What happened to the clocks between two moments.
struct ClockChange: Hashable, Sendable {
  /// Differences below this are slewing and rounding.
  static let noticeable: Int64 = 2_000_000

  /// By how many µs the wall clock was set, 0 when it wasn't.
  let step: Int64
  /// How many µs the machine slept, 0 when it didn't.
  let suspended: Int64

  init(from earlier: Moment, to later: Moment) {
    let wall = Instant.microseconds(from: earlier.wall, to: later.wall)
    let boottime = (later.boottimeNanoseconds &- earlier.boottimeNanoseconds) / 1000
    let monotonic = (later.monotonicNanoseconds &- earlier.monotonicNanoseconds) / 1000
    let measuredStep = wall.subtractingReportingOverflow(boottime)
    let asleep = boottime &- monotonic
    step =
      measuredStep.overflow || measuredStep.partialValue.magnitude < Self.noticeable ? 0 : measuredStep.partialValue
    suspended = asleep < Self.noticeable ? 0 : asleep
  }
}
