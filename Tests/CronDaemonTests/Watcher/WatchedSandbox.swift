import CronSystem
import CronTestSupport
import CronWire
import Glibc
import Testing

@testable import CronDaemon

/// A watcher as a process of its own, over a ticker that is a script whose behaviour files decide.
final class WatchedSandbox {
  /// Says its pid, then READY; answers requests and stops when told, unless a file says otherwise.
  private static let script = """
    #!/bin/sh
    # $0 lies in the directory whose files say how to behave.
    cd "${0%/*}" || exit 99
    echo $$ >> pids
    if [ -e orphan ]; then
      rm orphan
      # Its parent ends at once: the orphan is the watcher's, who is the next sub-reaper above.
      ( ( exec sh -c 'echo $$ > orphan.pid; while [ -e orphan.hold ]; do sleep 0.01; done; exit 42' ) & )
    fi
    if [ -e say ]; then cat say >&2; rm say; fi
    if [ -e exit ]; then status=$(cat exit); rm exit; exit "$status"; fi
    if [ ! -e mute ]; then printf ready >&4; fi
    # One that was spawned in the very moment of its watcher's end is known to nobody: it goes with its directory.
    while [ -e program ]; do
      if [ -e reloading ]; then rm reloading; printf reloading >&4; fi
      if [ -e leave ]; then rm leave; exit 0; fi
      if [ -e asleep ]; then rm asleep; printf asleep >&4; exit 0; fi
      message=$(dd bs=70000 count=1 <&4 2>/dev/null)
      case $message in
      stop*) echo "$message" >> told; if [ ! -e deaf ]; then exit 0; fi ;;
      leave) if [ ! -e deaf ]; then exit 0; fi ;;
      reload | dump | reopen-log) echo "$message" >> told ;;
      request*) set -- $message; if [ ! -e silent ]; then printf 'answer %s {"ok":true,"pid":%s}' "$2" $$ >&4; fi ;;
      esac
      sleep 0.01
    done
    """

  let sandbox: Sandbox
  let state: StateDirectory
  private(set) var watcher: Int32 = -1
  private var output: FileDescriptor?

  private let logsToState: Bool

  /// `logsToState`: descriptors 1 and 2 of the watcher are STATE/log/cronwatch.log, as when `start` detached it.
  init(logsToState: Bool = false) throws {
    self.logsToState = logsToState
    sandbox = try Sandbox()
    state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try sandbox.write("ticker/program", Self.script, permissions: 0o755)
  }

  deinit {
    if watcher > 0 { kill(watcher, SIGKILL) }
    for pid in tickers + (orphan.map { [$0] } ?? []) where ProcessStatus.read(pid) != nil { kill(pid, SIGKILL) }
    if watcher > 0 { _ = try? Reaper.wait(for: watcher) }
  }

  /// The binary that `swift build` put beside the tests.
  static func executable() throws -> String {
    let tests = try CurrentProcess.executablePath()
    var directory = String(tests[..<(tests.lastIndex(of: "/") ?? tests.endIndex)])
    if directory.hasSuffix(".xctest") {
      directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.endIndex)])
    }
    return directory + "/cronwatch"
  }

  /// Starts a watcher; returns what it says at its ready pipe.
  @discardableResult
  func start(_ more: [String] = [], environment: [String] = []) throws -> String {
    let (pid, line) = try launch(more, environment: environment)
    watcher = pid
    return line
  }

  /// Starts PID 1's stub over a watcher; nobody waits for READY.
  func startInit() throws {
    let log = try openLog()
    watcher = try Spawn.start(
      try Self.executable(),
      arguments: [
        "cronwatch", "role", "init", "--state", state.path, "--ticker-program", sandbox.path(of: "ticker/program"),
      ], environment: Environment.entries(),
      descriptors: [.init(child: 1, raw: log.raw), .init(child: 2, raw: log.raw)])
  }

  private func openLog() throws -> FileDescriptor {
    if logsToState { return try LogFile.open(in: state) }
    return try FileDescriptor.open(sandbox.path(of: "log"), [.write, .create, .append])
  }

  /// Starts another process with the same arguments; the caller waits for it.
  func launch(_ more: [String] = [], environment: [String] = []) throws -> (pid: Int32, line: String) {
    var pipe = try Pipe()
    let log = try openLog()
    let words = [
      "cronwatch", "role", "watcher", "--state", state.path, "--ticker-program", sandbox.path(of: "ticker/program"),
      "--ready-fd", "3", "--log-level", "debug",
    ]
    let inherited = Environment.entries().filter { !$0.hasPrefix("NOTIFY_SOCKET=") }
    let pid = try Spawn.start(
      try Self.executable(), arguments: words + more, environment: inherited + environment,
      descriptors: [
        .init(child: 1, raw: log.raw), .init(child: 2, raw: log.raw), .init(child: 3, raw: pipe.writeRaw),
      ])
    _ = pipe.takeWriteEnd()
    let bytes = try pipe.takeReadEnd().readToEnd(limit: 4096)
    return (pid, String(decoding: bytes, as: UTF8.self))
  }

  /// The pids of every ticker that was started, oldest first.
  var tickers: [Int32] { (sandbox.read("ticker/pids") ?? "").split(separator: "\n").compactMap { Int32($0) } }
  var orphan: Int32? { sandbox.read("ticker/orphan.pid").flatMap { Int32($0.prefix { $0 != "\n" }) } }
  var log: String { sandbox.read("log") ?? "" }

  func behave(_ name: String, _ text: String = "") throws { try sandbox.write("ticker/\(name)", text) }

  func behaveNoMore(_ name: String) { unlink(sandbox.path(of: "ticker/\(name)")) }

  func ask(_ verb: String) throws -> JSONValue { try ControlClient.ask(state, ["verb": .string(verb)]) }

  /// Waits until the n-th ticker answers requests; returns its pid.
  func waitForTicker(_ number: Int) throws -> Int32 {
    try waitUntil("ticker \(number) runs") { tickers.count >= number }
    let pid = tickers[number - 1]
    try waitUntil("ticker \(number) answers") { (try? ask("echo"))?["pid"]?.integerValue == Int64(pid) }
    return pid
  }

  /// Waits for the watcher's end.
  func end() throws -> ExitCause {
    let ended = try Reaper.wait(for: watcher)
    watcher = -1
    return ended.cause
  }
}
