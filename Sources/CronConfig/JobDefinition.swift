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
  /// What is executed.
  public var command: JobCommand
  private var line: Int32
  private var column: Int32
  private var shared: SharedTerms
  var sharedDigest: UInt64 { shared.digest }

  /// A job; what isn't given is as in a crontab without options.
  public init(
    name: String, schedules: [Schedule], zone: String? = nil, command: JobCommand, standardInput: String? = nil,
    user: String? = nil, shell: String = JobDefaults.shell, environment: [EnvironmentVariable] = [],
    timeoutSeconds: Int64? = nil, graceSeconds: Int64? = nil, overlap: OverlapPolicy = .skip,
    catchUp: CatchUpPolicy = .once, onInterrupt: InterruptPolicy = .record,
    durability: DurabilityPolicy = .preferred, randomDelayMinutes: Int = 0,
    position: SourcePosition = SourcePosition(file: "-", line: 0, column: 0), sourceKind: SourceKind = .crontab
  ) {
    let terms = JobTerms(
      zone: zone, standardInput: standardInput, user: user, shell: shell, environment: environment,
      timeoutSeconds: timeoutSeconds, graceSeconds: graceSeconds, overlap: overlap, catchUp: catchUp,
      onInterrupt: onInterrupt, durability: durability, randomDelayMinutes: randomDelayMinutes,
      file: position.file, sourceKind: sourceKind)
    self.init(
      name: name, schedules: schedules, command: command, line: position.line, column: position.column, terms: terms,
      neighbour: nil)
  }

  /// A job on its terms; with those of its neighbour, when they are the same, it shares one copy.
  init(
    name: String, schedules: [Schedule], command: JobCommand, line: Int, column: Int, terms: JobTerms,
    neighbour: JobDefinition?
  ) {
    self.name = name
    self.schedules = schedules
    self.command = command
    self.line = Int32(clamping: line)
    self.column = Int32(clamping: column)
    if let shared = neighbour?.shared, shared.terms == terms {
      self.shared = shared
    } else {
      shared = SharedTerms(terms)
    }
  }

  /// Two jobs are equal when all that is said of them is.
  public static func == (left: JobDefinition, right: JobDefinition) -> Bool {
    left.name == right.name && left.line == right.line && left.column == right.column
      && left.schedules == right.schedules && left.command == right.command
      && (left.shared === right.shared || left.shared.terms == right.shared.terms)
  }

  /// Hashes all that is said of it.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(schedules)
    hasher.combine(command)
    hasher.combine(line)
    hasher.combine(column)
    hasher.combine(shared.terms)
  }

  /// All of it that isn't a job's own as a rule; a change makes a copy of its own.
  var terms: JobTerms {
    get { shared.terms }
    set { shared = SharedTerms(newValue) }
  }

  /// Where the job is written.
  public var position: SourcePosition {
    get { SourcePosition(file: terms.file, line: Int(line), column: Int(column)) }
    set {
      line = Int32(clamping: newValue.line)
      column = Int32(clamping: newValue.column)
      if newValue.file != terms.file { terms.file = newValue.file }
    }
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
