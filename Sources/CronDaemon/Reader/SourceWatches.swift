internal import CronSystem
internal import CronTime

/// The watches that a reader sets for its ticker, in the queue that both have.
///
/// To set one means to look a directory up, which hangs on a dead mount as reading does: where users name the place the
/// ticker itself must never do it. The list of them grows watch by watch in memory that the ticker made, so that it
/// holds for a reader that is killed, and on a full disk.
struct SourceWatches: ~Copyable {
  /// What a list says.
  struct List: Hashable {
    /// The watch of each directory.
    var watches: [String: Int32] = [:]
    /// The reader came to its end: it watches all that it will.
    var isWhole = false
  }

  /// Where a reader finds the list's memory; the queue is at `SourceWatch.descriptor`, as in a ticker.
  static let listDescriptor: Int32 = 9
  /// More bytes than any number of directories needs.
  private static let longestList = 16 << 20
  private static let end = "END"

  private let queue: INotify
  private let list: FileDescriptor
  private var length: Int64 = 0
  private var watched: Set<String> = []

  /// Takes over what the ticker gave.
  init() throws(Errno) {
    let changes = try INotify(inherited: SourceWatch.descriptor)
    list = try FileDescriptor.inherited(Self.listDescriptor)
    queue = changes
  }

  /// Watches the directory that a file lies in: files are replaced by renames as often as they are written.
  mutating func watch(directoryOf path: String) {
    guard let directory = Self.directory(of: path), watched.insert(directory).inserted else { return }
    do throws(Errno) {
      let watch = try queue.watch(directory)
      say("\(watch) \(PercentEncoding.encode(directory))")
    } catch {
      return  // one that isn't there can't change either; its appearance needs a reload
    }
  }

  /// All is watched.
  mutating func finish() { say(Self.end) }

  private mutating func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    do throws(Errno) {
      try list.write(bytes, at: length)
      length += Int64(bytes.count)
    } catch {
      return  // a change less that is heard
    }
  }

  /// What a reader left there.
  static func read(_ memory: borrowing FileDescriptor) -> List {
    var list = List()
    let bytes: [UInt8]
    do throws(Errno) { bytes = try memory.readToEnd(limit: longestList) } catch { return list }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, let watch = Int32(words[0]), let path = PercentEncoding.decode(String(words[1])) {
        list.watches[path] = watch
      } else if line == end {
        list.isWhole = true
      }
    }
    return list
  }

  /// The directory of an absolute path; nil when it names none.
  static func directory(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
