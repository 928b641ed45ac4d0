/// Replacement of a whole file that a crash leaves either old or new, rename(2).
public enum AtomicFile {
  /// Writes beside the file, syncs, renames over it, syncs the directory; on an error the old file is untouched.
  public static func replace(
    in directory: borrowing Directory, name: String, bytes: [UInt8], permissions: UInt32 = 0o600
  ) throws(Errno) {
    let temporary = ".\(name).\(CurrentProcess.identifier).tmp"
    do { try directory.unlink(temporary) } catch .noEntry {}
    do throws(Errno) {
      let file = try directory.openFile(temporary, [.write, .create, .exclusive], permissions: permissions)
      try file.write(bytes)
      try file.sync()
      try file.close()
      try directory.rename(temporary, to: name)
    } catch {
      do { try directory.unlink(temporary) } catch {}
      throw error
    }
    try directory.sync()
  }

  /// Whether a name is one that `replace` makes; whoever holds the directory's lock may remove those at start.
  public static func isTemporary(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(".tmp") }

  /// Reads a whole file below a directory; EFBIG when it is longer than `limit` bytes.
  public static func read(
    in directory: borrowing Directory, name: String, limit: Int
  ) throws(Errno) -> [UInt8] {
    try directory.openFile(name, .read).readToEnd(limit: limit)
  }
}
