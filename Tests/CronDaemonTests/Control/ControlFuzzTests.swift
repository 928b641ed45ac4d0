import CronSystem
import CronTestRandom
import CronTestSupport
import CronWire
import Testing

@testable import CronDaemon

/// Any bytes at all at the control socket, and in what it is asked; always the same ones.
@Suite struct ControlFuzzTests {
  private static let pieces = [
    "{\"verb\":\"status\"}\n", "{\"verb\":\"", "}\n", "\n", "[", "{\"a\":{\"a\":", "\u{0}", "\"\\ud800\"\n",
    "stop wait 5",
    "request 7 {\"verb\":\"run\"}", "answer 7 ", "lifted ", "-1e999\n", "{\"drain_ms\":-9223372036854775808}\n",
    "\u{FEFF}",
  ]

  private static func bytes(_ random: inout SeededGenerator, upTo most: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    let count = Int.random(in: 0...most, using: &random)
    while bytes.count < count {
      if Bool.random(using: &random), let piece = pieces.randomElement(using: &random) {
        bytes += Array(piece.utf8)
      } else {
        bytes.append(UInt8.random(in: 0...255, using: &random))
      }
    }
    return bytes
  }

  @Test func `between clients that send anything, in any pieces, one that asks is answered each time`() throws {
    var random = SeededGenerator(seed: 20_261_121)
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let poller = try Poller()
    let server = try ControlServer(state, poller: poller, tokenBase: 1000)
    var others: [Int32] = []
    defer { for raw in others { _ = FileDescriptor(owning: raw) } }
    var served = 0
    func turn() throws {
      for ready in try poller.wait(timeoutMilliseconds: 0) {
        for request in server.handle(ready, poller: poller, nowNanoseconds: 0) {
          #expect(request.message.objectValue != nil)
          served += 1
          server.reply(to: request.client, ControlReply.success(), poller: poller, nowNanoseconds: 0)
        }
      }
      #expect(server.clientCount <= ControlLimits.clients)
    }
    for round in 0..<300 {
      for _ in 0..<3 {
        let socket = try UnixSocket.connect(in: state.root, name: ControlLimits.socketName)
        let garbage = Self.bytes(&random, upTo: round % 50 == 0 ? 100_000 : 300)
        do throws(Errno) { _ = try socket.send(garbage[...]) } catch {}
        // Some go at once, with their request half said or their answer not taken.
        if Int.random(in: 0..<3, using: &random) > 0 { others.append(socket.release()) }
        if others.count > 40 { _ = FileDescriptor(owning: others.removeFirst()) }
      }
      let asker = try UnixSocket.connect(in: state.root, name: ControlLimits.socketName)
      try turn()
      #expect(try asker.send(Array("{\"verb\":\"ping\"}\n".utf8)) == 16)
      try waitUntil("the answer in round \(round)") {
        try turn()
        if case .bytes(let answer, _) = try asker.receive(upTo: 100) {
          #expect(answer == Array("{\"ok\":true}\n".utf8))
          return true
        }
        return false
      }
    }
    #expect(served >= 300)
  }

  @Test func `what is decoded from any bytes lies within its limits`() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let bytes = Self.bytes(&random, upTo: 80)
      _ = TickerMessage(decoding: bytes)
      if case .stop(let order) = WatcherMessage(decoding: bytes) { Self.expectSane(order) }
      if let value = try? JSONReader.parse(bytes) { Self.expectSane(StopOrder(value)) }
    }
    for milliseconds in [Int64.min, -1, 0, 1, 86_400_000, 86_400_001, .max] {
      for jobs in ["leave", "stop", "wait", "", "WAIT"] {
        let value: JSONValue = ["drain_ms": .integer(milliseconds), "jobs": .string(jobs)]
        Self.expectSane(StopOrder(value))
        #expect(WatcherMessage(decoding: WatcherMessage.stop(StopOrder(value)).encoded) == .stop(StopOrder(value)))
      }
    }
  }

  private static func expectSane(_ order: StopOrder) {
    #expect((0...StopOrder.longestMilliseconds).contains(order.drainMilliseconds ?? 0))
    #expect((0...StopOrder.longestMilliseconds).contains(order.drain(configured: 4_000)))
    #expect((0...StopOrder.longestMilliseconds).contains(order.patience(configured: 4_000)))
  }
}
