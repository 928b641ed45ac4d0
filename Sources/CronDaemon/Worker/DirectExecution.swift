import CronConfig
import CronSystem

/// Whether a command line can be executed without a shell in between, and to the same effect.
enum DirectExecution {
  /// The words to execute, or nil where only `$SHELL -c` means the same.
  ///
  /// What dash does with a simple command is known; other shells have other builtins, so they always get the line.
  static func words(of line: String, shell: String, directory: String) -> [String]? {
    guard shell == "/bin/sh", shellIsDash else { return nil }
    return DirectCommand.words(ofShellLine: line, shell: shell)
  }

  private static let shellIsDash: Bool = {
    do {
      let target = try linkTarget(ofPath: "/bin/sh")
      return target == "dash" || target == "/bin/dash" || target == "/usr/bin/dash"
    } catch {
      return false
    }
  }()
}
