import CronSystem
import CronTestSupport
import Testing

@Suite struct SpawnTests {
  /// What a child has that was given nothing.
  private static let null: [Int32: String] = [0: "/dev/null", 1: "/dev/null", 2: "/dev/null"]

  @Test func `a child has its own session, no blocked or ignored signal, and only what is listed`() throws {
    let sandbox = try Sandbox()
    let inheritable = try sandbox.directory.openFile("not-for-children", [.write, .create]).duplicate(
      closeOnExec: false)
    let file = try sandbox.directory.openFile("given", [.write, .create])
    let child = try TestChild(shell: "exec sleep 1000", [.init(child: 5, raw: file.raw)])
    try waitUntil("exec of sleep") { ProcessStatus.commandLine(of: child.pid)?.first == "sleep" }
    #expect(try child.statusLine("SigBlk") == "0000000000000000")
    // 32 and 33 belong to glibc, whose child code leaves them ignored; nobody can send them by accident.
    let ignored = try #require(UInt64(try child.statusLine("SigIgn") ?? "", radix: 16))
    #expect(ignored & ~(3 << 31) == 0)
    let status = try #require(ProcessStatus.read(child.pid))
    #expect(status.session == child.pid && status.group == child.pid)
    #expect(status.parent == CurrentProcess.identifier)
    try child.waitForDescriptors(Self.null.merging([5: sandbox.path(of: "given")]) { $1 })
    #expect(inheritable.isCloseOnExec == false)
  }

  @Test func `blocked and ignored signals of the parent don't reach the child`() async {
    await #expect(processExitsWith: .success) {
      try SignalDescriptor.blockSignals()
      let child = try TestChild(shell: "exec sleep 1000")
      try waitUntil("exec of sleep") { ProcessStatus.commandLine(of: child.pid)?.first == "sleep" }
      #expect(try child.statusLine("SigBlk") == "0000000000000000")
      let ignored = try #require(UInt64(try child.statusLine("SigIgn") ?? "", radix: 16))
      #expect(ignored & ~(3 << 31) == 0)
    }
  }

  /// Permutations of numbers that are sources and targets at once.
  @Test(arguments: [[40, 41, 42], [41, 42, 40], [42, 40, 41], [41, 40, 42], [40, 42, 41], [42, 41, 40]])
  func `overlapping numbers reach the child as asked`(order: [Int]) async {
    await #expect(processExitsWith: .success) { [order] in
      let sandbox = try Sandbox()
      // Files at exactly these numbers of a fresh process.
      for number in 40...42 {
        let file = try sandbox.directory.openFile("f\(number)", [.write, .create])
        #expect(moveForTest(file.release(), Int32(number)))
      }
      let list = order.enumerated().map { Spawn.Inheritance(child: Int32($0.offset + 40), raw: Int32($0.element)) }
      let child = try TestChild(shell: "exec sleep 1000", list)
      let given = order.enumerated().map { (Int32($0.offset + 40), sandbox.path(of: "f\($0.element)")) }
      try child.waitForDescriptors(Self.null.merging(given) { $1 })
    }
  }

  /// A spawn that duplicates its sources to the lowest free numbers would overwrite one with another here.
  @Test func `targets may be the numbers that are free here, in falling order`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      for number in 40...42 {
        #expect(moveForTest(try sandbox.directory.openFile("f\(number)", [.write, .create]).release(), Int32(number)))
      }
      var free: [Int32] = []
      for number: Int32 in 3..<40 where free.count < 3 {
        if (try? Directory.open("/proc/self/fd").linkTarget("\(number)")) == nil { free.append(number) }
      }
      try #require(free.count == 3)
      let list = zip(free.reversed(), 40...42).map { Spawn.Inheritance(child: $0, raw: Int32($1)) }
      let child = try TestChild(shell: "exec sleep 1000", list)
      let given = list.map { ($0.child, sandbox.path(of: "f\($0.raw)")) }
      try child.waitForDescriptors(Self.null.merging(given) { $1 })
    }
  }

  /// A watcher whose table is full has to replace its ticker all the same.
  @Test func `a process that can open nothing more starts a child with what it has`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let file = try sandbox.directory.openFile("given", [.write, .create])
      #expect(moveForTest(file.release(), 40))
      let list = [Spawn.Inheritance(child: 50, raw: 40), .init(child: 40, raw: 1), .init(child: 1, raw: 40)]
      let standardOutput = try Directory.open("/proc/self/fd").linkTarget("1")
      let taken = fillDescriptorTableForTest(64)
      #expect(!taken.isEmpty)
      #expect(throws: Errno.tooManyOpenFiles) { try FileDescriptor.open("/dev/null", .read).close() }
      let child = try TestChild(shell: "exec sleep 1000", list)
      for number in taken { try FileDescriptor(owning: number).close() }
      let given = sandbox.path(of: "given")
      try child.waitForDescriptors([0: "/dev/null", 1: given, 2: "/dev/null", 40: standardOutput, 50: given])
    }
  }

  @Test func `words and variables arrive as they are, empty and with spaces`() throws {
    var pipe = try Pipe()
    let reading = pipe.takeReadEnd()
    let words = ["printf", "[%s]", "", "a b", "ä", "$X"]
    let pid = try Spawn.start(
      "/usr/bin/printf", arguments: words, environment: ["X=1"], descriptors: [.init(child: 1, raw: pipe.writeRaw)])
    #expect(try Reaper.wait(for: pid).cause == .exited(0))
    try pipe.takeWriteEnd().close()
    #expect(try reading.readToEnd(limit: 1000) == bytes("[][a b][ä][$X]"))
  }

  @Test(arguments: [("/nonexistent", Errno.noEntry), ("/etc/passwd", .accessDenied), ("/", .accessDenied)])
  func `what exec fails with is thrown and leaves no child`(path: String, error: Errno) {
    #expect(throws: error) { try Spawn.start(path, arguments: ["x"], environment: [], descriptors: []) }
  }
}
