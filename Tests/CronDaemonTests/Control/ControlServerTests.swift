import CronSystem
import CronTestSupport
import CronWire
import Testing

@testable import CronDaemon

/// A server with its poller, turned by hand.
private final class Served {
  let state: StateDirectory
  let poller: Poller
  let server: ControlServer

  init(_ path: String) throws {
    state = try StateDirectory.open(path, create: true)
    poller = try Poller()
    server = try ControlServer(state, poller: poller, tokenBase: 1000)
  }

  /// Handles what is ready; every request gets the answer.
  func turn(now: Int64 = 0, _ answer: (ControlRequest) -> JSONValue? = { _ in ControlReply.success() }) throws {
    for ready in try poller.wait(timeoutMilliseconds: 0) {
      #expect(server.owns(token: ready.token))
      for request in server.handle(ready, poller: poller, nowNanoseconds: now) {
        if let reply = answer(request) {
          server.reply(to: request.client, reply, poller: poller, nowNanoseconds: now)
        }
      }
    }
  }

  func connect() throws -> FileDescriptor {
    try UnixSocket.connect(in: state.root, name: ControlLimits.socketName)
  }

  /// Turns until the client has a line or its end.
  func line(_ client: borrowing FileDescriptor) throws -> String? {
    var bytes: [UInt8] = []
    var ended = false
    let number = client.raw
    #expect(number >= 0)
    for _ in 0..<10_000 where !ended && bytes.last != UInt8(ascii: "\n") {
      try turn()
      switch try client.receive(upTo: 100_000) {
      case .bytes(let more, _): bytes += more
      case .endOfStream: ended = true
      case .wouldBlock: continue
      }
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}

@Suite struct ControlServerTests {
  @Test func `a request is answered, and the next one too`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let client = try served.connect()
    for _ in 0..<3 {
      #expect(try client.send(Array("{\"verb\":\"ping\"}\n".utf8)) > 0)
      #expect(try served.line(client) == "{\"ok\":true}\n")
    }
    #expect(try served.state.root.status("control.sock")?.permissions == 0o600)
  }

  @Test func `requests that are sent at once are answered one after the other`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let client = try served.connect()
    let line = "{\"verb\":\"ping\"}\n"
    #expect(try client.send(Array((line + line + line + "{\"verb").utf8)) > 0)
    var answers = ""
    try waitUntil("three answers") {
      answers += try served.line(client) ?? ""
      return answers.utf8.count >= 3 * "{\"ok\":true}\n".utf8.count
    }
    #expect(answers == String(repeating: "{\"ok\":true}\n", count: 3))
    // Half a request is looked at once, then waited for.
    try served.turn()
    #expect(try served.poller.wait(timeoutMilliseconds: 0).isEmpty)
    #expect(try client.send(Array("\":\"ping\"}\n".utf8)) > 0)
    #expect(try served.line(client) == "{\"ok\":true}\n")
  }

