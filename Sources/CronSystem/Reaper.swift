internal import CLinux

/// A child that has ended and still waits to be reaped.
public struct EndedChild: Hashable, Sendable {
  /// Its number; can't be reused before `reap`.
  public let pid: Int32
  /// How it ended.
  public let cause: ExitCause
  /// Field 22 of /proc/PID/stat; 0 when /proc didn't say.
  public let startTime: UInt64
  /// What it used.
  public let usage: ResourceUsage
}

/// Looks at ended children and reaps them in two steps: look, write down, then reap, waitid(2).
public enum Reaper {
  /// Some ended child, still unreaped (WNOWAIT), so the same one again until it is reaped; nil = none now.
  public static func peek() throws(Errno) -> EndedChild? { try look(0, block: false) }

  /// One child, looked at the same way; nil = it lives. ECHILD = no child of ours.
  public static func peek(child pid: Int32) throws(Errno) -> EndedChild? {
    invariant(pid > 0, "pid \(pid) names no child")
    return try look(pid, block: false)
  }

  /// Reaps an ended child and says how it ended; nil = it lives.
  @discardableResult
  public static func reap(_ pid: Int32) throws(Errno) -> EndedChild? {
    invariant(pid > 0, "pid \(pid) names no child")
    let startTime = ProcessStatus.read(pid)?.startTime ?? 0
    return try take(pid, block: false, startTime: startTime)
  }

  /// Waits for one child without end and reaps it; for commands and tests, never for a loop.
  @discardableResult
  public static func wait(for pid: Int32) throws(Errno) -> EndedChild {
    invariant(pid > 0, "pid \(pid) names no child")
    _ = try look(pid, block: true)
    let startTime = ProcessStatus.read(pid)?.startTime ?? 0
    guard let end = try take(pid, block: true, startTime: startTime) else { throw .noChild }
    return end
  }

  private static func look(_ pid: Int32, block: Bool) throws(Errno) -> EndedChild? {
    var end = cl_child_end()
    do {
      if try Syscall.call({ cl_wait_child(pid, true, block, &end) }) == 0 { return nil }
    } catch .noChild where pid == 0 {
      return nil
    }
    return EndedChild(end, startTime: ProcessStatus.read(end.pid)?.startTime ?? 0)
  }

  private static func take(_ pid: Int32, block: Bool, startTime: UInt64) throws(Errno) -> EndedChild? {
    var end = cl_child_end()
    if try Syscall.call({ cl_wait_child(pid, false, block, &end) }) == 0 { return nil }
    return EndedChild(end, startTime: startTime)
  }
}

extension EndedChild {
  init(_ end: cl_child_end, startTime: UInt64) {
    pid = end.pid
    cause = ExitCause(end)
    self.startTime = startTime
    usage = ResourceUsage(
      userMicroseconds: end.user_us, systemMicroseconds: end.system_us, maximumResidentKibibytes: end.max_rss_kib)
  }
}
