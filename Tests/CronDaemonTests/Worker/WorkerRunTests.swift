import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// One way for a command to end.
struct EndRow: Sendable, CustomTestStringConvertible {
  var command: String
  var code: Int32?
  var signal: String?
  var says: String?
  var testDescription: String { command }

  init(_ command: String, code: Int32? = nil, signal: String? = nil, says: String? = nil) {
    (self.command, self.code, self.signal, self.says) = (command, code, signal, says)
  }
}

@Suite struct WorkerRunTests {
  static let ends = [
    EndRow("true", code: 0),
    EndRow("/bin/false", code: 1),
    EndRow("exit 3", code: 3),
    EndRow("exit 255", code: 255),
    EndRow("kill -KILL $$", signal: "KILL"),
    EndRow("kill -SEGV $$", signal: "SEGV"),
    EndRow("no-such-command-here --x", code: 127, says: "/bin/sh: 1: no-such-command-here: not found\n"),
    EndRow("/no/such/file", code: 127, says: "/bin/sh: 1: /no/such/file: not found\n"),
    EndRow("./plain", code: 126, says: "/bin/sh: 1: ./plain: Permission denied\n"),
    EndRow("./noformat a b", code: 5, says: "noformat 2 ./noformat\n"),
    EndRow("./directory", code: 126, says: "/bin/sh: 1: ./directory: Permission denied\n"),
    EndRow("echo out; echo err >&2", code: 0, says: "out\nerr\n"),
    EndRow("cat", code: 0),
    EndRow("ulimit -n", code: 0, says: "512\n"),
    EndRow("umask", code: 0, says: "0022\n"),
    EndRow("pwd -P; ls /proc/self/fd", code: 0, says: "0\n1\n2\n3\n"),
    EndRow("cut -d ' ' -f 5,6 /proc/$$/stat | { read g s; test $g = $$ && test $s = $$; }", code: 0),
  ]

  @Test func `a program that is just being written could not be started, which is no end of the run`() throws {
    let harness = try WorkerHarness()
    let path = try harness.sandbox.write("busy", "#!/bin/sh\nexit 4\n", permissions: 0o755)
    let writer = try FileDescriptor.open(path, .write)
    let exit = try harness.perform(harness.line(path))
    #expect(exit.cause == .notStarted)
    #expect(exit.isRetryable)
    #expect(exit.exitCode == nil)
    try writer.close()
    // A child of another test, forked meanwhile, may hold the file open until it executes.
    try waitUntil("the program runs") { try harness.perform(harness.line(path)).exitCode == 4 }
  }

  @Test func `a directory in the place of the output file is kept aside, and the run goes on`() throws {
    let harness = try WorkerHarness()
    let slot = try harness.state.slot(0)
    _ = try slot.ensureSubdirectory("output").ensureSubdirectory("inside")
    let order = harness.line("echo out")
    #expect(try harness.perform(order).exitCode == 0)
    #expect(harness.output(order) == "out\n")
    let kept = try harness.state.existingDirectory(.quarantine).list()
    #expect(kept.count == 1 && kept.allSatisfy { $0.hasPrefix("output-0-") })
  }

  @Test(arguments: ends)
  func `a run ends as a shell would end it, and its output is kept`(row: EndRow) throws {
    let harness = try WorkerHarness()
    try harness.sandbox.write("plain", "#!/bin/sh\n", permissions: 0o644)
    try harness.sandbox.write("noformat", "echo noformat $# $0; exit 5\n", permissions: 0o755)
    _ = try harness.sandbox.directory.ensureSubdirectory("directory")
    let order = harness.line(row.command)
    let exit = try harness.perform(order)
    #expect(exit.cause == .ended)
    #expect(exit.exitCode == row.code)
    #expect(exit.signal == row.signal)
    #expect(exit.endedAt >= exit.startedAt)
    #expect(exit.leftovers == 0)
    let output = harness.output(order)
    if let says = row.says {
      #expect(output?.hasSuffix(says) == true, "\(output ?? "nothing")")
      #expect(exit.outputBytes == Int64(output?.utf8.count ?? -1))
    } else {
      #expect(exit.outputBytes == 0)
    }
    try harness.hear("idle")
  }

  @Test func `a job that wrote nothing leaves no file, and the next one reuses the empty file`() throws {
    let harness = try WorkerHarness()
    let first = harness.line("true")
    _ = try harness.perform(first)
    #expect(harness.output(first) == nil)
    let slot = try harness.state.directory(.workers).openSubdirectory("0")
    let before = try #require(try slot.status("output"))
    _ = try harness.perform("true")
    let after = try #require(try slot.status("output"))
    #expect(after.isSameFile(as: before))
    #expect(try harness.state.directory(.output).list().isEmpty)
  }

