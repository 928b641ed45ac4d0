import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

@Suite(.timeLimit(.minutes(15))) struct InitStubTests {
  private func holder(_ watched: WatchedSandbox) throws -> Int32 {
    try waitForValue("a watcher") { try RoleLock.query(.watcher, in: watched.state).holder?.pid }
  }

  @Test(.acceptance(65)) func `PID 1's stub keeps a watcher, forwards the stop, and leaves nobody behind`() throws {
    let watched = try WatchedSandbox()
    try watched.startInit()
    let first = try holder(watched)
    #expect(ProcessStatus.read(first)?.parent == watched.watcher)
    let ticker = try watched.waitForTicker(1)
    #expect(kill(first, SIGKILL) == 0)
    #expect(kill(ticker, SIGKILL) == 0)
    try waitUntil("another watcher") { try holder(watched) != first }
    _ = try watched.waitForTicker(2)
    #expect(ProcessStatus.read(first) == nil)
    // Nobody else sees how a watcher ends.
    let death = try #require(try Deaths(watched.state).ends(of: .watcher).first)
    #expect(death.pid == first && death.cause == .signaled(SIGKILL, coreDumped: false) && death.reason == "unasked")
    #expect(kill(watched.watcher, SIGTERM) == 0)
    #expect(try watched.end() == .exited(0))
    #expect(try RoleLock.query(.watcher, in: watched.state) == .free)
    #expect(watched.tickers.allSatisfy { ProcessStatus.read($0) == nil })
  }

  @Test func `what another try would only repeat ends the container with its status`() throws {
    let watched = try WatchedSandbox()
    try watched.state.root.descriptor.setPermissions(0o777)
    try watched.startInit()
    #expect(try watched.end() == .exited(77))
    #expect(watched.log.contains("others may write"))
  }

  @Test func `drain and parting end well before a container engine's SIGKILL`() throws {
    let words = try #require(RoleArguments(["--state", "/s"]))
    let arguments = try #require(WatcherArguments(words))
    let drain = max(arguments.drainMilliseconds, arguments.stopTimeoutMilliseconds) * 1_000_000
    let engine: Int64 = 10_000_000_000
    #expect(drain + InitStub.partingNanoseconds <= engine - 1_000_000_000)
  }
}
