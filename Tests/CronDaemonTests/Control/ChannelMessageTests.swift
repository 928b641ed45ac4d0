import CronWire
import Testing

@testable import CronDaemon

@Suite struct ChannelMessageTests {
  @Test(arguments: [
    TickerMessage.ready, .reloading, .reloaded, .stopping, .asleep, .lifted("dispatching a b"),
    .answer(client: 7, ControlReply.failure(exit: 65, "no such job: a b c")), .answer(client: .max, .null),
  ])
  func `what the ticker says is what the watcher hears`(message: TickerMessage) {
    #expect(TickerMessage(decoding: message.encoded) == message)
  }

  @Test(arguments: [
    WatcherMessage.stop(StopOrder()), .stop(.now), .stop(StopOrder(drainMilliseconds: 90_000, jobs: .stop)),
    .stop(StopOrder(jobs: .wait)), .leave, .reload, .dump, .reopenLog,
    .request(client: 1, ["verb": "run", "job": "a b\nc"]),
  ])
  func `what the watcher says is what the ticker hears`(message: WatcherMessage) {
    #expect(WatcherMessage(decoding: message.encoded) == message)
  }

  @Test(arguments: [
    "", "stop", "stopp", "stop all -", "request", "request 1", "request x {}", "request 1 {", "ready ", "request -1 {}",
  ])
  func `anything else is nothing`(text: String) {
    #expect(WatcherMessage(decoding: Array(text.utf8)) == nil)
    #expect(TickerMessage(decoding: Array(text.utf8)) == nil)
  }

  @Test func `an answer that is too long becomes a failure that says so`() throws {
    let long = TickerMessage.answer(client: 9, .string(String(repeating: "x", count: Channel.datagramBytes)))
    #expect(long.encoded.count < 200)
    guard case .answer(client: 9, let value)? = TickerMessage(decoding: long.encoded) else {
      Issue.record("no answer")
      return
    }
    #expect(value["ok"] == false)
    #expect(value["exit"]?.integerValue == 70)
  }

  @Test func `the longest request of the control socket fits a datagram`() {
    let message = WatcherMessage.request(
      client: .max, .string(String(repeating: "x", count: ControlLimits.messageBytes - 2)))
    #expect(WatcherMessage(decoding: message.encoded) == message)
  }
}
