internal import CLinux
#if CRONWATCH_FAULTS
  internal import Glibc
#endif

/// The limit of open files, getrlimit(2) RLIMIT_NOFILE.
public enum ResourceLimits {
  /// Soft and hard limit; `UInt64.max` = none.
  public struct OpenFiles: Hashable, Sendable {
    /// What holds now.
    public let soft: UInt64
    /// What `soft` may be raised to.
    public let hard: UInt64
  }

  /// What holds now.
  public static func openFiles() throws(Errno) -> OpenFiles {
    var (soft, hard): (UInt64, UInt64) = (0, 0)
    try Syscall.call { cl_open_file_limits(&soft, &hard) }
    return OpenFiles(soft: soft, hard: hard)
  }

  /// Raises the soft limit to `wanted` as far as the hard one allows, never lowers it; returns the original soft value.
  ///
  /// Jobs get that original back (`LaunchOrder.openFiles`): select(2) breaks above 1024.
  @discardableResult
  public static func raiseOpenFiles(to wanted: UInt64) throws(Errno) -> UInt64 {
    let now = try openFiles()
    let target = min(wanted, now.hard)
    if target > now.soft { try Syscall.call { cl_set_open_file_limit(target) } }
    return now.soft
  }

  #if CRONWATCH_FAULTS
    /// Takes memory until there is none, which it sees to first: setrlimit(2) RLIMIT_AS. For fault points.
    public static func exhaustMemory() -> Never {
      var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
      _ = setrlimit(.init(RLIMIT_AS.rawValue), &limit)
      var pile: [[UInt8]] = []
      while true { pile.append([UInt8](repeating: 1, count: 1 << 16)) }
    }
  #endif
}
