import CronSystem
import Glibc

/// The listening end of NOTIFY_SOCKET, as a service manager has it, sd_notify(3).
final class NotifyEar {
  let path: String
  private let socket: FileDescriptor
  /// Every line heard so far, at the last look.
  private var heardLines: [String] = []

  init(_ path: String) throws {
    self.path = path
    let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if number < 0 { throw Errno(rawValue: errno) }
    socket = FileDescriptor(owning: number)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + 1)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    if bound != 0 { throw Errno(rawValue: errno) }
    try socket.setNonBlocking(true)
  }

  /// What was said until now.
  var lines: [String] {
    while case .bytes(let bytes, _)? = try? socket.receive(upTo: 65_536) {
      heardLines += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    return heardLines
  }

  func heard(_ line: String) -> Bool { lines.contains(line) }
}
