internal import CLinux

/// OFD write locks on whole files, fcntl(2) F_OFD_SETLK: they belong to the open file, not to the process.
///
/// A duplicate, or a descriptor that a child inherited, holds the same lock; it falls with the last of them.
public enum FileLock {
  /// Takes the lock if nobody else has it; the descriptor must be open for writing.
  public static func tryLock(_ file: borrowing FileDescriptor) throws(Errno) -> Bool {
    let number = file.raw
    do {
      try Syscall.call { cl_lock(number) }
      return true
    } catch {
      if meansContention(error) { return false }
      throw error
    }
  }

  /// Whether an error of F_OFD_SETLK says that another open file has the lock; any other (ENOLCK, EIO) is a failure.
  static func meansContention(_ error: Errno) -> Bool {
    error == .wouldBlock || error == .accessDenied
  }

  /// Gives the lock back.
  public static func unlock(_ file: borrowing FileDescriptor) throws(Errno) {
    let number = file.raw
    try Syscall.call { cl_unlock(number) }
  }

  /// Who holds a lock that another open file has.
  public enum Holder: Hashable, Sendable {
    /// An OFD lock: the kernel doesn't say whose.
    case openFile
    /// A classic lock of a process, by pid.
    case process(Int32)
  }

  /// Asks without taking anything, F_OFD_GETLK; nil = free, or held by this very open file.
  public static func holder(_ file: borrowing FileDescriptor) throws(Errno) -> Holder? {
    let number = file.raw
    var pid: Int32 = 0
    if try Syscall.call({ cl_lock_query(number, &pid) }) == 0 { return nil }
    return pid > 0 ? .process(pid) : .openFile
  }

  /// Whether the open file is still the one that the name stands for: a thief or a deletion makes the lock worthless.
  public static func lockedFileIsCurrent(
    _ file: borrowing FileDescriptor, in directory: borrowing Directory, name: String
  ) throws(Errno) -> Bool {
    guard let named = try directory.status(name) else { return false }
    return try file.status().isSameFile(as: named)
  }
}

/// A read lease as proof that nobody has a file open for writing, fcntl(2) F_SETLEASE.
public enum FileLease {
  /// True when no descriptor anywhere has the file open for writing; `file` must be open read-only. It takes nothing.
  public static func hasNoWriters(_ file: borrowing FileDescriptor) throws(Errno) -> Bool {
    let number = file.raw
    do {
      try Syscall.call { cl_lease_take(number) }
    } catch .wouldBlock {
      return false
    }
    try Syscall.call { cl_lease_drop(number) }
    return true
  }
}
