import CronSystem
import CronTestSupport
import CronWire
import Glibc
import Testing

/// What a finished command left.
struct CommandResult {
  /// The exit status; 128 and the signal's number when a signal ended it.
  let exit: Int
  let output: String
  let error: String
  /// Wall seconds that it took.
  let seconds: Double

  /// The only value on its standard output.
  func json() throws -> JSONValue { try JSONReader.parse(Array(output.utf8)) }

  /// One value a line.
  func jsonLines() throws -> [JSONValue] {
    try output.split(separator: "\n").map { try JSONReader.parse(Array($0.utf8)) }
  }
}

/// The program under test, and how it is started: in an environment of its own, its output in files.
enum Program {
  /// The debug build, beside the test's own executable.
  static let path: String = {
    var directory = (try? CurrentProcess.executablePath()) ?? ""
    while let slash = directory.lastIndex(of: "/") {
      directory = String(directory[..<slash])
      if access(directory + "/cronwatch", X_OK) == 0 { return directory + "/cronwatch" }
    }
    return "cronwatch-was-not-built"
  }()

  /// A command that was started.
  struct Started: ~Copyable {
    let pid: Int32
    let outputPath: String
    let errorPath: String
    private var isReaped = false

    init(pid: Int32, outputPath: String, errorPath: String) {
      self.pid = pid
      self.outputPath = outputPath
      self.errorPath = errorPath
    }

    /// Waits for its end; a command that doesn't end in time is killed, and fails the test.
    mutating func wait(_ what: String, seconds: Double, sourceLocation: SourceLocation) throws -> ExitCause {
      let process = try ProcessDescriptor(child: pid)
      var request = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, Int32(seconds * 1_000)) == 0 {
        try process.signal(Signal.kill)
        isReaped = true
        _ = try Reaper.wait(for: pid)
        let missed = DeadlineMissed(
          description: "\(what) did not end within \(seconds) s; it said: \(text(outputPath)) \(text(errorPath))")
        Issue.record(missed, sourceLocation: sourceLocation)
        throw missed
      }
      isReaped = true
      return try Reaper.wait(for: pid).cause
    }

    deinit {
      if isReaped { return }
      _ = try? ProcessDescriptor(child: pid).signal(Signal.kill)
      _ = try? Reaper.wait(for: pid)
    }
  }

  /// Starts it with standard output and error in files of that prefix.
  static func start(
    _ arguments: [String], environment: [String: String], filePrefix: String, executable: String = path
  ) throws -> Started {
    let output = try FileDescriptor.open(filePrefix + ".out", [.write, .create, .truncate, .append])
    let error = try FileDescriptor.open(filePrefix + ".err", [.write, .create, .truncate, .append])
    let pid = try Spawn.start(
      executable, arguments: ["cronwatch"] + arguments,
      environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
      descriptors: [.init(child: 1, raw: output.raw), .init(child: 2, raw: error.raw)])
    return Started(pid: pid, outputPath: filePrefix + ".out", errorPath: filePrefix + ".err")
  }
}

/// A file's text; empty when it can't be read.
func text(_ path: String) -> String {
  do {
    return String(decoding: try FileDescriptor.open(path, .read).readToEnd(limit: 1 << 28), as: UTF8.self)
  } catch {
    return ""
  }
}

/// A text without its line breaks and indents.
func unwrapped(_ text: String) -> String {
  text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
}
