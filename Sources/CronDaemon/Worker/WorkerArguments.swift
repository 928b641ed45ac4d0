/// What a worker is told when it is spawned.
struct WorkerArguments: Hashable, Sendable {
  /// The state directory.
  var state: String
  /// Its place below `workers/`.
  var slot: Int
  /// Whether the lines of jobs are forwarded to standard output.
  var forwardsOutput: Bool
  /// Whether that is a terminal.
  var escapesOutput: Bool
  /// The soft limit of open files that jobs get: what it was before the daemon raised its own.
  var openFiles: UInt64
  /// After so many runs it ends and is replaced.
  var runsPerWorker = 1_000
  /// How it logs, as role arguments have it.
  var logLevel = "info"
  var logFormat = "text"
  var isForJournal = false

  init(state: String, slot: Int, forwardsOutput: Bool, escapesOutput: Bool, openFiles: UInt64) {
    self.state = state
    self.slot = slot
    self.forwardsOutput = forwardsOutput
    self.escapesOutput = escapesOutput
    self.openFiles = openFiles
  }

  /// The words after `role worker`.
  var words: [String] {
    var arguments = RoleArguments()
    arguments.add("state", state)
    arguments.add("slot", slot)
    arguments.add("forward", flag: forwardsOutput)
    arguments.add("escape", flag: escapesOutput)
    arguments.add("nofile", openFiles)
    arguments.add("runs", runsPerWorker)
    arguments.add("log-level", logLevel)
    arguments.add("log-format", logFormat)
    arguments.add("journald", flag: isForJournal)
    return arguments.words
  }

  /// nil when a word is missing: nobody but the ticker writes them.
  init?(_ arguments: RoleArguments) {
    guard let state = arguments["state"], let slot: Int = arguments.number("slot"), slot >= 0,
      let openFiles: UInt64 = arguments.number("nofile")
    else { return nil }
    self.init(
      state: state, slot: slot, forwardsOutput: arguments.flag("forward"), escapesOutput: arguments.flag("escape"),
      openFiles: openFiles)
    runsPerWorker = max(1, arguments.number("runs") ?? runsPerWorker)
    logLevel = arguments["log-level"] ?? logLevel
    logFormat = arguments["log-format"] ?? logFormat
    isForJournal = arguments.flag("journald")
  }
}
