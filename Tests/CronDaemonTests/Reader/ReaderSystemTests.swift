import CronConfig
import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// The system's tables below a root of the test's own. Owners matter, so these need root.
@Suite struct ReaderSystemTests {
  private static let nobody: UInt32 = 65534

  private func harness() throws -> ReaderHarness {
    guard CurrentProcess.effectiveUser == 0 else { try Test.cancel("only root can give files away") }
    let harness = try ReaderHarness()
    try harness.configure("[crontabs]\nsystem = yes\n")
    return harness
  }

  private func give(_ path: String, to user: UInt32) throws {
    try FileDescriptor.open(path, .write).setOwner(userIdentifier: user, groupIdentifier: user)
  }

  @Test func `the tables load with their users, and only names that cron knows`() throws {
    let harness = try harness()
    try harness.sandbox.write("root/etc/crontab", "1 * * * * root one\n")
    try harness.sandbox.write("root/etc/cron.d/php-8_2", "2 * * * * nobody two\n")
    try harness.sandbox.write("root/etc/cron.d/backup.dpkg-old", "3 * * * * root three\n")
    try harness.sandbox.write("root/etc/cron.d/.placeholder", "# nothing\n")
    try harness.sandbox.write("root/var/spool/cron/crontabs/nobody", "4 * * * * four\n", permissions: 0o600)
    try harness.sandbox.write("root/var/spool/cron/crontabs/tmp.123", "5 * * * * five\n", permissions: 0o600)
    let table = try harness.table()
    #expect(table.lines == ["one", "two", "four"])
    #expect(table.jobs.map(\.user) == ["root", "nobody", "nobody"])
    #expect(table.jobs.last?.name.hasPrefix("nobody/") == true)
    #expect(table.jobs.map(\.sourceKind) == [.systemCrontab, .systemCrontab, .spool])
    #expect(table.diagnostics.map(\.level) == [.note])
  }

  @Test func `a crontab of the command line replaces the system's tables`() throws {
    let harness = try harness()
    try harness.sandbox.write("root/etc/crontab", "1 * * * * root one\n")
    try harness.name("tab", "* * * * * named\n")
    #expect(try harness.table().lines == ["named"])
  }

  @Test(arguments: [
    (owner: UInt32(0), mode: UInt32(0o644), reason: String?.none),
    (0, 0o600, nil), (0, 0o664, "it is writable by its group (mode 664)"),
    (0, 0o646, "it is writable by everybody (mode 646)"), (65534, 0o644, "it belongs to uid 65534, not to root"),
  ])
  func `a system table must be root's alone`(row: (owner: UInt32, mode: UInt32, reason: String?)) throws {
    let harness = try harness()
    let path = try harness.sandbox.write("root/etc/cron.d/job", "* * * * * root a\n", permissions: row.mode)
    try give(path, to: row.owner)
    let table = try harness.table()
    #expect(table.status("cron.d/job") == row.reason.map { .refused(reason: $0) } ?? .loaded)
    #expect(table.lines == (row.reason == nil ? ["a"] : []))
  }

  @Test(arguments: [
    (owner: UInt32(65534), mode: UInt32(0o600), reason: String?.none), (0, 0o644, nil),
    (1, 0o600, "it belongs to uid 1, neither to nobody (uid 65534) nor to root"),
    (65534, 0o620, "it is writable by its group (mode 620)"), (65534, 0o602, "it is writable by everybody (mode 602)"),
  ])
  func `a user's crontab must be that user's or root's, and nobody else's to write`(
    row: (owner: UInt32, mode: UInt32, reason: String?)
  ) throws {
    let harness = try harness()
    let path = try harness.sandbox.write(
      "root/var/spool/cron/crontabs/nobody", "* * * * * a\n", permissions: row.mode)
    try give(path, to: row.owner)
    let table = try harness.table()
    #expect(table.status("crontabs/nobody") == row.reason.map { .refused(reason: $0) } ?? .loaded)
    #expect(table.lines == (row.reason == nil ? ["a"] : []))
  }

  @Test func `in the spool no link is followed, and a stranger has no crontab`() throws {
    let harness = try harness()
    let target = try harness.sandbox.write("target", "* * * * * a\n", permissions: 0o600)
    try harness.sandbox.write("root/var/spool/cron/crontabs/no-such-user", "* * * * * b\n", permissions: 0o600)
    try makeLink(harness.sandbox.path(of: "root/var/spool/cron/crontabs/nobody"), to: target)
    let table = try harness.table()
    #expect(table.jobs.isEmpty)
    #expect(
      table.status("crontabs/nobody") == .refused(reason: "it is a symbolic link, and here none is followed"))
    #expect(table.status("no-such-user") == .refused(reason: "there is no user 'no-such-user'"))
  }

  @Test func `a link in cron.d is followed only when root made it`() throws {
    let harness = try harness()
    let target = try harness.sandbox.write("target", "* * * * * root a\n")
    try harness.sandbox.write("root/etc/cron.d/x", "")
    for name in ["mine", "theirs"] { try makeLink(harness.sandbox.path(of: "root/etc/cron.d/\(name)"), to: target) }
    try giveLink(harness.sandbox.path(of: "root/etc/cron.d/theirs"), to: Self.nobody)
    let table = try harness.table()
    #expect(table.status("cron.d/mine") == .loaded)
    #expect(
      table.status("cron.d/theirs") == .refused(reason: "it is a symbolic link of uid 65534, not of root"))
    #expect(table.lines == ["a"])
  }

  @Test func `a user who may not use cron, or has expired, has no jobs`() throws {
    let harness = try harness()
    try harness.sandbox.write("root/var/spool/cron/crontabs/nobody", "* * * * * a\n", permissions: 0o600)
    try harness.sandbox.write("root/etc/crontab", "* * * * * nobody b\n* * * * * root c\n")
    try harness.sandbox.write("root/etc/cron.deny", "games\nnobody\n")
    var table = try harness.table()
    #expect(table.status("crontabs/nobody") == .refused(reason: "'nobody' is in /etc/cron.deny"))
    #expect(table.lines == ["b", "c"])
    try harness.sandbox.write("root/etc/cron.allow", "nobody\n")
    table = try harness.table()
    #expect(table.lines == ["b", "c", "a"])
    try harness.sandbox.write("root/etc/shadow", "root:*:1::::::\nnobody:*:1:0:99999:7::19000:\n")
    table = try harness.table()
    #expect(table.lines == ["c"])
    #expect(table.codes.contains("account-expired"))
  }

  @Test func `a table that is gone is gone, for nobody named it`() throws {
    let harness = try harness()
    try harness.sandbox.write("root/etc/cron.d/job", "* * * * * root a\n")
    #expect(try harness.table().lines == ["a"])
    try Directory.open(harness.sandbox.path(of: "root/etc/cron.d")).unlink("job")
    #expect(try harness.table().jobs.isEmpty)
  }
}
