internal import CronWire

/// The clients' requests that the ticker has or will get, each with the time until which its client waits.
struct RelayBook {
  /// So many wait at one time, each with a descriptor of the watcher; another one is told to try again.
  static let most = 1
  /// How long a client waits for the ticker, in nanoseconds.
  static let patienceNanoseconds: Int64 = 10_000_000_000

  private var sent: [UInt64: Int64] = [:]
  private var held: [(client: UInt64, message: JSONValue, deadline: Int64)] = []

  /// Until when the next client waits; nil = nobody waits.
  var nextDeadlineNanoseconds: Int64? { (Array(sent.values) + held.map(\.deadline)).min() }

  /// Whether nobody else may wait now.
  var isFull: Bool { sent.count + held.count >= Self.most }

  /// Notes that the ticker has the request.
  mutating func noteSent(_ client: UInt64, deadline: Int64) { sent[client] = deadline }

  /// Keeps a request until a ticker is ready.
  mutating func hold(_ client: UInt64, _ message: JSONValue, deadline: Int64) {
    held.append((client, message, deadline))
  }

  /// The kept requests, in order; the book forgets them.
  mutating func takeHeld() -> [(client: UInt64, message: JSONValue, deadline: Int64)] {
    defer { held = [] }
    return held
  }

  /// Whether the client still waits for the ticker's answer; the book forgets it.
  mutating func takeSent(_ client: UInt64) -> Bool { sent.removeValue(forKey: client) != nil }

  /// The clients whose request the ticker had; the book forgets them.
  mutating func takeAllSent() -> [UInt64] {
    defer { sent = [:] }
    return sent.keys.sorted()
  }

  /// The clients whose time is over; the book forgets them.
  mutating func takeExpired(nowNanoseconds: Int64) -> [UInt64] {
    let expired = sent.filter { $0.value <= nowNanoseconds }.keys.sorted()
    for client in expired { sent[client] = nil }
    let late = held.filter { $0.deadline <= nowNanoseconds }.map(\.client)
    held.removeAll { $0.deadline <= nowNanoseconds }
    return expired + late
  }
}
