public import CronSystem

/// The service manager that started us, told of our state through `NOTIFY_SOCKET`, sd_notify(3).
///
/// Best effort: a manager that doesn't listen never fails the sender, nor makes it wait. What it doesn't take now is
/// kept, the newest of each kind, and said again with the next message or `flush()`. The socket is close-on-exec, and
/// children's environment must not name it (`withoutNotify`): only the main process speaks.
public final class ServiceManager {
  private let address: String?
  private var socket: NotifySocket?
  /// What the manager hasn't taken, in order; at most one of each kind.
  private var held: [NotifyMessage] = []
  /// Milliseconds between WATCHDOG=1 messages (half of `WATCHDOG_USEC`); nil = none are wanted.
  public let watchdogMilliseconds: Int64?

  /// Takes what the environment names; without a name, every message goes nowhere.
  public init(environment: (String) -> String?, pid: Int32 = CurrentProcess.identifier) {
    address = environment("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
    let isForUs = environment("WATCHDOG_PID").map { Int32($0) == pid } ?? true
    let microseconds = environment("WATCHDOG_USEC").flatMap { Int64($0) }
    watchdogMilliseconds =
      address != nil && isForUs ? microseconds.flatMap { $0 > 0 ? max($0 / 2000, 1) : nil } : nil
  }

  /// Sends a message behind those that wait; true when the manager has all of them or none is there.
  @discardableResult
  public func send(_ message: NotifyMessage) -> Bool {
    if address == nil { return true }
    held.removeAll { message.outdates($0) }
    held.append(message)
    return flush()
  }

  /// Says what the manager couldn't take until now; true when nothing waits any more.
  @discardableResult
  public func flush() -> Bool {
    while let next = held.first {
      guard delivers(next.text) else { return false }
      held.removeFirst()
    }
    return true
  }

  private func delivers(_ text: String) -> Bool {
    guard let address else { return true }
    // A manager that was executed anew may listen at the same name with another socket.
    for _ in 0..<2 {
      do throws(Errno) {
        if socket == nil { socket = try NotifySocket(address: address) }
        return try socket?.send([text]) ?? false
      } catch {
        socket = nil
      }
    }
    return false
  }

  /// An environment for children, in which nothing names the manager.
  public static func withoutNotify(_ environment: [String]) -> [String] {
    environment.filter { entry in
      !["NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_FDS=", "LISTEN_PID="].contains {
        entry.hasPrefix($0)
      }
    }
  }
}
