internal import CronSystem

/// A restart in place that is under way: the program proves itself, the ticker leaves, the watcher becomes the program.
final class RestartInPlace {
  /// How long the program may test itself, in nanoseconds.
  static let proofNanoseconds: Int64 = 10_000_000_000
  /// How long the ticker has to leave its runs to their workers; a later one is ended by the new watcher.
  static let leaveNanoseconds: Int64 = 5_000_000_000
  /// What depends on where the watcher runs, and not on who asks for the restart.
  private static let kept: Set<String> = ["state", "foreground", "journald", "systemd", "init", "nofile"]

  /// Who waits for the answer.
  let client: UInt64
  /// The new executable.
  let program: String
  /// What the new watcher is told.
  let words: [String]
  /// The process of the program that tests itself.
  let pid: Int32
  /// Whether it has proved itself, so that the ticker was told to leave.
  private(set) var isLeaving = false
  /// When it has taken too long, in CLOCK_MONOTONIC nanoseconds.
  private(set) var deadlineNanoseconds: Int64
  private let process: ProcessDescriptor

  /// Starts the program's test of itself: `PROGRAM version --self-test --state DIR`, its words in our log.
  init(client: UInt64, program: String, words: [String], state: String, nowNanoseconds: Int64) throws(Errno) {
    self.client = client
    self.program = program
    self.words = words
    pid = try Spawn.start(
      program, arguments: ["cronwatch", "version", "--self-test", "--state", state],
      environment: ServiceManager.withoutNotify(Environment.entries()),
      descriptors: [Spawn.Inheritance(child: 1, raw: 2), Spawn.Inheritance(child: 2, raw: 2)])
    process = try ProcessDescriptor(child: pid)
    deadlineNanoseconds = nowNanoseconds + Self.proofNanoseconds
  }

  /// The words for the new watcher: what was asked for, but where it runs stays as it is; nil when they are none.
  static func words(_ asked: [String], own: [String]) -> [String]? {
    guard let asked = RoleArguments(asked), let own = RoleArguments(own) else { return nil }
    let words = own.words(only: kept) + asked.words(without: kept.union(WatcherArguments.ofThisExecution))
    guard let arguments = RoleArguments(words), WatcherArguments(arguments) != nil else { return nil }
    return words
  }

  /// The program has proved itself.
  func leave(nowNanoseconds: Int64) {
    isLeaving = true
    deadlineNanoseconds = nowNanoseconds + Self.leaveNanoseconds
  }

  /// Ends a test that takes too long; its end is reaped like any other.
  func endProof() {
    deadlineNanoseconds = .max
    do { try process.signal(Signal.kill) } catch {}
  }
}
