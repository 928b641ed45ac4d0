import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

/// What a new ticker makes of the slots that an earlier one and its workers left.
///
/// Each test has a process of its own: a ticker's loop takes the signals of its process.
@Suite struct AdoptionTests {
  static let claim = SlotClaim(run: "r1", sequence: 42)

  /// A slot with an order whose worker is gone, and what `adopt` says of it.
  static func adopt(
    _ prepare: (borrowing WorkerRecord) throws -> Void
  ) throws -> (events: [WorkerEvent], order: WorkerRecord.OrderField) {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let slot = try state.directory(.workers).ensureSubdirectory("0")
    do {
      let record = try WorkerRecord.open(in: slot)
      try record.write(SlotOrder(claim: claim, job: "j", command: .line("true")))
      try prepare(record)
    }
    let pool = WorkerPool(loop: try TickerLoop(), state: state, reaped: ReapedRing(state)) { number in
      WorkerArguments(
        state: state.path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
    }
    _ = pool.adopt([claim])
    return (pool.takeEvents(), try WorkerRecord.open(in: slot).readOrder())
  }

  static func hasNeverRun(_ events: [WorkerEvent]) -> Bool {
    if case .neverRan(claim)? = events.first, events.count == 1 { return true }
    return false
  }

  @Test(.acceptance(57)) func `an order that no worker took is void before its run may start elsewhere`() async {
    await #expect(processExitsWith: .success) {
      let (events, order) = try AdoptionTests.adopt { _ in }
      #expect(AdoptionTests.hasNeverRun(events))
      #expect(order == .void(AdoptionTests.claim))
    }
  }

