import CronSystem
import CronTestSupport
import Glibc

/// A mounted file system whose server doesn't answer any more, as an NFS server that is gone: fuse(4).
///
/// Whoever asks it for a name waits; once the server has taken the question, even SIGKILL doesn't end that.
package final class DeadMount {
  /// Whether this machine lets us.
  package static let canBeMade: Bool = {
    guard let sandbox = try? Sandbox() else { return false }
    return (try? DeadMount(sandbox.path(of: "mount"))) != nil
  }()

  package let path: String
  /// nil once it has ended.
  private var server: FileDescriptor?

  /// Mounts it.
  package init(_ path: String) throws {
    _ = try Directory.create(path)
    let opened = try FileDescriptor.open("/dev/fuse", [.readWrite, .nonBlocking])
    let options = "fd=\(opened.raw),rootmode=40000,user_id=0,group_id=0"
    if mount("dead", path, "fuse", 0, options) != 0 { throw Errno(rawValue: errno) }
    self.path = path
    server = consume opened
  }

  /// Takes the questions that wait, and answers none but the first, which is the kernel's own.
  package func swallow() {
    var question = [UInt8](repeating: 0, count: 1 << 17)
    guard let raw = server?.raw else { return }
    while true {
      let count = question.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
      guard count >= 40 else { return }
      // FUSE_INIT is 26; fuse_in_header is the length, the operation, and the question's number.
      if question[4] == 26 { answerInit(raw, number: question[8..<16]) }
    }
  }

  /// fuse_out_header and fuse_init_out of the protocol 7.31, which has 64 bytes.
  private func answerInit(_ raw: Int32, number: ArraySlice<UInt8>) {
    func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    let head = bytes(80) + bytes(0) + number
    let body = bytes(7) + bytes(31) + bytes(0) + bytes(0) + bytes(0) + bytes(4096) + bytes(1)
    let answer = head + body + [UInt8](repeating: 0, count: 80 - head.count - body.count)
    _ = answer.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
  }

  /// Ends it: everybody who waits is let go.
  package func end() {
    // MNT_DETACH (2); what closes the connection is the server's descriptor.
    umount2(path, 2)
    server = nil
  }

  deinit { end() }
}
