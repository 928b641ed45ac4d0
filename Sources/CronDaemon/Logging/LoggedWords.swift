internal import CronSystem
internal import CronTime

/// What a watcher that nobody watched wrote to its standard error last: in the log, where that is the log's file, the
/// lines that are no record of ours.
///
/// Readers, tickers and workers write to pipes, and their words come to the log as records.
enum LoggedWords {
  /// Bytes of the log's end that are looked through.
  private static let tailBytes: Int64 = 1 << 16

  /// The words of the watcher that lived then, in microseconds since the epoch; nil = none, or its standard error was
  /// something else.
  static func ofWatcher(_ state: StateDirectory, lived: ClosedRange<Int64>) -> String? {
    do throws(Errno) {
      let file = try state.existingDirectory(.log).openFile(LogFile.name, .read)
      let size = try file.size()
      let from = max(0, size - tailBytes)
      let bytes = try file.read(upTo: Int(size - from), at: from)
      // What comes first may be the end of a line.
      let begin = from == 0 ? bytes.startIndex : bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      return words(bytes[begin...], lived: lived)
    } catch {
      return nil
    }
  }

  /// The lines without a record's beginning behind a record of that time; what it lived on after was not its last.
  static func words(_ log: ArraySlice<UInt8>, lived: ClosedRange<Int64>) -> String? {
    var words = LastWords()
    var isItsTime = false
    for line in log.split(separator: UInt8(ascii: "\n")) {
      if let (at, role) = record(line) {
        isItsTime = lived.contains(at.microseconds)
        if isItsTime, role == "watcher" { words = LastWords() }
      } else if isItsTime {
        words.add(line + [UInt8(ascii: "\n")])
      }
    }
    return words.text
  }

  /// Time and role of a line that a logger wrote, as text or as JSON.
  private static func record(_ line: ArraySlice<UInt8>) -> (at: Instant, role: Substring)? {
    let text = String(decoding: line.prefix(160), as: UTF8.self)
    let parts: [Substring]
    if text.hasPrefix("{\"time\":\"") {
      // Its members come in this order: time, level, role.
      let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
      guard quoted.count > 11, quoted[9] == "role" else { return nil }
      parts = [quoted[3], quoted[7], quoted[11]]
    } else {
      parts = text.split(separator: " ", maxSplits: 3)
    }
    guard parts.count >= 3, LogLevel(rawValue: String(parts[1])) != nil, let at = Instant(rfc3339: String(parts[0]))
    else { return nil }
    return (at, parts[2])
  }
}
