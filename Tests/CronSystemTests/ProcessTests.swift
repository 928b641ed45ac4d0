import CronSystem
import CronTestSupport
import Testing

@testable import CronSystem

@Suite struct ProcessTests {
  @Test func `an identity is that of one process only`() throws {
    var child = try TestChild(shell: "exec sleep 1000")
    let identity = try #require(ProcessIdentity.read(child.pid))
    #expect(identity.isAlive)
    #expect(identity.bootIdentifier == bootIdentifier() && identity.bootIdentifier.utf8.count == 36)
    let (boot, start) = (identity.bootIdentifier, identity.startTime)
    let others = [
      ProcessIdentity(bootIdentifier: boot, pid: child.pid, startTime: start + 1),
      ProcessIdentity(bootIdentifier: "another", pid: child.pid, startTime: start),
      ProcessIdentity(bootIdentifier: boot, pid: 0, startTime: start),
      ProcessIdentity(bootIdentifier: boot, pid: -1, startTime: start),
    ]
    for other in others {
      #expect(other.isAlive == false)
      let isHeld = try ProcessDescriptor(other) != nil
      #expect(isHeld == false)
    }
    let held = try unwrap(try ProcessDescriptor(identity))
    #expect(held.hasEnded == false)
    #expect(try held.signal(0))
    #expect(try held.signal(Signal.kill))
    let poller = try Poller()
    try poller.add(held.raw, token: 1)
    #expect(try poller.wait(timeoutMilliseconds: 20_000).map(\.isReadable) == [true])
    #expect(held.hasEnded == true)
    #expect(identity.isAlive == false)  // a zombie
    #expect(ProcessStatus.read(child.pid)?.state == "Z")
    #expect(ProcessIdentity.read(child.pid) == identity)
    _ = try child.wait()
    #expect(try held.signal(Signal.terminate) == false)
    #expect(ProcessIdentity.read(child.pid) == nil)
  }

  @Test func `this process's identity is its own and alive`() {
    #expect(ProcessIdentity.currentProcess.isAlive)
    #expect(ProcessIdentity.currentProcess == ProcessIdentity.read(CurrentProcess.identifier))
    #expect(ProcessIdentity.currentProcess.startTime > 0)
  }

  @Test func `a stopped process shows state T and goes on`() throws {
    let child = try TestChild(shell: "exec sleep 1000")
    let held = try ProcessDescriptor(child: child.pid)
    try held.signal(Signal.stop)
    try waitUntil("stopped") { ProcessStatus.read(child.pid)?.state == "T" }
    #expect(ProcessIdentity.read(child.pid)?.isAlive == true)
    try held.signal(Signal.resume)
    try waitUntil("continued") { ProcessStatus.read(child.pid)?.state == "S" }
  }

  @Test(arguments: [
    ("7 (a) b) S (c) R 1 7 6 0 -1 4 0 0 0 0 1 2 3 4 20 0 1 0 987654 1 2", 987_654),
    ("7 (sh) Z 1 7 6 0 -1 4 0 0 0 0 1 2 3 4 20 0 1 0 18446744073709551615 1\n", UInt64.max),
  ])
  func `the start time is found behind any command name`(line: String, start: UInt64) throws {
    let status = try #require(ProcessStatus(parsing: bytes(line)))
    #expect(status.startTime == start && status.parent == 1 && status.group == 7 && status.session == 6)
  }

  /// Lines of a process that gave back 400 MB after its SIGKILL, as Linux 6 told them, and of what isn't ending.
  @Test(arguments: [
    ("S", 0x40_0000, 0, false), ("S", 0x40_0000, 4096, false), ("T", 0x40_0000, 1 << 18, false),
    ("R", 0x40_0000, 1 << 8, true), ("R", 0x40_0404, 0, true), ("R", 0x40_0004, 0, true), ("Z", 0, 0, true),
  ])
  func `a process that has a SIGKILL before it or behind it is ending`(
    letter: String, flags: UInt32, pending: UInt64, isEnding: Bool
  ) throws {
    let zeros = String(repeating: " 0", count: 8)
    let line = "7 (a) \(letter) 1 7 6 0 -1 \(flags) 0 0 0 0 1 2 3 4 20 0 1 0 987654\(zeros) \(pending) 0 0 0"
    #expect(try #require(ProcessStatus(parsing: bytes(line))).isEnding == isEnding)
  }

  @Test func `a process is ending once it was killed, not when it was stopped`() throws {
    var child = try TestChild(shell: "exec sleep 1000")
    let held = try ProcessDescriptor(child: child.pid)
    #expect(ProcessStatus.read(child.pid)?.isEnding == false)
    try held.signal(Signal.stop)
    try waitUntil("stopped") { ProcessStatus.read(child.pid)?.state == "T" }
    #expect(ProcessStatus.read(child.pid)?.isEnding == false)
    try held.signal(Signal.kill)
    #expect(ProcessStatus.read(child.pid)?.isEnding == true)
    try waitUntil("ended") { held.hasEnded }
    #expect(ProcessStatus.read(child.pid)?.isEnding == true)
    #expect(try child.wait() == .signaled(Signal.kill, coreDumped: false))
  }

