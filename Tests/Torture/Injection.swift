import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// strace(1) attached to a process and all its threads: it kills, delays or fails the calls that it is told to.
struct Injection: ~Copyable {
  private var tracer: Program.Started
  private let traced: [ProcessIdentity]
  private let log: String

  /// Attaches and waits until every thread is traced; `rule` is what `-e inject=` takes.
  init(_ cron: Cronwatch, into processes: [ProcessIdentity], _ rule: String) throws {
    let prefix = cron.sandbox.path(of: "commands/strace-\(SystemClock.monotonic())")
    tracer = try Self.attach(cron, processes, rule, prefix)
    traced = processes
    log = prefix + ".log"
  }

  private static func attach(
    _ cron: Cronwatch, _ processes: [ProcessIdentity], _ rule: String, _ prefix: String
  ) throws -> Program.Started {
    let threads = processes.flatMap { Self.threads(of: $0.pid) }
    if threads.isEmpty { throw RowFailure("nothing is there to be traced") }
    let words =
      ["strace", "-o", prefix + ".log", "-e", "trace=\(rule.prefix { $0 != ":" })", "-e", "inject=\(rule)"]
      + threads.flatMap { ["-p", String($0)] }
    let tracer = try Surroundings.start(words, filePrefix: prefix)
    try cron.wait("strace attached") {
      if text(prefix + ".err").contains("Operation not permitted") { throw RowSkipped("strace isn't permitted here") }
      return threads.allSatisfy { isTraced($0) }
    }
    return tracer
  }

  /// How many calls were changed.
  var hits: Int {
    text(log).split(separator: "\n").count {
      $0.contains("(INJECTED)") || $0.contains("killed by SIGKILL") || $0.contains("(DELAYED)")
    }
  }

  /// Lets go of them: they run on. Without any of them strace ends by itself; told to at that moment, it may wait for
  /// ever for a thread whose end it hasn't been told of.
  mutating func end() throws {
    if traced.contains(where: \.isAlive) { try ProcessDescriptor(child: tracer.pid).signal(Signal.terminate) }
    _ = try tracer.wait("strace", seconds: 20)
  }

  private static func threads(of pid: Int32) -> [Int32] {
    ((try? Directory.open("/proc/\(pid)/task").list()) ?? []).compactMap { Int32($0) }
  }

  private static func isTraced(_ thread: Int32) -> Bool {
    let status = text("/proc/\(thread)/status")
    // One that has ended meanwhile needs no waiting.
    if status.isEmpty { return true }
    return status.split(separator: "\n").contains { $0.hasPrefix("TracerPid:") && !$0.hasSuffix("\t0") }
  }
}
