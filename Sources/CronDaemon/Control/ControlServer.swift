public import CronSystem
public import CronWire

/// STATE/control.sock: JSON lines from root and the owner, bounded in clients, bytes and time; it never blocks.
///
/// One client at a time is waited for to say something or to take its answer; whoever comes next takes its place, and
/// it is told to try again (docs/decisions/watcher-descriptors.md). Those whose request is with the owner keep theirs;
/// who has had an answer makes room for who hasn't.
///
/// Part of its owner's loop: the owner's poller holds its descriptors, with tokens from `tokenBase` on (2³² of them).
public final class ControlServer {
  /// For whom there is no place just now; `ControlClient` asks again.
  static let busy = ControlReply.failure(exit: 75, "too many clients, try again")

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

  /// Whether somebody waits at the door, as a token of the poller says.
  public func isDoor(token: UInt64) -> Bool { token == tokenBase }

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
    guard ready.token != tokenBase else { return accept(poller: poller, nowNanoseconds: nowNanoseconds) }
    let identifier = ready.token - tokenBase
    guard let client = clients[identifier] else { return [] }
    if client.phase == .answering { client.flush(nowNanoseconds: nowNanoseconds) }
    if client.phase == .waiting, ready.isHungUp || ready.isFailed { client.phase = .closed }
    return hear(identifier, client, poller: poller, nowNanoseconds: nowNanoseconds)
  }

  /// Sends away whoever says nothing or doesn't take its answer; returns the request that had just come instead.
  public func makeRoom(poller: borrowing Poller, nowNanoseconds: Int64) -> [ControlRequest] {
    for (identifier, client) in clients where client.phase != .waiting {
      if client.phase == .answering { client.flush(nowNanoseconds: nowNanoseconds) }
      // One that asks again and again would keep the others out.
      if !client.wasAnswered {
        let requests = hear(identifier, client, poller: poller, nowNanoseconds: nowNanoseconds)
        if !requests.isEmpty { return requests }
      }
      guard clients[identifier] != nil, client.phase != .waiting else { continue }
      if client.phase == .reading { client.answer(Self.busy, nowNanoseconds: nowNanoseconds) }
      client.phase = .closed
      settle(identifier, client, poller: poller)
    }
    return []
  }

  /// Takes what a client has sent, if it is its turn.
  private func hear(
    _ identifier: UInt64, _ client: ControlConnection, poller: borrowing Poller, nowNanoseconds: Int64
  ) -> [ControlRequest] {
    if client.phase == .reading { client.receive(nowNanoseconds: nowNanoseconds) }
    let message = client.takeRequest(nowNanoseconds: nowNanoseconds)
    settle(identifier, client, poller: poller)
    return message.map { [ControlRequest(client: identifier, message: $0)] } ?? []
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

  /// Takes in one of those who wait at the door, in the place of whoever says nothing; others have the next turn.
  private func accept(poller: borrowing Poller, nowNanoseconds: Int64) -> [ControlRequest] {
    do throws(Errno) {
      let requests = makeRoom(poller: poller, nowNanoseconds: nowNanoseconds)
      // One that is being answered has its descriptor still.
      if !requests.isEmpty { return requests }
      guard let socket = try listener.accept(),
        let identifier = try admit(socket, poller: poller, nowNanoseconds: nowNanoseconds),
        let client = clients[identifier]
      else { return [] }
      return hear(identifier, client, poller: poller, nowNanoseconds: nowNanoseconds)
    } catch {
      // No descriptor or memory for a client now: the listener stays readable, so look away for a second.
      do { try poller.remove(listener.raw) } catch {}
      pausedUntilNanoseconds = nowNanoseconds + 1_000_000_000
    }
    return []
  }

  /// The client's number; nil = it may not come, or has been sent away.
  private func admit(
    _ socket: consuming FileDescriptor, poller: borrowing Poller, nowNanoseconds: Int64
  ) throws(Errno) -> UInt64? {
    let peer = try socket.peerCredentials()
    // Who may come to a group's socket is what its mode says: the kernel has looked (unix(7)).
    guard endpoint.group != nil || peer.userIdentifier == 0 || peer.userIdentifier == CurrentProcess.effectiveUser
    else { return nil }
    guard clients.count < endpoint.clients else {
      do { _ = try socket.send(JSONWriter.line(Self.busy) + [UInt8(ascii: "\n")]) } catch {}
      return nil
    }
    let identifier = nextClient
    nextClient = nextClient == UInt64(UInt32.max) ? 1 : nextClient + 1
    guard clients[identifier] == nil else { return nil }
    try poller.add(socket.raw, token: tokenBase + identifier)
    clients[identifier] = ControlConnection(socket, nowNanoseconds: nowNanoseconds)
    return identifier
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
