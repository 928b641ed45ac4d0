internal import CLinux

/// One alarm as a descriptor that becomes readable, timerfd_create(2).
public struct TimerDescriptor: ~Copyable, Sendable {
  /// Which clock an alarm follows, clock_gettime(2).
  public enum Clock: Sendable {
    /// Wall time; an absolute alarm is also told of every jump of it.
    case realtime
    /// Stands still in suspend.
    case monotonic
    /// Goes on in suspend.
    case boottime
  }

  /// What reading found.
  public enum Expiry: Hashable, Sendable {
    /// The instant has passed.
    case expired
    /// The wall clock jumped: recompute and arm again.
    case clockSet
    /// Neither.
    case pending
  }

  /// What arming found.
  public enum Arming: Hashable, Sendable {
    /// As asked.
    case armed
    /// As asked, but the wall clock has jumped since it was armed last and was read: the caller's instant may be stale.
    case clockSet
  }

  private let descriptor: FileDescriptor
  private let clock: Clock

  /// The number for a poller.
  public var raw: Int32 { descriptor.raw }

  /// A disarmed alarm.
  public init(_ clock: Clock) throws(Errno) {
    let native =
      switch clock {
      case .realtime: Int32(CL_CLOCK_REALTIME)
      case .monotonic: Int32(CL_CLOCK_MONOTONIC)
      case .boottime: Int32(CL_CLOCK_BOOTTIME)
      }
    self.clock = clock
    descriptor = FileDescriptor(owning: try Syscall.call { cl_timer(native) })
  }

  /// Rings once at an instant of its clock in µs, at once when that has passed; replaces what was armed.
  ///
  /// On the wall clock it also becomes readable when the clock jumps (TFD_TIMER_CANCEL_ON_SET), timerfd_settime(2).
  @discardableResult
  public func arm(atMicroseconds instant: Int64) throws(Errno) -> Arming {
    let at = max(1, instant)  // 0 would disarm, less is EINVAL; all of it has passed anyway
    do {
      try set(absolute: true, seconds: at / 1_000_000, nanoseconds: at % 1_000_000 * 1_000)
      return .armed
    } catch .cancelled {
      return .clockSet  // the kernel has armed it nevertheless (timerfd_setup)
    }
  }

  /// Rings once after a duration of its clock; not for wall instants.
  public func arm(afterMilliseconds delay: Int64) throws(Errno) {
    let wait = max(0, delay)
    try set(absolute: false, seconds: wait / 1_000, nanoseconds: max(1, wait % 1_000 * 1_000_000))
  }

  /// Rings no more.
  public func disarm() throws(Errno) { try set(absolute: false, seconds: 0, nanoseconds: 0) }

  /// Takes the news; call it whenever the descriptor is readable, read(2).
  public func read() throws(Errno) -> Expiry {
    do {
      _ = try descriptor.read(upTo: 8)
      return .expired
    } catch .wouldBlock {
      return .pending
    } catch .cancelled {
      return .clockSet
    }
  }

  private func set(absolute: Bool, seconds: Int64, nanoseconds: Int64) throws(Errno) {
    let number = descriptor.raw
    let cancels = absolute && clock == .realtime
    try Syscall.call { cl_timer_arm(number, absolute, cancels, seconds, nanoseconds) }
  }
}
