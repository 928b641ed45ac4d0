import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What this machine allows, and other programs that rows call.
enum Surroundings {
  /// Throws why the need isn't met.
  static func require(_ need: FaultRow.Need) throws {
    switch need {
    case .root: if CurrentProcess.effectiveUser != 0 { throw RowSkipped("needs root") }
    case .strace: _ = try tool("strace")
    case .loop:
      if access("/dev/loop-control", R_OK | W_OK) != 0 { throw RowSkipped("needs loop devices") }
      for name in ["mkfs.ext4", "losetup", "mount", "umount"] { _ = try tool(name) }
    case .memoryGroup: _ = try MemoryGroup.place()
    case .tmpfs: if !SmallDisk.canBeMade { throw RowSkipped("needs the right to mount a tmpfs") }
    case .faultPoints:
      if Program.path.hasSuffix("/release/cronwatch") { throw RowSkipped("the release has no fault points") }
    }
  }

  /// The path of a program: of those that bin/torture unpacked, or the system's.
  static func tool(_ name: String) throws -> String {
    let unpacked = Environment.get("CRONWATCH_TORTURE_TOOLS").map { root in
      ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map { root + $0 }
    }
    for directory in (unpacked ?? []) + ["/usr/bin", "/usr/sbin", "/bin", "/sbin"] {
      if access("\(directory)/\(name)", X_OK) == 0 { return "\(directory)/\(name)" }
    }
    throw RowSkipped("\(name) isn't installed")
  }

  /// Starts a program with its output in files of that prefix.
  static func start(_ words: [String], filePrefix: String) throws -> Program.Started {
    let path = try words[0].hasPrefix("/") ? words[0] : tool(words[0])
    return try Program.start(
      Array(words.dropFirst()), environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], filePrefix: filePrefix,
      executable: path, name: words[0])
  }

  /// Runs a program to its end; throws what it said when it fails.
  @discardableResult
  static func run(_ words: [String], in cron: Cronwatch, seconds: Double = 60) throws -> String {
    let prefix = cron.sandbox.path(of: "commands/tool")
    var started = try start(words, filePrefix: prefix)
    let cause = try started.wait(words.joined(separator: " "), seconds: seconds)
    guard cause == .exited(0) else {
      throw RowFailure("\(words.joined(separator: " ")): \(cause): \(text(prefix + ".err"))")
    }
    return text(prefix + ".out")
  }
}
