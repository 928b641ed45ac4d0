public import CronTime

/// What a job executes.
public enum JobCommand: Hashable, Sendable {
  /// A line for the job's shell.
  case shellLine(String)
  /// A program and its arguments, executed without a shell; never empty.
  case words([String])
}

/// One variable of an environment.
public struct EnvironmentVariable: Hashable, Sendable {
  /// The name: not empty, without `=` and NUL.
  public var name: String
  /// The value, without NUL.
  public var value: String

  /// A variable.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// What kind of file a job was read from.
public enum SourceKind: String, Hashable, Sendable, CaseIterable {
  /// A crontab in user format that was named on the command line or in `[crontabs] files`.
  case crontab
  /// /etc/crontab or a file of /etc/cron.d: it has a user column.
  case systemCrontab = "system-crontab"
  /// A user's own crontab in the spool.
  case spool
  /// A `.conf` file.
  case conf
  /// A job that was added by a command.
  case command
}

/// One job as all parts of cronwatch know it: a schedule, a command and policies under a stable name.
public struct JobDefinition: Hashable, Sendable {
  /// Final, unique and stable; a job of a user's spool crontab is scoped by its owner (`alice/backup`).
  public var name: String
  /// The schedules, at least one.
  public var schedules: [Schedule]
  /// The zone of the schedules; nil = the default zone.
  public var zone: String?
  /// What is executed.
  public var command: JobCommand
  /// What the job reads from its standard input (the text after the first `%`); nil = nothing.
  public var standardInput: String?
  /// The user whom the job runs as; nil = the user of the daemon.
  public var user: String?
  /// The shell of a shell line.
  public var shell: String
  /// The file's own variables at that line, in their order.
  public var environment: [EnvironmentVariable]
  /// How long a run may take, in seconds; nil = for ever.
  public var timeoutSeconds: Int64?
  /// How late an occurrence may still fire normally, in seconds; nil = half the period, 120 s … 2 h.
  public var graceSeconds: Int64?
  /// What happens while the previous run lives.
  public var overlap: OverlapPolicy
  /// What happens to occurrences past their grace.
  public var catchUp: CatchUpPolicy
  /// What happens when the machine goes down under a run.
  public var onInterrupt: InterruptPolicy
  /// Whether its claims may be kept in memory while the disk refuses them.
  public var durability: DurabilityPolicy
  /// The upper bound of a stable random delay in minutes (`RANDOM_DELAY`); 0 = none.
  public var randomDelayMinutes: Int
  /// Where the job is written.
  public var position: SourcePosition
  /// What kind of file it is written in.
  public var sourceKind: SourceKind

  /// A job; what isn't given is as in a crontab without options.
  public init(
    name: String, schedules: [Schedule], zone: String? = nil, command: JobCommand, standardInput: String? = nil,
    user: String? = nil, shell: String = JobDefaults.shell, environment: [EnvironmentVariable] = [],
    timeoutSeconds: Int64? = nil, graceSeconds: Int64? = nil, overlap: OverlapPolicy = .skip,
    catchUp: CatchUpPolicy = .once, onInterrupt: InterruptPolicy = .record,
    durability: DurabilityPolicy = .preferred, randomDelayMinutes: Int = 0,
    position: SourcePosition = SourcePosition(file: "-", line: 0, column: 0), sourceKind: SourceKind = .crontab
  ) {
    self.name = name
    self.schedules = schedules
    self.zone = zone
    self.command = command
    self.standardInput = standardInput
    self.user = user
    self.shell = shell
    self.environment = environment
    self.timeoutSeconds = timeoutSeconds
    self.graceSeconds = graceSeconds
    self.overlap = overlap
    self.catchUp = catchUp
    self.onInterrupt = onInterrupt
    self.durability = durability
    self.randomDelayMinutes = randomDelayMinutes
    self.position = position
    self.sourceKind = sourceKind
  }
}

/// What a job gets where its file says nothing: the `[jobs]` section of the configuration.
public struct JobDefaults: Hashable, Sendable {
  /// The shell that cron uses, and the only one whose simple lines are executed directly.
  public static let shell = "/bin/sh"

  /// The shell of shell lines.
  public var shell: String
  /// See `JobDefinition.overlap`.
  public var overlap: OverlapPolicy
  /// See `JobDefinition.catchUp`.
  public var catchUp: CatchUpPolicy
  /// See `JobDefinition.graceSeconds`.
  public var graceSeconds: Int64?
  /// See `JobDefinition.timeoutSeconds`.
  public var timeoutSeconds: Int64?

  /// Defaults; without arguments those of the design.
  public init(
    shell: String = JobDefaults.shell, overlap: OverlapPolicy = .skip, catchUp: CatchUpPolicy = .once,
    graceSeconds: Int64? = nil, timeoutSeconds: Int64? = nil
  ) {
    self.shell = shell
    self.overlap = overlap
    self.catchUp = catchUp
    self.graceSeconds = graceSeconds
    self.timeoutSeconds = timeoutSeconds
  }
}

/// Whether a zone's name can be used; answered by whoever has the zone database.
public enum ZoneCheck: Hashable, Sendable {
  /// The zone exists.
  case known
  /// It doesn't; the nearest name, if there is one.
  case unknown(nearest: String?)
}