  @Test func `words are executed as they are`() throws {
    let harness = try WorkerHarness()
    let order = harness.order(.words(["printf", "%s|", "a b", "$HOME", "*", ""]))
    #expect(try harness.perform(order).exitCode == 0)
    #expect(harness.output(order) == "a b|$HOME|*||")
    let missing = harness.order(.words(["no such program", "x"]))
    #expect(try harness.perform(missing).exitCode == 127)
    #expect(harness.output(missing) == "no such program: not found\n")
    let denied = harness.order(.words(["/etc/passwd"]))
    #expect(try harness.perform(denied).exitCode == 126)
  }

  @Test func `the text after the percent sign is the standard input, from its beginning`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("cat; echo end")
    order.standardInput = "one\ntwo %\n"
    _ = try harness.perform(order)
    #expect(harness.output(order) == "one\ntwo %\nend\n")
  }

  @Test func `the environment is built, not inherited`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("env | sort | grep -v ^PWD=")
    order.occurrence = "2026-06-18T12:00:00Z"
    order.attempt = 2
    order.environment += [.init(name: "MAILTO", value: "a b"), .init(name: "LOGNAME", value: "forged")]
    _ = try harness.perform(order)
    let account = try Account.of(userIdentifier: CurrentProcess.effectiveUser)
    let name = account?.name ?? String(CurrentProcess.effectiveUser)
    let expected = [
      "CRONWATCH_ATTEMPT=2", "CRONWATCH_JOB=job", "CRONWATCH_OCCURRENCE=2026-06-18T12:00:00Z", "CRONWATCH_RUN=run-1",
      "HOME=\(harness.sandbox.path)", "LOGNAME=\(name)", "MAILTO=a b", "PATH=/usr/bin:/bin", "SHELL=/bin/sh",
      "USER=\(name)",
    ]
    #expect(harness.output(order)?.split(separator: "\n").map(String.init) == expected)
  }

  @Test func `what is named to be inherited is`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("echo \"$SECRET\" \"$PATH\"")
    order.inherited = ["SECRET"]
    _ = try harness.perform(order)
    #expect(harness.output(order) == "daemon /usr/bin:/bin\n")
  }

  @Test func `a home that can't be entered is said, and the job starts in the root`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("pwd")
    order.environment = [.init(name: "HOME", value: "/no/such/home")]
    #expect(try harness.perform(order).exitCode == 0)
    let output = try #require(harness.output(order))
    #expect(output.hasPrefix("cronwatch: can't enter /no/such/home: ENOENT"))
    #expect(output.hasSuffix("starting in /\n/\n"))
  }

  @Test func `a flood keeps its head and its end within the limit`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("echo first; head -c 30000000 /dev/zero; sleep 1; echo last")
    order.outputLimit = 1 << 20
    _ = try harness.perform(order)
    let kept = try harness.state.directory(.output).openSubdirectory("job").openFile("run-1.log", .read)
    #expect(try kept.status().allocatedSize <= 2 << 20)
    #expect(try kept.read(upTo: 6, at: 0) == Array("first\n".utf8))
    #expect(try kept.read(upTo: 64, at: try kept.size() - 5) == Array("last\n".utf8))
  }

  @Test func `a job of another user has that user's identity and nothing of ours`() throws {
    guard CurrentProcess.effectiveUser == 0, let nobody = try Account.named("nobody") else {
      try Test.cancel("only root can start jobs of others")
    }
    let harness = try WorkerHarness()
    var order = harness.line("id -u; id -g; id -G; echo $LOGNAME; grep -E 'Cap(Eff|Prm)' /proc/self/status | cut -f2")
    order.user = "nobody"
    order.environment = [.init(name: "HOME", value: "/")]
    _ = try harness.perform(order)
    let zeros = "0000000000000000"
    #expect(
      harness.output(order) == """
        \(nobody.userIdentifier)
        \(nobody.groupIdentifier)
        \(nobody.groups().map(String.init).joined(separator: " "))
        nobody
        \(zeros)
        \(zeros)

        """)
  }

  @Test func `a user that nobody knows is no failure of the job, and may pass`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("true")
    order.user = "no-such-user"
    let exit = try harness.perform(order)
    #expect(exit.cause == .notStarted)
    #expect(exit.isRetryable)
    #expect(exit.message == "there is no user 'no-such-user'")
    #expect(harness.record.readExec(order.claim) == nil)
  }
}
