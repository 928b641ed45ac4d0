package import CronSystem
import CronTestSupport
package import CronWire
import Glibc
package import Testing

/// What a finished command left.
package struct CommandResult {
  /// The exit status; 128 and the signal's number when a signal ended it.
  package let exit: Int
  package let output: String
  package let error: String
  /// Wall seconds that it took.
  package let seconds: Double

  package init(exit: Int, output: String, error: String, seconds: Double) {
    self.exit = exit
    self.output = output
    self.error = error
    self.seconds = seconds
  }

  /// The only value on its standard output.
  package func json() throws -> JSONValue { try JSONReader.parse(Array(output.utf8)) }

  /// One value a line.
  package func jsonLines() throws -> [JSONValue] {
    try output.split(separator: "\n").map { try JSONReader.parse(Array($0.utf8)) }
  }
}

/// The program under test, and how it is started: in an environment of its own, its output in files.
package enum Program {
  /// What CRONWATCH_TEST_PROGRAM names, else the build beside the test's own executable.
  package static let path: String = {
    if let named = Environment.get("CRONWATCH_TEST_PROGRAM"), !named.isEmpty { return named }
    return builtBeside
  }()

  /// The build beside the test's own executable.
  package static let builtBeside: String = {
    var directory = (try? CurrentProcess.executablePath()) ?? ""
    while let slash = directory.lastIndex(of: "/") {
      directory = String(directory[..<slash])
      if access(directory + "/cronwatch", X_OK) == 0 { return directory + "/cronwatch" }
    }
    return "cronwatch-was-not-built"
  }()

  /// A command that was started.
  package struct Started: ~Copyable {
    package let pid: Int32
    package let outputPath: String
    package let errorPath: String
    private var isReaped = false

    package init(pid: Int32, outputPath: String, errorPath: String) {
      self.pid = pid
      self.outputPath = outputPath
      self.errorPath = errorPath
    }

    /// Waits for its end; a command that doesn't end in time is killed, and fails the test.
    package mutating func wait(
      _ what: String, seconds: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ExitCause {
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
  package static func start(
    _ arguments: [String], environment: [String: String], filePrefix: String, executable: String = path,
    name: String = "cronwatch"
  ) throws -> Started {
    let output = try FileDescriptor.open(filePrefix + ".out", [.write, .create, .truncate, .append])
    let error = try FileDescriptor.open(filePrefix + ".err", [.write, .create, .truncate, .append])
    let pid = try Spawn.start(
      executable, arguments: [name] + arguments,
      environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
      descriptors: [.init(child: 1, raw: output.raw), .init(child: 2, raw: error.raw)])
    return Started(pid: pid, outputPath: filePrefix + ".out", errorPath: filePrefix + ".err")
  }
}

/// A file's text; empty when it can't be read.
package func text(_ path: String) -> String {
  do {
    return String(decoding: try FileDescriptor.open(path, .read).readToEnd(limit: 1 << 28), as: UTF8.self)
  } catch {
    return ""
  }
}

/// A text without its line breaks and indents.
package func unwrapped(_ text: String) -> String {
  text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
}
