internal import CLinux

/// One signal that arrived, signalfd(2).
public struct ReceivedSignal: Hashable, Sendable {
  /// Which.
  public let number: Int32
  /// Who sent it; 0 = the kernel.
  public let senderIdentifier: Int32
  /// The sender's uid.
  public let senderUser: UInt32
}

/// The process's signals as a descriptor, signalfd(2).
public struct SignalDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// The number for a poller.
  public var raw: Int32 { descriptor.raw }

  /// Blocks every signal but the fatal ones (SEGV BUS ILL FPE TRAP ABRT SYS), ignores PIPE, and takes the blocked ones.
  ///
  /// First thing in main, before any thread: the mask is inherited. `Spawn` and `JobLauncher` undo it for children.
  public init() throws(Errno) {
    try Self.blockSignals()
    descriptor = FileDescriptor(owning: try Syscall.call { cl_signal_descriptor() })
  }

  /// Only the blocking: for the moment between start and the loop, sigprocmask(2).
  public static func blockSignals() throws(Errno) { try Syscall.call { cl_signals_block() } }

  /// The numbers that wait, at most 16; empty = none. Several of one number may have become one.
  public func read() throws(Errno) -> [Int32] { try readInformation().map(\.number) }

  /// The same with the senders.
  public func readInformation() throws(Errno) -> [ReceivedSignal] {
    let number = descriptor.raw
    var natives = [cl_signal](repeating: cl_signal(), count: 16)
    do {
      let count = try Syscall.call { cl_signal_read(number, &natives, 16) }
      return natives[..<Int(count)].map {
        ReceivedSignal(number: $0.number, senderIdentifier: $0.pid, senderUser: $0.uid)
      }
    } catch .wouldBlock {
      return []
    }
  }
}
