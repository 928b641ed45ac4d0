/// Whether the program that a job begins with is where the job will look for it.
enum CommandCheck {
  /// Shells whose words of their own are known here.
  private static let shells: Set<String> = ["sh", "dash", "bash", "ash"]
  /// The most directories of a PATH that are looked at.
  private static let mostDirectories = 100

  static func finding(_ job: JobDefinition, inheritsPath: Bool, _ lookups: MachineLookups) -> Diagnostic? {
    if case .shellLine = job.command, lookups.program(job.shell) == .missing {
      return Diagnostic(
        position: job.position, level: .warning, code: "shell-not-found",
        message: "there is no shell \(shortened(job.shell))", hint: "write SHELL=/bin/sh above the job")
    }
    guard let name = program(job), let candidates = candidates(name, job, inheritsPath: inheritsPath) else {
      return nil
    }
    var unusable: String?
    for candidate in candidates {
      switch lookups.program(candidate) {
      case .executable, .unknown: return nil
      case .notExecutable: unusable = unusable ?? candidate
      case .missing: continue
      }
    }
    if let unusable {
      return Diagnostic(
        position: job.position, level: .warning, code: "command-not-executable",
        message: "\(shortened(unusable)) is not an executable file",
        hint: "make it executable with chmod +x, or write the program that runs it in front of it")
    }
    return missing(name, job, lookups)
  }

  /// The program that is executed; nil where only a shell could tell.
  private static func program(_ job: JobDefinition) -> String? {
    switch job.command {
    case .words(let words): return words.first
    case .shellLine(let line):
      guard let shell = job.shell.split(separator: "/").last, shells.contains(String(shell)) else { return nil }
      return DirectCommand.program(ofShellLine: line)
    }
  }

  /// Where it may be, in the order of the search; nil where that can't be told.
  private static func candidates(_ name: String, _ job: JobDefinition, inheritsPath: Bool) -> [String]? {
    if name.hasPrefix("/") { return [name] }
    if name.utf8.contains(UInt8(ascii: "/")) {
      guard let home = variable("HOME", of: job), home.hasPrefix("/") else { return nil }
      return ["\(home)/\(name.hasPrefix("./") ? String(name.dropFirst(2)) : name)"]
    }
    if variable("PATH", of: job) == nil, inheritsPath { return nil }
    let directories = path(of: job).split(separator: ":", omittingEmptySubsequences: false)
    guard directories.count <= mostDirectories, directories.allSatisfy({ $0.hasPrefix("/") }) else { return nil }
    return directories.map { "\($0)/\(name)" }
  }

  private static func missing(_ name: String, _ job: JobDefinition, _ lookups: MachineLookups) -> Diagnostic {
    let message: String
    var hint: String
    if name.utf8.contains(UInt8(ascii: "/")) {
      message = "there is no program \(shortened(name))"
      hint = "correct the path, or install it before the job runs"
    } else {
      message = "\"\(shortened(name))\" is not in the job's PATH (\(shortened(path(of: job))))"
      hint = job.sourceKind == .conf ? "write its whole path" : "write its whole path, or set PATH above the job"
      if job.sourceKind == .crontab, lookups.userExists(name) == true {
        hint = "\"\(shortened(name))\" is a user: check a system crontab with --system"
      }
    }
    return Diagnostic(position: job.position, level: .warning, code: "command-not-found", message: message, hint: hint)
  }

  private static func path(of job: JobDefinition) -> String {
    variable("PATH", of: job) ?? JobEnvironment.defaultPath
  }

  private static func variable(_ name: String, of job: JobDefinition) -> String? {
    job.environment.first { $0.name == name }?.value
  }

  /// What people wrote, short enough for a message.
  static func shortened(_ text: String) -> String { text.count > 120 ? String(text.prefix(119)) + "…" : text }
}
