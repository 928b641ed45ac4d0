public import CronSystem
public import CronWire

/// Why a question to the control socket got no answer.
public enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nobody listens.
  case unreachable(Errno)
  /// No answer within the time given.
  case timedOut
  /// The connection ended before an answer.
  case closed
  /// The answer is no JSON.
  case malformed

  /// One phrase.
  public var description: String {
    switch self {
    case .unreachable(let errno): "nobody listens on the control socket: \(errno)"
    case .timedOut: "no answer from the control socket in time"
    case .closed: "the control socket closed the connection without an answer"
    case .malformed: "the control socket's answer is no JSON"
    }
  }
}

/// Asks whoever serves the control socket; for commands.
public enum ControlClient {
  /// The longest answer in bytes.
  private static let answerBytes = 1 << 20

  /// Sends one request and returns its answer, within a time that covers all of it.
  public static func ask(
    _ state: StateDirectory, _ request: JSONValue, timeoutMilliseconds: Int64 = 10_000
  ) throws(ControlError) -> JSONValue {
    try ask(in: state.root, ControlLimits.socketName, request, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Sends one request to the socket of that name in a directory.
  static func ask(
    in directory: borrowing Directory, _ name: String, _ request: JSONValue, timeoutMilliseconds: Int64
  ) throws(ControlError) -> JSONValue {
    let deadline = SystemClock.monotonic() + timeoutMilliseconds * 1_000_000
    let line = JSONWriter.line(request) + [UInt8(ascii: "\n")]
    var pause: Int64 = 1
    while true {
      let answer = try parsed(directory, name, line, deadline: deadline)
      // It has one place for those who come: whoever was slower than the next to come asks again, until its time is up.
      guard answer == ControlServer.busy, SystemClock.monotonic() + pause * 1_000_000 < deadline else { return answer }
      do { _ = try Poller().wait(timeoutMilliseconds: Int(pause)) } catch { throw .unreachable(error) }
      pause = min(pause * 2, 50)
    }
  }

  private static func parsed(
    _ directory: borrowing Directory, _ name: String, _ line: [UInt8], deadline: Int64
  ) throws(ControlError) -> JSONValue {
    let answer: [UInt8]
    do {
      answer = try exchange(directory, name, line, deadline: deadline)
    } catch let error as ControlError {
      throw error
    } catch let error as Errno {
      throw error == .brokenPipe || error == .connectionReset ? .closed : .unreachable(error)
    } catch {
      throw .closed
    }
    do { return try JSONReader.parse(answer, limits: JSONLimits(bytes: answerBytes)) } catch { throw .malformed }
  }

  private static func exchange(
    _ directory: borrowing Directory, _ name: String, _ line: [UInt8], deadline: Int64
  ) throws -> [UInt8] {
    let poller = try Poller()
    let socket = try connect(directory, name, poller: poller, deadline: deadline)
    try poller.add(socket.raw, token: 0, for: .writable)
    var rest = line[...]
    do {
      while !rest.isEmpty {
        _ = try poller.wait(timeoutMilliseconds: try remaining(deadline))
        rest = rest.dropFirst(try socket.send(rest))
      }
    } catch let error as Errno where error == .brokenPipe {
      // Whoever was sent away before it spoke has been told why.
    }
    try poller.modify(socket.raw, token: 0, for: .readable)
    var answer: [UInt8] = []
    while true {
      _ = try poller.wait(timeoutMilliseconds: try remaining(deadline))
      switch try socket.receive(upTo: 65_536) {
      case .bytes(let bytes, _): answer += bytes
      case .endOfStream: throw ControlError.closed
      case .wouldBlock: continue
      }
      if let newline = answer.firstIndex(of: UInt8(ascii: "\n")) { return Array(answer[..<newline]) }
      if answer.count > answerBytes { throw ControlError.malformed }
    }
  }

  private static func connect(
    _ directory: borrowing Directory, _ name: String, poller: borrowing Poller, deadline: Int64
  ) throws -> FileDescriptor {
    while true {
      do throws(Errno) {
        return try UnixSocket.connect(in: directory, name: name)
      } catch {
        // The backlog is full: the server is busy, not away.
        guard error == .wouldBlock else { throw error }
        _ = try poller.wait(timeoutMilliseconds: min(try remaining(deadline), 20))
      }
    }
  }

  private static func remaining(_ deadline: Int64) throws -> Int {
    let left = (deadline - SystemClock.monotonic()) / 1_000_000
    guard left > 0 else { throw ControlError.timedOut }
    return Int(left)
  }
}
