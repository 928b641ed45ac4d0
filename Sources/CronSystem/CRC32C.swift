internal import CLinux

/// CRC-32C (Castagnoli), by the processor's instruction where there is one, RFC 3720 appendix B.4.
public enum CRC32C {
  /// The checksum of bytes, going on from `seed`.
  public static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 { checksum(bytes[...], seed: seed) }

  /// The checksum of a part of an array.
  public static func checksum(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { cl_crc32c(seed, $0.baseAddress, UInt64($0.count)) }
  }
}
