public import CronSystem

/// The service manager that started us, told of our state through `NOTIFY_SOCKET`, sd_notify(3).
///
/// Best effort: a manager that doesn't listen never fails the sender. The socket is close-on-exec, and children's
/// environment must not name it (`withoutNotify`): only the main process speaks.
public final class ServiceManager {
  private let socket: NotifySocket?
  /// Milliseconds between WATCHDOG=1 messages (half of `WATCHDOG_USEC`); nil = none are wanted.
  public let watchdogMilliseconds: Int64?

  /// Connects to what the environment names; without a name, every message goes nowhere.
  public init(environment: (String) -> String?, pid: Int32 = CurrentProcess.identifier) {
    var made: NotifySocket?
    if let address = environment("NOTIFY_SOCKET"), !address.isEmpty {
      do { made = try NotifySocket(address: address) } catch { made = nil }
    }
    let isListening = made != nil
    socket = made
    let isForUs = environment("WATCHDOG_PID").map { Int32($0) == pid } ?? true
    let microseconds = environment("WATCHDOG_USEC").flatMap { Int64($0) }
    watchdogMilliseconds =
      isListening && isForUs ? microseconds.flatMap { $0 > 0 ? max($0 / 2000, 1) : nil } : nil
  }

  /// Sends a message; true when the manager has it or none is there.
  @discardableResult
  public func send(_ message: NotifyMessage) -> Bool {
    do throws(Errno) { return try socket?.send([message.text]) ?? true } catch { return false }
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
