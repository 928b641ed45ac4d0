import CronEngine
import CronSystem
import CronWire
import Testing

@testable import CronDaemon

@Suite struct RelayBookTests {
  @Test func `nobody waits longer than the limit, whether the ticker has the request or not`() {
    var book = RelayBook()
    #expect(book.nextDeadlineNanoseconds == nil)
    book.noteSent(1, deadline: 100)
    book.noteSent(2, deadline: 300)
    book.hold(3, .null, deadline: 200)
    #expect(book.nextDeadlineNanoseconds == 100)
    let early = book.takeExpired(nowNanoseconds: 99)
    #expect(early.isEmpty)
    let late = book.takeExpired(nowNanoseconds: 200)
    #expect(late == [1, 3])
    #expect(book.nextDeadlineNanoseconds == 300)
    let (expired, waiting) = (book.takeSent(1), book.takeSent(2))
    #expect(!expired)
    #expect(waiting)
    #expect(book.nextDeadlineNanoseconds == nil)
  }

  @Test func `one request waits, whether the ticker has it or not, and its end makes room`() {
    var book = RelayBook()
    #expect(!book.isFull)
    book.noteSent(1, deadline: 100)
    #expect(book.isFull)
    let wasSent = book.takeSent(1)
    #expect(wasSent && !book.isFull)
    book.hold(2, .null, deadline: 100)
    #expect(book.isFull)
    _ = book.takeExpired(nowNanoseconds: 100)
    #expect(!book.isFull)
  }

  @Test func `kept requests keep their order and their deadlines`() {
    var book = RelayBook()
    for client in 1...3 as ClosedRange<UInt64> { book.hold(client, .integer(Int64(client)), deadline: Int64(client)) }
    let held = book.takeHeld()
    #expect(held.map(\.client) == [1, 2, 3])
    #expect(held.map(\.deadline) == [1, 2, 3])
    let again = book.takeHeld()
    #expect(again.isEmpty)
  }
}

@Suite struct WatcherArgumentsTests {
  private func arguments(_ words: [String]) -> WatcherArguments? {
    RoleArguments(words).flatMap { WatcherArguments($0) }
  }

  @Test func `the ticker gets every word but the watcher's own`() throws {
    let read = try #require(
      arguments([
        "--ready-fd", "3", "--state", "/s", "--crontab", "/a", "--crontab", "/b", "--interval-ms", "200",
        "--restart-delay-max-ms", "7", "--log-max-size", "4096", "--unknown", "x",
      ]))
    #expect(read.readyDescriptor == 3)
    #expect(read.restartDelayMaxMilliseconds == 7)
    #expect(
      read.tickerWords == [
        "--state", "/s", "--crontab", "/a", "--crontab", "/b", "--interval-ms", "200", "--unknown", "x",
      ])
    #expect(read.supervision(seed: 1).beatInterval == 200_000_000)
  }

  @Test(arguments: [
    [], ["--state", ""], ["--state", "/s", "--ready-fd", "2"], ["--state", "/s", "--ready-fd", "x"],
    ["--state", "/s", "--interval-ms", "-1"], ["--state", "/s", "--interval-ms", "9999999999999999999"],
    ["--state", "/s", "--log-max-size", "1"],
  ])
  func `bad words are refused as a whole`(words: [String]) {
    #expect(arguments(words) == nil)
  }
}
