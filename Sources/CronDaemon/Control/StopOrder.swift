public import CronWire

/// What `cronwatch stop` asks for: how long runs may end by themselves, and what becomes of those that don't.
public struct StopOrder: Hashable, Sendable {
  /// What becomes of the runs that the drain doesn't see the end of.
  public enum Jobs: String, CaseIterable, Sendable {
    /// They go on; their workers finish them and keep their exits for the next start.
    case leave
    /// They are stopped: SIGTERM, and SIGKILL after their grace.
    case stop
    /// They are waited for, up to a day or as long as the order says; then as `leave`.
    case wait
  }

  /// The longest wait for a ticker that was told to stop or wait for its runs, in milliseconds: a day.
  public static let longestMilliseconds: Int64 = 86_400_000

  /// How long runs may end by themselves, 0 … `longestMilliseconds`; nil = as configured, for `wait` the longest.
  public var drainMilliseconds: Int64?
  /// What then becomes of them.
  public var jobs: Jobs

  /// Without arguments: as configured, and then left to their workers.
  public init(drainMilliseconds: Int64? = nil, jobs: Jobs = .leave) {
    self.drainMilliseconds = drainMilliseconds.map { min(max(0, $0), Self.longestMilliseconds) }
    self.jobs = jobs
  }

  /// Reads the members of a request to stop; what is absent or unknown is the default.
  public init(_ message: JSONValue) {
    self.init(
      drainMilliseconds: message["drain_ms"]?.integerValue,
      jobs: message["jobs"]?.stringValue.flatMap(Jobs.init(rawValue:)) ?? .leave)
  }

  /// At once, leaving all runs to their workers.
  public static let now = StopOrder(drainMilliseconds: 0)

  /// The members for a request to stop.
  public var members: [(String, JSONValue)] {
    [("drain_ms", JSONValue(drainMilliseconds)), ("jobs", .string(jobs.rawValue))]
  }

  /// How long runs may end by themselves when it is `configured`, in milliseconds.
  func drain(configured: Int64) -> Int64 {
    drainMilliseconds ?? (jobs == .wait ? Self.longestMilliseconds : configured)
  }

  /// How long the watcher lets a ticker go on that carries this out, in milliseconds; the ticker keeps its own limits.
  func patience(configured: Int64) -> Int64 {
    jobs == .stop ? Self.longestMilliseconds : drain(configured: configured)
  }
}
