import CronSystem
import CronTestSupport
import Testing

/// What came of a job that was launched and waited for.
private struct LaunchedJob {
  let pid: Int32
  let cause: ExitCause
  let output: String
}

/// Launches words with an empty input, waits, and reads what they wrote.
private func run(
  _ words: [String], in sandbox: borrowing Sandbox, _ change: (inout LaunchOrder) -> Void = { _ in }
) throws -> LaunchedJob {
  let input = try FileDescriptor.open("/dev/null", .read)
  let output = try sandbox.directory.openFile("output", [.readWrite, .create, .truncate, .append], permissions: 0o666)
  var order = LaunchOrder(
    arguments: words, environment: ["PATH=/usr/bin:/bin", "MARK=1"], input: input.raw, output: output.raw)
  change(&order)
  let pid = try JobLauncher.launch(order)
  let cause = try Reaper.wait(for: pid).cause
  return LaunchedJob(
    pid: pid, cause: cause, output: String(decoding: try output.read(upTo: 1 << 20, at: 0), as: UTF8.self))
}

@Suite struct JobLauncherTests {
  @Test func `a job has its own session, an empty mask, default signals, and descriptors 0 to 2 alone`() async {
    await #expect(processExitsWith: .success) {
      try SignalDescriptor.blockSignals()
      let sandbox = try Sandbox()
      let leaky = try sandbox.directory.openFile("leaky", [.write, .create]).duplicate(closeOnExec: false)
      let input = try sandbox.directory.openFile("input", [.read, .create])
      let output = try sandbox.directory.openFile("output", [.write, .create, .append])
      let order = LaunchOrder(
        arguments: ["sleep", "1000"], environment: [], input: input.raw, output: output.raw)
      let child = TestChild(try JobLauncher.launch(order))
      let (file, sink) = (sandbox.path(of: "input"), sandbox.path(of: "output"))
      try child.waitForDescriptors([0: file, 1: sink, 2: sink])
      #expect(try child.statusLine("SigBlk") == "0000000000000000")
      #expect(try child.statusLine("SigIgn") == "0000000000000000")
      #expect(try child.statusLine("Umask") == "0022")
      let status = try #require(ProcessStatus.read(child.pid))
      #expect(status.session == child.pid && status.group == child.pid)
      #expect(ProcessStatus.commandLine(of: child.pid) == ["sleep", "1000"])
      #expect(leaky.isCloseOnExec == false)
    }
  }

  /// Whatever numbers our descriptors have: 0–2 free, or sources standing where targets go.
  @Test func `descriptors may stand at 0 to 2 in any order`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let record = try sandbox.directory.openFile("record", [.readWrite, .create])
      let output = try sandbox.directory.openFile("output", [.readWrite, .create])
      let input = try sandbox.directory.openFile("input", [.readWrite, .create])
      try input.write(bytes("from input"))
      #expect(moveForTest(try output.duplicate().release(), 0))
      #expect(moveForTest(try input.duplicate().release(), 1))
      #expect(moveForTest(try record.duplicate().release(), 2))
      try record.allocate(offset: 0, length: 512)
      let back = try sandbox.directory.openFile("input", .read)
      #expect(moveForTest(back.release(), 1))
      var order = LaunchOrder(arguments: ["cat"], environment: [], input: 1, output: 0)
      order.record = LaunchRecord(raw: 2, offset: 0, run: "r", sequence: 1)
      let pid = try JobLauncher.launch(order)
      #expect(try Reaper.wait(for: pid).cause == .exited(0))
      #expect(sandbox.read("output") == "from input")
      #expect(ExecField(parsing: try record.read(upTo: 256, at: 0)[...])?.pid == pid)
    }
  }

  @Test func `words, environment, directory, mask and limit are as ordered`() throws {
    let sandbox = try Sandbox()
    let limit = try ResourceLimits.openFiles().soft
    let script = "printf '[%s]' \"$@\"; pwd; umask; ulimit -n; cat /proc/self/oom_score_adj; nice; env | sort; cat"
    let job = try run(["/bin/sh", "-c", script, "sh", "", "a b", "ä"], in: sandbox) {
      $0.directory = sandbox.path
      $0.fileCreationMask = 0o027
      $0.openFiles = min(limit, 777)
      $0.nice = 5
    }
    let lines = job.output.split(separator: "\n").map(String.init)
    #expect(lines.prefix(5) == ["[][a b][ä]\(sandbox.path)", "0027", "\(min(limit, 777))", "0", "5"])
    #expect(lines.dropFirst(5).allSatisfy { ["MARK=1", "PATH=/usr/bin:/bin", "PWD=\(sandbox.path)"].contains($0) })
    #expect(job.cause == .exited(0))
  }

  @Test(arguments: [
    ("/nonexistent/x", Errno.noEntry, Int32(127)), ("/etc/passwd", .accessDenied, 126), ("/etc", .accessDenied, 126),
    ("/etc/passwd/x", .notDirectory, 127), ("no-such-command-here", .noEntry, 127), ("", .noEntry, 127),
  ])
  func `why exec failed comes back with the status of a shell`(word: String, error: Errno, status: Int32) throws {
    let sandbox = try Sandbox()
    let failure = #expect(throws: LaunchFailure.self) { try run([word], in: sandbox) }
    #expect(failure == LaunchFailure(step: .exec, error: error))
    #expect(failure?.shellStatus == status)
  }

  @Test func `a directory that can't be entered is told as such`() throws {
    let sandbox = try Sandbox()
    #expect(throws: LaunchFailure(step: .directory, error: .noEntry)) {
      try run(["true"], in: sandbox) { $0.directory = "/nonexistent" }
    }
  }

  /// What dash does with the same PATH and the same files decides.
  @Test(arguments: [
    "executable", "plain", "adirectory", "onlydirectory", "onlyplain", "laterexecutable", "nothing", "noformat",
    "unsearchable", "current",
  ])
  func `PATH is searched as sh does`(word: String) throws {
    let sandbox = try Sandbox()
    for name in ["one/executable", "two/executable", "two/plain", "two/adirectory", "two/laterexecutable", "current"] {
      try sandbox.write(name, "#!/bin/sh\necho \(name) \"$@\"\n", permissions: 0o755)
    }
    for name in ["one/plain", "one/onlyplain", "one/laterexecutable"] { try sandbox.write(name, "x") }
    try sandbox.write("one/noformat", "echo in sh: \"$0\" \"$1\"\n", permissions: 0o755)
    for name in ["one/adirectory", "one/onlydirectory"] { _ = try Directory.create(sandbox.path(of: name)) }
    let path = "/etc/passwd:\(sandbox.path)/one:/nonexistent::\(sandbox.path)/two:\(sandbox.path)/one/plain"
    let shell = try run(["/bin/sh", "-c", "\(word) an-argument 2>/dev/null"], in: sandbox) {
      $0.environment = ["PATH=\(path)"]
      $0.directory = sandbox.path
    }
    do throws(LaunchFailure) {
      let job: LaunchedJob
      do {
        job = try run([word, "an-argument"], in: sandbox) {
          $0.environment = ["PATH=\(path)"]
          $0.searchPath = path
          $0.directory = sandbox.path
        }
      } catch let failure as LaunchFailure {
        throw failure
      } catch {
        Issue.record(error)
        return
      }
      #expect(job.output == shell.output)
      #expect(job.cause == shell.cause)
    } catch {
      #expect(.exited(error.shellStatus) == shell.cause, "\(error)")
      #expect(shell.output == "")
    }
  }

  @Test func `a file without a known format goes to sh only when asked`() throws {
    let sandbox = try Sandbox()
    let script = try sandbox.write("script", "echo \"$0\" \"$@\"; exit 4\n", permissions: 0o755)
    let job = try run([script, "a b", "c"], in: sandbox)
    #expect(job.output == "\(script) a b c\n" && job.cause == .exited(4))
    #expect(throws: LaunchFailure(step: .exec, error: .notExecutableFormat)) {
      try run([script], in: sandbox) { $0.fallsBackToShell = false }
    }
  }
}

