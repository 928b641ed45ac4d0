internal import CronSystem
internal import CronTime

/// The crontabs that were named at the last start: STATE/crontabs, one path a line.
public enum RememberedCrontabs {
  /// The paths; empty when none were named.
  public static func read(_ state: StateDirectory) -> [String] {
    do throws(Errno) {
      let bytes = try AtomicFile.read(in: state.root, name: "crontabs", limit: 8 << 20)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
        PercentEncoding.decode(String($0))
      }
    } catch {
      return []
    }
  }

  /// Remembers the paths; a disk that refuses costs only the memory.
  public static func write(_ paths: [String], _ state: StateDirectory) {
    let text = paths.map { PercentEncoding.encode($0) + "\n" }.joined()
    do throws(Errno) { try AtomicFile.replace(in: state.root, name: "crontabs", bytes: Array(text.utf8)) } catch {}
  }
}
