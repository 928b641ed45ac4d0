/// The messages of sd_notify(3), one assignment a line.
public enum NotifyMessage: Hashable, Sendable {
  /// The service is ready to do its work.
  case ready
  /// It reloads its configuration; needs CLOCK_MONOTONIC in microseconds.
  case reloading(monotonicMicroseconds: Int64)
  /// It stops.
  case stopping
  /// One line for people.
  case status(String)
  /// Proof of life for `WatchdogSec=`.
  case watchdog
  /// A start or a stop goes on: it may take so many microseconds from now, whatever the unit's limit.
  case extendTimeout(microseconds: Int64)
  /// Which process is the main one.
  case mainProcess(Int32)

  /// The text of the message; a status is one line, whatever it was given.
  public var text: String {
    switch self {
    case .ready: "READY=1"
    case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
    case .stopping: "STOPPING=1"
    case .status(let line): "STATUS=" + HumanText.escaped(String(line.prefix(500)))
    case .watchdog: "WATCHDOG=1"
    case .extendTimeout(let microseconds): "EXTEND_TIMEOUT_USEC=\(microseconds)"
    case .mainProcess(let pid): "MAINPID=\(pid)"
    }
  }

  /// Whether nobody needs the other one any more once this one is said: it says the same thing anew.
  func outdates(_ other: NotifyMessage) -> Bool {
    switch (self, other) {
    case (.ready, .ready), (.reloading, .reloading), (.stopping, .stopping), (.status, .status),
      (.watchdog, .watchdog), (.extendTimeout, .extendTimeout), (.mainProcess, .mainProcess):
      true
    default: false
    }
  }
}
