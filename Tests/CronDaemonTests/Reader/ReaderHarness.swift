import CronConfig
import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

/// A state directory and sources of a test's own, read in this process or by the real role.
final class ReaderHarness {
  let sandbox: Sandbox
  let state: StateDirectory
  var request = ConfigurationReader.Request()

  init() throws {
    sandbox = try Sandbox()
    state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    request.root = sandbox.path(of: "root")
  }

  /// A crontab that the command line names.
  func name(_ file: String, _ text: String) throws {
    request.crontabs.append(try sandbox.write(file, text))
  }

  func configure(_ text: String) throws { request.configuration = try sandbox.write("cronwatch.conf", text) }

  /// Reads in this process; nil = bad settings and no good copy.
  func read() throws -> JobTable? {
    var reader = try ConfigurationReader(state, request)
    return reader.read()
  }

  func table() throws -> JobTable {
    let table = try read()
    return try #require(table)
  }

  /// Runs the real role and waits for its end.
  func role(fault: String? = nil) throws -> ExitCause {
    var arguments = RoleArguments()
    arguments.add("state", state.path)
    arguments.add("config", request.configuration)
    for path in request.crontabs { arguments.add("crontab", path) }
    for path in request.skipped { arguments.add("skip", path) }
    arguments.add("root", request.root)
    let log = try FileDescriptor.open(sandbox.path(of: "log"), [.write, .create, .append])
    let pid = try Spawn.start(
      try WorkerHarness.program(), arguments: ["cronwatch", "role", "reader"] + arguments.words,
      environment: fault.map { ["CRONWATCH_FAULT=" + $0] } ?? [],
      descriptors: [Spawn.Inheritance(child: 2, raw: log.raw)])
    return try Reaper.wait(for: pid).cause
  }

  /// What stands in `last-good/table`; nil = nothing that decodes.
  func writtenTable() -> JobTable? {
    do {
      let directory = try state.directory(.lastGood)
      return try JobTableCodec.decode(
        try AtomicFile.read(in: directory, name: ReaderRole.tableName, limit: ReaderRole.largestTable))
    } catch {
      return nil
    }
  }
}

extension JobTable {
  func status(_ suffix: String) -> SourceStatus? { sources.first { $0.path.hasSuffix(suffix) }?.status }
  var names: [String] { jobs.map(\.name) }
  var codes: [String] { diagnostics.map(\.code) }
  /// The commands, in order; for jobs whose names are derived.
  var lines: [String] {
    jobs.map { if case .shellLine(let line) = $0.command { line } else { "" } }
  }
}

/// Makes a FIFO, mkfifo(3).
func makeFIFO(_ path: String) throws { try #require(mkfifo(path, 0o600) == 0) }

/// Makes a symbolic link, symlink(2).
func makeLink(_ path: String, to target: String) throws { try #require(symlink(target, path) == 0) }

/// Gives a link itself away, lchown(2).
func giveLink(_ path: String, to user: UInt32) throws { try #require(lchown(path, user, user) == 0) }
