import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct WorkerLifeTests {
  @Test func `an idle worker ends when it is told, and has written who it is`() throws {
    let harness = try WorkerHarness()
    try harness.hear("idle")
    #expect(harness.record.readIdentity()?.pid == harness.pid)
    #expect(harness.record.readIdentity()?.isAlive == true)
    try harness.send("bye")
    #expect(try harness.end() == .exited(0))
  }

  @Test func `a worker ends after its number of runs`() throws {
    let harness = try WorkerHarness(runsPerWorker: 3)
    for _ in 0..<3 { _ = try harness.perform("true") }
    #expect(try harness.end() == .exited(0))
  }

  @Test(.acceptance(57)) func `an order is never obeyed twice`() throws {
    let harness = try WorkerHarness()
    let order = harness.line("echo x >> count")
    _ = try harness.perform(order)
    // The order still stands there when the doorbell rings again; a run that it led to would be waited for.
    for message in ["run", "run", "bye"] { try harness.send(message) }
    #expect(try harness.end() == .exited(0))
    #expect(harness.sandbox.read("count") == "x\n")
  }

  @Test(.acceptance(57)) func `an order past its start deadline is declined`() throws {
    let harness = try WorkerHarness()
    var order = harness.line("echo x > ran")
    order.startDeadline = SystemClock.wall() - 1
    #expect(try harness.perform(order).cause == .declined)
    #expect(harness.record.readExec(order.claim) == nil)
    #expect(try harness.perform("true").exitCode == 0)
    #expect(harness.sandbox.read("ran") == nil)
  }

  @Test(.acceptance(57)) func `a void or damaged order is not obeyed`() throws {
    let harness = try WorkerHarness()
    let order = harness.line("echo x > ran")
    try harness.record.write(order)
    try harness.record.void(order.claim)
    try harness.send("run")
    let damaged = harness.line("echo x > ran")
    try harness.record.write(damaged)
    try harness.record.descriptor.write([0], at: 4096 + 40)
    try harness.send("run")
    try harness.send("bye")
    #expect(try harness.end() == .exited(0))
    #expect(harness.sandbox.read("ran") == nil)
    #expect(harness.record.readExit(order.claim) == nil)
  }

  @Test(.acceptance(58)) func `when the ticker dies, the run is finished and its exit recorded, then the worker ends`()
    throws
  {
    let harness = try WorkerHarness()
    let order = harness.line("echo $$ > job; while ! test -e go; do sleep 0.02; done; echo out; exit 9")
    try harness.submit(order)
    _ = try harness.pid(in: "job")
    harness.hangUp()
    try harness.sandbox.write("go", "")
    #expect(try harness.end() == .exited(0))
    #expect(try harness.exit(order).exitCode == 9)
    #expect(harness.output(order) == "out\n")
  }

  @Test func `when the ticker dies before it rings, the worker starts the order that stands there`() throws {
    let harness = try WorkerHarness()
    try harness.hear("idle")
    let order = harness.line("exit 6")
    try harness.record.write(order)
    harness.hangUp()
    #expect(try harness.end() == .exited(0))
    #expect(try harness.exit(order).exitCode == 6)
  }

  @Test func `when the ticker is gone and it is too late, the worker declines`() throws {
    let harness = try WorkerHarness()
    try harness.hear("idle")
    var order = harness.line("echo x > ran")
    order.startDeadline = SystemClock.wall() - 1
    try harness.record.write(order)
    harness.hangUp()
    #expect(try harness.end() == .exited(0))
    #expect(try harness.exit(order).cause == .declined)
  }

  @Test func `kill -9 of the worker leaves its job unharmed, with an exec field and no exit`() throws {
    let harness = try WorkerHarness()
    let order = harness.line("echo $$ > job; while ! test -e go; do sleep 0.02; done; echo out; echo x > ran")
    try harness.submit(order)
    let job = try harness.pid(in: "job")
    try harness.killWorker()
    #expect(isRunning(job))
    #expect(harness.record.readExec(order.claim)?.pid == job)
    #expect(harness.record.readExit(order.claim) == nil)
    try harness.sandbox.write("go", "")
    try waitUntil("the job ends by itself") { harness.sandbox.read("ran") != nil }
    #expect(harness.sandbox.read("state/workers/0/output") == "out\n")
  }

  @Test(.acceptance(58, 65)) func `the exit is written before the job is reaped, so that a crash loses neither`() throws
  {
    let harness = try WorkerHarness(fault: "worker.exit-written:stop")
    let order = harness.line("echo $$ > job; exit 3")
    try harness.submit(order)
    let job = try harness.pid(in: "job")
    try waitUntil("the worker stands still") { ProcessStatus.read(harness.pid)?.state == "T" }
    #expect(try harness.exit(order).exitCode == 3)
    #expect(ProcessStatus.read(job)?.state == "Z")
    try ProcessDescriptor(child: harness.pid).signal(Signal.resume)
    try harness.hear("ended run-1")
    #expect(ProcessStatus.read(job) == nil)
  }

  /// Where a worker is killed, whether the slot then has `exec`, whether it has an exit, whether the job ran.
  static let kills: [(point: String, exec: Bool, exit: Bool, ran: Bool)] = [
    ("worker.started", false, false, false), ("worker.order-read", false, false, false),
    ("worker.before-launch", false, false, false), ("worker.exec-written", true, false, true),
    ("worker.job-ended", true, false, true), ("worker.output-kept", true, false, true),
    ("worker.exit-written", true, true, true),
  ]

  @Test(.acceptance(57), arguments: kills)
  func `a worker killed at any step leaves a slot that tells how far it came`(
    row: (point: String, exec: Bool, exit: Bool, ran: Bool)
  ) throws {
    let harness = try WorkerHarness(fault: "\(row.point):kill")
    let order = harness.line("echo x >> ran")
    try harness.record.write(order)
    do { try harness.send("run") } catch { #expect(row.point == "worker.started") }
    #expect(try harness.end() == .signaled(Signal.kill, coreDumped: false))
    if row.ran { try waitUntil("the job ran") { harness.sandbox.read("ran") == "x\n" } }
    #expect((harness.record.readExec(order.claim) != nil) == row.exec)
    #expect((harness.record.readExit(order.claim) != nil) == row.exit)
    if !row.ran { #expect(harness.sandbox.read("ran") == nil) }
  }
}
