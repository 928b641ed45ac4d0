import CronSystem
import CronTestSupport
import Testing

@Suite struct SurroundingsTests {
  @Test func `accounts: root by name and uid with its groups, nobody for strangers`() throws {
    let root = try #require(try Account.named("root"))
    #expect(root.userIdentifier == 0 && root.groupIdentifier == 0 && root.home.hasPrefix("/"))
    #expect(try Account.of(userIdentifier: 0) == root)
    #expect(root.groups().contains(0))
    #expect(try Account.named("no-such-user-here") == nil)
    #expect(try Account.of(userIdentifier: 3_999_999_999) == nil)
    #expect(try AccountGroup.identifier(named: "root") == 0)
    #expect(try AccountGroup.identifier(named: "no-such-group-here") == nil)
  }

  @Test func `clocks go forward and agree with each other`() {
    let (wall, monotonic, boot) = (SystemClock.wall(), SystemClock.monotonic(), SystemClock.boottime())
    #expect(wall > 1_700_000_000_000_000)
    #expect(monotonic > 0 && boot >= monotonic)
    #expect(SystemClock.monotonic() >= monotonic && SystemClock.boottime() >= boot)
  }

  @Test func `the environment is read, changed, and keeps odd entries as they are`() async {
    await #expect(processExitsWith: .success) {
      try Environment.set("CRONWATCH_TEST", to: "a=b c")
      #expect(Environment.get("CRONWATCH_TEST") == "a=b c")
      #expect(Environment.all()["CRONWATCH_TEST"] == "a=b c")
      #expect(Environment.entries().contains("CRONWATCH_TEST=a=b c"))
      try Environment.set("CRONWATCH_TEST", to: "")
      #expect(Environment.get("CRONWATCH_TEST") == "")
      try Environment.unset("CRONWATCH_TEST")
      #expect(Environment.get("CRONWATCH_TEST") == nil)
      #expect(throws: Errno.invalidArgument) { try Environment.set("A=B", to: "") }
    }
  }

  @Test func `the limit of open files is raised, never lowered, and its origin told`() async {
    await #expect(processExitsWith: .success) {
      let before = try ResourceLimits.openFiles()
      #expect(try ResourceLimits.raiseOpenFiles(to: 3) == before.soft)
      #expect(try ResourceLimits.openFiles() == before)
      #expect(try ResourceLimits.raiseOpenFiles(to: .max) == before.soft)
      #expect(try ResourceLimits.openFiles().soft == before.hard)
    }
  }

  @Test func `exits with the status asked for`() async {
    await #expect(processExitsWith: .exitCode(69)) { CurrentProcess.exit(69) }
  }

  @Test func `output is written unbuffered, and a reader that has gone is an error`() async throws {
    let result = try #require(
      await #expect(processExitsWith: .signal(Signal.kill), observing: [\.standardOutputContent]) {
        try StandardOutput.write("said before\n")
        try ProcessDescriptor(child: CurrentProcess.identifier).signal(Signal.kill)
      })
    #expect(String(decoding: result.standardOutputContent, as: UTF8.self).contains("said before\n"))
    await #expect(processExitsWith: .success) {
      try SignalDescriptor.blockSignals()
      var pipe = try Pipe()
      #expect(moveForTest(pipe.takeWriteEnd().release(), 1))
      try pipe.takeReadEnd().close()
      #expect(throws: Errno.brokenPipe) { try StandardOutput.write("nobody listens") }
      #expect(CurrentProcess.isTerminal(1) == false && CurrentProcess.terminalColumns(1) == nil)
    }
  }

  @Test func `this process knows its place`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      try CurrentProcess.changeDirectory(sandbox.path)
      #expect(try CurrentProcess.workingDirectory() == sandbox.path)
      #expect(try CurrentProcess.executablePath().hasPrefix("/"))
      #expect(!CurrentProcess.hostName().isEmpty)
      CurrentProcess.setFileCreationMask(0o077)
      #expect(CurrentProcess.setFileCreationMask(0o022) == 0o077)
      #expect(CurrentProcess.parentIdentifier == ProcessStatus.read(CurrentProcess.identifier)?.parent)
      try CurrentProcess.setOOMScore(500)
      #expect(try FileDescriptor.open("/proc/self/oom_score_adj", .read).readToEnd(limit: 9) == bytes("500\n"))
    }
  }
}
