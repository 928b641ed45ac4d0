internal import CLinux
internal import Glibc

/// What holds a file: which kind of file system, and how much room is left in it.
public struct FileSystem: Hashable, Sendable {
  /// The number that tells the kind, `f_type` of statfs(2).
  public var kind: UInt64
  /// Whether nothing can be written.
  public var isReadOnly: Bool
  /// All of its bytes.
  public var totalBytes: UInt64
  /// Bytes that an unprivileged writer still finds free.
  public var availableBytes: UInt64
  /// All of its inodes; 0 = it doesn't count them.
  public var totalInodes: UInt64
  /// Inodes that an unprivileged writer still finds free.
  public var availableInodes: UInt64

  /// A file system of these numbers.
  public init(
    kind: UInt64, isReadOnly: Bool, totalBytes: UInt64, availableBytes: UInt64, totalInodes: UInt64,
    availableInodes: UInt64
  ) {
    self.kind = kind
    self.isReadOnly = isReadOnly
    self.totalBytes = totalBytes
    self.availableBytes = availableBytes
    self.totalInodes = totalInodes
    self.availableInodes = availableInodes
  }
}

extension FileDescriptor {
  /// What holds the open file, fstatfs(2) and fstatvfs(3).
  public func fileSystem() throws(Errno) -> FileSystem {
    let number = raw
    var native = cl_file_system()
    try Syscall.call { cl_file_system(number, &native) }
    return FileSystem(
      kind: native.kind, isReadOnly: native.read_only, totalBytes: native.total_bytes,
      availableBytes: native.available_bytes, totalInodes: native.total_inodes,
      availableInodes: native.available_inodes)
  }
}

extension Directory {
  /// Whether this process may write in it, as permissions and mount say; nothing is written, faccessat(2).
  public func isWritable() throws(Errno) -> Bool {
    let number = descriptor.raw
    do {
      try Syscall.call { faccessat(number, ".", W_OK, AT_EACCESS) }
      return true
    } catch {
      if error == .accessDenied || error == .notPermitted || error == .readOnly { return false }
      throw error
    }
  }
}

/// How well the kernel's clock follows a time server, adjtimex(2).
public struct ClockDiscipline: Hashable, Sendable {
  /// Whether somebody keeps it right.
  public var isSynchronised: Bool
  /// How wrong it may be at most, in microseconds.
  public var maximumErrorMicroseconds: Int64

  /// A clock of these facts.
  public init(isSynchronised: Bool, maximumErrorMicroseconds: Int64) {
    self.isSynchronised = isSynchronised
    self.maximumErrorMicroseconds = maximumErrorMicroseconds
  }

  /// What the kernel says; it may refuse in a sandbox (EPERM).
  public static func read() throws(Errno) -> ClockDiscipline {
    var (isSynchronised, error): (Bool, Int64) = (false, 0)
    try Syscall.call { cl_clock_discipline(&isSynchronised, &error) }
    return ClockDiscipline(isSynchronised: isSynchronised, maximumErrorMicroseconds: error)
  }
}
