internal import Glibc

/// Descriptor 1, unbuffered.
public enum StandardOutput {
  /// Writes all bytes, by one write(2) when the kernel takes them whole. EPIPE = the reader has gone.
  public static func write(_ bytes: [UInt8]) throws(Errno) { try StandardStream.write(1, bytes) }
  /// Writes text as UTF-8.
  public static func write(_ text: String) throws(Errno) { try write(Array(text.utf8)) }
}

/// Descriptor 2, unbuffered.
public enum StandardError {
  /// Writes all bytes, by one write(2) when the kernel takes them whole.
  public static func write(_ bytes: [UInt8]) throws(Errno) { try StandardStream.write(2, bytes) }
  /// Writes text as UTF-8.
  public static func write(_ text: String) throws(Errno) { try write(Array(text.utf8)) }
}

private enum StandardStream {
  static func write(_ number: Int32, _ bytes: [UInt8]) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let from = done
      // Whoever gave us a closed 1 or 2 is no bug of ours: EBADF is an error here, so Syscall isn't asked.
      let put = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: from), $0.count - from) }
      if put < 0 {
        let error = Errno.current
        if error == .interrupted { continue }
        throw error
      }
      done += put
    }
  }
}
