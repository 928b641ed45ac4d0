import CronSystem
import CronTestSupport
import Testing

@Suite struct SocketTests {
  @Test(arguments: [10, 120, 240])
  func `listens and connects below a path of any length`(length: Int) throws {
    let sandbox = try Sandbox()
    let name = String(repeating: "d", count: length)
    let directory = try Directory.create(sandbox.path(of: "\(name)/\(name)"))
    let listener = try UnixSocket.listen(in: directory, name: "control.sock")
    #expect(try directory.status("control.sock")?.permissions == 0o600)
    #expect(try listener.accept() == nil)
    let client = try UnixSocket.connect(in: directory, name: "control.sock")
    let server = try unwrap(try listener.accept())
    let peer = try server.peerCredentials()
    #expect(peer.pid == CurrentProcess.identifier && peer.userIdentifier == CurrentProcess.effectiveUser)
    #expect(try server.receive(upTo: 10) == .wouldBlock)
    #expect(try client.send(bytes("status\n")) == 7)
    #expect(try server.receive(upTo: 3) == .bytes(bytes("sta"), truncated: false))
    #expect(try server.receive(upTo: 9) == .bytes(bytes("tus\n"), truncated: false))
    try client.close()
    // Here and below: a fork of a test beside this one may hold what was closed for a moment.
    try waitUntil("the end") { try server.receive(upTo: 9) == .endOfStream }
    #expect(throws: Errno.brokenPipe) { try server.send(bytes("x")) }
  }

  @Test func `replaces a socket that a dead process left, and nothing else`() throws {
    let sandbox = try Sandbox()
    try UnixSocket.listen(in: sandbox.directory, name: "s").close()
    try waitUntil("nobody listens") {
      do throws(Errno) { _ = try UnixSocket.connect(in: sandbox.directory, name: "s") } catch {
        return error == .connectionRefused
      }
      return false
    }
    let listener = try UnixSocket.listen(in: sandbox.directory, name: "s")
    #expect(throws: Never.self) { _ = try UnixSocket.connect(in: sandbox.directory, name: "s") }
    try listener.close()
    try sandbox.write("file", "kept")
    #expect(throws: Errno.exists) { _ = try UnixSocket.listen(in: sandbox.directory, name: "file") }
    #expect(sandbox.read("file") == "kept")
    #expect(throws: Errno.noEntry) { _ = try UnixSocket.connect(in: sandbox.directory, name: "none") }
  }

  @Test func `a pair keeps message bounds, says what it cut, and refuses what doesn't fit`() throws {
    var pair = try SocketPair()
    let left = pair.takeFirst()
    let right = pair.takeSecond()
    #expect(try right.receive(upTo: 9) == .wouldBlock)
    #expect(try left.send(bytes("one")) == 3 && left.send(bytes("second")) == 6)
    #expect(try right.receive(upTo: 9) == .bytes(bytes("one"), truncated: false))
    #expect(try right.receive(upTo: 3) == .bytes(bytes("sec"), truncated: true))
    #expect(try right.receive(upTo: 9) == .wouldBlock)
    let large = [UInt8](repeating: 1, count: 32 << 10)
    var sent = 0
    while sent < 1000, try left.send(large) == large.count { sent += 1 }
    #expect(sent > 0 && sent < 1000)
    try left.close()
    for _ in 0..<sent { #expect(try right.receive(upTo: large.count) == .bytes(large, truncated: false)) }
    try waitUntil("the end") { try right.receive(upTo: 9) == .endOfStream }
  }

  @Test(arguments: [false, true])
  func `tells the service manager at a path and at an abstract name`(isAbstract: Bool) throws {
    let sandbox = try Sandbox()
    let address = isAbstract ? "@cronwatch-test-\(sandbox.path)" : sandbox.path(of: "notify")
    let manager =
      isAbstract
      ? try abstractDatagramSocketForTest(String(address.dropFirst()))
      : try UnixSocket.listen(in: sandbox.directory, name: "notify", kind: .datagrams)
    let notify = try NotifySocket(address: address)
    #expect(try notify.send(["READY=1", "STATUS=fine"]))
    #expect(try manager.receive(upTo: 100) == .bytes(bytes("READY=1\nSTATUS=fine"), truncated: false))
    var sent = 0
    while sent < 100_000, try notify.send(["WATCHDOG=1"]) { sent += 1 }
    #expect(sent < 100_000)  // a manager that doesn't read makes it say so instead of blocking
  }

  @Test(arguments: ["", "/" + String(repeating: "x", count: 200)])
  func `an address that no socket can have is refused`(address: String) {
    #expect(throws: Errno.self) { _ = try NotifySocket(address: address) }
  }
}
