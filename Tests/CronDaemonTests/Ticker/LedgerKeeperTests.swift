import CronEngine
import CronLedger
import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon

@Suite final class LedgerKeeperTests {
  private let sandbox: Sandbox
  private let keeper: LedgerKeeper

  init() throws {
    sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    var files = LedgerFiles(state)
    let recovery = Recovery.recover(storage: &files)
    keeper = try LedgerKeeper(
      files, recovery: recovery, spill: LedgerSpilling(LedgerSpill(state, memory: try Memfd.create(name: "test-spill")))
    )
    keeper.begin(baseline: nil)
    keeper.syncBeginning()
    // Nobody waits for that.
    #expect(try waitForSync().isEmpty)
  }

  private func append(_ seq: UInt64) {
    keeper.append([SequencedRecord(seq: seq, record: .through(at: Instant(seconds: Int64(seq))))])
  }

  private func waitForSync() throws -> [(token: UInt64, result: SyncResult)] {
    let poller = try Poller()
    try poller.add(try #require(keeper.completionRaw), token: 0)
    var ended: [(token: UInt64, result: SyncResult)] = []
    try waitUntil("no sync is under way") {
      _ = try poller.wait(timeoutMilliseconds: 10)
      ended += try keeper.takeCompletions()
      return keeper.patienceEndsNanoseconds == nil && keeper.problem == nil
    }
    return ended
  }

  @Test func `a sync that ends in time is the engine's`() throws {
    append(1)
    #expect(keeper.beginSync(token: 7) == nil)
    let ends = try #require(keeper.patienceEndsNanoseconds)
    #expect(keeper.stopWaiting(nowNanoseconds: ends - 1) == nil)
    let ended = try waitForSync()
    #expect(ended.map { $0.token } == [7])
    #expect(ended.map { $0.result } == [.durable])
    #expect(keeper.problem == nil)
    #expect(!keeper.needsRetry)
  }

  @Test func `a sync that hangs is waited for no more, and no other is begun behind it`() throws {
    append(1)
    #expect(keeper.beginSync(token: 7) == nil)
    let ends = try #require(keeper.patienceEndsNanoseconds)
    #expect(keeper.stopWaiting(nowNanoseconds: ends) == 7)
    #expect(keeper.problem?.contains("decisions are kept in memory") == true)
    #expect(keeper.patienceEndsNanoseconds == nil)
    #expect(keeper.stopWaiting(nowNanoseconds: ends + 1) == nil)

    append(2)
    #expect(keeper.beginSync(token: 8) == .keptInMemory)
    #expect(!keeper.needsRetry)
    // Its end is nobody's any more; what was appended meanwhile gets a sync, and then all is well.
    #expect(try waitForSync().isEmpty)
    #expect(!keeper.needsRetry)

    append(3)
    #expect(keeper.beginSync(token: 9) == nil)
    #expect(try waitForSync().map { $0.token } == [9])
  }

  @Test func `a helper thread that is gone costs its syncs and is replaced`() throws {
    append(1)
    #expect(keeper.beginSync(token: 7) == nil)
    // The other end of the pipe is nobody's: what the loop reads is the end.
    var pipe = try Pipe()
    let end = pipe.takeReadEnd()
    try pipe.takeWriteEnd().close()
    try end.install(as: try #require(keeper.completionRaw))
    #expect(throws: Errno.brokenPipe) { _ = try keeper.takeCompletions() }

    #expect(keeper.replaceHelper().map { $0.result } == [.failed])
    #expect(keeper.problem?.contains("helper thread") == true)
    append(2)
    #expect(keeper.beginSync(token: 8) == nil)
    #expect(try waitForSync().map { $0.result } == [.durable])
  }
}
