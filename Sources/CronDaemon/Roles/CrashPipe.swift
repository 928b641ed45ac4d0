internal import CronSystem

/// The standard error of one of our processes, as its parent reads it: what the runtime, libc or a sanitizer says last.
///
/// Neither end ever waits: what a full pipe doesn't take is lost, so that a flood costs at most the pipe's 64 KiB.
/// The role's own log goes elsewhere, to `logDescriptor`.
final class CrashPipe {
  /// Where a role with such a standard error finds the log.
  static let logDescriptor: Int32 = 6
  /// The words that tell it so.
  static let logWords = ["--log-fd", String(logDescriptor)]
  private static let mostAtOnce = 1 << 17

  private let reader: FileDescriptor
  private var words = LastWords()

  /// The descriptor's number for a poller.
  var raw: Int32 { reader.raw }

  /// What was read so far, as text; nil = nothing worth showing.
  var text: String? { words.text }

  /// Takes over the read end of a pipe that doesn't block.
  init(_ reader: consuming FileDescriptor) { self.reader = reader }

  /// Reads what has come, a bounded part of it; `hasEnded` = nobody can write any more.
  func read() -> (bytes: [UInt8], hasEnded: Bool) {
    var bytes: [UInt8] = []
    do throws(Errno) {
      while bytes.count < Self.mostAtOnce {
        switch try reader.readAvailable(upTo: 1 << 14) {
        case .bytes(let part):
          words.add(part)
          bytes += part
        case .wouldBlock: return (bytes, false)
        case .endOfFile: return (bytes, true)
        }
      }
      return (bytes, false)
    } catch {
      return (bytes, true)
    }
  }

  /// What a process that has ended said last, as text; nil = nothing.
  func lastWords() -> String? {
    _ = read()
    return text
  }
}
