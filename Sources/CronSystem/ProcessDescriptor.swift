internal import CLinux
internal import Glibc

/// A process held by descriptor, so that its number can't come to mean another, pidfd_open(2).
///
/// Readable once the process has ended, for non-children too.
public struct ProcessDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor
  /// The number it was opened by.
  public let pid: Int32

  /// The number for a poller.
  public var raw: Int32 { descriptor.raw }

  /// Holds whoever has the pid now: only for a child of ours that isn't reaped, whose number can't be reused.
  public init(child pid: Int32) throws(Errno) {
    self.pid = pid
    descriptor = FileDescriptor(owning: try Syscall.call { cl_process_descriptor(pid) })
  }

  /// Holds exactly that process; nil when it is gone or its number belongs to another now.
  public init?(_ identity: ProcessIdentity) throws(Errno) {
    if identity.bootIdentifier != BootIdentifier.current { return nil }
    let pid = identity.pid
    if pid <= 0 { return nil }
    let opened: FileDescriptor
    do {
      opened = FileDescriptor(owning: try Syscall.call { cl_process_descriptor(pid) })
    } catch .noProcess {
      return nil
    } catch .invalidArgument {
      return nil  // the number of a thread that is no group leader
    }
    // The descriptor came first: if the start time still agrees now, it can't be anyone else's.
    guard let status = try ProcessStatus.examine(pid), status.startTime == identity.startTime else { return nil }
    self.pid = pid
    descriptor = opened
  }

  /// Sends a signal; false when the process has ended, pidfd_send_signal(2). 0 only asks.
  @discardableResult
  public func signal(_ number: Int32) throws(Errno) -> Bool {
    let own = descriptor.raw
    do {
      try Syscall.call { cl_process_descriptor_signal(own, number) }
      return true
    } catch .noProcess {
      return false
    }
  }

  /// How it ended, once whoever is its parent has reaped it, PIDFD_GET_INFO of ioctl(2); nil = it hasn't, or the kernel
  /// tells nobody but the parent (before Linux 6.15).
  public var end: ExitCause? {
    var end = cl_child_end()
    return cl_process_descriptor_end(descriptor.raw, &end) == 1 ? ExitCause(end) : nil
  }

  /// Whether it has ended (a zombie has), poll(2).
  public var hasEnded: Bool {
    var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 0) > 0
  }
}

/// Process groups, kill(2).
public enum ProcessGroup {
  /// Signals all in a group; false when nobody is in it.
  ///
  /// The caller knows that the group is still meant: its leader isn't reaped, or a member's identity was just checked.
  @discardableResult
  public static func signal(_ group: Int32, _ number: Int32) throws(Errno) -> Bool {
    do {
      try Syscall.call { cl_kill_group(group, number) }
      return true
    } catch .noProcess {
      return false
    }
  }
}
