internal import CronConfig
internal import CronSystem

/// Whether a command line can be executed without a shell in between, and to the same effect.
///
/// What dash does with a simple command is known: it searches PATH, execs, and hands on its environment with PWD set.
/// Other shells do more, so they always get the line.
enum DirectExecution {
  /// Words and environment of the program itself; nil where only `$SHELL -c` surely means the same.
  static func plan(
    line: String, shell: String, environment: [EnvironmentVariable], directory: String
  ) -> JobPreparation.Program? {
    guard shellIsDash, let words = DirectCommand.words(ofShellLine: line, shell: shell),
      environment.allSatisfy(passesThroughDash), let physical = physicalPath(directory)
    else { return nil }
    return JobPreparation.Program(
      arguments: words, environment: environment + [EnvironmentVariable(name: "PWD", value: physical)])
  }

  /// Whether dash hands this variable on as it is: it drops names that aren't its own kind, and sets some itself.
  private static func passesThroughDash(_ variable: EnvironmentVariable) -> Bool {
    let ownOfDash = ["PWD", "OLDPWD", "IFS", "OPTIND", "PPID", "LINENO", "_"]
    if ownOfDash.contains(variable.name) { return false }
    // In PATH, dash gives `%` a meaning of its own.
    if variable.name == "PATH", variable.value.utf8.contains(UInt8(ascii: "%")) { return false }
    guard let first = variable.name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return false
    }
    return variable.name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// What getcwd(3) will say in that directory; nil when we can't know.
  private static func physicalPath(_ directory: String) -> String? {
    do {
      let opened = try Directory.open(directory)
      let path = try linkTarget(ofPath: "/proc/self/fd/\(opened.descriptor.raw)")
      return path.hasPrefix("/") && !path.hasSuffix(" (deleted)") ? path : nil
    } catch {
      return nil
    }
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
