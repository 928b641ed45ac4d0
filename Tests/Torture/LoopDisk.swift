import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// An ext4 file system in an image on a loop device, which can lose its power, freeze and break.
final class LoopDisk: Ground {
  let path: String
  private let image: String
  private let device: String
  private let cron: Cronwatch

  /// Makes and mounts it; with `remounting`, an error of the file system makes it read-only.
  init(_ cron: Cronwatch, at place: String = "disk", remounting: Bool = false) throws {
    self.cron = cron
    path = cron.sandbox.path(of: place)
    image = cron.sandbox.path(of: "image")
    _ = try Directory.create(path)
    try Surroundings.run(["truncate", "-s", "48M", image], in: cron)
    try Surroundings.run(["mkfs.ext4", "-q", "-F", image], in: cron)
    do {
      let said = try Surroundings.run(["losetup", "--find", "--show", image], in: cron)
      device = String(said.prefix { $0 != "\n" })
    } catch {
      throw RowSkipped("no loop device: \(error)")
    }
    try mount(remounting: remounting)
  }

  func mount(remounting: Bool = false) throws {
    let options = remounting ? "errors=remount-ro" : "errors=continue"
    do {
      try Surroundings.run(["mount", "-t", "ext4", "-o", options, device, path], in: cron)
    } catch {
      throw RowSkipped("can't mount: \(error)")
    }
    chmod(path, 0o700)
  }

  /// From now on nothing reaches the image, not even the journal: as when the power fails.
  func cutPower() throws {
    let lines =
      "import fcntl,os,struct,sys; "
      + "fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack('I',2))"
    try Surroundings.run(["python3", "-c", lines, path], in: cron)
  }

  /// Unmounts and mounts again: the journal is replayed.
  func powerUp() throws {
    try unmount()
    try mount()
  }

  /// No write comes back until `thaw`.
  func freeze() throws { try Surroundings.run(["fsfreeze", "-f", path], in: cron) }

  func thaw() throws { try Surroundings.run(["fsfreeze", "-u", path], in: cron) }

  /// The file system finds an error in itself.
  func breakDown() throws {
    let name = device.split(separator: "/").last.map(String.init) ?? ""
    let file = try FileDescriptor.open("/sys/fs/ext4/\(name)/trigger_fs_error", .write)
    try file.write(Array("torture\n".utf8))
  }

  /// Writable again; after such an error that takes a new mount, so nobody may stand in it.
  func mend() throws {
    try unmount()
    try mount(remounting: true)
  }

  /// A process that was killed holds its files until it is gone for good, some time after its command line is; and
  /// its mount namespace, if it had one, holds the file system: mounted again meanwhile, it would be as it was.
  private func unmount() throws {
    try waitUntil("nobody stands on the disk") {
      do { try Surroundings.run(["umount", path], in: cron) } catch { return false }
      return true
    }
    let name = device.split(separator: "/").last.map(String.init) ?? ""
    try waitUntil("nobody's mount namespace holds the disk") { access("/sys/fs/ext4/\(name)", F_OK) != 0 }
  }

  func remove() {
    do { try Surroundings.run(["umount", "-l", path], in: cron) } catch {}
    do { try Surroundings.run(["losetup", "-d", device], in: cron) } catch {}
  }
}
