import CronSystem
import CronTestSupport
import Testing

/// A child of a test; killed and reaped when the test lets go of it.
struct TestChild: ~Copyable {
  let pid: Int32
  private var isReaped = false

  init(_ pid: Int32) { self.pid = pid }

  /// Starts a shell command with 0–2 on /dev/null plus what is listed.
  init(shell command: String, _ descriptors: [Spawn.Inheritance] = []) throws {
    pid = try Spawn.start(
      "/bin/sh", arguments: ["sh", "-c", command], environment: ["PATH=/usr/bin:/bin"], descriptors: descriptors)
  }

  /// Waits for its end.
  mutating func wait() throws -> ExitCause {
    isReaped = true
    return try Reaper.wait(for: pid).cause
  }

  /// The value of a line of /proc/PID/status.
  func statusLine(_ key: String) throws -> String? {
    let bytes = try FileDescriptor.open("/proc/\(pid)/status", .read).readToEnd(limit: 1 << 20)
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("\(key):") }
    return line.map { line in String(line.dropFirst(key.utf8.count + 1).drop { $0 == " " || $0 == "\t" }) }
  }

  /// Waits until these are its open descriptors, and what they stand for. What leaked into it stays; the libraries that
  /// a starting program's loader reads are open for a moment only, and may be what the first look finds.
  func waitForDescriptors(_ expected: [Int32: String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    var found: [Int32: String] = [:]
    defer { #expect(found == expected, sourceLocation: sourceLocation) }
    try waitUntil("its descriptors", sourceLocation: sourceLocation) {
      found = try descriptorsOfProcess("\(pid)")
      return found == expected
    }
  }

  deinit {
    if isReaped { return }
    _ = try? ProcessDescriptor(child: pid).signal(Signal.kill)
    _ = try? Reaper.wait(for: pid)
  }
}

/// Open descriptors of /proc/`process` and what they stand for.
func descriptorsOfProcess(_ process: String) throws -> [Int32: String] {
  let directory = try Directory.open("/proc/\(process)/fd")
  var table: [Int32: String] = [:]
  for name in try directory.list() {
    guard let number = Int32(name), number != directory.descriptor.raw || process != "self" else { continue }
    table[number] = try? directory.linkTarget(name)  // the listing's own descriptor is gone by now
  }
  return table
}

/// The value, or an error where `#require` can't help: it takes no noncopyable values.
func unwrap<Value: ~Copyable>(_ value: consuming Value?) throws -> Value {
  guard let value = consume value else { throw Errno.noData }
  return value
}

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
