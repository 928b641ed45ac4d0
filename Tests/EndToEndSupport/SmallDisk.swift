import CronSystem
import CronTestSupport
import Glibc

/// A file system in memory, so small that it can be filled.
package struct SmallDisk {
  package static let canBeMade: Bool = {
    guard let sandbox = try? Sandbox(), let disk = try? SmallDisk(sandbox.path(of: "disk"), kilobytes: 1_024) else {
      return false
    }
    disk.unmount()
    return true
  }()

  package let path: String

  package init(_ path: String, kilobytes: Int, inodes: Int = 400) throws {
    self.path = path
    _ = try Directory.create(path)
    let options = "size=\(kilobytes)k,nr_inodes=\(inodes),mode=0700"
    if mount("tmpfs", path, "tmpfs", 0, options) != 0 { throw Errno(rawValue: errno) }
  }

  /// Takes every name, and all the space too unless told otherwise: what a recovery gives back must not be enough.
  package func fill(bytes: Bool = true) throws {
    if bytes { try fillSpace() }
    do throws(Errno) {
      for number in 0... { try FileDescriptor.open(path + "/ballast-\(number)", [.write, .create]).close() }
    } catch {
      if error != .noSpace { throw error }
    }
  }

  private func fillSpace() throws {
    let file = try FileDescriptor.open(path + "/ballast", [.write, .create])
    let block = [UInt8](repeating: 0x2e, count: 4096)
    do throws(Errno) {
      while true { try file.write(block) }
    } catch {
      if error != .noSpace { throw error }
    }
  }

  package func makeRoom() throws {
    let directory = try Directory.open(path)
    for name in try directory.list() where name.hasPrefix("ballast") { try directory.unlink(name) }
  }

  /// Whether it takes writes; EBUSY while somebody has a file open for writing.
  package func setReadOnly(_ isReadOnly: Bool) throws {
    // MS_REMOUNT (32) and MS_RDONLY (1).
    if mount(nil, path, nil, isReadOnly ? 33 : 32, nil) != 0 { throw Errno(rawValue: errno) }
  }

  package func unmount() {
    // MNT_DETACH (2): our processes may still stand in it.
    umount2(path, 2)
  }
}
