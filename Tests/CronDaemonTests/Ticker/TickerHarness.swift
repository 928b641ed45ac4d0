import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// A test that acts as the watcher: a state directory, and a real ticker with its channel.
final class TickerHarness {
  let sandbox: Sandbox
  let state: StateDirectory
  private(set) var pid: Int32 = -1
  private var channel: FileDescriptor?
  private var isReaped = false

  /// Writes the crontab; `prepare` may lay out the state directory before the ticker starts.
  init(
    crontab: String, fault: String? = nil, words: [String] = [], environment: [String] = [],
    prepare: (borrowing Sandbox, StateDirectory) throws -> Void = { _, _ in }
  ) throws {
    sandbox = try Sandbox()
    state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    try prepare(sandbox, state)
    let path = try sandbox.write("crontab", crontab)
    var pair = try SocketPair()
    let own = pair.takeFirst()
    let theirs = pair.takeSecond()
    let log = try FileDescriptor.open(sandbox.path(of: "log"), [.write, .create, .append])
    let faults = fault.map { ["CRONWATCH_FAULT=" + $0] } ?? []
    pid = try Spawn.start(
      try WorkerHarness.program(),
      arguments: [
        "cronwatch", "role", "ticker", "--state", state.path, "--config", "", "--crontab", path, "--interval-ms", "200",
      ] + words,
      environment: ["PATH=/usr/bin:/bin", "HOME=\(sandbox.path)"] + environment + faults,
      descriptors: [
        .init(child: 1, raw: log.raw), .init(child: 2, raw: log.raw), .init(child: 4, raw: theirs.raw),
      ])
    channel = consume own
  }

  deinit {
    if isReaped { return }
    do {
      try ProcessDescriptor(child: pid).signal(Signal.kill)
      try Reaper.wait(for: pid)
    } catch {
      Issue.record("the ticker can't be ended: \(error)")
    }
  }

  var log: String { sandbox.read("log") ?? "" }

  func signal(_ number: Int32) throws { try ProcessDescriptor(child: pid).signal(number) }

  /// Waits for a message of the ticker; those before it are dropped.
  func hear(_ wanted: TickerMessage, seconds: Double = 30) throws {
    try waitUntil("\(wanted); log: \(log)", seconds: seconds) {
      while case .bytes(let bytes, _) = try channel?.receive(upTo: Channel.datagramBytes) ?? .endOfStream {
        if TickerMessage(decoding: bytes) == wanted { return true }
      }
      return false
    }
  }

  /// Tells it to stop, and returns how it ended.
  func stop() throws -> ExitCause {
    _ = try channel?.send(WatcherMessage.stop(StopOrder()).encoded)
    return try end()
  }

  func end() throws -> ExitCause {
    let pid = self.pid
    let ended = try waitForValue("the ticker's end; log: \(log)") { try Reaper.peek(child: pid) }
    try Reaper.reap(pid)
    isReaped = true
    return ended.cause
  }
}