  @Test(arguments: ["not json\n", "[1]\n", "{\"verb\":\n"])
  func `what is no request is refused with 65 and ends the connection`(text: String) throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let client = try served.connect()
    #expect(try client.send(Array(text.utf8)) > 0)
    let answer = try #require(try served.line(client))
    #expect(answer.contains("\"exit\":65"))
    try waitUntil("the connection ends") {
      try served.turn()
      return served.server.clientCount == 0
    }
  }

  @Test func `a request without end is refused at its limit`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let client = try served.connect()
    var rest = [UInt8](repeating: UInt8(ascii: "x"), count: ControlLimits.messageBytes + 1)[...]
    while !rest.isEmpty {
      rest = rest.dropFirst(try client.send(rest))
      try served.turn()
    }
    #expect(try served.line(client)?.contains("longer than 65536 bytes") == true)
  }

  @Test func `of a hundred clients that say nothing one is there, and leaves in time`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    var descriptors: [Int32] = []
    defer { for raw in descriptors { _ = FileDescriptor(owning: raw) } }
    for _ in 0..<100 {
      descriptors.append(try served.connect().release())
      try served.turn()
      #expect(served.server.clientCount == 1)
    }
    let deadline = try #require(served.server.nextDeadlineNanoseconds)
    #expect(deadline == ControlLimits.idleMilliseconds * 1_000_000)
    served.server.expire(poller: served.poller, nowNanoseconds: deadline - 1)
    #expect(served.server.clientCount == 1)
    served.server.expire(poller: served.poller, nowNanoseconds: deadline)
    #expect(served.server.clientCount == 0)
    #expect(served.server.nextDeadlineNanoseconds == nil)
    let late = try served.connect()
    #expect(try late.send(Array("{}\n".utf8)) > 0)
    #expect(try served.line(late) == "{\"ok\":true}\n")
  }

  @Test func `whoever is sent away is told to try again, and whose request has come is not sent away`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let slow = try served.connect()
    let second = try served.connect()
    try served.turn()
    #expect(try served.line(slow)?.contains("too many clients, try again") == true)
    // It has spoken since the server looked: the next to come must not take its place.
    #expect(try second.send(Array("{\"verb\":\"ping\"}\n".utf8)) > 0)
    let third = try served.connect()
    #expect(served.server.makeRoom(poller: served.poller, nowNanoseconds: 0).map(\.verb) == ["ping"])
    #expect(served.server.clientCount == 1)
    #expect(try third.send(Array("{\"verb\":\"third\"}\n".utf8)) > 0)
    #expect(try served.line(third) == "{\"ok\":true}\n")
    #expect(served.server.clientCount == 2, "the second waits for its answer")
  }

  /// One that had always sent its next request kept everybody else at the door.
  @Test func `a client that asks without end makes room for one that hasn't been answered`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let greedy = try served.connect()
    let line = Array("{\"verb\":\"ping\"}\n".utf8)
    #expect(try greedy.send((0..<1_000).flatMap { _ in line }) > 0)
    var answers = 0
    for _ in 0..<5 {
      try served.turn { _ in
        answers += 1; return ControlReply.success()
      }
    }
    #expect(answers > 1, "as long as nobody else comes it may ask on")
    let client = try served.connect()
    #expect(try client.send(line) > 0)
    var greedyAnswers = 0
    for _ in 0..<4 {
      try served.turn { _ in
        greedyAnswers += 1; return ControlReply.success()
      }
    }
    #expect(greedyAnswers <= 4)
    #expect(try served.line(client) == "{\"ok\":true}\n")
  }

  @Test func `a client that takes no answer makes room for the next`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let deaf = try served.connect()
    let (long, line) = (String(repeating: "y", count: 900_000), Array("{\"verb\":\"status\"}\n".utf8))
    #expect(try deaf.send(line + line) > 0)
    for _ in 0..<4 { try served.turn { _ in ControlReply.success([("text", .string(long))]) } }
    let client = try served.connect()
    #expect(try client.send(line) > 0)
    #expect(try served.line(client) == "{\"ok\":true}\n")
    #expect(served.server.clientCount == 1)
  }

  /// Requests that wait for the ticker are the only ones that add to the watcher's descriptors.
  @Test func `a request that waits keeps its place, and there is an end of those places`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    var descriptors: [Int32] = []
    defer { for raw in descriptors { _ = FileDescriptor(owning: raw) } }
    for _ in 0..<(ControlLimits.clients + 5) {
      let client = try served.connect()
      #expect(try client.send(Array("{\"verb\":\"run\"}\n".utf8)) > 0)
      descriptors.append(client.release())
      try served.turn { _ in nil }
    }
    #expect(served.server.clientCount == ControlLimits.clients)
    let late = try served.connect()
    try served.turn()
    #expect(try served.line(late)?.contains("too many clients") == true)
  }

  @Test func `a thousand clients that come and say nothing keep out nobody who asks`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    var descriptors: [Int32] = []
    defer { for raw in descriptors { _ = FileDescriptor(owning: raw) } }
    for number in 0..<1_000 {
      descriptors.append(try served.connect().release())
      try served.turn()
      if number % 100 == 99 {
        let client = try served.connect()
        #expect(try client.send(Array("{\"verb\":\"ping\"}\n".utf8)) > 0)
        #expect(try served.line(client) == "{\"ok\":true}\n")
      }
      // A test may not need a thousand descriptors itself; the server drops those that are closed, too.
      if descriptors.count > 200 { _ = FileDescriptor(owning: descriptors.removeFirst()) }
    }
    #expect(served.server.clientCount == 1)
  }

  @Test func `a client that waits is not timed out, and is dropped when it goes`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    do {
      let client = try served.connect()
      #expect(try client.send(Array("{\"verb\":\"run\"}\n".utf8)) > 0)
      var asked = 0
      for _ in 0..<4 {
        try served.turn { _ in
          asked += 1
          return nil
        }
      }
      #expect(asked == 1)
      #expect(served.server.nextDeadlineNanoseconds == nil)
      #expect(served.server.clientCount == 1)
    }
    // A child that another test starts has the client's socket, too, until it executes.
    try waitUntil("the client is dropped") {
      try served.turn { _ in nil }
      return served.server.clientCount == 0
    }
  }

  @Test func `an answer larger than the socket's buffer arrives whole`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    let client = try served.connect()
    #expect(try client.send(Array("{}\n".utf8)) > 0)
    let long = String(repeating: "y", count: 900_000)
    for _ in 0..<4 { try served.turn { _ in ControlReply.success([("text", .string(long))]) } }
    #expect(try served.line(client)?.utf8.count == "{\"ok\":true,\"text\":\"\"}\n".utf8.count + 900_000)
  }

  @Test func `a stale socket is replaced, and asking nobody is told apart`() throws {
    let sandbox = try Sandbox()
    let path = sandbox.path(of: "state")
    do { _ = try Served(path) }
    let state = try StateDirectory.open(path, create: false)
    #expect(try state.root.status("control.sock") != nil)
    // A child that another test starts has the server's socket, too, until it executes: then nobody answers.
    try waitUntil("nobody listens any more") {
      do throws(ControlError) {
        _ = try ControlClient.ask(state, ["verb": "ping"], timeoutMilliseconds: 1000)
        return false
      } catch {
        return error == .unreachable(.connectionRefused)
      }
    }
    let again = try Served(path)
    let client = try again.connect()
    #expect(try client.send(Array("{}\n".utf8)) > 0)
    #expect(try again.line(client) == "{\"ok\":true}\n")
    again.server.close(poller: again.poller)
    #expect(throws: ControlError.unreachable(.noEntry)) {
      _ = try ControlClient.ask(state, ["verb": "ping"], timeoutMilliseconds: 1000)
    }
  }

  @Test func `a server that doesn't answer is given up in time`() throws {
    let sandbox = try Sandbox()
    let served = try Served(sandbox.path(of: "state"))
    #expect(throws: ControlError.timedOut) {
      _ = try ControlClient.ask(served.state, ["verb": "ping"], timeoutMilliseconds: 30)
    }
  }
}
