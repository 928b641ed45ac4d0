import CronSystem
import CronTestSupport
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
}
