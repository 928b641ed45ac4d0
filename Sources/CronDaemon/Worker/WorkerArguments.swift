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

  /// The words after `role worker`, and back.
  var words: [String] {
    [
      "--state", state, "--slot", String(slot), "--forward", forwardsOutput ? "yes" : "no",
      "--escape", escapesOutput ? "yes" : "no", "--nofile", String(openFiles),
    ]
  }

  init(state: String, slot: Int, forwardsOutput: Bool, escapesOutput: Bool, openFiles: UInt64) {
    self.state = state
    self.slot = slot
    self.forwardsOutput = forwardsOutput
    self.escapesOutput = escapesOutput
    self.openFiles = openFiles
  }

  /// nil when a word is missing: nobody but the ticker writes them.
  init?(_ words: [String]) {
    var values: [String: String] = [:]
    for index in stride(from: 0, to: words.count - 1, by: 2) { values[words[index]] = words[index + 1] }
    guard let state = values["--state"], let slot = values["--slot"].flatMap({ Int($0) }), slot >= 0,
      let openFiles = values["--nofile"].flatMap({ UInt64($0) })
    else { return nil }
    self.init(
      state: state, slot: slot, forwardsOutput: values["--forward"] == "yes",
      escapesOutput: values["--escape"] == "yes", openFiles: openFiles)
  }
}
