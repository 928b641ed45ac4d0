internal import CLinux
internal import Glibc

/// An open directory: everything below it is named by one component at a time and no link is followed, openat(2).
public struct Directory: ~Copyable, Sendable {
  /// The open directory.
  public let descriptor: FileDescriptor
  /// The path it was opened by, for messages only.
  public let path: String

  init(_ descriptor: consuming FileDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Opens a directory by path; links on the way are followed.
  public static func open(_ path: String) throws(Errno) -> Directory {
    Directory(try FileDescriptor.open(path, [.read, .directory]), path: path)
  }

  /// A directory that may only be passed through: names in it can be reached, not listed, open(2) O_PATH.
  public static func passage(_ path: String) throws(Errno) -> Directory {
    Directory(FileDescriptor(owning: try Syscall.call { cl_open_passage(path) }), path: path)
  }

  /// Makes a directory and its missing parents, then opens it; what exists keeps its mode, mkdir(2).
  public static func create(_ path: String, permissions: UInt32 = 0o700) throws(Errno) -> Directory {
    do {
      return try open(path)
    } catch .noEntry {
      var prefix = path.hasPrefix("/") ? "" : "."
      for component in path.split(separator: "/") {
        prefix += "/" + component
        let partial = prefix
        do { try Syscall.call { mkdir(partial, permissions) } } catch .exists {}
      }
      return try open(path)
    }
  }

  /// Opens a directory in this one.
  public func openSubdirectory(_ name: String) throws(Errno) -> Directory {
    let number = descriptor.raw
    Self.check(name)
    let flags = O_DIRECTORY | O_NOFOLLOW
    let child = FileDescriptor(owning: try Syscall.call { cl_openat(number, name, flags, 0) })
    return Directory(child, path: path + "/" + name)
  }

  /// Makes a directory in this one, mkdirat(2); EEXIST when there is one.
  public func makeDirectory(_ name: String, permissions: UInt32 = 0o700) throws(Errno) {
    let number = descriptor.raw
    Self.check(name)
    try Syscall.call { mkdirat(number, name, permissions) }
  }

  /// Opens a directory in this one, made when it is missing.
  public func ensureSubdirectory(_ name: String, permissions: UInt32 = 0o700) throws(Errno) -> Directory {
    do { return try openSubdirectory(name) } catch .noEntry {}
    do { try makeDirectory(name, permissions: permissions) } catch .exists {}
    return try openSubdirectory(name)
  }

  /// Opens a regular file with one link: ELOOP for a symbolic link, EISDIR, EINVAL for other kinds, EMLINK for twins.
  public func openFile(
    _ name: String, _ mode: OpenMode, permissions: UInt32 = 0o600
  ) throws(Errno) -> FileDescriptor {
    let number = descriptor.raw
    Self.check(name)
    let flags = mode.union([.noFollow, .nonBlocking]).rawValue  // non-blocking: a FIFO must not hang us here
    let opened = try Syscall.call { cl_openat(number, name, flags, permissions) }
    return try Self.regular(FileDescriptor(owning: opened), mode)
  }

  /// Opens a regular file in one of the directories in this one, for reading: without that directory's descriptor where
  /// the kernel can, openat2(2). Errors as for the two steps.
  public func openFile(_ name: String, in subdirectory: String) throws(Errno) -> FileDescriptor {
    let number = descriptor.raw
    Self.check(name)
    Self.check(subdirectory)
    let flags = OpenMode.read.union([.noFollow, .nonBlocking]).rawValue
    let opened: Int32
    do {
      opened = try Syscall.call { cl_openat_beneath(number, subdirectory + "/" + name, flags) }
    } catch {
      guard error == .notImplemented || error == .notPermitted else { throw error }
      return try openSubdirectory(subdirectory).openFile(name, .read)
    }
    return try Self.regular(FileDescriptor(owning: opened), .read)
  }

  /// The file, if it is a regular one with one name.
  private static func regular(
    _ file: consuming FileDescriptor, _ mode: OpenMode
  ) throws(Errno) -> FileDescriptor {
    let status = try file.status()
    switch status.kind {
    case .regular: break
    case .directory: throw .isDirectory
    default: throw .invalidArgument
    }
    if status.links > 1 { throw .tooManyLinks }
    if !mode.contains(.nonBlocking) { try file.setNonBlocking(false) }
    return file
  }

  /// The status of what a name stands for, links not followed; nil when there is nothing, fstatat(2).
  public func status(_ name: String) throws(Errno) -> FileStatus? {
    let number = descriptor.raw
    var native = stat()
    do {
      try Syscall.call { fstatat(number, name, &native, AT_SYMLINK_NOFOLLOW) }
      return FileStatus(native)
    } catch .noEntry {
      return nil
    }
  }

  /// Renames within this directory, replacing what is there, renameat(2).
  public func rename(_ from: String, to: String) throws(Errno) {
    let number = descriptor.raw
    try Syscall.call { renameat(number, from, number, to) }
  }

  /// Moves a name into another directory of the same file system, replacing what is there, renameat(2).
  public func rename(_ from: String, into other: borrowing Directory, as to: String) throws(Errno) {
    let (number, target) = (descriptor.raw, other.descriptor.raw)
    try Syscall.call { renameat(number, from, target, to) }
  }

  /// Moves a name into another directory; EEXIST when there is something, renameat2(2) RENAME_NOREPLACE.
  public func renameExclusively(_ from: String, into other: borrowing Directory, as to: String) throws(Errno) {
    let (number, target) = (descriptor.raw, other.descriptor.raw)
    try Syscall.call { cl_rename_exclusive(number, from, target, to) }
  }

  /// Removes a name that is no directory, unlinkat(2).
  public func unlink(_ name: String) throws(Errno) {
    let number = descriptor.raw
    try Syscall.call { unlinkat(number, name, 0) }
  }

  /// Removes an empty directory, unlinkat(2).
  public func removeDirectory(_ name: String) throws(Errno) {
    let number = descriptor.raw
    try Syscall.call { unlinkat(number, name, AT_REMOVEDIR) }
  }

  /// Gives a name in it to a group with these permission bits; the owner stays, fchownat(2) and fchmodat(2).
  public func give(_ name: String, toGroup group: UInt32, permissions: UInt32) throws(Errno) {
    let number = descriptor.raw
    try Syscall.call { fchownat(number, name, UInt32.max, group, AT_SYMLINK_NOFOLLOW) }
    try Syscall.call { fchmodat(number, name, permissions, 0) }
  }

  /// Waits until the names in it are on disk, fsync(2).
  public func sync() throws(Errno) { try descriptor.sync() }

  /// A name is one component: anything else could leave the directory, and would be a bug of ours.
  private static func check(_ name: String) {
    invariant(!name.isEmpty && !name.contains("/") && name != "..", "'\(name)' is no file name")
  }
}
