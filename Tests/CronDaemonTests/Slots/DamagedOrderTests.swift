import CronLedger
import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon

/// What a new ticker makes of slots whose order has changed since it was written: it counts as written, and nothing
/// that may be in such a slot is started a second time.
///
/// Each test has a process of its own: a ticker's loop takes the signals of its process.
@Suite struct DamagedOrderTests {
  static let claim = SlotClaim(run: "r1", sequence: 42)
  /// Claimed as well, and in no slot that can be read.
  static let other = SlotClaim(run: "r2", sequence: 43)

  /// The slot 0 of a ticker that is gone, with an order for `claim`, and a pool that has looked at nothing yet.
  final class Scene {
    let sandbox: Sandbox
    let state: StateDirectory
    let record: WorkerRecord
    let pool: WorkerPool

    init() throws {
      sandbox = try Sandbox()
      state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      record = try WorkerRecord.open(in: try state.directory(.workers).ensureSubdirectory("0"))
      try record.write(SlotOrder(claim: claim, job: "j", command: .line("true")))
      let (path, directory) = (state.path, state)
      pool = WorkerPool(loop: try TickerLoop(), state: directory, reaped: ReapedRing(directory)) { number in
        WorkerArguments(state: path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
      }
    }

    /// Changes a byte of the order; one of its run's id unless another is named.
    func damageOrder(at offset: Int64 = 11) throws {
      try record.descriptor.write([UInt8(ascii: "X")], at: WorkerRecord.orderOffset + offset)
      guard case .damaged = record.readOrder() else { throw Errno.invalidArgument }
    }

    /// What the job's child writes right before execve; of this process unless another start is named.
    func writeExec(_ claim: SlotClaim = claim, damaged: Bool = false) throws {
      let own = ProcessIdentity.currentProcess
      let body = "EXEC run=\(claim.run) seq=\(claim.sequence) pid=\(own.pid) start=\(own.startTime)"
      let sum = Checksum.hexadecimal(Checksum.crc32c(Array(body.utf8)))
      let line = Array("\(body) crc32c=\(sum)\n".utf8)
      try record.descriptor.write(damaged ? line.map { $0 ^ 1 } : line, at: WorkerRecord.execOffset)
    }

    func writeExit(_ code: Int32, _ claim: SlotClaim = claim) throws {
      try record.write(ExitFact(cause: .ended, exitCode: code, startedAt: 1, endedAt: 2), for: claim)
    }

    /// Has the slot's lock from now on as this process, which is alive, or as nobody who is known.
    func lock(asWorker: Bool) throws {
      if asWorker { try record.write(ProcessIdentity.currentProcess) }
      guard try FileLock.tryLock(record.descriptor) else { throw Errno.wouldBlock }
    }

    func unlock() throws { try FileLock.unlock(record.descriptor) }

    func adopt() -> [SlotClaim: WorkerPool.Found] { pool.adopt([claim, other]) }

    /// The claims that are said to have never run, in order, and those of which nobody can tell.
    func events() -> (neverRan: [String], unknown: [String], ended: [String: Int32], started: [String]) {
      var result = (neverRan: [String](), unknown: [String](), ended: [String: Int32](), started: [String]())
      for event in pool.takeEvents() {
        switch event {
        case .neverRan(let claim): result.neverRan.append(claim.run)
        case .unknown(let claim, _): result.unknown.append(claim.run)
        case .ended(let claim, let exit): result.ended[claim.run] = exit.exitCode
        case .started(let claim, _, _): result.started.append(claim.run)
        case .noWorker, .workerDied: break
        }
      }
      result.neverRan.sort()
      result.unknown.sort()
      return result
    }
  }

