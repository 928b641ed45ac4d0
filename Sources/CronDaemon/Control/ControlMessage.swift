public import CronWire

/// The limits of the control socket.
public enum ControlLimits {
  /// The socket's name in the state directory.
  public static let socketName = "control.sock"
  /// The name of the socket for status alone.
  public static let statusSocketName = "status.sock"
  /// Connections at one time, of which one is to say something; the watcher lets fewer wait (`RelayBook.most`).
  public static let clients = 17
  /// Connections at one time to the socket for status alone, where nothing waits.
  public static let guests = 1
  /// Bytes of one message without its newline.
  public static let messageBytes = 65_536
  /// Milliseconds that a client may take to send its request, or to take its answer.
  public static let idleMilliseconds: Int64 = 5_000
}

/// A socket of the control server: what it is called, and who may come.
public struct ControlEndpoint: Hashable, Sendable {
  /// Its name in the state directory.
  public var name: String
  /// Connections at one time.
  public var clients: Int
  /// The group that may come; nil = root and the owner alone.
  public var group: UInt32?

  /// For root and the owner: everything may be asked there.
  public static let control = ControlEndpoint(
    name: ControlLimits.socketName, clients: ControlLimits.clients, group: nil)

  /// For a group: only status is answered there.
  public static func status(group: UInt32) -> ControlEndpoint {
    ControlEndpoint(name: ControlLimits.statusSocketName, clients: ControlLimits.guests, group: group)
  }
}

/// One request that arrived: a JSON object with a `verb`.
public struct ControlRequest: Hashable, Sendable {
  /// Whom to answer.
  public let client: UInt64
  /// The whole object.
  public let message: JSONValue

  /// Its verb; empty when it has none.
  public var verb: String { message["verb"]?.stringValue ?? "" }
}

/// The two forms of an answer.
public enum ControlReply {
  /// `{"ok":true, …}` with the members given.
  public static func success(_ members: [(String, JSONValue)] = []) -> JSONValue {
    .object(JSONObject([("ok", .bool(true))] + members))
  }

  /// `{"ok":false,"exit":…,"message":…}`: what the asking command ends with and says.
  public static func failure(exit: Int32, _ message: String) -> JSONValue {
    .object(JSONObject([("ok", .bool(false)), ("exit", JSONValue(exit)), ("message", .string(message))]))
  }
}
