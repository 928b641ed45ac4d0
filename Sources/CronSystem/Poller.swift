internal import CLinux

/// What one descriptor is watched for.
public struct Interest: OptionSet, Sendable {
  /// Bits of `CL_READABLE` and its kin.
  public let rawValue: UInt32
  /// From those bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Bytes, a connection, an expiry, an exit; also the end of the other side.
  public static let readable = Interest(rawValue: UInt32(CL_READABLE))
  /// Room to write.
  public static let writable = Interest(rawValue: UInt32(CL_WRITABLE))
  /// An exceptional condition, as files of cgroups and /proc/mounts signal theirs.
  public static let priority = Interest(rawValue: UInt32(CL_PRIORITY))
}

/// One descriptor that is ready.
public struct Ready: Hashable, Sendable {
  /// What `add` gave.
  public let token: UInt64
  private let events: UInt32

  init(_ native: cl_ready) {
    token = native.token
    events = native.events
  }

  /// A read won't block; also set with the last bytes of a peer that has gone.
  public var isReadable: Bool { events & UInt32(CL_READABLE) != 0 }
  /// A write won't block.
  public var isWritable: Bool { events & UInt32(CL_WRITABLE) != 0 }
  /// The other side is gone, or has ended its writing.
  public var isHungUp: Bool { events & UInt32(CL_HANG_UP) != 0 }
  /// The descriptor is in error.
  public var isFailed: Bool { events & UInt32(CL_FAILED) != 0 }
  /// An exceptional condition.
  public var hasPriority: Bool { events & UInt32(CL_PRIORITY) != 0 }
}

/// Waits for many descriptors at once, level-triggered, epoll(7).
public struct Poller: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// An empty set.
  public init() throws(Errno) { descriptor = FileDescriptor(owning: try Syscall.call { cl_poller() }) }

  /// Watches a descriptor, epoll_ctl(2). EPERM for regular files: those are always ready.
  public func add(_ raw: Int32, token: UInt64, for interest: Interest = .readable) throws(Errno) {
    try change(Int32(CL_POLL_ADD), raw, interest, token)
  }

  /// Changes what a watched descriptor is watched for, and its token.
  public func modify(_ raw: Int32, token: UInt64, for interest: Interest) throws(Errno) {
    try change(Int32(CL_POLL_MODIFY), raw, interest, token)
  }

  /// Stops watching; must come before the close if the open file has other descriptors, else events go on.
  public func remove(_ raw: Int32) throws(Errno) { try change(Int32(CL_POLL_REMOVE), raw, [], 0) }

  /// Waits for at most `timeoutMilliseconds` (nil = without end, 0 = not at all) and returns up to 64, epoll_wait(2).
  ///
  /// Empty = timeout, or the process was stopped and continued: look at the clock either way.
  public func wait(timeoutMilliseconds: Int?) throws(Errno) -> [Ready] {
    let number = descriptor.raw
    let limit = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
    var failure: Errno?
    let natives = [cl_ready](unsafeUninitializedCapacity: 64) { buffer, initialised in
      do throws(Errno) {
        initialised = Int(try Syscall.once { cl_poller_wait(number, buffer.baseAddress, 64, limit) })
      } catch {
        failure = error
      }
    }
    if let failure, failure != .interrupted { throw failure }
    return natives.map { Ready($0) }
  }

  private func change(
    _ operation: Int32, _ raw: Int32, _ interest: Interest, _ token: UInt64
  ) throws(Errno) {
    let number = descriptor.raw
    try Syscall.call { cl_poller_change(number, operation, raw, interest.rawValue, token) }
  }
}
