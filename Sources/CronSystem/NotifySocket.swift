internal import CLinux

/// The service manager's ear, sd_notify(3).
public struct NotifySocket: ~Copyable, Sendable {
  private let socket: FileDescriptor

  /// Connects to the value of `NOTIFY_SOCKET`: a path, or an abstract name after `@`.
  public init(address: String) throws(Errno) {
    let made = FileDescriptor(owning: try Syscall.call { cl_unix_socket(SocketKind.datagrams.native, true) })
    let number = made.raw
    try Syscall.call { cl_unix_connect(number, address, true) }
    socket = made
  }

  /// Sends lines such as `READY=1` as one datagram; false when the manager's queue is full and nothing was sent.
  @discardableResult
  public func send(_ lines: [String]) throws(Errno) -> Bool {
    try socket.send(Array(lines.joined(separator: "\n").utf8)) > 0
  }
}
