internal import CLinux
internal import Glibc

/// An open file descriptor with one owner; closed when that owner lets go.
public struct FileDescriptor: ~Copyable, Sendable {
  /// The number, for pollers, spawn lists and messages; valid while this value lives.
  public let raw: Int32

  /// Takes over an open descriptor; a negative number is a bug.
  public init(owning raw: Int32) {
    invariant(raw >= 0, "descriptor \(raw) can't be owned")
    self.raw = raw
  }

  deinit {
    // A close that fails has closed nevertheless (close(2)); only a number that wasn't open shows a bug.
    if Glibc.close(raw) != 0 && errno == EBADF { invariantFailure("descriptor \(raw) was closed behind its owner") }
  }

  /// Closes now and tells what writing back said (EIO, ENOSPC, EDQUOT), close(2).
  public consuming func close() throws(Errno) {
    let number = raw
    discard self
    do {
      try Syscall.once { Glibc.close(number) }
    } catch .interrupted {
      return  // Linux has closed it; a second close could hit someone else's descriptor
    }
  }

  /// Takes over a number that the program before us in this process left open, close-on-exec from now on.
  public static func inherited(_ raw: Int32) throws(Errno) -> FileDescriptor {
    let copy = FileDescriptor(owning: try Syscall.call { cl_duplicate(raw, 0) })
    try FileDescriptor(owning: raw).close()
    return copy
  }

  /// Gives the number away unclosed.
  public consuming func release() -> Int32 {
    let number = raw
    discard self
    return number
  }

  /// A second descriptor of the same open file (offset, flags and OFD locks are shared), fcntl(2) F_DUPFD.
  public func duplicate(closeOnExec: Bool = true) throws(Errno) -> FileDescriptor {
    let number = raw
    return FileDescriptor(
      owning: try Syscall.call { closeOnExec ? cl_duplicate(number, 0) : cl_duplicate_inheritable(number) })
  }

  /// Makes a number of this process mean this open file, closing what it meant before, dup2(2); children inherit it.
  public func install(as target: Int32) throws(Errno) {
    let number = raw
    try Syscall.call { dup2(number, target) }
  }

  /// Switches O_NONBLOCK of the open file, fcntl(2) F_SETFL.
  public func setNonBlocking(_ on: Bool) throws(Errno) {
    let number = raw
    try Syscall.call { cl_set_nonblocking(number, on) }
  }

  /// Whether it is close-on-exec, fcntl(2) F_GETFD.
  public var isCloseOnExec: Bool { fcntl(raw, F_GETFD) & FD_CLOEXEC != 0 }

  /// Opens a path as the caller names it, links followed, openat(2); always close-on-exec.
  public static func open(
    _ path: String, _ mode: OpenMode, permissions: UInt32 = 0o600
  ) throws(Errno) -> FileDescriptor {
    FileDescriptor(owning: try Syscall.call { cl_openat(AT_FDCWD, path, mode.rawValue, permissions) })
  }
}

/// How a file is opened, open(2). Nothing combined = for reading.
public struct OpenMode: OptionSet, Sendable {
  /// The O_ flags.
  public let rawValue: Int32
  /// From O_ flags.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// O_RDONLY
  public static let read: OpenMode = []
  /// O_WRONLY
  public static let write = OpenMode(rawValue: O_WRONLY)
  /// O_RDWR
  public static let readWrite = OpenMode(rawValue: O_RDWR)
  /// O_CREAT
  public static let create = OpenMode(rawValue: O_CREAT)
  /// O_EXCL: with `create`, refuses what exists
  public static let exclusive = OpenMode(rawValue: O_EXCL)
  /// O_TRUNC
  public static let truncate = OpenMode(rawValue: O_TRUNC)
  /// O_APPEND
  public static let append = OpenMode(rawValue: O_APPEND)
  /// O_NONBLOCK: a FIFO can't block the open
  public static let nonBlocking = OpenMode(rawValue: O_NONBLOCK)
  /// O_DIRECTORY
  public static let directory = OpenMode(rawValue: O_DIRECTORY)
  /// O_NOFOLLOW: a symbolic link as last component is refused
  public static let noFollow = OpenMode(rawValue: O_NOFOLLOW)
}
