import CronSystem
import CronTestSupport
import CronWire
import Testing

@testable import CronDaemon

/// The socket of `[watcher] status-group`.
@Suite struct GuestTests {
  private static func mode(_ state: StateDirectory, _ name: String) throws -> UInt32? {
    try state.root.status(name)?.permissions
  }

  @Test func `a group's socket is the group's, and nobody else's`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let poller = try Poller()
    let group = CurrentProcess.effectiveGroup
    let server = try ControlServer(state, .status(group: group), poller: poller, tokenBase: 1)
    let status = try #require(try state.root.status("status.sock"))
    #expect(status.permissions == 0o660 && status.groupIdentifier == group && status.kind == .socket)
    #expect(server.isCurrent)
    server.close(poller: poller)
    #expect(try Self.mode(state, "status.sock") == nil)
  }

  @Test func `members pass through the directory while a group is named, and never read it`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try state.openPassage(group: CurrentProcess.effectiveGroup)
    let opened = try state.root.descriptor.status()
    #expect(opened.permissions == 0o710 && opened.groupIdentifier == CurrentProcess.effectiveGroup)
    #expect(StateNames.looseness(of: opened, allowing: StateNames.passage) == nil)
    #expect(StateNames.looseness(of: opened, allowing: 0) == "mode 710")
    _ = try StateDirectory.open(sandbox.path(of: "state"), create: false)
    try sandbox.write("state/status.sock", "")
    try state.closePassage()
    #expect(try state.root.descriptor.status().permissions == 0o700)
    #expect(try Self.mode(state, "status.sock") == nil)
    // Twice is once.
    try state.closePassage()
  }

  @Test func `a mode that somebody chose is left as it is`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try state.root.descriptor.setPermissions(0o750)
    try state.closePassage()
    #expect(try state.root.descriptor.status().permissions == 0o750)
  }

  @Test func `a view of a directory that isn't ours asks its watcher, and tells why it is refused when there is none`()
    throws
  {
    let sandbox = try Sandbox()
    let path = sandbox.path(of: "state")
    _ = try StateDirectory.open(path, create: true)
    // Another's directory, as a guest meets it: not to be read, not to be trusted.
    try FileDescriptor.open(path, .directory).setPermissions(0o722)
    let facts = WatchCollector(path: path, intervalSeconds: 1).collect()
    #expect(facts.isGuest && facts.report == nil)
    #expect(
      facts.problem == "nothing is known: \(StateError(path: path, reason: .writableByOthers(permissions: 0o722)))")
  }

  @Test func `guests have places of their own, which are fewer`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let poller = try Poller()
    let server = try ControlServer(
      state, .status(group: CurrentProcess.effectiveGroup), poller: poller, tokenBase: 1)
    var clients: [Int32] = []
    defer { for raw in clients { _ = FileDescriptor(owning: raw) } }
    for _ in 0..<(ControlLimits.guests + 5) {
      clients.append(try UnixSocket.connect(in: state.root, name: "status.sock").release())
    }
    for _ in 0..<4 {
      for ready in try poller.wait(timeoutMilliseconds: 0) {
        _ = server.handle(ready, poller: poller, nowNanoseconds: 0)
      }
    }
    #expect(server.clientCount == ControlLimits.guests)
  }
}
