import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

@Suite(.timeLimit(.minutes(15))) struct LogFileTests {
  @Test func `a log that grew too large is moved aside, and all goes on in a new one`() throws {
    let watched = try WatchedSandbox(logsToState: true)
    try watched.start(["--log-max-size", "4096"])
    _ = try watched.waitForTicker(1)
    let directory = try watched.state.directory(.log)
    let log = try directory.openFile(LogFile.name, [.write, .append])
    try log.write([UInt8](repeating: UInt8(ascii: "\n"), count: 5000))
    try waitUntil("the watcher looks at its log") { try directory.status(LogFile.olderName) != nil }
    #expect(try directory.status(LogFile.olderName)?.size ?? 0 > 5000)
    try waitUntil("the new log is written") {
      // Between the rename and the new file there is none.
      ((try? AtomicFile.read(in: directory, name: LogFile.name, limit: 1 << 20)) ?? []).count > 0
    }
    let text = String(decoding: try AtomicFile.read(in: directory, name: LogFile.name, limit: 1 << 20), as: UTF8.self)
    #expect(text.contains("rotated the log"))
  }

  @Test func `a deleted log is made again`() throws {
    let watched = try WatchedSandbox(logsToState: true)
    try watched.start()
    _ = try watched.waitForTicker(1)
    let directory = try watched.state.directory(.log)
    try directory.unlink(LogFile.name)
    try waitUntil("the log is back") {
      kill(watched.watcher, SIGHUP)
      return try directory.status(LogFile.name) != nil
    }
  }
}
