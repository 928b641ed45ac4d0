import CronTestSupport
import Testing

@testable import CronDaemon

private let claim = SlotClaim(run: "r1", sequence: 42)

private func fullOrder() -> SlotOrder {
  var order = SlotOrder(claim: claim, job: "alice/backup", command: .words(["tar", "-c f", "a=b%\n", ""]))
  order.occurrence = "2026-06-18T12:00:00Z"
  order.attempt = 3
  order.startDeadline = 123_456
  order.user = "alice"
  order.environment = [.init(name: "PATH", value: "/bin:/usr/bin"), .init(name: "EMPTY", value: "")]
  order.inherited = ["*"]
  order.standardInput = "line one\nline two\n"
  order.timeoutSeconds = 30
  return order
}

private func fullExit() -> ExitFact {
  var exit = ExitFact(cause: .timedOut, signal: "KILL", startedAt: 1, endedAt: 2)
  exit.message = "who = what %"
  exit.outputBytes = 77
  exit.leftovers = 2
  return exit
}

@Suite struct SlotTextTests {
  @Test func `an order reads back as it was written`() {
    #expect(SlotOrder(decoding: fullOrder().encoded) == fullOrder())
    var line = fullOrder()
    line.command = .line("echo 'a b' | wc -c")
    line.user = nil
    #expect(SlotOrder(decoding: line.encoded + [0, 0, 7]) == line)
  }

  @Test(.acceptance(58)) func `an exit counts only for the run and the claim that it names`() {
    let bytes = fullExit().encoded(claim)
    #expect(bytes.count <= 1024)
    #expect(ExitFact(decoding: bytes, claim: claim) == fullExit())
    #expect(ExitFact(decoding: bytes, claim: SlotClaim(run: "r1", sequence: 43)) == nil)
    #expect(ExitFact(decoding: bytes, claim: SlotClaim(run: "r2", sequence: 42)) == nil)
  }

  @Test func `an order that was cut off anywhere is not obeyed`() {
    let bytes = fullOrder().encoded
    for length in 0..<bytes.count { #expect(SlotOrder(decoding: Array(bytes[..<length])) == nil) }
  }

  @Test(.acceptance(58)) func `one flipped bit anywhere makes a field absent, never another`() {
    let order = fullOrder().encoded
    let exit = fullExit().encoded(claim)
    for index in order.indices {
      for bit in 0..<8 {
        var damaged = order
        damaged[index] ^= 1 << UInt8(bit)
        #expect(SlotOrder(decoding: damaged) == nil)
      }
    }
    for index in exit.indices {
      var damaged = exit
      damaged[index] ^= 0x10
      #expect(ExitFact(decoding: damaged, claim: claim) == nil)
    }
  }
}
