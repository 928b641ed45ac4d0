internal import CronSystem

/// Whether another cron serves this machine: it holds the lock on its pid file.
public enum OtherCron {
  private static let pidFiles = ["/run/crond.pid", "/var/run/crond.pid", "/run/cron.pid", "/var/run/cron.pid"]

  /// The pid of the process that holds such a lock; nil when there is none. Takes nothing, /proc/locks.
  public static func running() -> Int32? {
    let locks: String
    do throws(Errno) {
      locks = String(
        decoding: try FileDescriptor.open("/proc/locks", .read).readToEnd(limit: 16 << 20), as: UTF8.self)
    } catch {
      return nil
    }
    for path in pidFiles {
      do throws(Errno) {
        let inode = try FileStatus.of(path: path).inode
        if let pid = holder(of: inode, in: locks) { return pid }
      } catch {
        continue
      }
    }
    return nil
  }

  /// The holder in the text of /proc/locks, whose lines are `1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END`.
  static func holder(of inode: UInt64, in locks: String) -> Int32? {
    for line in locks.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] != "->", let number = words[5].split(separator: ":").last,
        UInt64(number) == inode, let pid = Int32(words[4]), pid > 0
      else { continue }
      return pid
    }
    return nil
  }
}
