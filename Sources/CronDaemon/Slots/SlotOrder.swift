/// Everything a worker needs to know of one run; what the ticker writes into a slot before it rings the doorbell.
///
/// It holds plain texts and numbers: a worker parses neither schedules nor configuration.
struct SlotOrder: Hashable, Sendable {
  /// What the job is to execute.
  enum Command: Hashable, Sendable {
    /// A line for the shell.
    case line(String)
    /// Words, executed as they are; at least one.
    case words([String])
  }

  /// The run that the order is for, and the sequence of its claim in the ledger: every field of a slot names both.
  var claim: SlotClaim
  var job: String
  /// `2026-06-18T12:00:00Z`, or empty for a manual run.
  var occurrence: String
  var attempt: Int
  /// Wall clock, µs: a worker that reads the order later than that declines it.
  var startDeadline: Int64
  var command: Command
  var shell: String
  /// Whose job it is; nil = the daemon's own user.
  var user: String?
  /// The crontab's own variables, in order.
  var environment: [Variable]
  /// Names of the daemon's variables that the job inherits; `*` = all.
  var inherited: [String]
  /// What the job reads from its standard input; nil = /dev/null.
  var standardInput: String?
  /// Seconds after which the run is stopped; nil = never.
  var timeoutSeconds: Int64?
  /// Seconds between TERM and KILL.
  var killGraceSeconds: Int64
  /// Bytes of output that are kept.
  var outputLimit: Int64

  /// One environment variable.
  struct Variable: Hashable, Sendable {
    var name: String
    var value: String

    /// `name=value`.
    init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Bytes of output that are kept where nobody says otherwise.
  static let defaultOutputLimit: Int64 = 10 * 1024 * 1024

  /// An order for a run, with the defaults of design: no timeout, 10 s of kill grace, 10 MiB of output.
  init(claim: SlotClaim, job: String, command: Command) {
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
    outputLimit = Self.defaultOutputLimit
  }
}

/// The run that a slot holds: a field of its record counts only if it names both.
struct SlotClaim: Hashable, Sendable {
  /// The run's identifier.
  let run: String
  /// The sequence of the run's claim in the ledger.
  let sequence: UInt64

  /// The claim of a run.
  init(run: String, sequence: UInt64) {
    self.run = run
    self.sequence = sequence
  }
}