  @Test(arguments: ["", "7 (sh", "7 (sh) R 1 2 3", "7 (sh) R x 7 6 0 -1 4 0 0 0 0 1 2 3 4 20 0 1 0 5 1"])
  func `a torn stat line is nobody`(line: String) {
    #expect(ProcessStatus(parsing: bytes(line)) == nil)
  }

  @Test func `a group is signalled whole, and never everyone's`() throws {
    var child = try TestChild(shell: "sleep 1000 & sleep 1000 & wait")
    let children = try waitForValue("both sleeps") {
      let pids = ProcessStatus.children(of: child.pid)
      return pids.count == 2 ? pids : nil
    }
    #expect(children.allSatisfy { ProcessStatus.read($0)?.group == child.pid })
    #expect(ProcessStatus.commandLine(of: child.pid)?.first == "sh")
    #expect(try ProcessGroup.signal(child.pid, Signal.kill))
    #expect(try child.wait() == .signaled(Signal.kill, coreDumped: false))
    try waitUntil("all ended") {
      children.allSatisfy { (ProcessStatus.read($0)?.state ?? "X") == "Z" || ProcessStatus.read($0) == nil }
    }
    for group: Int32 in [-1, 0, 1] {
      #expect(throws: Errno.invalidArgument) { try ProcessGroup.signal(group, 0) }
    }
  }
}

@Suite struct ReaperTests {
  @Test(
    .acceptance(65),
    arguments: [("exit 3", ExitCause.exited(3)), ("kill -9 $$", .signaled(9, coreDumped: false))])
  func `looks without reaping, then reaps once`(command: String, cause: ExitCause) throws {
    let pid = try Spawn.start("/bin/sh", arguments: ["sh", "-c", command], environment: [], descriptors: [])
    let identity = ProcessIdentity.read(pid)
    let seen = try waitForValue("the end") { try Reaper.peek(child: pid) }
    #expect(seen.cause == cause && seen.pid == pid)
    #expect(seen.startTime == identity?.startTime && seen.startTime > 0)
    #expect(try Reaper.peek(child: pid)?.cause == cause)
    let reaped = try #require(try Reaper.reap(pid))
    #expect(reaped.cause == cause)
    #expect(reaped.startTime == identity?.startTime)
    #expect(reaped.usage.maximumResidentKibibytes > 0)
    #expect(throws: Errno.noChild) { try Reaper.reap(pid) }
  }

  @Test func `a living child is neither seen nor reaped`() throws {
    let child = try TestChild(shell: "exec sleep 1000")
    #expect(try Reaper.peek(child: child.pid) == nil)
    #expect(try Reaper.reap(child.pid) == nil)
  }

  @Test func `the usage is that of the child and of what it reaped`() throws {
    let pid = try Spawn.start(
      "/bin/sh", arguments: ["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"], environment: [],
      descriptors: [])
    #expect(try Reaper.wait(for: pid).usage.userMicroseconds > 10_000)
  }

  @Test func `a sub-reaper inherits orphans and sees every ended child until it reaps it`() async {
    await #expect(processExitsWith: .success) {
      try CurrentProcess.setChildSubreaper()
      #expect(try Reaper.peek() == nil)
      var told = try Pipe()
      var pipe = try Pipe()
      let reading = told.takeReadEnd()
      // The grandchild tells its pid and outlives its parent.
      let parent = try Spawn.start(
        "/bin/sh", arguments: ["sh", "-c", "(exec sh -c 'echo $$; read x; exit 7' <&4) & exit 5"], environment: [],
        descriptors: [.init(child: 1, raw: told.writeRaw), .init(child: 4, raw: pipe.readRaw)])
      let first = try waitForValue("the parent's end") { try Reaper.peek() }
      #expect(first.pid == parent && first.cause == .exited(5))
      // Its last moments in the kernel still count as its time: of the usage, two looks may differ.
      let again = try #require(try Reaper.peek())
      #expect(again.pid == first.pid && again.cause == first.cause && again.startTime == first.startTime)
      try Reaper.reap(parent)
      let text = String(decoding: try reading.read(upTo: 20), as: UTF8.self)
      let orphan = try #require(Int32(text.dropLast()))
      #expect(ProcessStatus.read(orphan)?.parent == CurrentProcess.identifier)
      #expect(try Reaper.peek() == nil)
      try pipe.takeWriteEnd().write(bytes("go\n"))
      let second = try waitForValue("the orphan's end") { try Reaper.peek() }
      #expect(second.pid == orphan && second.cause == .exited(7))
      try Reaper.reap(orphan)
      #expect(try Reaper.peek() == nil)
    }
  }
}