  @Test(.acceptance(57, 58)) func `an exit that a dead worker wrote is its run's end`() async {
    await #expect(processExitsWith: .success) {
      let (events, _) = try AdoptionTests.adopt { record in
        try record.write(
          ExitFact(cause: .ended, exitCode: 9, startedAt: 1, endedAt: 2), for: AdoptionTests.claim)
      }
      guard case .ended(AdoptionTests.claim, let exit)? = events.first, events.count == 1 else {
        Issue.record("\(events)")
        return
      }
      #expect(exit.exitCode == 9)
    }
  }

  @Test(.acceptance(58)) func `the exit of an earlier run in the slot is not taken for this one's`() async {
    await #expect(processExitsWith: .success) {
      let (events, _) = try AdoptionTests.adopt { record in
        let earlier = SlotClaim(run: "r1", sequence: 41)
        try record.write(ExitFact(cause: .ended, exitCode: 9, startedAt: 1, endedAt: 2), for: earlier)
      }
      #expect(AdoptionTests.hasNeverRun(events))
    }
  }

  @Test(.acceptance(57), arguments: [WorkerRecord.execOffset, WorkerRecord.execOffset + 512])
  func `a damaged exec or exit counts as written: what may have run isn't started again`(offset: Int64) async {
    await #expect(processExitsWith: .success) { [offset] in
      let (events, order) = try AdoptionTests.adopt { record in
        try record.descriptor.write(Array("EXEC run=r1 seq=4".utf8), at: offset)
      }
      guard case .unknown(AdoptionTests.claim, _)? = events.first, events.count == 1 else {
        Issue.record("\(events)")
        return
      }
      guard case .order = order else {
        Issue.record("\(order)")
        return
      }
    }
  }

  @Test(.acceptance(57)) func `a slot that can't be read says nothing against a claim`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let slot = try state.directory(.workers).ensureSubdirectory("0")
      try WorkerRecord.open(in: slot).write(SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true")))
      // Two links: whoever made the second one may write it.
      let path = sandbox.path(of: "state/workers/0/record")
      try #require(link(path, sandbox.path(of: "copy")) == 0)
      let pool = WorkerPool(loop: try TickerLoop(), state: state, reaped: ReapedRing(state)) { number in
        WorkerArguments(
          state: state.path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
      }
      let found = pool.adopt([AdoptionTests.claim])
      guard case .pending? = found[AdoptionTests.claim] else {
        Issue.record("\(found)")
        return
      }
      #expect(pool.takeEvents().isEmpty && pool.problem != nil)
      // Once it can be read, it is judged as ever.
      try #require(unlink(sandbox.path(of: "copy")) == 0)
      pool.deadlinePassed(slot: 0)
      #expect(AdoptionTests.hasNeverRun(pool.takeEvents()))
      #expect(pool.problem == nil)
    }
  }

  @Test(.acceptance(57)) func `a run that couldn't be started is void in its slot once that is known`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let slot = try state.directory(.workers).ensureSubdirectory("0")
      do {
        let record = try WorkerRecord.open(in: slot)
        try record.write(SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true")))
        try record.write(ExitFact(cause: .notStarted, startedAt: 1, endedAt: 2), for: AdoptionTests.claim)
      }
      let pool = WorkerPool(loop: try TickerLoop(), state: state, reaped: ReapedRing(state)) { number in
        WorkerArguments(
          state: state.path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
      }
      _ = pool.adopt([AdoptionTests.claim])
      pool.settle(AdoptionTests.claim)
      #expect(try WorkerRecord.open(in: slot).readOrder() == .void(AdoptionTests.claim))
    }
  }

  private static func pool(_ state: StateDirectory) throws -> WorkerPool {
    WorkerPool(loop: try TickerLoop(), state: state, reaped: ReapedRing(state)) { number in
      WorkerArguments(
        state: state.path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
    }
  }

  @Test(arguments: ["fifo", "directory", "huge", "garbage", "file"])
  func `one bad slot costs only itself`(kind: String) async {
    await #expect(processExitsWith: .success) { [kind] in
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let good = try state.directory(.workers).ensureSubdirectory("1")
      do {
        let record = try WorkerRecord.open(in: good)
        try record.write(SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true")))
        let exit = ExitFact(cause: .ended, exitCode: 9, startedAt: 1, endedAt: 2)
        try record.write(exit, for: AdoptionTests.claim)
      }
      let bad = sandbox.path(of: "state/workers/0")
      if kind == "file" {
        try sandbox.write("state/workers/0", "no directory")
      } else {
        _ = try state.directory(.workers).ensureSubdirectory("0")
        switch kind {
        case "fifo": try #require(mkfifo(bad + "/record", 0o600) == 0)
        case "directory": try #require(mkdir(bad + "/record", 0o700) == 0)
        case "huge":
          try sandbox.write("state/workers/0/record", "x", permissions: 0o600)
          try #require(truncate(bad + "/record", 1 << 40) == 0)
        default: try sandbox.write("state/workers/0/record", String(repeating: "garbage ", count: 4_000))
        }
      }
      let pool = try AdoptionTests.pool(state)
      _ = pool.adopt([AdoptionTests.claim])
      guard case .ended(AdoptionTests.claim, let exit)? = pool.takeEvents().first else {
        Issue.record("no end")
        return
      }
      #expect(exit.exitCode == 9)
      #expect((pool.problem != nil) == ["fifo", "directory", "file"].contains(kind))
    }
  }

  @Test func `slots for which a start has no time left are looked at behind its first tick`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let slot = try state.directory(.workers).ensureSubdirectory("0")
      try WorkerRecord.open(in: slot).write(SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true")))
      let pool = try AdoptionTests.pool(state)
      let found = pool.adopt([AdoptionTests.claim], untilNanoseconds: pool.loop.monotonic())
      guard case .pending? = found[AdoptionTests.claim] else {
        Issue.record("\(found)")
        return
      }
      #expect(pool.takeEvents().isEmpty)
      pool.deadlinePassed(slot: 0)
      #expect(AdoptionTests.hasNeverRun(pool.takeEvents()))
    }
  }

  /// Where the same claim may stand a second time.
  enum Second: String, CaseIterable, Codable, Sendable {
    /// A worker is alive and hasn't started it yet.
    case alive
    /// The child of a dead worker is about to execute it.
    case child
    /// Nobody can read the slot.
    case unread
  }

  @Test(.acceptance(57), arguments: Second.allCases, [false, true])
  func `a slot in which a run couldn't be started doesn't speak for the one to which it was given then`(
    second: Second, isFirst: Bool
  ) async {
    await #expect(processExitsWith: .success) { [second, isFirst] in
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let order = SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true"))
      let (dead, other) = isFirst ? ("1", "0") : ("0", "1")
      do {
        let record = try WorkerRecord.open(in: try state.directory(.workers).ensureSubdirectory(dead))
        try record.write(order)
        try record.write(ExitFact(cause: .notStarted, startedAt: 1, endedAt: 2), for: AdoptionTests.claim)
      }
      let record = try WorkerRecord.open(in: try state.directory(.workers).ensureSubdirectory(other))
      try record.write(order)
      let path = sandbox.path(of: "state/workers/\(other)/record")
      switch second {
      case .alive:
        try record.write(ProcessIdentity.currentProcess)
        try #require(try FileLock.tryLock(record.descriptor))
      case .child: try #require(try FileLock.tryLock(record.descriptor))
      case .unread: try #require(link(path, sandbox.path(of: "copy")) == 0)
      }
      let pool = try AdoptionTests.pool(state)
      let found = pool.adopt([AdoptionTests.claim])
      #expect(found[AdoptionTests.claim] != nil)
      #expect(pool.takeEvents().isEmpty)
      guard second != .alive else { return }
      // Once the other one is over it never ran, which is said once.
      if second == .unread { try #require(unlink(sandbox.path(of: "copy")) == 0) }
      if second == .child { try FileLock.unlock(record.descriptor) }
      pool.deadlinePassed(slot: Int(other) ?? 0)
      #expect(AdoptionTests.hasNeverRun(pool.takeEvents()))
    }
  }

  @Test func `the slots of an earlier boot cost no time that a start hasn't`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let record = try WorkerRecord.open(in: try state.directory(.workers).ensureSubdirectory("0"))
      try record.write(SlotOrder(claim: AdoptionTests.claim, job: "j", command: .line("true")))
      try record.write(ExitFact(cause: .ended, exitCode: 9, startedAt: 1, endedAt: 2), for: AdoptionTests.claim)
      let pool = try AdoptionTests.pool(state)
      #expect(pool.exits(of: [AdoptionTests.claim]).count == 1)
      #expect(pool.exits(of: [AdoptionTests.claim], untilNanoseconds: pool.loop.monotonic()).isEmpty)
    }
  }
}
