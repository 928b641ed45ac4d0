public import CronSystem
internal import Testing
internal import Glibc
internal import Testing

/// A directory of a test's own below $TMPDIR, removed with everything in it when the test lets go.
public struct Sandbox: ~Copyable {
  /// Its absolute path.
  public let path: String
  /// The open directory.
  public let directory: Directory

  /// Makes one with a name that nobody else has, mkdtemp(3).
  public init() throws {
    let made = try Self.makeUnique()
    directory = try Directory.open(made)
    path = made
  }

  private static func makeUnique() throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/cronwatch-test-XXXXXX".utf8CString)
    if mkdtemp(&template) == nil { throw Errno(rawValue: errno) }
    return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// The absolute path of a name in it.
  public func path(of name: String) -> String { path + "/" + name }

  /// Writes a file and its missing parents; returns its absolute path.
  @discardableResult
  public func write(_ name: String, _ text: String, permissions: UInt32 = 0o644) throws -> String {
    if let slash = name.lastIndex(of: "/") { _ = try Directory.create(path(of: String(name[..<slash]))) }
    let file = try FileDescriptor.open(
      path(of: name), [.write, .create, .truncate], permissions: permissions)
    try file.setPermissions(permissions)
    try file.write(Array(text.utf8))
    try file.close()
    if permissions & 0o111 != 0 {
      // A neighbour that spawns a process just now may lend it our descriptor: executing the file would be ETXTBSY.
      let reader = try FileDescriptor.open(path(of: name), .read)
      try waitUntil("nobody writes \(name)") { try FileLease.hasNoWriters(reader) }
    }
    return path(of: name)
  }

  /// The text of a file; nil when there is none.
  public func read(_ name: String) -> String? {
    do {
      let bytes = try FileDescriptor.open(path(of: name), .read).readToEnd(limit: 1 << 28)
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      return nil
    }
  }

  /// Removes a directory and what is below it; links aren't followed, and what can't be removed stays.
  public static func remove(_ path: String) {
    removeEverything(below: path)
    rmdir(path)
  }

  private static func removeEverything(below path: String) {
    guard let directory = try? Directory.open(path), let names = try? directory.list() else { return }
    for name in names {
      let child = path + "/" + name
      if (try? directory.status(name))??.kind == .directory {
        removeEverything(below: child)
        rmdir(child)
      } else {
        unlink(child)
      }
    }
  }
}
