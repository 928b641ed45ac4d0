import CronSystem
import Glibc

/// A non-blocking datagram socket with an abstract name, as service managers in containers use.
func abstractDatagramSocketForTest(_ name: String) throws -> FileDescriptor {
  let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.dropFirst().copyBytes(from: name.utf8.prefix(106)) }
  let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + min(106, name.utf8.count))
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, length) }
  }
  if result != 0 { throw Errno(rawValue: errno) }
  let socket = FileDescriptor(owning: raw)
  try socket.setNonBlocking(true)
  return socket
}
