internal import Glibc

/// Ends the process because of a bug of ours: a line to descriptor 2, then `fatalError` (release traps print nothing).
public func invariantFailure(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  var text = "cronwatch: invariant broken: \(message) (\(file):\(line))\n"
  _ = text.withUTF8 { write(2, $0.baseAddress, $0.count) }
  fatalError(message, file: file, line: line)
}

/// `invariantFailure` unless the condition holds; alive in release builds.
public func invariant(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { invariantFailure(message(), file: file, line: line) }
}
