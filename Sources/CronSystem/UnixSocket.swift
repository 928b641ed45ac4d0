internal import CLinux

/// Kinds of unix(7) sockets.
public enum SocketKind: Sendable {
  /// Bytes without bounds.
  case stream
  /// Messages with bounds, connected.
  case sequencedPackets
  /// Messages with bounds, unconnected.
  case datagrams

  var native: Int32 {
    switch self {
    case .stream: Int32(CL_STREAM)
    case .sequencedPackets: Int32(CL_SEQPACKET)
    case .datagrams: Int32(CL_DATAGRAM)
    }
  }
}

/// Who is at the other end of a connection, at the time it connected, SO_PEERCRED.
public struct PeerCredentials: Hashable, Sendable {
  /// Its pid then.
  public let pid: Int32
  /// Its effective uid.
  public let userIdentifier: UInt32
  /// Its effective gid.
  public let groupIdentifier: UInt32
}

/// What one receive found.
public enum Received: Hashable, Sendable {
  /// Bytes of a stream, or one message (`truncated`: it was longer than asked for and its rest is lost).
  case bytes([UInt8], truncated: Bool)
  /// The other side has ended.
  case endOfStream
  /// Nothing now.
  case wouldBlock
}

/// Sockets in directories, unix(7), whatever the length of the directory's path.
public enum UnixSocket {
  /// Listens under a name in a directory with the given mode, replacing a socket there; the caller holds the lock.
  ///
  /// Non-blocking. The address is /proc/self/fd/N/NAME, so that only the name has to fit 108 bytes.
  public static func listen(
    in directory: borrowing Directory, name: String, kind: SocketKind = .stream, permissions: UInt32 = 0o600,
    backlog: Int32 = 64
  ) throws(Errno) -> FileDescriptor {
    let socket = FileDescriptor(owning: try Syscall.call { cl_unix_socket(kind.native, true) })
    if let old = try directory.status(name) {
      if old.kind != .socket { throw .exists }
      try directory.unlink(name)
    }
    let (number, path) = (socket.raw, address(directory, name))
    try Syscall.call { cl_unix_bind(number, path, permissions) }
    if case .datagrams = kind { return socket }
    try Syscall.call { cl_listen(number, backlog) }
    return socket
  }

  /// Connects to a name in a directory; blocking unless asked otherwise (then EAGAIN = the backlog is full).
  public static func connect(
    in directory: borrowing Directory, name: String, kind: SocketKind = .stream, nonBlocking: Bool = true
  ) throws(Errno) -> FileDescriptor {
    let socket = FileDescriptor(owning: try Syscall.call { cl_unix_socket(kind.native, nonBlocking) })
    let (number, path) = (socket.raw, address(directory, name))
    try Syscall.call { cl_unix_connect(number, path, false) }
    return socket
  }

  private static func address(_ directory: borrowing Directory, _ name: String) -> String {
    "/proc/self/fd/\(directory.descriptor.raw)/\(name)"
  }
}

extension FileDescriptor {
  /// Takes the next waiting connection, non-blocking; nil = none, accept4(2).
  public func accept() throws(Errno) -> FileDescriptor? {
    let number = raw
    do {
      return FileDescriptor(owning: try Syscall.call { cl_accept(number) })
    } catch .wouldBlock {
      return nil
    } catch  where error.isTransientOfAccept {
      return nil  // this one connection failed before we took it
    }
  }

  /// Who connected.
  public func peerCredentials() throws(Errno) -> PeerCredentials {
    let number = raw
    var (pid, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
    try Syscall.call { cl_peer_credentials(number, &pid, &user, &group) }
    return PeerCredentials(pid: pid, userIdentifier: user, groupIdentifier: group)
  }

  /// Sends what fits (a message whole or not at all); returns the count, 0 = would block. EPIPE instead of a signal.
  public func send(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
    let number = raw
    do {
      return Int(
        try Syscall.call { bytes.withUnsafeBytes { cl_send(number, $0.baseAddress, UInt64($0.count)) } })
    } catch .wouldBlock {
      return 0
    }
  }

  /// Sends one message or the first part of a stream.
  public func send(_ bytes: [UInt8]) throws(Errno) -> Int { try send(bytes[...]) }

  /// Receives up to `count` bytes, or one message of at most that length, recvmsg(2).
  public func receive(upTo count: Int) throws(Errno) -> Received {
    let number = raw
    var truncated = false
    // Not filled with zeros: of a long buffer only what arrives becomes memory of ours.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 1)
    defer { buffer.deallocate() }
    do {
      let got = try Syscall.call { cl_receive(number, buffer.baseAddress, UInt64(buffer.count), &truncated) }
      if got == 0 { return .endOfStream }
      return .bytes(Array(buffer[..<Int(got)]), truncated: truncated)
    } catch .wouldBlock {
      return .wouldBlock
    } catch .connectionReset {
      return .endOfStream
    }
  }
}
