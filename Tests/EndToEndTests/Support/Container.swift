import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What a container engine makes, by unshare(1) and mount(8): a pid namespace, a read-only root with one writable
/// directory (the sandbox), a user without a name, and an environment without HOME.
struct Container: ~Copyable {
  private static let user = "54321"
  private static let setUp = """
    set -e
    # The way to the build may be closed to that user.
    [ -e "$1/program" ] || cp "$0" "$1/program"
    mount --bind "$1" "$1"
    mount -o remount,bind,ro /
    shift
    exec "$@"
    """

  /// What a command inside left.
  struct Answer {
    let exit: Int
    let output: String
    /// The rows of `runs --json`.
    func runs() throws -> [RunRow] {
      try output.split(separator: "\n").map { RunRow(try JSONReader.parse(Array($0.utf8))) }
    }
  }

  private let cron: Cronwatch
  private var started: Program.Started
  /// PID 1 of the container, as it is called outside.
  let initPid: Int32
  /// Its standard error.
  var log: String { text(started.errorPath) }

  /// Skips the test with the reason where no container can be made.
  static func requireThatItCanBeMade() throws {
    if geteuid() != 0 { try Test.cancel("only root can make a container here") }
    for name in ["unshare", "nsenter", "setpriv", "mount"] where access("/usr/bin/\(name)", X_OK) != 0 {
      try Test.cancel("/usr/bin/\(name) isn't installed")
    }
    var attempt = try Program.start(
      ["--pid", "--fork", "--mount-proc", "true"], environment: [:], filePrefix: "/dev/null",
      executable: "/usr/bin/unshare", name: "unshare")
    if try attempt.wait("unshare", seconds: 90) != .exited(0) { try Test.cancel("no namespaces can be made here") }
  }

  /// Starts `cronwatch start --foreground` as its first process, once it is there.
  init(_ cron: Cronwatch) throws {
    let owner = uid_t(Self.user) ?? 0
    for path in [cron.sandbox.path, cron.sandbox.path(of: "crontab"), cron.sandbox.path(of: "cronwatch.conf")] {
      if chown(path, owner, gid_t(owner)) != 0 { throw Errno(rawValue: errno) }
    }
    let words = [
      "--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", Self.setUp, Program.path, cron.sandbox.path,
    ]
    let process = try cron.spawn(
      words + Self.command(cron, ["start", "--foreground", cron.crontabPath]), executable: "/usr/bin/unshare")
    let (outer, errors) = (process.pid, process.errorPath)
    initPid = try waitForValue("PID 1 of the container; it says: \(text(errors))") {
      ProcessStatus.children(of: outer).first { ProcessStatus.commandLine(of: $0)?.dropFirst().first == "role" }
    }
    started = process
    self.cron = cron
  }

  /// A command of ours as the container's user has it.
  private static func command(_ cron: Cronwatch, _ words: [String]) -> [String] {
    let state = "CRONWATCH_STATE=\(cron.state)"
    let configuration = "CRONWATCH_CONFIG=\(cron.sandbox.path(of: "cronwatch.conf"))"
    return asUser(["PATH=/usr/bin:/bin", state, configuration, cron.sandbox.path(of: "program")] + words)
  }

  private static func asUser(_ words: [String]) -> [String] {
    ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--inh-caps=-all", "env", "-i"] + words
  }

  /// Runs a command of ours inside, as `docker exec` does.
  func run(_ words: [String]) throws -> Answer { try enter(Self.command(cron, words)) }

  /// Runs any command inside.
  func shell(_ line: String) throws -> Answer {
    try enter(Self.asUser(["PATH=/usr/bin:/bin", "sh", "-c", line]))
  }

  private func enter(_ words: [String]) throws -> Answer {
    var command = try cron.spawn(["-t", "\(initPid)", "-m", "-p"] + words, executable: "/usr/bin/nsenter")
    let output = command.outputPath
    guard case .exited(let status) = try command.wait("a command in the container", seconds: 90) else {
      throw Errno.noChild
    }
    return Answer(exit: Int(status), output: text(output))
  }

  func signal(_ number: Int32) throws {
    if kill(initPid, number) != 0 { throw Errno(rawValue: errno) }
  }

  /// `docker stop`: SIGTERM; it has all the time a test has.
  mutating func stop() throws -> ExitCause {
    try signal(Signal.terminate)
    return try started.wait("the container", seconds: 90)
  }
}
