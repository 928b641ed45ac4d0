import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct WorkerForwardingTests {
  @Test func `lines appear with the job's name, the last one also without a newline`() throws {
    let harness = try WorkerHarness(forwarding: true)
    _ = try harness.perform("echo one; printf 'two\\r\\n'; echo; printf three")
    #expect(harness.sandbox.read("stdout") == "job | one\njob | two\njob | \njob | three\n")
  }

  @Test func `a line appears while the job still runs`() throws {
    let harness = try WorkerHarness(forwarding: true)
    let order = harness.line("echo up; while ! test -e go; do sleep 0.02; done; echo down")
    try harness.submit(order)
    try waitUntil("the first line") { harness.sandbox.read("stdout") == "job | up\n" }
    try harness.sandbox.write("go", "")
    try harness.hear("ended run-1")
    #expect(harness.sandbox.read("stdout") == "job | up\njob | down\n")
  }

  @Test(arguments: [
    (true, "job | a\\x1b[31mb\n"), (false, "job | a\u{1b}[31mb\n"),
  ])
  func `control characters are harmless on a terminal and untouched elsewhere`(
    escaping: Bool, expected: String
  ) throws {
    let harness = try WorkerHarness(forwarding: true, escaping: escaping)
    _ = try harness.perform("printf 'a\\033[31mb\\n'")
    #expect(harness.sandbox.read("stdout") == expected)
  }

  @Test func `long lines are cut into pieces that a pipe takes whole, and nothing is lost`() throws {
    let harness = try WorkerHarness(forwarding: true)
    _ = try harness.perform("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end")
    let shown = harness.sandbox.read("stdout")
    let lines = try #require(shown).split(separator: "\n")
    #expect(lines.allSatisfy { $0.utf8.count < 4096 && $0.hasPrefix("job | ") })
    #expect(lines.dropLast().map { $0.utf8.count - 6 }.reduce(0, +) == 100_000)
    #expect(lines.last == "job | end")
  }

  @Test func `a standard output that nobody reads doesn't keep a time limit from being enforced`() throws {
    var pipe = try Pipe()
    let reader = pipe.takeReadEnd()
    let writer = pipe.takeWriteEnd()
    let harness = try WorkerHarness(forwarding: true, standardOutput: writer.raw)
    var order = harness.line("yes")
    order.timeoutSeconds = 1
    order.outputLimit = 1 << 20
    let exit = try harness.perform(order)
    #expect(exit.cause == .timedOut)
    #expect(try reader.read(upTo: 8).starts(with: "job | y\n".utf8))
  }
}
