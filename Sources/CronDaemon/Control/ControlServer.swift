public import CronSystem
public import CronWire

/// STATE/control.sock: JSON lines from root and the owner, bounded in clients, bytes and time; it never blocks.
///
/// Part of its owner's loop: the owner's poller holds its descriptors, with tokens from `tokenBase` on (2³² of them).
public final class ControlServer {
  private let state: StateDirectory
  private let endpoint: ControlEndpoint
  private let tokenBase: UInt64
  private let listener: FileDescriptor
  /// What the name stood for once it was ours: another server may have replaced it since.
  private let bound: FileStatus?
  private var clients: [UInt64: ControlConnection] = [:]
  private var nextClient: UInt64 = 1
  /// When to accept again after the kernel had no descriptor for a client; nil = accepting.
  private var pausedUntilNanoseconds: Int64?

  /// Listens and registers with the poller; the caller holds the lock that makes a stale socket its to replace.
  public init(
    _ state: StateDirectory, _ endpoint: ControlEndpoint = .control, poller: borrowing Poller, tokenBase: UInt64
  ) throws(Errno) {
    self.state = state
    self.endpoint = endpoint
    self.tokenBase = tokenBase
    listener = try UnixSocket.listen(in: state.root, name: endpoint.name)
    // Nobody else can come before it is theirs: until then it is 0600.
    if let group = endpoint.group { try state.root.give(endpoint.name, toGroup: group, permissions: 0o660) }
    bound = try state.root.status(endpoint.name)
    try poller.add(listener.raw, token: tokenBase)
  }

  /// Whether the socket's name still leads here; somebody may have deleted or replaced it.
  public var isCurrent: Bool {
    do throws(Errno) {
      guard let bound, let named = try state.root.status(endpoint.name) else { return false }
      return named.isSameFile(as: bound)
    } catch {
      return false
    }
  }

  /// Whether a token of the poller is this server's.
  public func owns(token: UInt64) -> Bool { token >= tokenBase && token - tokenBase < 1 << 32 }

  /// The connections that are open.
  public var clientCount: Int { clients.count }

  /// When `expire` must be called next, in CLOCK_MONOTONIC nanoseconds; nil = never as things are.
  public var nextDeadlineNanoseconds: Int64? {
    (clients.values.compactMap(\.deadlineNanoseconds) + [pausedUntilNanoseconds].compactMap { $0 }).min()
  }

  /// Handles one ready descriptor and returns the requests that are complete; each wants exactly one `reply`.
  public func handle(_ ready: Ready, poller: borrowing Poller, nowNanoseconds: Int64) -> [ControlRequest] {
    guard ready.token != tokenBase else {
      acceptAll(poller: poller, nowNanoseconds: nowNanoseconds)
      return []
    }
    let identifier = ready.token - tokenBase
    guard let client = clients[identifier] else { return [] }
    var requests: [ControlRequest] = []
    if client.phase == .answering { client.flush(nowNanoseconds: nowNanoseconds) }
    if client.phase == .reading, ready.isReadable || ready.isHungUp {
      client.receive(nowNanoseconds: nowNanoseconds)
    }
    if client.phase == .waiting, ready.isHungUp || ready.isFailed { client.phase = .closed }
    if let message = client.takeRequest(nowNanoseconds: nowNanoseconds) {
      requests.append(ControlRequest(client: identifier, message: message))
    }
    settle(identifier, client, poller: poller)
    return requests
  }

  /// Answers a client; one that has gone is not missed.
  public func reply(to client: UInt64, _ answer: JSONValue, poller: borrowing Poller, nowNanoseconds: Int64) {
    guard let connection = clients[client], connection.phase == .waiting else { return }
    connection.answer(answer, nowNanoseconds: nowNanoseconds)
    settle(client, connection, poller: poller)
  }

