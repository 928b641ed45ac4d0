internal import CLinux
internal import Glibc

/// A descriptor for who must never wait for its reader: what doesn't fit at once is lost.
///
/// A pipe that nobody reads blocks write(2) for ever. O_NONBLOCK on the descriptor itself would change it for everybody
/// who shares it, so a pipe or terminal is opened once more, and a socket is written to with MSG_DONTWAIT.
public final class LossyOutput {
  private enum Way {
    /// A file, whose writes end by themselves.
    case plain
    case socket
    /// A pipe or terminal: through `again`, or when poll(2) sees room.
    case piped
  }

  private let raw: Int32
  private var way: Way?
  private var again: FileDescriptor?

  /// For a descriptor that stays the caller's; it may be replaced by one of the same kind.
  public init(_ raw: Int32) { self.raw = raw }

  /// Writes a line; false when some of it was lost.
  public func write(_ bytes: [UInt8]) -> Bool {
    let way = self.way ?? recognise()
    self.way = way
    switch way {
    case .plain: return put(bytes, raw)
    case .socket: return bytes.withUnsafeBytes { cl_send_now(raw, $0.baseAddress, UInt64($0.count)) } == bytes.count
    case .piped:
      if let own = again?.raw { return put(bytes, own) }
      var request = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
      guard poll(&request, 1, 0) == 1, request.revents & Int16(POLLOUT) != 0 else { return false }
      // As much as there surely is room for, pipe(7) PIPE_BUF.
      return put(Array(bytes.prefix(Int(PIPE_BUF))), raw) && bytes.count <= Int(PIPE_BUF)
    }
  }

  private func recognise() -> Way {
    do throws(Errno) {
      switch try FileStatus.of(path: "/proc/self/fd/\(raw)").kind {
      case .socket: return .socket
      case .fifo, .characterDevice:
        do throws(Errno) {
          again = try FileDescriptor.open("/proc/self/fd/\(raw)", [.write, .nonBlocking, .append])
        } catch {
          again = nil
        }
        return .piped
      default: return .plain
      }
    } catch {
      return .piped
    }
  }

  /// Whether all of it was taken. EBADF isn't ours: whoever started us may have given us no such descriptor.
  private func put(_ bytes: [UInt8], _ number: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let from = done
      let count = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: from), $0.count - from) }
      if count < 0, Errno.current == .interrupted { continue }
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
