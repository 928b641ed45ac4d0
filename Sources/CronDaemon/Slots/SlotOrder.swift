/// Everything a worker needs to know of one run; what the ticker writes into a slot before it rings the doorbell.
///
/// It holds plain texts and numbers: a worker parses neither schedules nor configuration.
public struct SlotOrder: Hashable, Sendable {
  /// What the job is to execute.
  public enum Command: Hashable, Sendable {
    /// A line for the shell.
    case line(String)
    /// Words, executed as they are; at least one.
    case words([String])
  }

  /// The run that the order is for, and the sequence of its claim in the ledger: every field of a slot names both.
  public var claim: SlotClaim
  public var job: String
  /// `2026-06-18T12:00:00Z`, or empty for a manual run.
  public var occurrence: String
  public var attempt: Int
  /// Wall clock, µs: a worker that reads the order later than that declines it.
  public var startDeadline: Int64
  public var command: Command
  public var shell: String
  /// Whose job it is; nil = the daemon's own user.
  public var user: String?
  /// The crontab's own variables, in order.
  public var environment: [Variable]
  /// Names of the daemon's variables that the job inherits; `*` = all.
  public var inherited: [String]
  /// What the job reads from its standard input; nil = /dev/null.
  public var standardInput: String?
  /// Seconds after which the run is stopped; nil = never.
  public var timeoutSeconds: Int64?
  /// Seconds between TERM and KILL.
  public var killGraceSeconds: Int64
  /// Bytes of output that are kept.
  public var outputLimit: Int64

  /// One environment variable.
  public struct Variable: Hashable, Sendable {
    public var name: String
    public var value: String

    /// `name=value`.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// An order for a run, with the defaults of design: no timeout, 10 s of kill grace, 10 MiB of output.
  public init(claim: SlotClaim, job: String, command: Command) {
    self.claim = claim
    self.job = job
    self.command = command
    occurrence = ""
    attempt = 1
    startDeadline = .max
    shell = "/bin/sh"
    environment = []
    inherited = []
    killGraceSeconds = 10
    outputLimit = 10 * 1024 * 1024
  }
}

/// The run that a slot holds: a field of its record counts only if it names both.
public struct SlotClaim: Hashable, Sendable {
  /// The run's identifier.
  public let run: String
  /// The sequence of the run's claim in the ledger.
  public let sequence: UInt64

  /// The claim of a run.
  public init(run: String, sequence: UInt64) {
    self.run = run
    self.sequence = sequence
  }
}
