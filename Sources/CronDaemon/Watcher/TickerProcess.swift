internal import CronSystem

/// A ticker that the watcher started: who it is, and its channel, whose end tells the ticker that the watcher is gone.
///
/// A watcher has 16 descriptors at most (docs/decisions/watcher-descriptors.md): what can be opened when it is needed
/// isn't kept open.
final class TickerProcess {
  /// Its pid.
  let pid: Int32
  /// Who it is; nil when it had ended before it could be looked at.
  let identity: ProcessIdentity?
  /// CLOCK_MONOTONIC at its start, in nanoseconds.
  let startedNanoseconds: Int64
  /// CLOCK_MONOTONIC at its READY.
  var readyNanoseconds: Int64?
  /// It said that it ends by design.
  var isAsleep = false
  /// Why it was told to end, for the record of deaths.
  var endReason: String?

  private let channel: FileDescriptor
  /// Its standard error.
  let crash: CrashPipe
  /// Lines of it that may still go to the log: a flood must not.
  var crashLinesLeft = 100

  /// The channel's number for a poller.
  var channelRaw: Int32 { channel.raw }

  /// Where a ticker finds the memory for what the disk refuses.
  static let spillDescriptor: Int32 = 5

  /// What the watcher has for each of its tickers, should it have it.
  struct Legacy {
    /// The memory for what the disk refuses.
    var spillRaw: Int32?
    /// The memory for breadcrumbs.
    var trailRaw: Int32?
    /// The inotify queue of the places where users write.
    var changesRaw: Int32?
  }

  /// Starts a ticker: 4 = the channel, 5 = the memory for what the disk refuses, 6 = our log, 7 = the trail, 8 = the
  /// queue of changes; 0 is /dev/null, 1 is ours, 2 is a pipe whose other end we read. 3 was a lifeline's until 0.2.
  init(program: String, words: [String], legacy: Legacy, nowNanoseconds: Int64) throws(Errno) {
    var pair = try SocketPair(.sequencedPackets)
    var errors = try Pipe(nonBlocking: true)
    var descriptors = [
      Spawn.Inheritance(child: 1, raw: 1), Spawn.Inheritance(child: 2, raw: errors.writeRaw),
      Spawn.Inheritance(child: CrashPipe.logDescriptor, raw: 2),
      Spawn.Inheritance(child: 4, raw: pair.secondRaw),
    ]
    if let trailRaw = legacy.trailRaw { descriptors.append(Spawn.Inheritance(child: Trail.descriptor, raw: trailRaw)) }
    if let changesRaw = legacy.changesRaw {
      descriptors.append(Spawn.Inheritance(child: SourceWatch.descriptor, raw: changesRaw))
    }
    if let spillRaw = legacy.spillRaw {
      descriptors.append(Spawn.Inheritance(child: Self.spillDescriptor, raw: spillRaw))
    }
    let started = try Spawn.start(
      program,
      arguments: ["cronwatch", "role", "ticker"] + words + CrashPipe.logWords
        + (legacy.spillRaw == nil ? [] : ["--spill", "yes"]) + (legacy.trailRaw == nil ? [] : ["--trail", "yes"])
        + (legacy.changesRaw == nil ? [] : ["--changes", "yes"]),
      environment: ServiceManager.withoutNotify(Environment.entries()), descriptors: descriptors)
    pid = started
    startedNanoseconds = nowNanoseconds
    channel = pair.takeFirst()
    crash = CrashPipe(errors.takeReadEnd())
    // Its own ends are closed here, so that the table of descriptors has room for the next one.
    try pair.takeSecond().close()
    try errors.takeWriteEnd().close()
    // Our child can't be reaped by anybody else, so the number still is its.
    identity = ProcessIdentity.read(started)
  }

  /// Sends a message; false when the ticker is gone or its queue is full.
  func send(_ message: WatcherMessage) -> Bool {
    do throws(Errno) { return try channel.send(message.encoded) > 0 } catch { return false }
  }

  /// The messages that wait, at most `limit`; nil at the end of a list = the ticker closed its end.
  func receive(limit: Int = 64) -> (messages: [TickerMessage], ended: Bool) {
    var messages: [TickerMessage] = []
    do throws(Errno) {
      for _ in 0..<limit {
        switch try channel.receive(upTo: Channel.datagramBytes) {
        case .bytes(let bytes, _):
          if let message = TickerMessage(decoding: bytes) { messages.append(message) }
        case .endOfStream: return (messages, true)
        case .wouldBlock: return (messages, false)
        }
      }
      return (messages, false)
    } catch {
      return (messages, true)
    }
  }

  /// Sends a signal; a ticker that has ended needs none.
  ///
  /// It leads a group in which nobody else is, for it spawns everything into sessions, and its number is its own until
  /// the watcher has reaped it: so this needs no descriptor, of which there may be none left.
  func signal(_ number: Int32) {
    do { try ProcessGroup.signal(pid, number) } catch {}
  }

  /// Its state letter in /proc; nil when it is gone.
  var state: Character? { ProcessStatus.read(pid)?.state }
}
