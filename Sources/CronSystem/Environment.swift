internal import CLinux
internal import Glibc

/// This process's environment, environ(7); for processes with one thread.
public enum Environment {
  /// The value of a variable; nil = not set.
  public static func get(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Every entry as it stands, `NAME=value`.
  public static func entries() -> [String] {
    var entries: [String] = []
    guard var next = cl_environment() else { return [] }
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries
  }

  /// Names and values; entries without `=` are left out, of twins the first counts.
  public static func all() -> [String: String] {
    var variables: [String: String] = [:]
    for entry in entries() {
      guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(entry[..<equals])
      if variables[name] == nil { variables[name] = String(entry[entry.index(after: equals)...]) }
    }
    return variables
  }

  /// Sets a variable for this process and its exec, setenv(3).
  public static func set(_ name: String, to value: String) throws(Errno) {
    try Syscall.call { setenv(name, value, 1) }
  }

  /// Removes a variable, unsetenv(3).
  public static func unset(_ name: String) throws(Errno) { try Syscall.call { unsetenv(name) } }
}
