internal import CLinux
internal import Glibc

extension FileDescriptor {
  /// The file's length in bytes, fstat(2).
  public func size() throws(Errno) -> Int64 { try status().size }

  /// Cuts or extends the file to a length, ftruncate(2).
  public func truncate(to length: Int64) throws(Errno) {
    let number = raw
    try Syscall.call { ftruncate(number, Int(length)) }
  }

  /// Reserves space so that later writes there can't meet a full disk, posix_fallocate(3); extends the file.
  public func allocate(offset: Int64, length: Int64) throws(Errno) {
    let number = raw
    try Syscall.returning { posix_fallocate(number, Int(offset), Int(length)) }
  }

  /// Frees the space of a range, which reads as zeros then; the length stays, fallocate(2). EOPNOTSUPP on some systems.
  public func punchHole(offset: Int64, length: Int64) throws(Errno) {
    let number = raw
    try Syscall.call { cl_punch_hole(number, offset, length) }
  }

  /// Sets the owner, fchown(2).
  public func setOwner(userIdentifier: UInt32, groupIdentifier: UInt32) throws(Errno) {
    let number = raw
    try Syscall.call { fchown(number, userIdentifier, groupIdentifier) }
  }

  /// Sets the permission bits, fchmod(2).
  public func setPermissions(_ permissions: UInt32) throws(Errno) {
    let number = raw
    try Syscall.call { fchmod(number, permissions) }
  }

  /// Bytes that an unprivileged writer still finds free on the file's file system, fstatvfs(3); saturating.
  public func availableSpace() throws(Errno) -> Int64 {
    let number = raw
    var information = statvfs()
    try Syscall.call { fstatvfs(number, &information) }
    let (bytes, overflow) = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return overflow ? .max : Int64(clamping: bytes)
  }
}
