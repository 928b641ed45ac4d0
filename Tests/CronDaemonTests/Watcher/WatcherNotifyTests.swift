import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

@Suite(.timeLimit(.minutes(15))) struct WatcherNotifyTests {
  @Test func `systemd hears READY, STATUS and STOPPING, and the ticker never knows of it`() throws {
    let watched = try WatchedSandbox()
    let socket = try UnixSocket.listen(in: watched.sandbox.directory, name: "notify", kind: .datagrams)
    try watched.start(environment: [
      "NOTIFY_SOCKET=\(watched.sandbox.path(of: "notify"))", "WATCHDOG_USEC=100000",
    ])
    let ticker = try watched.waitForTicker(1)
    var heard = ""
    func listen() throws {
      while case .bytes(let bytes, _) = try socket.receive(upTo: 4096) {
        heard += String(decoding: bytes, as: UTF8.self) + "\n"
      }
    }
    try waitUntil("READY and two watchdog messages") {
      try listen()
      return heard.contains("READY=1") && heard.split(separator: "WATCHDOG=1").count > 2
    }
    #expect(heard.contains("STATUS="))
    let environment = try FileDescriptor.open("/proc/\(ticker)/environ", .read).readToEnd(limit: 1 << 20)
    #expect(!String(decoding: environment, as: UTF8.self).contains("NOTIFY_SOCKET"))
    #expect(kill(watched.watcher, SIGTERM) == 0)
    #expect(try watched.end() == .exited(0))
    try listen()
    #expect(heard.contains("STOPPING=1"))
  }

  @Test func `a ticker that died over a reload didn't leave the service reloading for ever`() throws {
    let watched = try WatchedSandbox()
    let socket = try UnixSocket.listen(in: watched.sandbox.directory, name: "notify", kind: .datagrams)
    try watched.start(environment: ["NOTIFY_SOCKET=\(watched.sandbox.path(of: "notify"))"])
    let ticker = try watched.waitForTicker(1)
    var steps: [String] = []
    func listen() throws -> [String] {
      while case .bytes(let bytes, _) = try socket.receive(upTo: 4096) {
        let message = String(decoding: bytes, as: UTF8.self)
        if message.hasPrefix("READY") || message.hasPrefix("RELOADING") { steps.append(String(message.prefix(5))) }
      }
      return steps
    }
    try watched.behave("reloading")
    try waitUntil("RELOADING") {
      _ = try? watched.ask("echo")
      return try listen() == ["READY", "RELOA"]
    }
    #expect(kill(ticker, SIGKILL) == 0)
    _ = try watched.waitForTicker(2)
    try waitUntil("READY again") { try listen() == ["READY", "RELOA", "READY"] }
    // Whoever is ready outside of a reload has nothing to say to the manager.
    #expect(kill(try watched.waitForTicker(2), SIGKILL) == 0)
    _ = try watched.waitForTicker(3)
    #expect(try listen() == ["READY", "RELOA", "READY"])
  }
}
