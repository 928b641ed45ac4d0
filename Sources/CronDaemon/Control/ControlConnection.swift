internal import CronSystem
internal import CronWire

/// One client of the control socket: it sends a line, waits, takes its answer, and may send another.
final class ControlConnection {
  /// Where the conversation is.
  enum Phase: Equatable {
    /// The client is to send.
    case reading
    /// The request is with the owner.
    case waiting
    /// The answer is being sent.
    case answering
    /// To be dropped.
    case closed
  }

  var phase = Phase.reading
  /// It has had an answer: what it asks further has to wait for those who haven't.
  private(set) var wasAnswered = false
  /// When it is dropped, in CLOCK_MONOTONIC nanoseconds; nil while its request is with the owner.
  private(set) var deadlineNanoseconds: Int64?
  private let socket: FileDescriptor
  private var incoming = MessageLines(limit: ControlLimits.messageBytes)
  private var outgoing: ArraySlice<UInt8> = []
  private var closesAfterAnswer = false

  var raw: Int32 { socket.raw }

  /// Whether the next request may be here already, sent before the last one's answer.
  var hasMore: Bool { incoming.hasMore }

  init(_ socket: consuming FileDescriptor, nowNanoseconds: Int64) {
    self.socket = socket
    deadlineNanoseconds = Self.deadline(nowNanoseconds)
  }

  /// Takes what has arrived, at most one message's worth.
  func receive(nowNanoseconds: Int64) {
    do throws(Errno) {
      switch try socket.receive(upTo: incoming.room) {
      case .bytes(let bytes, _): incoming.append(bytes)
      case .endOfStream: phase = .closed
      case .wouldBlock: return
      }
    } catch {
      phase = .closed
    }
  }

  /// The next complete request; a message that is too long or no JSON object is answered here and ends the connection.
  func takeRequest(nowNanoseconds: Int64) -> JSONValue? {
    guard phase == .reading else { return nil }
    let line: [UInt8]
    switch incoming.next() {
    case .incomplete: return nil
    case .tooLong:
      refuse("the request is longer than \(ControlLimits.messageBytes) bytes", nowNanoseconds: nowNanoseconds)
      return nil
    case .line(let bytes): line = bytes
    }
    do {
      let limits = JSONLimits(bytes: ControlLimits.messageBytes, depth: 16)
      let message = try JSONReader.parse(line, limits: limits)
      if message.objectValue != nil {
        phase = .waiting
        deadlineNanoseconds = nil
        return message
      }
      refuse("the request is no JSON object", nowNanoseconds: nowNanoseconds)
    } catch {
      refuse("the request is no JSON: \(error)", nowNanoseconds: nowNanoseconds)
    }
    return nil
  }

  /// Begins to send the answer.
  func answer(_ value: JSONValue, nowNanoseconds: Int64) {
    outgoing = (JSONWriter.line(value) + [UInt8(ascii: "\n")])[...]
    phase = .answering
    deadlineNanoseconds = Self.deadline(nowNanoseconds)
    flush(nowNanoseconds: nowNanoseconds)
  }

  /// Sends what fits; when all is sent the client may ask again.
  func flush(nowNanoseconds: Int64) {
    do throws(Errno) {
      while !outgoing.isEmpty {
        let sent = try socket.send(outgoing)
        if sent == 0 { return }
        outgoing = outgoing.dropFirst(sent)
      }
      outgoing = []
      wasAnswered = true
      phase = closesAfterAnswer ? .closed : .reading
      deadlineNanoseconds = Self.deadline(nowNanoseconds)
    } catch {
      phase = .closed
    }
  }

  private func refuse(_ message: String, nowNanoseconds: Int64) {
    closesAfterAnswer = true
    answer(ControlReply.failure(exit: 65, message), nowNanoseconds: nowNanoseconds)
  }

  private static func deadline(_ nowNanoseconds: Int64) -> Int64 {
    nowNanoseconds + ControlLimits.idleMilliseconds * 1_000_000
  }
}
