import CronSystem

/// What a job's process needs that only its worker may look up: user lookups can block for minutes, so they happen here.
struct JobPreparation {
  /// Whose process it becomes; nil = ours.
  var identity: LaunchIdentity?
  var environment: [String]
  var arguments: [String]
  /// Where it starts: HOME, and if that can't be entered, the root.
  var directory: String
  /// PATH, for words without a slash.
  var searchPath: String

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
    let owner = try Self.account(of: order.user)
    let user = CurrentProcess.effectiveUser
    if owner.userIdentifier != user {
      guard user == 0 else { throw .notPermitted(order.user ?? "") }
      identity = LaunchIdentity(
        userIdentifier: owner.userIdentifier, groupIdentifier: owner.groupIdentifier, groups: owner.groups())
    }
    let variables = JobVariables.build(order, owner: owner, inherited: Environment.entries())
    environment = variables.map { "\($0.name)=\($0.value)" }
    let home = variables.last { $0.name == "HOME" }?.value ?? "/"
    directory = home.isEmpty ? "/" : home
    searchPath = variables.last { $0.name == "PATH" }?.value ?? JobVariables.defaultPath
    switch order.command {
    case .words(let words): arguments = words
    case .line(let line):
      let shell = variables.last { $0.name == "SHELL" }?.value ?? order.shell
      if let words = DirectExecution.words(of: line, shell: shell, directory: directory) {
        arguments = words
      } else {
        arguments = [shell, "-c", line]
      }
    }
  }

  /// The account of the job's user; one's own uid needs no entry in the user database.
  private static func account(of name: String?) throws(Failure) -> Account {
    let user = CurrentProcess.effectiveUser
    guard let name else {
      do {
        if let account = try Account.of(userIdentifier: user) { return account }
      } catch {
        // An own uid that can't be looked up is as good as one without an entry.
      }
      return Account(
        name: Environment.get("LOGNAME") ?? Environment.get("USER") ?? String(user), userIdentifier: user,
        groupIdentifier: CurrentProcess.effectiveGroup, home: Environment.get("HOME") ?? "/", shell: "/bin/sh")
    }
    do {
      guard let account = try Account.named(name) else { throw Failure.unknownUser(name) }
      return account
    } catch let error as Failure {
      throw error
    } catch let error as Errno {
      throw .lookup(name, error)
    } catch {
      throw .unknownUser(name)
    }
  }
}
