import CronSystem
import Glibc

/// The listening end of NOTIFY_SOCKET, as a service manager has it, sd_notify(3).
final class NotifyEar {
  /// The value of the variable: a path, or an abstract name after `@`.
  let address: String
  private let socket: FileDescriptor
  private var heard: [String] = []

  init(_ address: String) throws {
    self.address = address
    let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if number < 0 { throw Errno(rawValue: errno) }
    socket = FileDescriptor(owning: number)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let isAbstract = address.hasPrefix("@")
    let bytes = isAbstract ? [0] + Array(address.utf8.dropFirst()) : Array(address.utf8) + [0]
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let bound = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
    }
    if bound != 0 { throw Errno(rawValue: errno) }
    try socket.setNonBlocking(true)
  }

  /// Every message until now, in order.
  var messages: [String] {
    while case .bytes(let bytes, _)? = try? socket.receive(upTo: 65_536) {
      heard.append(String(decoding: bytes, as: UTF8.self))
    }
    return heard
  }

  /// What changes the service's state: all but proofs of life, and lines for people.
  var steps: [String] {
    messages.filter { message in
      !["STATUS=", "WATCHDOG=", "EXTEND_TIMEOUT_USEC="].contains { message.hasPrefix($0) }
    }
  }

  /// The words of the lines for people, without their times.
  var statuses: [String] {
    messages.filter { $0.hasPrefix("STATUS=") }.map { String($0.drop { $0 != " " }.dropFirst()) }
  }
}
