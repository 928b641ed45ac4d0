internal import Glibc

extension Directory {
  /// The names in it without `.` and `..`, in byte order; EFBIG when there are more than `limit`, readdir(3).
  ///
  /// Names that are no UTF-8 come with replacement characters and can't be opened by what is returned.
  public func list(limit: Int = 1_000_000) throws(Errno) -> [String] {
    let again = try openAgain()
    let number = again.release()
    guard let stream = fdopendir(number) else {
      let error = Errno.current
      close(number)
      throw error
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw Errno.current }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      if names.count >= limit { throw .fileTooLarge }
      names.append(name)
    }
  }

  /// Another open file of the same directory: a duplicate would share, and move, the reading position.
  private func openAgain() throws(Errno) -> FileDescriptor {
    let number = descriptor.raw
    return FileDescriptor(owning: try Syscall.call { openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
  }

  /// Where a symbolic link in it points, readlinkat(2).
  public func linkTarget(_ name: String) throws(Errno) -> String {
    try readLink(descriptor.raw, name)
  }
}

/// Where a symbolic link points, readlink(2).
public func linkTarget(ofPath path: String) throws(Errno) -> String { try readLink(AT_FDCWD, path) }

private func readLink(_ directory: Int32, _ name: String) throws(Errno) -> String {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
  let count = try Syscall.call {
    buffer.withUnsafeMutableBytes { bytes in
      let text = bytes.bindMemory(to: CChar.self)
      return text.baseAddress.map { readlinkat(directory, name, $0, text.count) } ?? 0
    }
  }
  return String(decoding: buffer[..<count], as: UTF8.self)
}
