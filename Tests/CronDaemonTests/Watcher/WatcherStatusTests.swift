import CronSystem
import CronTestSupport
import CronWire
import Glibc
import Testing

@testable import CronDaemon

/// What a watcher says while it has no ticker.
@Suite struct WatcherStatusTests {
  @Test func `status says what is waited for, a configuration or a program, never that a ticker is being started`()
    throws
  {
    let watched = try WatchedSandbox()
    func says(_ words: String) throws {
      try waitUntil("status says '\(words)': \((try? watched.ask("status")["text"]) ?? nil)") {
        let reply = try watched.ask("status")
        return reply["status"]?["verdict"]?.stringValue == "failing"
          && reply["status"]?["message"]?.stringValue?.contains(words) == true
      }
    }
    try watched.start()
    let first = try watched.waitForTicker(1)
    try watched.behave("exit", "78")
    #expect(kill(first, SIGKILL) == 0)
    try says("waits for a change of it; next try in ")
    let path = watched.sandbox.path(of: "ticker/program")
    #expect(rename(path, path + ".away") == 0)
    #expect(kill(watched.watcher, SIGHUP) == 0)
    try says("no ticker can be started")
    #expect(rename(path + ".away", path) == 0)
    _ = try watched.waitForTicker(3)
  }
}
