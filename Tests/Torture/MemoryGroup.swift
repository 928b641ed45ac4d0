import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// A memory cgroup of ours in which there is little, of version 1 or 2, cgroups(7).
final class MemoryGroup: Ground {
  private static let limitBytes = 64 << 20

  private let path: String

  init(_ cron: Cronwatch) throws {
    let place = try Self.place()
    path = place.parent + "/cronwatch-torture-\(CurrentProcess.identifier)"
    _ = try Directory.create(path, permissions: 0o755)
    try Self.write("\(Self.limitBytes)", to: path + "/" + place.limit)
  }

  /// Where one can be made, and the file of its limit.
  static func place() throws -> (parent: String, limit: String) {
    let (first, second) = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup")
    if access(first + "/memory.limit_in_bytes", W_OK) == 0 { return (first, "memory.limit_in_bytes") }
    let shared = text(second + "/cgroup.subtree_control").split { $0.isWhitespace }
    if shared.contains("memory"), access(second, W_OK) == 0 { return (second, "memory.max") }
    throw RowSkipped("needs a place for a memory cgroup")
  }

  /// Takes in all processes of an instance; those that they start are born here.
  func take(_ cron: Cronwatch) throws {
    try waitUntil("all of ours are in the group") {
      let inside = Set(text(path + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) })
      let outside = Victims.look(cron.state).all.map(\.identity.pid).filter { !inside.contains($0) }
      // One that has ended meanwhile is not missed.
      for pid in outside { try? Self.write("\(pid)", to: path + "/cgroup.procs") }
      return outside.isEmpty
    }
  }

  /// How many processes the kernel has killed here for want of memory.
  var kills: Int {
    let lines = (text(path + "/memory.oom_control") + text(path + "/memory.events")).split(separator: "\n")
    return lines.lazy.filter { $0.hasPrefix("oom_kill ") }.compactMap { Int($0.dropFirst(9)) }.first ?? 0
  }

  private static func write(_ words: String, to path: String) throws {
    try FileDescriptor.open(path, .write).write(Array(words.utf8))
  }

  func remove() {
    // The processes that were killed leave it when they are gone for good.
    do { try waitUntil("the group is empty") { rmdir(path) == 0 || errno == ENOENT } } catch {}
  }
}
