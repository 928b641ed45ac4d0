internal import CLinux

/// What a job's child wrote into its slot's record right before execve; the format stands at `cl_launch`.
public struct ExecField: Hashable, Sendable {
  /// The size of the field in the record.
  public static let byteCount = Int(CL_EXEC_FIELD_BYTES)

  /// The run's id.
  public let run: String
  /// The sequence number of its claim.
  public let sequence: UInt64
  /// The job's pid.
  public let pid: Int32
  /// Field 22 of its /proc/PID/stat.
  public let startTime: UInt64

  /// From the field's bytes; nil when empty, torn or damaged.
  public init?(parsing bytes: ArraySlice<UInt8>) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let words = bytes[..<end].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 6, words[0].elementsEqual("EXEC".utf8) else { return nil }
    func value(_ index: Int, _ key: String) -> String? {
      words[index].starts(with: key.utf8)
        ? String(decoding: words[index].dropFirst(key.utf8.count), as: UTF8.self) : nil
    }
    guard let run = value(1, "run="), let sequence = value(2, "seq=").flatMap({ UInt64($0) }),
      let pid = value(3, "pid=").flatMap({ Int32($0) }), let start = value(4, "start=").flatMap({ UInt64($0) }),
      let crc = value(5, "crc32c=").flatMap({ UInt32($0, radix: 16) }),
      crc == CRC32C.checksum(bytes[bytes.startIndex..<(words[5].startIndex - 1)])
    else { return nil }
    self.run = run
    self.sequence = sequence
    self.pid = pid
    startTime = start
  }
}
