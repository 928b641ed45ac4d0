/// How late runs began, in milliseconds, in bounded memory: exact below 1 s, above within 1.6 %; the maximum is exact.
public struct LatenessHistogram: Hashable, Sendable {
  private static let exact: Int64 = 1024
  /// Buckets of each doubling above the exact ones.
  private static let stepsShift = 6

  private var buckets: [Int32: Int] = [:]
  /// How many values were added.
  public private(set) var count = 0
  /// The largest value, ms; nil when there is none.
  public private(set) var maximum: Int64?

  /// An empty one.
  public init() {}

  /// Adds a value; a negative one (a clock that was set back) counts as 0.
  public mutating func add(_ milliseconds: Int64) {
    let value = max(0, milliseconds)
    // Some 35,000 years: nothing is later, and no bucket ends beyond what a number can hold.
    buckets[Self.bucket(min(value, 1 << 50)), default: 0] += 1
    count += 1
    maximum = max(maximum ?? value, value)
  }

  /// Adds all values of another one.
  public mutating func add(_ other: LatenessHistogram) {
    for (bucket, count) in other.buckets { buckets[bucket, default: 0] += count }
    count += other.count
    if let theirs = other.maximum { maximum = max(maximum ?? theirs, theirs) }
  }

  /// The value that so many percent (1–100) of all don't exceed, ms; nil when there is none.
  public func percentile(_ percent: Int) -> Int64? {
    guard count > 0, let maximum else { return nil }
    let rank = max(1, (count * min(max(percent, 1), 100) + 99) / 100)
    var seen = 0
    for (bucket, count) in buckets.sorted(by: { $0.key < $1.key }) {
      seen += count
      if seen >= rank { return min(Self.upperEnd(bucket), maximum) }
    }
    return maximum
  }

  private static func bucket(_ value: Int64) -> Int32 {
    guard value >= exact else { return Int32(value) }
    let doubling = 63 - value.leadingZeroBitCount - stepsShift
    let step = value >> Int64(doubling) & ((1 << Int64(stepsShift)) - 1)
    return Int32(exact) + Int32(doubling) << Int32(stepsShift) + Int32(step)
  }

  private static func upperEnd(_ bucket: Int32) -> Int64 {
    guard bucket >= Int32(exact) else { return Int64(bucket) }
    let doubling = Int64((bucket - Int32(exact)) >> Int32(stepsShift))
    let step = Int64((bucket - Int32(exact)) & (1 << Int32(stepsShift) - 1))
    let lower = (1 << Int64(stepsShift) + step) << doubling
    return lower + (1 << doubling) - 1
  }
}
