internal import CLinux

/// How a process ended, wait(2).
public enum ExitCause: Hashable, Sendable, CustomStringConvertible {
  /// By itself, with a status of 0…255.
  case exited(Int32)
  /// By a signal.
  case signaled(Int32, coreDumped: Bool)

  /// `exit 3`, `signal KILL`, `signal SEGV (core dumped)`.
  public var description: String {
    switch self {
    case .exited(let status): "exit \(status)"
    case .signaled(let number, let coreDumped): "signal \(Signal.name(number))\(coreDumped ? " (core dumped)" : "")"
    }
  }

  init(_ end: cl_child_end) {
    self =
      end.code == Int32(CL_EXITED)
      ? .exited(end.status)
      : .signaled(end.status, coreDumped: end.code == Int32(CL_DUMPED))
  }
}

/// What a process and its reaped descendants used, getrusage(2).
public struct ResourceUsage: Hashable, Sendable {
  /// Time in user mode, µs.
  public let userMicroseconds: Int64
  /// Time in the kernel, µs.
  public let systemMicroseconds: Int64
  /// Peak resident set, KiB.
  public let maximumResidentKibibytes: Int64

  /// From stored parts.
  public init(userMicroseconds: Int64, systemMicroseconds: Int64, maximumResidentKibibytes: Int64) {
    self.userMicroseconds = userMicroseconds
    self.systemMicroseconds = systemMicroseconds
    self.maximumResidentKibibytes = maximumResidentKibibytes
  }
}
