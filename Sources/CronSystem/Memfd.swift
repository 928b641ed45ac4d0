internal import CLinux

/// Files in memory that live as long as a descriptor does, memfd_create(2).
public enum Memfd {
  /// An empty one; `name` only shows in /proc.
  public static func create(name: String) throws(Errno) -> FileDescriptor {
    FileDescriptor(owning: try Syscall.call { cl_memfd(name) })
  }
}

/// A counter that wakes a poller, eventfd(2).
public struct EventDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// The number for a poller or a spawn list.
  public var raw: Int32 { descriptor.raw }

  /// At rest.
  public init() throws(Errno) { descriptor = FileDescriptor(owning: try Syscall.call { cl_event() }) }

  /// Takes over an eventfd that was inherited.
  public init(owning raw: Int32) { descriptor = FileDescriptor(owning: raw) }

  /// Makes it readable.
  public func ring() throws(Errno) {
    let one = withUnsafeBytes(of: UInt64(1)) { [UInt8]($0) }
    _ = try descriptor.writeAvailable(one[...])
  }

  /// Takes all rings so far; false = there were none.
  public func take() throws(Errno) -> Bool { try descriptor.readAvailable(upTo: 8) != .wouldBlock }
}
