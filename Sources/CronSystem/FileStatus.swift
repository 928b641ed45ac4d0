internal import CLinux
internal import Glibc

/// What stat(2) tells of a file.
public struct FileStatus: Hashable, Sendable {
  /// What a file is, inode(7).
  public enum Kind: String, Hashable, Sendable {
    /// With bytes of its own.
    case regular = "a regular file"
    /// A directory.
    case directory = "a directory"
    /// A symbolic link.
    case symbolicLink = "a symbolic link"
    /// A named pipe.
    case fifo = "a FIFO"
    /// A socket.
    case socket = "a socket"
    /// A block device.
    case blockDevice = "a block device"
    /// A character device.
    case characterDevice = "a character device"
    /// None of these.
    case unknown = "an unknown kind of file"
  }

  /// What it is.
  public let kind: Kind
  /// The permission bits with set-id and sticky, 0…0o7777.
  public let permissions: UInt32
  /// The owner's uid.
  public let userIdentifier: UInt32
  /// The owner's gid.
  public let groupIdentifier: UInt32
  /// Length in bytes.
  public let size: Int64
  /// Space on disk in bytes.
  public let allocatedSize: Int64
  /// The inode's number.
  public let inode: UInt64
  /// The device that holds it.
  public let device: UInt64
  /// Hard links.
  public let links: UInt64
  /// Last change of the data, µs since the epoch.
  public let modifiedMicroseconds: Int64
  /// Last change of the inode, µs since the epoch.
  public let changedMicroseconds: Int64

  /// Whether both name one file.
  public func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }

  init(_ native: stat) {
    kind =
      switch native.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      case S_IFBLK: .blockDevice
      case S_IFCHR: .characterDevice
      default: .unknown
      }
    permissions = UInt32(native.st_mode & 0o7777)
    userIdentifier = native.st_uid
    groupIdentifier = native.st_gid
    size = Int64(native.st_size)
    allocatedSize = Int64(native.st_blocks) &* 512
    inode = UInt64(native.st_ino)
    device = UInt64(native.st_dev)
    links = UInt64(native.st_nlink)
    modifiedMicroseconds = Self.microseconds(native.st_mtim)
    changedMicroseconds = Self.microseconds(native.st_ctim)
  }

  private static func microseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000
  }

  /// The status of a path, links followed, stat(2).
  public static func of(path: String) throws(Errno) -> FileStatus {
    var native = stat()
    try Syscall.call { stat(path, &native) }
    return FileStatus(native)
  }
}

extension FileDescriptor {
  /// When the open file was made, µs since the epoch; 0 where its file system doesn't say, statx(2) STATX_BTIME.
  public var birthMicroseconds: Int64 { cl_birth_microseconds(raw) }

  /// The status of the open file, fstat(2).
  public func status() throws(Errno) -> FileStatus {
    let number = raw
    var native = stat()
    try Syscall.call { fstat(number, &native) }
    return FileStatus(native)
  }
}
