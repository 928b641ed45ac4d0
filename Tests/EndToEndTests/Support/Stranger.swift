import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// Somebody else on this machine: commands under another uid, by setpriv(1), in the groups that are named.
struct Stranger {
  static let user = "54321"

  private let cron: Cronwatch
  private let group: UInt32?

  /// Skips the test with the reason where nobody else can be, or where they couldn't come as far as the sandbox.
  ///
  /// The program is copied: the way to the build may be closed to them.
  init(_ cron: Cronwatch, group: UInt32? = nil) throws {
    (self.cron, self.group) = (cron, group)
    if geteuid() != 0 { try Test.cancel("only root can be another user here") }
    if access("/usr/bin/setpriv", X_OK) != 0 { try Test.cancel("/usr/bin/setpriv isn't installed") }
    try Directory.open(cron.sandbox.path).descriptor.setPermissions(0o711)
    let program = cron.sandbox.path(of: "program")
    if access(program, X_OK) != 0 {
      var copy = try cron.spawn(["--", Program.path, program], executable: "/usr/bin/cp")
      if try copy.wait("cp", seconds: 60) != .exited(0) { throw Errno.inputOutput }
    }
    if try run(["version"]).exit != 0 { try Test.cancel("another user can't come to \(program)") }
  }

  /// Runs a command of ours.
  func run(_ words: [String]) throws -> CommandResult { try run(cron.sandbox.path(of: "program"), words) }

  /// Runs any command.
  func run(_ executable: String, _ words: [String]) throws -> CommandResult {
    let groups = group.map { "--groups=\($0)" } ?? "--clear-groups"
    var started = try cron.spawn(
      ["--reuid=\(Self.user)", "--regid=\(Self.user)", groups, "--inh-caps=-all", executable] + words,
      executable: "/usr/bin/setpriv")
    let (output, error) = (started.outputPath, started.errorPath)
    guard case .exited(let status) = try started.wait("\(executable) \(words)", seconds: 90) else {
      throw Errno.noChild
    }
    return CommandResult(exit: Int(status), output: text(output), error: text(error), seconds: 0)
  }
}
