import CronSystem
import Testing

@testable import CronDaemon

@Suite struct AccountBookTests {
  private func book(allow: String? = nil, deny: String? = nil, shadow: String? = nil, day: Int64 = 100) -> AccountBook {
    AccountBook(
      allow: allow.map { Array($0.utf8) }, deny: deny.map { Array($0.utf8) }, shadow: shadow.map { Array($0.utf8) },
      nowMicroseconds: day * 86_400_000_000
    ) { (_) throws(Errno) in nil }
  }

  @Test(arguments: [
    (allow: String?.none, deny: String?.none, isAllowed: true), (nil, "bob\n", true), (nil, "alice\n", false),
    (nil, " alice \r\n", false), (nil, "# alice\n", true), ("alice\n", "alice\n", true), ("bob\n", nil, false),
    ("", nil, false), ("bob\nalice", nil, true),
  ])
  func `cron.allow counts before cron.deny`(row: (allow: String?, deny: String?, isAllowed: Bool)) {
    #expect((book(allow: row.allow, deny: row.deny).objection(to: "alice") == nil) == row.isAllowed)
    #expect(book(allow: row.allow, deny: row.deny).objection(to: "root") == nil)
  }

  @Test(arguments: [
    ("alice:*:1:0:99999:7::100:", true), ("alice:*:1:0:99999:7::99:", true), ("alice:*:1:0:99999:7::101:", false),
    ("alice:*:1:0:99999:7:::", false), ("alice:*:1:0:99999:7::-1:", false), ("alice:*:1", false),
    ("bob:::::::1:", false),
    ("alice:*:1:0:99999:7::99999999999999999999:", false),
  ])
  func `an account has expired from its day on`(line: String, hasExpired: Bool) {
    #expect(book(shadow: line + "\n").hasExpired("alice") == hasExpired)
  }

  @Test func `every user is looked up once`() {
    var lookups = 0
    let book = AccountBook(allow: nil, deny: nil, shadow: nil, nowMicroseconds: 0) { (_) throws(Errno) in
      lookups += 1
      throw .inputOutput
    }
    #expect(book.look(up: "alice") == .failed(.inputOutput))
    #expect(book.look(up: "alice") == .failed(.inputOutput))
    #expect(lookups == 1)
  }
}
