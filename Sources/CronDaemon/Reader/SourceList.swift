internal import CronConfig
internal import CronSystem

/// Which files there are to read.
struct SourceList {
  private(set) var sources: [Source] = []
  /// Files and directories that were passed over, with the reason.
  private(set) var findings: [Diagnostic] = []
  /// Directories that couldn't be listed: the copies of what was in them stay.
  private(set) var unlistedDirectories: [String] = []

  /// The longest list of a directory.
  private static let mostEntries = 10_000

  /// A crontab in user format that somebody named.
  mutating func addNamed(_ path: String) {
    guard !sources.contains(where: { $0.path == path }) else { return }
    sources.append(Source(path: path, kind: .crontab, form: .crontab(.user(owner: nil)), trust: .named))
  }

  /// The jobs that commands added: `jobs/NAME.conf` of the state directory.
  mutating func addCommandJobs(_ state: StateDirectory) {
    let directory = state.path + "/" + StateDirectory.Subdirectory.jobs.rawValue
    for name in names(directory) where name.hasSuffix(".conf") && !name.hasPrefix(".") {
      sources.append(Source(path: "\(directory)/\(name)", kind: .command, form: .jobs, trust: .own))
    }
  }

  /// The system's own tables, as cron(8) of Debian finds them.
  mutating func addSystem(root: String, spool: String) {
    add(system: root + "/etc/crontab")
    let directory = root + "/etc/cron.d"
    for name in names(directory) {
      if let objection = SourceRules.cronDirectoryObjection(name: name) {
        // Every package leaves a `.placeholder`; nobody needs to be told.
        if name.hasPrefix(".") { continue }
        note("\(directory)/\(name)", "file-name", "this file is passed over: \(objection)", level: .note)
      } else {
        add(system: "\(directory)/\(name)")
      }
    }
    let users = root + spool
    for name in names(users) where !name.hasPrefix(".") && !name.hasPrefix("tmp.") {
      sources.append(
        Source(
          path: "\(users)/\(name)", kind: .spool, form: .crontab(.user(owner: name)), trust: .spool(user: name)))
    }
  }

  private mutating func add(system path: String) {
    sources.append(Source(path: path, kind: .systemCrontab, form: .crontab(.system), trust: .system))
  }

  /// The names in a directory; a missing one has none.
  private mutating func names(_ path: String) -> [String] {
    do {
      return try Directory.open(path).list(limit: Self.mostEntries)
    } catch {
      if error == .noEntry { return [] }
      unlistedDirectories.append(path)
      note(path, "unreadable-directory", "the directory can't be listed: \(error)", level: .error)
      return []
    }
  }

  private mutating func note(_ path: String, _ code: String, _ message: String, level: DiagnosticLevel) {
    findings.append(
      Diagnostic(
        position: SourcePosition(file: path, line: 0, column: 0), level: level, code: code, message: message))
  }
}
