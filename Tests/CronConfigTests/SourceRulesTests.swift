import CronConfig
import Testing

@Suite("Which system files count")
struct SourceRulesTests {
  @Test(
    "a file of /etc/cron.d by its name",
    arguments: [
      ("anacron", true), ("e2scrub_all", true), ("php8-2", true), ("A1", true), ("", false), (".placeholder", false),
      ("php8.2", false), ("x~", false), ("x.dpkg-new", false), ("x.dpkg-old", false), ("#x#", false), ("a b", false),
      ("é", false), ("x.bak", false), ("a/b", false),
    ])
  func names(_ name: String, _ counts: Bool) {
    #expect(SourceRules.isCronDirectoryName(name) == counts)
    #expect((SourceRules.cronDirectoryObjection(name: name) == nil) == counts)
  }

  struct Row: Sendable {
    var owner: UInt32
    var mode: UInt32
    var isRegular = true
    var spool: String?
    var system: String?
  }

  @Test(
    "by owner and mode: theirs or root's, writable by nobody else",
    arguments: [
      Row(owner: 1000, mode: 0o600, spool: nil, system: "uid 1000"),
      Row(owner: 0, mode: 0o600, spool: nil, system: nil), Row(owner: 0, mode: 0o644, spool: nil, system: nil),
      Row(owner: 1001, mode: 0o600, spool: "uid 1001", system: "uid 1001"),
      Row(owner: 0, mode: 0o620, spool: "group", system: "group"),
      Row(owner: 0, mode: 0o666, spool: "everybody", system: "everybody"),
      Row(owner: 1000, mode: 0o602, spool: "everybody", system: "uid 1000"),
      Row(owner: 0, mode: 0o600, isRegular: false, spool: "regular", system: "regular"),
    ])
  func ownership(_ row: Row) {
    let facts = SourceFacts(owner: row.owner, mode: row.mode, isRegular: row.isRegular)
    let spool = SourceRules.spoolObjection(facts, user: "alice", uid: 1000)
    let system = SourceRules.systemObjection(facts)
    if let part = row.spool { #expect(spool?.contains(part) == true) } else { #expect(spool == nil) }
    if let part = row.system { #expect(system?.contains(part) == true) } else { #expect(system == nil) }
  }
}
