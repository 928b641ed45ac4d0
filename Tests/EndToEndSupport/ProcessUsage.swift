import CronSystem
import CronTestSupport

/// What a process costs: pages that nobody shares, and open descriptors.
package struct ProcessUsage: Equatable {
  /// Pages of its own that were written to, in KiB: what grows when something leaks (smaps_rollup, proc_pid_smaps(5)).
  ///
  /// `Anonymous`, not `Private_Dirty`: pages of a program's file that was built a moment ago are dirty as well, until
  /// the kernel has written them.
  package let writtenKiB: Int
  /// The process's share of all pages that it has in memory, in KiB.
  package let proportionalKiB: Int
  /// Open descriptors.
  package let descriptors: Int

  /// Reads them; nil when the process is gone or another's.
  package static func read(_ pid: Int32) -> ProcessUsage? {
    guard let file = try? FileDescriptor.open("/proc/\(pid)/smaps_rollup", .read),
      let bytes = try? file.readToEnd(limit: 1 << 16), let descriptors = descriptors(of: pid)
    else { return nil }
    var fields: [Substring: Int] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, words[2] == "kB", let value = Int(words[1]) { fields[words[0], default: 0] += value }
    }
    guard let written = fields["Anonymous:"], let proportional = fields["Pss:"] else { return nil }
    return ProcessUsage(
      writtenKiB: written + (fields["Swap:"] ?? 0), proportionalKiB: proportional, descriptors: descriptors)
  }

  /// How many descriptors a process has open; nil when it is gone or another's.
  package static func descriptors(of pid: Int32) -> Int? { try? Directory.open("/proc/\(pid)/fd").list().count }

  /// What the watcher may have open (with one client), whatever it does.
  package static let watcherDescriptors = 16

  /// What a ticker with so many workers may have open.
  package static func tickerDescriptors(workers: Int) -> Int { 48 + 4 * workers }
}