/// Where the version 2 hierarchy is mounted, on pure and on hybrid hosts; nil = nowhere, or not ours to change.
private func unifiedHierarchy() -> String? {
  ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].first { path in
    let file = try? FileDescriptor.open(path + "/cgroup.procs", .write)
    return file != nil
  }
}

@Suite(.enabled(if: unifiedHierarchy() != nil, "needs a writable cgroup v2"))
struct JobLauncherCgroupTests {
  @Test func `a job is born in the leaf, and the launcher stays where it is`() throws {
    let hierarchy = try Directory.open(try unwrap(unifiedHierarchy()))
    let name = "cronwatch-test-\(CurrentProcess.identifier)"
    try hierarchy.makeDirectory(name)
    defer { _ = try? hierarchy.removeDirectory(name) }
    let processes = try hierarchy.openSubdirectory(name).openFile("cgroup.procs", .write)
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    var order = LaunchOrder(arguments: ["sleep", "1000"], environment: [], input: null.raw, output: null.raw)
    order.cgroupProcesses = processes.raw
    var child = TestChild(try JobLauncher.launch(order))
    #expect(try cgroups(of: "\(child.pid)").contains("0::/\(name)"))
    #expect(try cgroups(of: "self").contains { $0.hasSuffix(name) } == false)
    try ProcessDescriptor(child: child.pid).signal(Signal.kill)
    #expect(try child.wait() == .signaled(Signal.kill, coreDumped: false))
  }

