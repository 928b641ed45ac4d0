public import CronTime

/// What is known about the account that a job runs as.
public struct AccountFacts: Hashable, Sendable {
  /// The home directory.
  public var home: String
  /// The login name.
  public var name: String
  /// The user id.
  public var uid: UInt32
  /// Whether the passwd database has the account.
  public var hasEntry: Bool

  /// An account with an entry.
  public init(home: String, name: String, uid: UInt32, hasEntry: Bool = true) {
    self.home = home
    self.name = name
    self.uid = uid
    self.hasEntry = hasEntry
  }

  /// A uid without an entry, as containers have them: its number is its name, `/` its home unless one is inherited.
  public static func withoutEntry(uid: UInt32) -> AccountFacts {
    AccountFacts(home: "/", name: "\(uid)", uid: uid, hasEntry: false)
  }
}

/// What a job learns about its run.
public struct RunFacts: Hashable, Sendable {
  /// The job's name.
  public var job: String
  /// The run's identifier.
  public var run: String
  /// The occurrence; nil for a manual run.
  public var occurrence: Instant?
  /// The attempt, from 1.
  public var attempt: Int

  /// The facts of a run.
  public init(job: String, run: String, occurrence: Instant?, attempt: Int) {
    self.job = job
    self.run = run
    self.occurrence = occurrence
    self.attempt = attempt
  }
}

/// A job's environment: built as cron builds it, not inherited.
public enum JobEnvironment {
  /// The PATH of a job that sets none, as Debian's cron.
  public static let defaultPath = "/usr/bin:/bin"

  /// The whole environment; no name occurs twice, the order is fixed.
  ///
  /// The file's own variables win over HOME, SHELL and PATH; over LOGNAME, USER and `CRONWATCH_…` nothing does.
  /// `inherited` (see `inherited(from:names:)`) gives what neither cron nor the file sets, and PATH.
  public static func build(
    _ definition: JobDefinition, account: AccountFacts, inherited: [EnvironmentVariable] = [], run: RunFacts
  ) -> [EnvironmentVariable] {
    var list = VariableList()
    list.set("HOME", account.home)
    list.set("LOGNAME", account.name)
    list.set("USER", account.name)
    list.set("SHELL", definition.shell)
    list.set("PATH", defaultPath)
    for variable in inherited {
      switch variable.name {
      case "LOGNAME", "USER", "SHELL": continue
      case "HOME" where account.hasEntry: continue
      default: list.set(variable.name, variable.value)
      }
    }
    for variable in definition.environment { list.set(variable.name, variable.value) }
    list.set("LOGNAME", account.name)
    list.set("USER", account.name)
    list.set("CRONWATCH_JOB", run.job)
    list.set("CRONWATCH_RUN", run.run)
    list.set("CRONWATCH_OCCURRENCE", run.occurrence?.description ?? "")
    list.set("CRONWATCH_ATTEMPT", "\(run.attempt)")
    return list.variables
  }

  /// The part of the daemon's environment that jobs get: the names of `[jobs] inherit-environment`, or all for `*`.
  ///
  /// What belongs to the daemon's own supervision, and to a shell's own bookkeeping, is never part of "all".
  public static func inherited(from all: [EnvironmentVariable], names: [String]) -> [EnvironmentVariable] {
    let everything = names.contains("*")
    let wanted = Set(names)
    return all.filter { variable in
      if variable.name.hasPrefix("CRONWATCH_") { return false }
      return wanted.contains(variable.name) || (everything && !own.contains(variable.name))
    }
  }

  private static let own: Set<String> = [
    "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID",
    "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MANAGERPID", "MAINPID", "PWD", "OLDPWD", "SHLVL", "_",
  ]
}

/// Variables in the order in which they were first set.
private struct VariableList {
  private(set) var variables: [EnvironmentVariable] = []
  private var places: [String: Int] = [:]

  mutating func set(_ name: String, _ value: String) {
    if let place = places[name] {
      variables[place].value = value
    } else {
      places[name] = variables.count
      variables.append(EnvironmentVariable(name: name, value: value))
    }
  }
}