  /// Drops clients that took too long, and accepts again after a pause.
  public func expire(poller: borrowing Poller, nowNanoseconds: Int64) {
    for (identifier, client) in clients {
      guard let deadline = client.deadlineNanoseconds, deadline <= nowNanoseconds else { continue }
      client.phase = .closed
      settle(identifier, client, poller: poller)
    }
    if let pause = pausedUntilNanoseconds, pause <= nowNanoseconds {
      pausedUntilNanoseconds = nil
      do { try poller.add(listener.raw, token: tokenBase) } catch {
        pausedUntilNanoseconds = nowNanoseconds + 1_000_000_000
      }
    }
  }

  /// Removes the socket's name, if it still leads here, and drops every client.
  public func close(poller: borrowing Poller) {
    for (identifier, client) in clients {
      client.phase = .closed
      settle(identifier, client, poller: poller)
    }
    do { try poller.remove(listener.raw) } catch {}
    if isCurrent { do { try state.root.unlink(endpoint.name) } catch {} }
  }

  private func acceptAll(poller: borrowing Poller, nowNanoseconds: Int64) {
    do throws(Errno) {
      // Bounded: a storm of connections must not keep the loop from its other work, nor push out within one turn those
      // that came before it and whose request is there already.
      for _ in 0..<max(endpoint.clients / 4, 1) {
        guard let socket = try listener.accept() else { return }
        try admit(socket, poller: poller, nowNanoseconds: nowNanoseconds)
      }
    } catch {
      // No descriptor or memory for a client now: the listener stays readable, so look away for a second.
      do { try poller.remove(listener.raw) } catch {}
      pausedUntilNanoseconds = nowNanoseconds + 1_000_000_000
    }
  }

  private func admit(
    _ socket: consuming FileDescriptor, poller: borrowing Poller, nowNanoseconds: Int64
  ) throws(Errno) {
    let peer = try socket.peerCredentials()
    // Who may come to a group's socket is what its mode says: the kernel has looked (unix(7)).
    guard endpoint.group != nil || peer.userIdentifier == 0 || peer.userIdentifier == CurrentProcess.effectiveUser
    else { return }
    guard clients.count < endpoint.clients || makeRoom(poller: poller) else {
      let refusal = ControlReply.failure(exit: 75, "too many clients, try again")
      do { _ = try socket.send(JSONWriter.line(refusal) + [UInt8(ascii: "\n")]) } catch {}
      return
    }
    let identifier = nextClient
    nextClient = nextClient == UInt64(UInt32.max) ? 1 : nextClient + 1
    guard clients[identifier] == nil else { return }
    try poller.add(socket.raw, token: tokenBase + identifier)
    clients[identifier] = ControlConnection(socket, nowNanoseconds: nowNanoseconds)
  }

  /// Drops the client that has said the least for the longest: those who come and say nothing must not keep others out.
  private func makeRoom(poller: borrowing Poller) -> Bool {
    let silent = clients.filter { $0.value.phase == .reading }
    guard
      let oldest = silent.min(by: {
        ($0.value.deadlineNanoseconds ?? .max, $0.key) < ($1.value.deadlineNanoseconds ?? .max, $1.key)
      })
    else { return false }
    oldest.value.phase = .closed
    settle(oldest.key, oldest.value, poller: poller)
    return true
  }

  /// Brings the poller in line with what the client is waited for, or lets it go.
  private func settle(_ identifier: UInt64, _ client: ControlConnection, poller: borrowing Poller) {
    let interest: Interest =
      switch client.phase {
      // There is always room to write: the next turn takes up what was sent before it was asked for.
      case .reading: client.hasMore ? [.readable, .writable] : .readable
      case .waiting: []
      case .answering: .writable
      case .closed: []
      }
    do throws(Errno) {
      guard client.phase != .closed else { throw .cancelled }
      try poller.modify(client.raw, token: tokenBase + identifier, for: interest)
    } catch {
      do { try poller.remove(client.raw) } catch {}
      clients[identifier] = nil
    }
  }
}
