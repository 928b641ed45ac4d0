internal import CLinux

/// The one helper thread: fdatasync(2) away from the loop, completions through a descriptor.
///
/// It shares nothing with its owner: requests and completions travel through two pipes.
public struct SyncThread: ~Copyable, Sendable {
  /// The end of one request.
  public struct Completion: Hashable, Sendable {
    /// What `submit` gave.
    public let token: UInt64
    /// nil = on disk. After an error the file's state is unknown: never retry on that descriptor.
    public let error: Errno?
  }

  private let requests: FileDescriptor
  private let completions: FileDescriptor

  /// Readable when completions wait; for a poller.
  public var raw: Int32 { completions.raw }

  /// Starts the thread; EAGAIN = no thread can be made now.
  public init() throws(Errno) {
    var (request, completion): (Int32, Int32) = (-1, -1)
    try Syscall.call { cl_sync_thread(&request, &completion) }
    requests = FileDescriptor(owning: request)
    completions = FileDescriptor(owning: completion)
  }

  /// Asks for a sync of what was written so far; `raw` must stay open until it completes. EAGAIN = 4,096 wait already.
  public func submit(_ raw: Int32, token: UInt64) throws(Errno) {
    let message = cl_sync_message(token: token, descriptor: raw, error: 0)
    try requests.write(withUnsafeBytes(of: message) { [UInt8]($0) })
  }

  /// The completions that wait, in order of submission; empty = none. EPIPE = the thread is gone, which is a bug.
  public func takeCompletions() throws(Errno) -> [Completion] {
    let size = MemoryLayout<cl_sync_message>.stride
    switch try completions.readAvailable(upTo: 64 * size) {
    case .wouldBlock: return []
    case .endOfFile: throw .brokenPipe
    case .bytes(let bytes):
      return bytes.withUnsafeBytes { buffer in
        stride(from: 0, to: buffer.count - size + 1, by: size).map { offset in
          let message = buffer.loadUnaligned(fromByteOffset: offset, as: cl_sync_message.self)
          return Completion(
            token: message.token, error: message.error == 0 ? nil : Errno(rawValue: message.error))
        }
      }
    }
  }
}
