/// What is known about a file before it is read.
public struct SourceFacts: Hashable, Sendable {
  /// The owner's user id.
  public var owner: UInt32
  /// The permission bits (07777).
  public var mode: UInt32
  /// Whether it is a regular file.
  public var isRegular: Bool

  /// The facts of a file.
  public init(owner: UInt32, mode: UInt32, isRegular: Bool) {
    self.owner = owner
    self.mode = mode
    self.isRegular = isRegular
  }
}

/// Which files of the system's tables count, decided on names and facts alone (cron(8)).
public enum SourceRules {
  /// Whether cron reads a file of that name in /etc/cron.d: `[A-Za-z0-9_-]+`, so no backup and no package leftover.
  public static func isCronDirectoryName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
  }

  /// Why a file of /etc/cron.d is passed over; nil when it is read.
  public static func cronDirectoryObjection(name: String) -> String? {
    isCronDirectoryName(name) ? nil : "cron reads only files named with letters, digits, '_' and '-'"
  }

  /// Why a user's crontab in the spool is refused; nil when it is read.
  ///
  /// It must be a regular file of that user or of root, and writable by nobody else: it becomes commands of that user.
  public static func spoolObjection(_ facts: SourceFacts, user: String, uid: UInt32) -> String? {
    if !facts.isRegular { return "it is not a regular file" }
    if facts.owner != uid, facts.owner != 0 {
      return "it belongs to uid \(facts.owner), neither to \(user) (uid \(uid)) nor to root"
    }
    return writableObjection(facts)
  }

  /// Why a system crontab is refused; nil when it is read. It must belong to root, and be writable by nobody else.
  public static func systemObjection(_ facts: SourceFacts) -> String? {
    if !facts.isRegular { return "it is not a regular file" }
    if facts.owner != 0 { return "it belongs to uid \(facts.owner), not to root" }
    return writableObjection(facts)
  }

  private static func writableObjection(_ facts: SourceFacts) -> String? {
    guard facts.mode & 0o022 != 0 else { return nil }
    let who = facts.mode & 0o002 != 0 ? "everybody" : "its group"
    return "it is writable by \(who) (mode \(String(facts.mode & 0o7777, radix: 8)))"
  }
}
