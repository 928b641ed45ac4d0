internal import CronSystem

/// What the reader knows of users: looked up once each, because every lookup can take long.
final class AccountBook {
  enum Entry: Hashable {
    case known(Account)
    case unknown
    case failed(Errno)
  }

  private let lookUp: (String) throws(Errno) -> Account?
  private let allowed: Set<String>?
  private let denied: Set<String>
  private let expiry: [String: Int64]
  private let today: Int64
  private var entries: [String: Entry] = [:]

  /// A book over the texts of cron.allow, cron.deny and shadow(5), nil where there is no such file.
  init(
    allow: [UInt8]?, deny: [UInt8]?, shadow: [UInt8]?, nowMicroseconds: Int64,
    lookUp: @escaping (String) throws(Errno) -> Account? = Account.named
  ) {
    self.lookUp = lookUp
    allowed = allow.map(Self.names)
    denied = deny.map(Self.names) ?? []
    expiry = shadow.map(Self.expiryDays) ?? [:]
    today = nowMicroseconds / 86_400_000_000
  }

  /// A book over the system's files.
  static func ofSystem(root: String) -> AccountBook {
    AccountBook(
      allow: bytes(root + "/etc/cron.allow"), deny: bytes(root + "/etc/cron.deny"),
      shadow: bytes(root + "/etc/shadow"), nowMicroseconds: SystemClock.wall())
  }

  private static func bytes(_ path: String) -> [UInt8]? {
    do { return try ForeignFile.read(path, limit: 16 << 20).bytes } catch { return nil }
  }

  func look(up user: String) -> Entry {
    if let known = entries[user] { return known }
    let entry: Entry
    do throws(Errno) {
      entry = try lookUp(user).map(Entry.known) ?? .unknown
    } catch {
      entry = .failed(error)
    }
    if entries.count < 65_536 { entries[user] = entry }
    return entry
  }

  /// Why the user may not have a crontab, crontab(1): the lists, and an account that has expired; root always may.
  func objection(to user: String) -> String? {
    if user == "root" { return nil }
    if let allowed {
      if !allowed.contains(user) { return "'\(user)' is not in /etc/cron.allow" }
    } else if denied.contains(user) {
      return "'\(user)' is in /etc/cron.deny"
    }
    return hasExpired(user) ? "the account '\(user)' has expired" : nil
  }

  /// Whether the account's last day is over, shadow(5).
  func hasExpired(_ user: String) -> Bool {
    guard let day = expiry[user] else { return false }
    return day <= today
  }

  private static func names(_ bytes: [UInt8]) -> Set<String> {
    let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
    return Set(
      bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
        let name = String(decoding: line.filter { !blanks.contains($0) }, as: UTF8.self)
        return name.isEmpty || name.hasPrefix("#") ? nil : name
      })
  }

  /// The eighth field of shadow(5), days since the epoch; empty and negative mean never.
  private static func expiryDays(_ bytes: [UInt8]) -> [String: Int64] {
    var days: [String: Int64] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count >= 8, let day = Int64(String(decoding: fields[7], as: UTF8.self)), day >= 0 else { continue }
      days[String(decoding: fields[0], as: UTF8.self)] = day
    }
    return days
  }
}
