internal import Glibc

/// What one read of a non-blocking descriptor found.
public enum ReadOutcome: Hashable, Sendable {
  /// At least one byte.
  case bytes([UInt8])
  /// The writers are gone, or the file ends here.
  case endOfFile
  /// Nothing now (EAGAIN).
  case wouldBlock
}

extension FileDescriptor {
  /// Reads once, up to `count` bytes; empty = end of file, read(2).
  public func read(upTo count: Int) throws(Errno) -> [UInt8] {
    let number = raw
    return try Self.filled(count) { buffer in Glibc.read(number, buffer.baseAddress, buffer.count) }
  }

  /// Reads once from a descriptor that may have nothing now, read(2).
  public func readAvailable(upTo count: Int) throws(Errno) -> ReadOutcome {
    do {
      let bytes = try read(upTo: count)
      return bytes.isEmpty ? .endOfFile : .bytes(bytes)
    } catch .wouldBlock {
      return .wouldBlock
    }
  }

  /// Reads at an offset until `count` bytes are there or the file ends, pread(2).
  public func read(upTo count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
    let number = raw
    return try Self.filled(count) { buffer in
      var done = 0
      while done < buffer.count {
        let got = pread(number, buffer.baseAddress?.advanced(by: done), buffer.count - done, Int(offset) + done)
        if got < 0 { return done > 0 && errno != EINTR ? done : got }
        if got == 0 { break }
        done += got
      }
      return done
    }
  }

  /// Reads from the present offset to the end; EFBIG when there is more than `limit`, read(2).
  public func readToEnd(limit: Int) throws(Errno) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(upTo: min(65536, limit - all.count + 1))
      if part.isEmpty { return all }
      all += part
      if all.count > limit { throw .fileTooLarge }
    }
  }

  /// Writes all bytes at the present offset (at the end with O_APPEND), write(2).
  public func write(_ bytes: [UInt8]) throws(Errno) {
    let number = raw
    try Self.drain(bytes) { pointer, count, _ in Glibc.write(number, pointer, count) }
  }

  /// Writes what fits now and returns how many bytes that was; 0 = would block, write(2).
  public func writeAvailable(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
    if bytes.isEmpty { return 0 }
    let number = raw
    do {
      return try Syscall.call { bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) } }
    } catch .wouldBlock {
      return 0
    }
  }

  /// Writes all bytes at an offset without moving the present one, pwrite(2).
  public func write(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
    let number = raw
    try Self.drain(bytes) { pointer, count, done in pwrite(number, pointer, count, Int(offset) + done) }
  }

  /// Waits until the file's data is on disk, fdatasync(2). After an error the file's state is unknown: never retry.
  public func syncData() throws(Errno) {
    let number = raw
    try Syscall.call { fdatasync(number) }
  }

  /// Waits until data and metadata are on disk, fsync(2).
  public func sync() throws(Errno) {
    let number = raw
    try Syscall.call { fsync(number) }
  }

  private static func filled(
    _ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
  ) throws(Errno) -> [UInt8] {
    if count <= 0 { return [] }
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      do throws(Errno) {
        initialised = try Syscall.call { body(UnsafeMutableRawBufferPointer(buffer)) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func drain(
    _ bytes: [UInt8], _ body: (UnsafeRawPointer?, Int, Int) -> Int
  ) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let from = done
      let put = try Syscall.call {
        bytes.withUnsafeBytes { body($0.baseAddress?.advanced(by: from), $0.count - from, from) }
      }
      if put == 0 { throw .inputOutput }  // no progress and no error: not to be waited for
      done += put
    }
  }
}
