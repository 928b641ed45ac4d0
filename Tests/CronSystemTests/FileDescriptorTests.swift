import CronSystem
import CronTestSupport
import Testing

@Suite struct FileDescriptorTests {
  @Test func `closes when its owner lets go, not when it is released`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let path = try sandbox.write("file", "")
      func numbers() throws -> [Int32] { try descriptorsOfProcess("self").filter { $0.value == path }.map(\.key) }
      do {
        let file = try FileDescriptor.open(path, .read)
        #expect(try numbers() == [file.raw])
      }
      #expect(try numbers() == [])
      let number = try FileDescriptor.open(path, .read).release()
      #expect(try numbers() == [number])
      try FileDescriptor(owning: number).close()
      #expect(try numbers() == [])
    }
  }

  @Test func `every way to make a descriptor makes it close on exec`() throws {
    let sandbox = try Sandbox()
    var pipe = try Pipe()
    var pair = try SocketPair()
    let listener = try UnixSocket.listen(in: sandbox.directory, name: "s")
    let client = try UnixSocket.connect(in: sandbox.directory, name: "s")
    let accepted = try unwrap(try listener.accept())
    #expect(pipe.takeReadEnd().isCloseOnExec == true)
    #expect(pipe.takeWriteEnd().isCloseOnExec == true)
    #expect(pair.takeFirst().isCloseOnExec == true)
    #expect(pair.takeSecond().isCloseOnExec == true)
    #expect(listener.isCloseOnExec == true)
    #expect(client.isCloseOnExec == true)
    #expect(accepted.isCloseOnExec == true)
    #expect(sandbox.directory.descriptor.isCloseOnExec == true)
    #expect(try sandbox.directory.openFile("f", [.write, .create]).isCloseOnExec == true)
    #expect(try Memfd.create(name: "m").isCloseOnExec == true)
    #expect(try accepted.duplicate().isCloseOnExec == true)
    #expect(try accepted.duplicate(closeOnExec: false).isCloseOnExec == false)
    for raw in [
      try TimerDescriptor(.monotonic).raw, try INotify().raw, try EventDescriptor().raw,
    ] { #expect(raw > 2) }
  }

  @Test func `nothing leaks on success or failure of any noun`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      try exerciseEverything(sandbox)  // the first time warms up what libc keeps open
      let before = try descriptorsOfProcess("self")
      let rounds = 20
      for _ in 0..<rounds { try exerciseEverything(sandbox) }
      // One leak a round would make twenty; the test library's own threads may open a few meanwhile. Our helper threads
      // close their ends when they see that their owner has.
      try waitUntil("all is closed") { try descriptorsOfProcess("self").count < before.count + rounds / 2 }
    }
  }
}

/// Uses every noun that opens something, on its good and its bad path.
private func exerciseEverything(_ sandbox: borrowing Sandbox) throws {
  let directory = try Directory.create(sandbox.path(of: "a/b/c"))
  try AtomicFile.replace(in: directory, name: "file", bytes: bytes("x"))
  _ = try directory.list()
  #expect(throws: Errno.noEntry) { _ = try FileDescriptor.open("/nonexistent/x", .read) }
  #expect(throws: Errno.noEntry) { try AtomicFile.read(in: directory, name: "none", limit: 1) }
  _ = try? UnixSocket.connect(in: directory, name: "none")
  _ = try? NotifySocket(address: "@cronwatch-nobody-listens")
  let listener = try UnixSocket.listen(in: directory, name: "socket")
  let client = try UnixSocket.connect(in: directory, name: "socket")
  let accepted = try unwrap(try listener.accept())
  #expect(try client.send(bytes("hi")) == 2)
  #expect(try accepted.receive(upTo: 9) == .bytes(bytes("hi"), truncated: false))
  let poller = try Poller()
  try poller.add(listener.raw, token: 1)
  _ = try poller.wait(timeoutMilliseconds: 0)
  let (timer, event, notify) = (
    try TimerDescriptor(.realtime).read(), try EventDescriptor().take(), try INotify().read()
  )
  #expect(timer == .pending && event == false && notify.isEmpty)
  _ = try SyncThread()
  _ = try Memfd.create(name: "m")
  #expect(throws: Errno.noEntry) {
    try Spawn.start("/nonexistent", arguments: ["x"], environment: [], descriptors: [.init(child: 5, raw: 2)])
  }
  try Reaper.wait(for: try Spawn.start("/bin/true", arguments: ["true"], environment: [], descriptors: []))
  let null = try FileDescriptor.open("/dev/null", .readWrite)
  let order = LaunchOrder(arguments: ["true"], environment: [], input: null.raw, output: null.raw)
  try Reaper.wait(for: try JobLauncher.launch(order))
  var bad = order
  bad.arguments = ["/nonexistent"]
  #expect(throws: LaunchFailure(step: .exec, error: .noEntry)) { try JobLauncher.launch(bad) }
}
