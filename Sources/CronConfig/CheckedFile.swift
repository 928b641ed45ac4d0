public import CronTime

/// What a machine says about a path that may be a program.
public enum ProgramCheck: Hashable, Sendable {
  /// A file that somebody may execute.
  case executable
  /// It exists, but nobody may execute it, or it is no file.
  case notExecutable
  /// There is no such file.
  case missing
  /// It can't be told.
  case unknown
}

/// What the checks of a file ask the machine.
public struct MachineLookups {
  /// The zone of that name, for nil the machine's own; nil = there is none.
  public var zone: (String?) -> Zone?
  /// From when on schedules are looked at.
  public var now: Instant
  /// Whether an absolute path is a program.
  public var program: (String) -> ProgramCheck
  /// Whether a user exists; nil = it can't be told.
  public var userExists: (String) -> Bool?
  /// Whether mail could be sent.
  public var hasSendmail: () -> Bool

  /// Lookups; each may be asked any number of times.
  public init(
    program: @escaping (String) -> ProgramCheck, userExists: @escaping (String) -> Bool?,
    hasSendmail: @escaping () -> Bool, zone: @escaping (String?) -> Zone?, now: Instant
  ) {
    self.program = program
    self.userExists = userExists
    self.hasSendmail = hasSendmail
    self.zone = zone
    self.now = now
  }
}

/// A file that was parsed, as the checks see it.
public struct CheckedFile: Hashable, Sendable {
  /// Its jobs.
  public var jobs: [JobDefinition]
  /// What its parser found, and what the checks add.
  public var findings: DiagnosticList
  /// Where MAILTO is first set to something.
  var mailTo: SourcePosition?
  /// Where each job's schedules stand; empty for crontabs, where the job's own place says it.
  var schedulePositions: [[SourcePosition]] = []
  /// The zone that the file itself gives jobs without one; nil = the machine's.
  var defaultZone: String?
  /// Whether the daemon's own PATH may be handed to its jobs.
  var inheritsPath = false

  /// A crontab.
  public init(_ parsed: ParsedCrontab) {
    jobs = parsed.jobs
    findings = parsed.findings
    mailTo = parsed.mailTo
  }

  /// A `.conf` file.
  public init(_ parsed: ParsedConf) {
    jobs = parsed.jobs
    findings = parsed.findings
    schedulePositions = parsed.schedulePositions
    if !parsed.settings.defaultZone.isEmpty { defaultZone = parsed.settings.defaultZone }
    inheritsPath = parsed.settings.inheritEnvironment.contains { $0 == "*" || $0 == "PATH" }
  }

  /// A file that couldn't be read.
  public init(unreadable path: String, reason: String) {
    jobs = []
    findings = DiagnosticList([
      Diagnostic(
        position: SourcePosition(file: path, line: 0, column: 0), level: .error, code: "unreadable", message: reason)
    ])
  }

  /// What is kept of the findings, from the file's beginning to its end.
  public var sortedFindings: [Diagnostic] {
    findings.entries.enumerated().sorted { left, right in
      let (one, other) = (left.element.position, right.element.position)
      return (one.line, one.column, left.offset) < (other.line, other.column, right.offset)
    }.map(\.element)
  }
}
