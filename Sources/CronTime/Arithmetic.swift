/// Quotient rounded towards minus infinity, for positive divisors.
@inline(__always)
func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient &- 1 : quotient
}

extension Int64 {
  /// The sum, held at the ends of the range instead of trapping.
  func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, held at the ends of the range instead of trapping.
  func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }

  /// The product, held at the ends of the range instead of trapping.
  func multipliedSaturating(by other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}

/// A hash that is the same in every process and version: FNV-1a over 64 bits.
///
/// What it gives is kept on disk (zone data) and chooses minutes (`a~b`), so Swift's seeded hasher won't do.
package enum StableHash {
  /// The hash of the bytes, continuing from `state`.
  package static func bytes(_ bytes: some Sequence<UInt8>, state: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
    var hash = state
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return hash
  }

  /// Spreads a hash so that its remainder by a small number is even (the finaliser of SplitMix64).
  static func mixed(_ hash: UInt64) -> UInt64 {
    var value = hash &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
