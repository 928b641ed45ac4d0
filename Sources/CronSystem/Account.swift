internal import Glibc

/// A user as NSS knows it, getpwnam(3). Lookups can block for minutes: only in workers and readers, under a deadline.
public struct Account: Hashable, Sendable {
  /// The login name.
  public let name: String
  /// The uid.
  public let userIdentifier: UInt32
  /// The primary gid.
  public let groupIdentifier: UInt32
  /// The home directory.
  public let home: String
  /// The login shell; may be empty.
  public let shell: String

  /// An account that no database knows: a uid without an entry is normal in containers.
  public init(name: String, userIdentifier: UInt32, groupIdentifier: UInt32, home: String, shell: String) {
    self.name = name
    self.userIdentifier = userIdentifier
    self.groupIdentifier = groupIdentifier
    self.home = home
    self.shell = shell
  }

  /// By name; nil = there is no such user, getpwnam_r(3).
  public static func named(_ name: String) throws(Errno) -> Account? {
    try lookUp { getpwnam_r(name, $0, $1, $2, $3) }
  }

  /// By uid; nil = no entry, which is normal in containers, getpwuid_r(3).
  public static func of(userIdentifier: UInt32) throws(Errno) -> Account? {
    try lookUp { getpwuid_r(userIdentifier, $0, $1, $2, $3) }
  }

  /// All its groups with the primary one, at most 65,536, getgrouplist(3).
  public func groups() -> [UInt32] {
    var capacity: Int32 = 64
    while true {
      var found = capacity
      var groups = [UInt32](repeating: 0, count: Int(capacity))
      if getgrouplist(name, groupIdentifier, &groups, &found) >= 0 { return Array(groups[..<Int(found)]) }
      if capacity >= 65536 { return groups }
      capacity *= 4
    }
  }

  private typealias Lookup = (
    UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
  ) -> Int32

  private static func lookUp(_ function: Lookup) throws(Errno) -> Account? {
    var entry = passwd()
    return try Self.growing { (buffer: UnsafeMutablePointer<CChar>, count: Int) in
      var found: UnsafeMutablePointer<passwd>?
      let error = function(&entry, buffer, count, &found)
      return (error, found.map { Account($0.pointee) })
    }
  }

  private init(_ entry: passwd) {
    func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
    name = text(entry.pw_name)
    userIdentifier = entry.pw_uid
    groupIdentifier = entry.pw_gid
    home = text(entry.pw_dir)
    shell = text(entry.pw_shell)
  }

  /// Calls with a larger buffer while it is too small, up to 1 MiB. "Not found" has many error numbers (getpwnam(3)).
  fileprivate static func growing<Value>(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> (Int32, Value?)
  ) throws(Errno) -> Value? {
    var capacity = 1024
    while true {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
      defer { buffer.deallocate() }
      let (error, value) = body(buffer, capacity)
      switch error {
      case 0, ENOENT, ESRCH, EBADF, EPERM: return value
      case EINTR: continue
      case ERANGE where capacity < 1 << 20: capacity *= 4
      default: throw Errno(rawValue: error)
      }
    }
  }
}

/// Groups as NSS knows them, getgrnam(3).
public enum AccountGroup {
  /// The gid of a name; nil = there is no such group, getgrnam_r(3).
  public static func identifier(named name: String) throws(Errno) -> UInt32? {
    var entry = group()
    return try Account.growing { (buffer: UnsafeMutablePointer<CChar>, count: Int) in
      var found: UnsafeMutablePointer<group>?
      let error = getgrnam_r(name, &entry, buffer, count, &found)
      return (error, found.map { $0.pointee.gr_gid })
    }
  }
}
