internal import CLinux
internal import Glibc

/// Tells of changes in directories and files, inotify(7). A hint only: after an overflow everything may have changed.
public struct INotify: ~Copyable, Sendable {
  /// What a watch tells.
  public struct Event: Hashable, Sendable {
    /// What `watch` returned; -1 with `isOverflow`.
    public let watch: Int32
    /// The name in the watched directory; empty for the watched thing itself.
    public let name: String
    /// Events were lost.
    public let isOverflow: Bool
    /// The watch has ended: what it watched is gone or unmounted.
    public let isEnded: Bool
  }

  private let descriptor: FileDescriptor
  /// The number for a poller.
  public var raw: Int32 { descriptor.raw }

  /// Non-blocking, without watches. EMFILE = the user's instance limit.
  public init() throws(Errno) {
    let flags = Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)
    descriptor = FileDescriptor(owning: try Syscall.call { inotify_init1(flags) })
  }

  /// Takes over one that was inherited under that number; what waits in it is read by whoever reads first.
  public init(inherited raw: Int32) throws(Errno) {
    let taken = try FileDescriptor.inherited(raw)
    try taken.setNonBlocking(true)
    descriptor = taken
  }

  /// Watches a path for writes that end, creations, deletions, moves and attribute changes. ENOSPC = the watch limit.
  public func watch(_ path: String) throws(Errno) -> Int32 {
    let number = descriptor.raw
    let mask = UInt32(
      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
    return try Syscall.call { inotify_add_watch(number, path, mask) }
  }

  /// Watches a file for writes as they happen, IN_MODIFY; one write may tell several times, many may tell once.
  public func watchWrites(_ path: String) throws(Errno) -> Int32 {
    let number = descriptor.raw
    return try Syscall.call { inotify_add_watch(number, path, UInt32(IN_MODIFY)) }
  }

  /// Ends a watch; nothing happens when it has ended by itself.
  public func unwatch(_ watch: Int32) throws(Errno) {
    let number = descriptor.raw
    do { try Syscall.call { inotify_rm_watch(number, watch) } } catch .invalidArgument {}
  }

  /// The events that wait, as many as fit 16 KiB; empty = none.
  public func read() throws(Errno) -> [Event] {
    guard case .bytes(let bytes) = try descriptor.readAvailable(upTo: 16384) else { return [] }
    var events: [Event] = []
    bytes.withUnsafeBytes { buffer in
      let header = 16  // wd, mask, cookie, len
      var offset = 0
      while offset + header <= buffer.count {
        let watch = buffer.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        let mask = buffer.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        let end = min(offset + header + length, buffer.count)
        let name = buffer[(offset + header)..<end].prefix { $0 != 0 }
        events.append(
          Event(
            watch: watch, name: String(decoding: name, as: UTF8.self),
            isOverflow: mask & UInt32(IN_Q_OVERFLOW) != 0, isEnded: mask & UInt32(IN_IGNORED) != 0))
        offset = end
      }
    }
    return events
  }
}
