internal import Glibc

/// The one place where results of system calls become values and errors.
enum Syscall {
  /// Calls again while a signal interrupts; throws the errno of a negative result.
  @discardableResult
  static func call<Result: SignedInteger>(_ body: () -> Result) throws(Errno) -> Result {
    while true {
      let result = body()
      if result >= 0 { return result }
      let error = Errno.current
      if error != .interrupted { throw checked(error) }
    }
  }

  /// Calls once: for calls that a signal may end on purpose (epoll_wait) or that must not be repeated (close).
  @discardableResult
  static func once<Result: SignedInteger>(_ body: () -> Result) throws(Errno) -> Result {
    let result = body()
    if result < 0 { throw checked(Errno.current) }
    return result
  }

  /// For functions that return the error number itself, 0 = success (posix_spawn, posix_fallocate).
  static func returning(_ body: () -> Int32) throws(Errno) {
    while true {
      let error = Errno(rawValue: body())
      if error.rawValue == 0 { return }
      if error != .interrupted { throw checked(error) }
    }
  }

  /// EBADF and EFAULT are bugs of ours, never conditions to handle: going on could write into a stranger's file.
  private static func checked(_ error: Errno) -> Errno {
    if error.rawValue == EBADF || error.rawValue == EFAULT { invariantFailure("a system call gave \(error)") }
    return error
  }
}