  private func cgroups(of process: String) throws -> [String] {
    let text = try FileDescriptor.open("/proc/\(process)/cgroup", .read).readToEnd(limit: 1 << 16)
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

@Suite(.enabled(if: CurrentProcess.effectiveUser == 0, "needs root"))
struct JobLauncherIdentityTests {
  private static let nobody = LaunchIdentity(userIdentifier: 65534, groupIdentifier: 65534, groups: [65534, 12])

  @Test func `uid, gid and groups are changed for good`() throws {
    let sandbox = try Sandbox()
    let job = try run(["grep", "-E", "^(Uid|Gid|Groups|CapEff|CapPrm)", "/proc/self/status"], in: sandbox) {
      $0.identity = Self.nobody
    }
    let words = job.output.split { $0 == "\t" || $0 == "\n" || $0 == " " }.map(String.init)
    let four = [String](repeating: "65534", count: 4)
    let none = "0000000000000000"
    #expect(words == ["Uid:"] + four + ["Gid:"] + four + ["Groups:", "12", "65534", "CapPrm:", none, "CapEff:", none])
  }

  @Test func `directory and command are reached as that user`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("private", "#!/bin/sh\n", permissions: 0o700)
    try sandbox.directory.descriptor.setPermissions(0o755)
    _ = try Directory.create(sandbox.path(of: "closed"))
    #expect(throws: LaunchFailure(step: .directory, error: .accessDenied)) {
      try run(["true"], in: sandbox) {
        $0.identity = Self.nobody
        $0.directory = sandbox.path(of: "closed")
      }
    }
    #expect(throws: LaunchFailure(step: .exec, error: .accessDenied)) {
      try run([sandbox.path(of: "private")], in: sandbox) { $0.identity = Self.nobody }
    }
  }

  @Test func `without the privilege nothing is started under a wrong identity`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      try sandbox.directory.descriptor.setPermissions(0o777)
      #expect(becomeNobodyForTest())
      #expect(throws: LaunchFailure(step: .groups, error: .notPermitted)) {
        try run(["true"], in: sandbox) {
          $0.identity = LaunchIdentity(userIdentifier: 0, groupIdentifier: 0, groups: [0])
        }
      }
    }
  }
}

@Suite struct ExecFieldTests {
  @Test func `the field is written as the last act, by the process that becomes the job`() throws {
    let sandbox = try Sandbox()
    let record = try sandbox.directory.openFile("record", [.readWrite, .create])
    try record.allocate(offset: 0, length: 8192)
    let input = try FileDescriptor.open("/dev/null", .readWrite)
    var order = LaunchOrder(
      arguments: ["/bin/sleep", "1000"], environment: [], input: input.raw, output: input.raw)
    order.record = LaunchRecord(raw: record.raw, offset: 512, run: "01JX-5_a.b", sequence: .max)
    let child = TestChild(try JobLauncher.launch(order))
    let field = try record.read(upTo: ExecField.byteCount, at: 512)
    let parsed = try #require(ExecField(parsing: field[...]))
    #expect(parsed.run == "01JX-5_a.b" && parsed.sequence == .max)
    #expect(parsed.pid == child.pid)
    #expect(parsed.startTime == ProcessStatus.read(child.pid)?.startTime)
    let line = try #require(field.firstIndex(of: UInt8(ascii: "\n")))
    #expect(field[(line + 1)...].allSatisfy { $0 == 0 })
    #expect(try record.read(upTo: 512, at: 0).allSatisfy { $0 == 0 })
    #expect(try record.read(upTo: 8, at: 768).allSatisfy { $0 == 0 })
    for index in 0..<line {
      var damaged = field
      damaged[index] ^= 1
      #expect(ExecField(parsing: damaged[...]) == nil, "bit \(index * 8) flipped")
    }
    #expect(ExecField(parsing: [UInt8](repeating: 0, count: 256)[...]) == nil)
    #expect(ExecField(parsing: field[..<20]) == nil)
  }

  @Test func `the record's lock is the child's until execve, then the parent's alone`() throws {
    let sandbox = try Sandbox()
    let record = try sandbox.directory.openFile("record", [.readWrite, .create])
    let probe = try sandbox.directory.openFile("record", .readWrite)
    #expect(try FileLock.tryLock(record))
    let input = try FileDescriptor.open("/dev/null", .readWrite)
    var order = LaunchOrder(
      arguments: ["/bin/sleep", "1000"], environment: [], input: input.raw, output: input.raw)
    order.record = LaunchRecord(raw: record.raw, offset: 0, run: "r", sequence: 1)
    let child = TestChild(try JobLauncher.launch(order))
    #expect(try FileLock.tryLock(probe) == false)
    try record.close()
    // Other tests fork too: their children may hold it for the moment until their own exec.
    try waitUntil("the job doesn't hold the lock") { try FileLock.tryLock(probe) }
    #expect(try ProcessDescriptor(child: child.pid).signal(0))
  }

  @Test func `a record that can't be written, and a run id that is too long, stop the start`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("record", "")
    let readOnly = try sandbox.directory.openFile("record", .read)
    #expect(throws: LaunchFailure(step: .record, error: Errno(rawValue: 9))) {
      try run(["true"], in: sandbox) {
        $0.record = LaunchRecord(raw: readOnly.raw, offset: 0, run: "r", sequence: 1)
      }
    }
    #expect(throws: LaunchFailure(step: .record, error: .nameTooLong)) {
      try run(["true"], in: sandbox) {
        $0.record = LaunchRecord(raw: readOnly.raw, offset: 0, run: String(repeating: "r", count: 129), sequence: 1)
      }
    }
  }
}
