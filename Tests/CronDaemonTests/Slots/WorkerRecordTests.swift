import CronSystem
import CronTestRandom
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct WorkerRecordTests {
  private let claim = SlotClaim(run: "r1", sequence: 42)

  private func order(_ line: String = "true") -> SlotOrder { SlotOrder(claim: claim, job: "j", command: .line(line)) }

  @Test func `a new record says nothing, and has its space already`() throws {
    let sandbox = try Sandbox()
    let record = try WorkerRecord.open(in: sandbox.directory)
    let identity = record.readIdentity()
    let field = record.readOrder()
    let exec = record.readExec(claim)
    let exit = record.readExit(claim)
    #expect(identity == nil)
    #expect(field == .none)
    #expect(exec == nil)
    #expect(exit == nil)
    #expect(try #require(try sandbox.directory.status("record")).allocatedSize >= 8192)
  }

  @Test func `every field stands beside the others`() throws {
    let sandbox = try Sandbox()
    let record = try WorkerRecord.open(in: sandbox.directory)
    let own = try #require(ProcessIdentity.read(CurrentProcess.identifier))
    try record.write(order(String(repeating: "x", count: 100_000)))
    try record.write(own)
    var exit = ExitFact(cause: .notStarted, startedAt: 1, endedAt: 2)
    exit.message = String(repeating: "e\u{301}\u{302}%", count: 500)
    try record.write(exit, for: claim)
    let identity = record.readIdentity()
    let field = record.readOrder()
    let read = record.readExit(claim)
    #expect(identity == own)
    #expect(field == .order(order(String(repeating: "x", count: 100_000))))
    #expect(read?.cause == .notStarted)
    #expect(read?.message.isEmpty == false)
    #expect((read?.message.utf8.count ?? .max) <= ExitFact.maximumMessage)
  }

  @Test func `a shorter order, and a void one, replace a longer order`() throws {
    let sandbox = try Sandbox()
    let record = try WorkerRecord.open(in: sandbox.directory)
    try record.write(order(String(repeating: "long ", count: 1_000)))
    try record.write(order("short"))
    let field = record.readOrder()
    #expect(field == .order(order("short")))
    try record.void(claim)
    let void = record.readOrder()
    #expect(void == .void(claim))
  }

  @Test func `an order that fits no slot is refused, and what stands there stays`() throws {
    let sandbox = try Sandbox()
    let record = try WorkerRecord.open(in: sandbox.directory)
    try record.write(order("kept"))
    #expect(throws: Errno.argumentListTooLong) {
      try record.write(order(String(repeating: "x", count: SlotOrder.maximumBytes)))
    }
    let field = record.readOrder()
    #expect(field == .order(order("kept")))
  }

  @Test func `random bytes anywhere never trap and never make an order`() throws {
    let sandbox = try Sandbox()
    let record = try WorkerRecord.open(in: sandbox.directory)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      try record.write(order("echo 'a b'"))
      let length = Int.random(in: 1...2_000, using: &random)
      let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let offset = Int64.random(in: 4_090...4_200, using: &random)
      try record.descriptor.write(noise, at: offset)
      try record.descriptor.write(noise, at: Int64.random(in: 0...2_000, using: &random))
      _ = record.readIdentity()
      _ = record.readExec(claim)
      let exit = record.readExit(claim)
      #expect(exit == nil)
      if case .order(let read) = record.readOrder() { #expect(read == order("echo 'a b'")) }
    }
  }
}
