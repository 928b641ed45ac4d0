internal import CronConfig
internal import CronSystem
internal import CronTime

/// What a job's process needs that only its worker may look up: user lookups can block for minutes.
struct JobPreparation {
  /// Words with the environment that goes with them.
  struct Program: Hashable {
    var arguments: [String]
    var environment: [EnvironmentVariable]
  }

  /// Whose process it becomes; nil = ours.
  var identity: LaunchIdentity?
  /// What the order says, as it stands: the words, or the line for the shell.
  var program: Program
  /// The same without the shell in between, where that is to the same effect.
  var direct: Program?
  /// Where it starts: HOME, and if that can't be entered, the root.
  var directory: String

  /// Why a job can't be prepared.
  enum Failure: Error, Hashable {
    /// NSS knows no such user now; it may later (a network directory at boot).
    case unknownUser(String)
    /// The lookup failed.
    case lookup(String, Errno)
    /// Only root may run jobs of others.
    case notPermitted(String)

    var message: String {
      switch self {
      case .unknownUser(let name): "there is no user '\(name)'"
      case .lookup(let name, let error): "the user '\(name)' can't be looked up: \(error)"
      case .notPermitted(let name): "only root may run jobs as '\(name)'"
      }
    }

    var isRetryable: Bool {
      switch self {
      case .unknownUser, .lookup: true
      case .notPermitted: false
      }
    }
  }

  init(_ order: SlotOrder) throws(Failure) {
    let account = try Self.account(of: order.user)
    let user = CurrentProcess.effectiveUser
    if let account, account.userIdentifier != user {
      guard user == 0 else { throw .notPermitted(account.name) }
      identity = LaunchIdentity(
        userIdentifier: account.userIdentifier, groupIdentifier: account.groupIdentifier, groups: account.groups())
    }
    let facts =
      account.map { AccountFacts(home: $0.home, name: $0.name, uid: $0.userIdentifier) }
      ?? AccountFacts.withoutEntry(uid: user)
    let environment = Self.environment(order, facts)
    let home = environment.last { $0.name == "HOME" }?.value ?? ""
    directory = home.isEmpty ? "/" : home
    switch order.command {
    case .words(let words):
      program = Program(arguments: words, environment: environment)
    case .line(let line):
      program = Program(arguments: [order.shell, "-c", line], environment: environment)
      direct = DirectExecution.plan(
        line: line, shell: order.shell, environment: environment, directory: directory)
    }
  }

  /// Built as cron does, never inherited by accident.
  private static func environment(_ order: SlotOrder, _ facts: AccountFacts) -> [EnvironmentVariable] {
    let definition = JobDefinition(
      name: order.job, schedules: [], command: .words([]), shell: order.shell,
      environment: order.environment.map { EnvironmentVariable(name: $0.name, value: $0.value) })
    var inherited: [EnvironmentVariable] = []
    if !order.inherited.isEmpty {
      let all = Environment.entries().compactMap { entry -> EnvironmentVariable? in
        guard let separator = entry.utf8.firstIndex(of: UInt8(ascii: "=")), separator > entry.startIndex else {
          return nil
        }
        return EnvironmentVariable(
          name: String(entry[..<separator]), value: String(entry[entry.index(after: separator)...]))
      }
      inherited = JobEnvironment.inherited(from: all, names: order.inherited)
    }
    return JobEnvironment.build(
      definition, account: facts, inherited: inherited,
      run: RunFacts(
        job: order.job, run: order.claim.run, occurrence: Instant(rfc3339: order.occurrence),
        attempt: order.attempt))
  }

  /// The account of the job's user; nil = our own uid, which has no entry in the user database and needs none.
  private static func account(of name: String?) throws(Failure) -> Account? {
    guard let name else {
      // An own uid that can't be looked up now is as good as one without an entry.
      do { return try Account.of(userIdentifier: CurrentProcess.effectiveUser) } catch { return nil }
    }
    let found: Account?
    do throws(Errno) { found = try Account.named(name) } catch { throw .lookup(name, error) }
    guard let found else { throw .unknownUser(name) }
    return found
  }
}
