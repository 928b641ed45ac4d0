public import CronWire

/// What the ticker tells the watcher on their channel; one text datagram each.
public enum TickerMessage: Hashable, Sendable {
  /// Recovered, loaded, armed: from now on jobs fire.
  case ready
  /// A reload has begun.
  case reloading
  /// It has ended.
  case reloaded
  /// It drains and will end.
  case stopping
  /// It ends by design: an external trigger is armed. The end that follows is no death.
  case asleep
  /// An input that was quarantined has changed; as the breadcrumb that named it.
  case lifted(String)
  /// The answer to a client's request.
  case answer(client: UInt64, JSONValue)

  /// The datagram; an answer that is too long becomes a failure that says so.
  public var encoded: [UInt8] {
    switch self {
    case .ready: Array("ready".utf8)
    case .reloading: Array("reloading".utf8)
    case .reloaded: Array("reloaded".utf8)
    case .stopping: Array("stopping".utf8)
    case .asleep: Array("asleep".utf8)
    case .lifted(let input): Array("lifted \(input)".utf8)
    case .answer(let client, let value): Channel.encode("answer", client: client, value)
    }
  }

  /// Reads a datagram; nil when it is none of these.
  public init?(decoding bytes: [UInt8]) {
    if let (client, value) = Channel.decode(bytes, word: "answer") {
      self = .answer(client: client, value)
      return
    }
    if bytes.starts(with: "lifted ".utf8) {
      self = .lifted(String(decoding: bytes.dropFirst(7), as: UTF8.self))
      return
    }
    switch String(decoding: bytes.prefix(16), as: UTF8.self) {
    case "ready": self = .ready
    case "reloading": self = .reloading
    case "reloaded": self = .reloaded
    case "stopping": self = .stopping
    case "asleep": self = .asleep
    default: return nil
    }
  }
}

/// What the watcher tells the ticker on their channel; one text datagram each.
public enum WatcherMessage: Hashable, Sendable {
  /// Fire nothing new, let runs end as the order says, and end; a later order takes the place of an earlier one.
  case stop(StopOrder)
  /// Fire nothing new and end at once; what runs goes on with its workers, which the next ticker adopts.
  case leave
  /// Read the configuration again.
  case reload
  /// Write into the log how things are.
  case dump
  /// Somebody moved the log: go on in the file that has its name now.
  case reopenLog
  /// A client's request; the ticker owes one `answer` with the same number.
  case request(client: UInt64, JSONValue)

  /// The datagram.
  public var encoded: [UInt8] {
    switch self {
    case .stop(let order):
      Array("stop \(order.jobs.rawValue) \(order.drainMilliseconds.map(String.init) ?? "-")".utf8)
    case .leave: Array("leave".utf8)
    case .reload: Array("reload".utf8)
    case .dump: Array("dump".utf8)
    case .reopenLog: Array("reopen-log".utf8)
    case .request(let client, let value): Channel.encode("request", client: client, value)
    }
  }

  /// Reads a datagram; nil when it is none of these.
  public init?(decoding bytes: [UInt8]) {
    if let (client, value) = Channel.decode(bytes, word: "request") {
      self = .request(client: client, value)
      return
    }
    let words = String(decoding: bytes.prefix(40), as: UTF8.self).split(separator: " ", maxSplits: 3)
    if words.count == 3, words[0] == "stop", let jobs = StopOrder.Jobs(rawValue: String(words[1])) {
      self = .stop(StopOrder(drainMilliseconds: Int64(words[2]), jobs: jobs))
      return
    }
    switch String(decoding: bytes.prefix(16), as: UTF8.self) {
    case "dump": self = .dump
    case "reopen-log": self = .reopenLog
    case "leave": self = .leave
    case "reload": self = .reload
    default: return nil
    }
  }
}

/// The limits and the form of the channel between watcher and ticker.
public enum Channel {
  /// The longest datagram in bytes: a message of the control socket and its number fit.
  public static let datagramBytes = 66_000

  static func encode(_ word: String, client: UInt64, _ value: JSONValue) -> [UInt8] {
    let bytes = Array("\(word) \(client) ".utf8) + JSONWriter.line(value)
    if bytes.count <= datagramBytes { return bytes }
    let refusal = ControlReply.failure(exit: 70, "the message is longer than \(datagramBytes) bytes")
    return Array("\(word) \(client) ".utf8) + JSONWriter.line(refusal)
  }

  static func decode(_ bytes: [UInt8], word: String) -> (UInt64, JSONValue)? {
    let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard parts.count == 3, parts[0].elementsEqual(word.utf8),
      let client = UInt64(String(decoding: parts[1], as: UTF8.self))
    else { return nil }
    do {
      let value = try JSONReader.parse(Array(parts[2]), limits: JSONLimits(bytes: datagramBytes))
      return (client, value)
    } catch {
      return nil
    }
  }
}