  @Test(.acceptance(57)) func `a job that runs is taken over though its order is damaged`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.writeExec()
      try scene.damageOrder()
      let found = scene.adopt()
      guard case .alive(let pid?, isSupervised: false)? = found[DamagedOrderTests.claim] else {
        Issue.record("\(found)")
        return
      }
      #expect(pid == CurrentProcess.identifier)
      #expect(found[DamagedOrderTests.other] == nil)
      #expect(scene.pool.takeEvents().isEmpty && scene.pool.problem == nil)
    }
  }

  @Test(.acceptance(57, 58)) func `an exit counts though the order beside it is damaged, also after a reboot`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.writeExit(9)
      try scene.damageOrder()
      #expect(scene.pool.exits(of: [DamagedOrderTests.claim])[DamagedOrderTests.claim]?.exitCode == 9)
      let found = scene.adopt()
      #expect(scene.events().ended == ["r1": 9])
      #expect(found[DamagedOrderTests.other] == nil)
    }
  }

  @Test(.acceptance(57)) func `a damaged order that names its run is voided before that goes elsewhere`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.damageOrder(at: 30)
      #expect(scene.adopt()[DamagedOrderTests.other] == nil)
      #expect(scene.events().neverRan == ["r1"])
      let order = scene.record.readOrder()
      #expect(order == .void(DamagedOrderTests.claim))
    }
  }

  @Test(.acceptance(57)) func `a damaged order without a worker that nobody began holds back nothing`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.damageOrder()
      #expect(scene.adopt().isEmpty)
      #expect(scene.pool.takeEvents().isEmpty && scene.pool.problem == nil)
    }
  }

  @Test(.acceptance(57), arguments: ["exec", "exit", "end"])
  func `what the worker of a damaged order may begin is not started elsewhere`(next: String) async {
    await #expect(processExitsWith: .success) { [next] in
      let scene = try Scene()
      try scene.damageOrder()
      try scene.lock(asWorker: true)
      let found = scene.adopt()
      for claim in [DamagedOrderTests.claim, DamagedOrderTests.other] {
        guard case .pending? = found[claim] else {
          Issue.record("\(found)")
          return
        }
      }
      #expect(scene.pool.takeEvents().isEmpty && scene.pool.problem != nil)
      // Whose it was is known as soon as it is begun, or has ended, or as nobody can begin it any more.
      switch next {
      case "exec": try scene.writeExec()
      case "exit":
        try scene.writeExit(9)
        try scene.unlock()
      default: try scene.unlock()
      }
      scene.pool.deadlinePassed(slot: 0)
      let events = scene.events()
      #expect(events.neverRan == (next == "end" ? ["r1", "r2"] : ["r2"]))
      #expect(events.started == (next == "exec" ? ["r1"] : []))
      #expect(events.ended == (next == "exit" ? ["r1": 9] : [:]))
      #expect(events.unknown.isEmpty && scene.pool.problem == nil)
    }
  }

  @Test(.acceptance(57, 58)) func `a run whose order and exec are damaged goes on, and its worker tells whose it was`()
    async
  {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.damageOrder()
      try scene.writeExec(damaged: true)
      try scene.lock(asWorker: false)
      _ = scene.adopt()
      scene.pool.deadlinePassed(slot: 0)
      #expect(scene.pool.takeEvents().isEmpty && scene.pool.problem != nil)
      try scene.writeExit(9)
      try scene.unlock()
      scene.pool.deadlinePassed(slot: 0)
      let events = scene.events()
      #expect(events.ended == ["r1": 9])
      #expect(events.neverRan == ["r2"])
    }
  }

  @Test(.acceptance(57)) func `of what may have run in a slot that nobody can read nothing is started again`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.damageOrder()
      try scene.writeExec(damaged: true)
      _ = scene.adopt()
      let events = scene.events()
      #expect(events.unknown == ["r1", "r2"] && events.neverRan.isEmpty)
      // The slot stays as it is until the ledger has that: the next ticker must find the same.
      scene.pool.settle(DamagedOrderTests.claim)
      #expect(scene.pool.slots[0]?.isFree == false)
      scene.pool.settle(DamagedOrderTests.other)
      #expect(scene.pool.slots[0]?.isFree == true)
      // Where nothing is at stake any more it is cleared.
      #expect(scene.pool.adopt([]).isEmpty)
      let order = scene.record.readOrder()
      #expect(order == .void(SlotClaim(run: "-", sequence: 0)))
    }
  }

  @Test(.acceptance(57)) func `damage that an earlier boot left says nothing of this one's claims`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.damageOrder()
      try scene.writeExec(damaged: true)
      try scene.record.write(ProcessIdentity(bootIdentifier: "before", pid: 9, startTime: 9))
      #expect(scene.adopt().isEmpty)
      #expect(scene.pool.takeEvents().isEmpty)
    }
  }

  @Test(.acceptance(57)) func `an adopted worker isn't killed for an exec that can't be read`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.writeExec(damaged: true)
      try scene.lock(asWorker: true)
      guard case .alive(nil, isSupervised: true)? = scene.adopt()[DamagedOrderTests.claim] else {
        Issue.record("not adopted")
        return
      }
      // It would end this process.
      scene.pool.deadlinePassed(slot: 0)
      #expect(scene.pool.takeEvents().isEmpty)
    }
  }

  @Test(.acceptance(56)) func `a run that the ledger has lost is found though its order is damaged`() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try scene.record.write(ProcessIdentity.currentProcess)
      try scene.writeExec()
      try scene.damageOrder()
      let lost = LostRuns(state: scene.state, boot: "b").find(
        known: LedgerState(), at: Instant(seconds: 1), untilNanoseconds: .max)
      #expect(lost.map(\.claim.run.text) == ["r1"])
      #expect(lost.first?.claim.job == "j" && lost.first?.claimSequence == 42)
      #expect(lost.first?.claim.occurrence == nil)
    }
  }
}
