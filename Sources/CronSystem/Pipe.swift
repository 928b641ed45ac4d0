internal import CLinux

/// Both ends of a pipe, pipe2(2); each end is taken out once by whoever owns it then.
public struct Pipe: ~Copyable, Sendable {
  private var readEnd: FileDescriptor?
  private var writeEnd: FileDescriptor?
  /// The number of the end to read from, for a spawn list.
  public let readRaw: Int32
  /// The number of the end to write to.
  public let writeRaw: Int32

  /// Close-on-exec; blocking unless said otherwise.
  public init(nonBlocking: Bool = false) throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try Syscall.call { cl_pipe(&ends, nonBlocking) }
    readRaw = ends[0]
    writeRaw = ends[1]
    readEnd = FileDescriptor(owning: ends[0])
    writeEnd = FileDescriptor(owning: ends[1])
  }

  /// Takes the end to read from; a second time is a bug.
  public mutating func takeReadEnd() -> FileDescriptor {
    guard let end = readEnd.take() else { invariantFailure("the pipe's read end was taken twice") }
    return end
  }

  /// Takes the end to write to; a second time is a bug.
  public mutating func takeWriteEnd() -> FileDescriptor {
    guard let end = writeEnd.take() else { invariantFailure("the pipe's write end was taken twice") }
    return end
  }
}

/// Two connected sockets that keep message bounds, both non-blocking, socketpair(2).
public struct SocketPair: ~Copyable, Sendable {
  private var first: FileDescriptor?
  private var second: FileDescriptor?
  /// The first one's number.
  public let firstRaw: Int32
  /// The second one's number, for a spawn list.
  public let secondRaw: Int32

  /// Close-on-exec.
  public init(_ kind: SocketKind = .sequencedPackets) throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try Syscall.call { cl_unix_pair(kind.native, &ends) }
    firstRaw = ends[0]
    secondRaw = ends[1]
    first = FileDescriptor(owning: ends[0])
    second = FileDescriptor(owning: ends[1])
  }

  /// Takes the first; a second time is a bug.
  public mutating func takeFirst() -> FileDescriptor {
    guard let end = first.take() else { invariantFailure("the first socket was taken twice") }
    return end
  }

  /// Takes the second; a second time is a bug.
  public mutating func takeSecond() -> FileDescriptor {
    guard let end = second.take() else { invariantFailure("the second socket was taken twice") }
    return end
  }
}
