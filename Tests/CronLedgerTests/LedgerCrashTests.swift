import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

@Suite struct LedgerCrashTests {
  private static func owner(seed: UInt64, storage: FakeLedgerStorage = FakeLedgerStorage()) -> LedgerOwner {
    LedgerOwner(storage: storage, workload: Workload(seed: seed))
  }

  private static func isLossless(_ recovery: RecoveryResult) -> Bool { !recovery.needsBaseline }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `replay leads to the live state, across segments and restarts`(seed: UInt64) {
    var owner = Self.owner(seed: seed)
    for _ in 0..<4 {
      let hasBegun = owner.begin()
      #expect(hasBegun)
      for _ in 0..<60 {
        let isDurable = owner.pass()
        #expect(isDurable)
      }
      owner.storage = owner.storage.afterProcessCrash()
      let live = owner.workload.state
      let recovered = Recovery.recover(storage: &owner.storage)
      #expect(recovered.state.essence == live.essence)
      #expect(recovered.findings.isEmpty)
    }
    #expect(owner.storage.files.count > 6)
  }

  /// How many operations the passes of one seed take.
  private static func operations(seed: UInt64, passes: Int) -> Int {
    var owner = Self.owner(seed: seed)
    _ = owner.begin()
    for _ in 0..<passes { _ = owner.pass() }
    return owner.storage.operations
  }

  @Test(arguments: 0..<2 as Range<UInt64>)
  func `a process crash in any operation loses nothing that was written`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for crashAt in 1...Self.operations(seed: seed, passes: 40) {
      var owner = Self.owner(seed: seed)
      owner.storage.crashAt = crashAt
      owner.storage.tornBytes = .random(in: 0...600, using: &generator)
      if owner.begin() { for _ in 0..<40 where !owner.storage.isDead { _ = owner.pass() } }
      var storage = owner.storage.afterProcessCrash()
      let recovered = Recovery.recover(storage: &storage)
      // Up to the record that the crash cut, all is there; a torn first snapshot of an empty ledger is no loss.
      #expect(owner.states.contains { $0.essence == recovered.state.essence }, "crash in operation \(crashAt)")
      #expect(owner.dispatched.allSatisfy { !recovered.state.hasForgotten($0) })
      if !owner.dispatched.isEmpty { #expect(Self.isLossless(recovered), "crash in operation \(crashAt)") }
    }
  }

  @Test(arguments: 0..<2 as Range<UInt64>)
  func `after a power loss at any operation nothing durable is forgotten`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 1000)
    for crashAt in 1...Self.operations(seed: seed, passes: 40) {
      var owner = Self.owner(seed: seed)
      owner.storage.crashAt = crashAt
      owner.storage.tornBytes = .random(in: 0...600, using: &generator)
      if owner.begin() { for _ in 0..<40 where !owner.storage.isDead { _ = owner.pass() } }
      var storage = owner.storage.afterPowerLoss(&generator)
      var recovered = Recovery.recover(storage: &storage)
      if recovered.needsBaseline { recovered.setBaseline(owner.workload.now) }
      #expect(owner.dispatched.allSatisfy { !recovered.state.hasForgotten($0) }, "crash in operation \(crashAt)")
    }
  }

  @Test(arguments: 0..<2 as Range<UInt64>)
  func `recovery itself may crash in any operation, and is then done again`(seed: UInt64) {
    var owner = Self.owner(seed: seed)
    _ = owner.begin()
    for _ in 0..<25 { _ = owner.pass() }
    let found = owner.storage.afterProcessCrash()
    let live = owner.workload.state.essence
    for crashAt in 1...40 {
      var restarted = Self.owner(seed: seed, storage: found)
      restarted.storage.crashAt = crashAt
      _ = restarted.begin()
      var storage = restarted.storage.afterProcessCrash()
      let recovered = Recovery.recover(storage: &storage)
      #expect(recovered.state.essence == live)
      #expect(Self.isLossless(recovered))
      if !restarted.storage.isDead { break }
    }
  }

  @Test(arguments: 0..<2 as Range<UInt64>)
  func `any one operation may fail: the owner goes on and nothing is lost`(seed: UInt64) {
    for failAt in 1...Self.operations(seed: seed, passes: 30) {
      var owner = Self.owner(seed: seed)
      owner.storage.failAt = failAt
      owner.storage.tornBytes = 100
      // A list that fails leaves no ledger to write; then there is nothing to compare.
      guard owner.begin() else { continue }
      for _ in 0..<30 { _ = owner.pass() }
      #expect(owner.storage.syncsAfterFailure == 0)
      var storage = owner.storage.afterProcessCrash()
      let recovered = Recovery.recover(storage: &storage)
      #expect(recovered.state.essence == owner.workload.state.essence, "failure of operation \(failAt)")
      #expect(Self.isLossless(recovered), "failure of operation \(failAt): \(recovered.findings)")
    }
  }

  @Test(.acceptance(57), arguments: 0..<2 as Range<UInt64>)
  func `a crash in any operation of a ledger that removes what is old forgets nothing that may have run`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 2000)
    func live(_ owner: inout LedgerOwner) {
      if owner.begin() { for _ in 0..<90 where !owner.storage.isDead { _ = owner.pass() } }
    }
    func owner() -> LedgerOwner {
      LedgerOwner(storage: FakeLedgerStorage(), workload: Workload(seed: seed), keepSeconds: 120)
    }
    var whole = owner()
    live(&whole)
    #expect(whole.removedSegments > 0)
    for crashAt in 1...whole.storage.operations {
      var crashing = owner()
      crashing.storage.crashAt = crashAt
      crashing.storage.tornBytes = .random(in: 0...600, using: &generator)
      live(&crashing)
      var storage = crashing.storage.afterProcessCrash()
      let recovered = Recovery.recover(storage: &storage)
      #expect(crashing.states.contains { $0.essence == recovered.state.essence }, "crash in operation \(crashAt)")
      #expect(crashing.dispatched.allSatisfy { !recovered.state.hasForgotten($0) }, "crash in operation \(crashAt)")

      storage = crashing.storage.afterPowerLoss(&generator)
      var rebooted = Recovery.recover(storage: &storage)
      if rebooted.needsBaseline { rebooted.state.setBaseline(crashing.workload.now) }
      #expect(crashing.dispatched.allSatisfy { !rebooted.state.hasForgotten($0) }, "power loss at \(crashAt)")
    }
  }

  @Test(arguments: 0..<15 as Range<UInt64>)
  func `many crashes in a row keep the ledger true`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var owner = Self.owner(seed: seed)
    var dispatched: [Claim] = []
    for _ in 0..<12 {
      owner.storage.crashAt = .random(in: 5...60, using: &generator)
      owner.storage.tornBytes = .random(in: 0...600, using: &generator)
      if owner.begin() { for _ in 0..<30 where !owner.storage.isDead { _ = owner.pass() } }
      dispatched += owner.dispatched
      let storage = owner.storage.afterProcessCrash()
      owner = LedgerOwner(storage: storage, workload: owner.workload)
      var copy = storage
      let recovered = Recovery.recover(storage: &copy)
      #expect(dispatched.allSatisfy { !recovered.state.hasForgotten($0) })
      #expect(recovered.state.illegalTransitions == 0)
    }
    let history = RunHistory.read(HistoryQuery(limit: 0), from: &owner.storage)
    let known = Set(history.rows.compactMap(\.run))
    #expect(dispatched.allSatisfy { known.contains($0.run) })
    #expect(known.count == history.rows.lazy.filter { $0.run != nil }.count)
  }
}
