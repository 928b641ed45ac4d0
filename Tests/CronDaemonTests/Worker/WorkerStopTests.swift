import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct WorkerStopTests {
  @Test(.acceptance(64))
  func `a timeout kills the whole tree, also what hides in other sessions and ignores TERM`() throws {
    let harness = try WorkerHarness()
    var order = harness.line(
      """
      trap '' TERM; echo $$ > job
      setsid sh -c 'trap "" TERM; echo $$ > hidden
        setsid sh -c "echo \\$\\$ > deep; sleep 99; true" & sleep 99; true' &
      sleep 1000; sleep 1000
      """)
    order.timeoutSeconds = 1
    order.killGraceSeconds = 1
    try harness.submit(order)
    let pids = try ["job", "hidden", "deep"].map { try harness.pid(in: $0) }
    try harness.hear("ended run-1")
    let exit = try harness.exit(order)
    #expect(exit.cause == .timedOut)
    #expect(exit.signal == "KILL")
    for pid in pids { #expect(!isRunning(pid)) }
    #expect(exit.leftovers == 0)
    try harness.hear("idle")
    #expect(try harness.perform("exit 4").exitCode == 4)
  }

  @Test func `a job that obeys TERM ends within its grace, and is timed out all the same`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("trap 'echo bye; exit 7' TERM; sleep 1000 & wait")
    order.timeoutSeconds = 1
    order.killGraceSeconds = 1_000
    let exit = try harness.perform(order)
    #expect(exit.cause == .timedOut)
    #expect(exit.exitCode == 7)
    #expect(harness.output(order) == "bye\n")
  }

  @Test func `a stopped job is continued so that it hears TERM`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("kill -STOP $$; sleep 1000")
    order.timeoutSeconds = 1
    order.killGraceSeconds = 1_000
    let exit = try harness.perform(order)
    #expect(exit.cause == .timedOut)
    #expect(exit.signal == "TERM")
  }

  @Test(arguments: ["stop requested", "stop replaced", "stop drain"])
  func `a run that somebody stops says so`(message: String) throws {
    let harness = try WorkerHarness()
    let order = harness.line("sleep 1000")
    try harness.submit(order)
    try harness.hear("started run-1")
    try harness.send(message)
    try harness.hear("ended run-1")
    let exit = try harness.exit(order)
    #expect(exit.cause == .stopped)
    #expect(exit.signal == "TERM")
  }

  @Test func `the first reason for a stop is the one that is kept`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("trap '' TERM; echo up > up; sleep 1000; sleep 1000")
    order.killGraceSeconds = 1
    try harness.submit(order)
    try waitUntil("the job is up") { harness.sandbox.read("up") != nil }
    try harness.send("stop timeout")
    try harness.send("stop requested")
    try harness.hear("ended run-1")
    #expect(try harness.exit(order).cause == .timedOut)
  }

  @Test(.acceptance(64))
  func `output left open by a grandchild never delays the end, and the worker takes no other run`() throws {
    let harness = try WorkerHarness()
    let order = harness.line("sleep 1000 & echo $! > stray; echo done")
    let exit = try harness.perform(order)
    let stray = try harness.pid(in: "stray")
    #expect(exit.cause == .ended)
    #expect(exit.exitCode == 0)
    #expect(exit.leftovers == 1)
    #expect(harness.output(order) == "done\n")
    #expect(try harness.end() == .exited(0))
    #expect(isRunning(stray))
    try endStray(stray)
  }

  @Test(.acceptance(65)) func `the job is reaped before anybody is told, and orphans too`() throws {
    let harness = try WorkerHarness()
    // The orphan outlives its parent, and ends while the job still runs.
    let order = harness.line("(sleep 0.1 & echo $! > orphan); sleep 0.5; echo $$ > job")
    let exit = try harness.perform(order)
    #expect(exit.leftovers == 0)
    for name in ["orphan", "job"] { #expect(ProcessIdentity.read(try harness.pid(in: name)) == nil) }
    #expect(ProcessStatus.children(of: harness.pid).isEmpty)
  }
}
