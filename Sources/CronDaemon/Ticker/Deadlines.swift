/// What the ticker's one monotonic timer may be armed for.
enum Deadline: Hashable {
  case beat
  /// The reader must have answered.
  case reader
  /// A change of a source file has come to rest.
  case sourcesChanged
  /// A change of zone data has come to rest.
  case zonesChanged
  /// Look again at a slot that couldn't be judged yet.
  case slot(Int)
  /// A worker that nobody needs may have been idle for long enough.
  case surplus
  /// The time without a death that ends safe mode is over.
  case safeMode
  /// Look again how adopted workers ended.
  case unseenEnds
  /// The stop's drain is over.
  case drain
  /// Remove old segments of the ledger, and look at zone data.
  case retention
  /// Try again what the disk refused.
  case storage
  /// The disk must have finished a sync.
  case sync
}

/// The monotonic instants at which something must be looked at; one timer serves them all.
struct Deadlines {
  private var instants: [Deadline: Int64] = [:]

  /// The earliest, in nanoseconds of CLOCK_MONOTONIC.
  var earliest: Int64? { instants.values.min() }

  mutating func set(_ deadline: Deadline, at nanoseconds: Int64) { instants[deadline] = nanoseconds }

  /// Sets one that isn't set yet: what is put off at every turn of the loop never comes.
  mutating func setIfNone(_ deadline: Deadline, at nanoseconds: Int64) {
    if !isSet(deadline) { set(deadline, at: nanoseconds) }
  }

  mutating func clear(_ deadline: Deadline) { instants[deadline] = nil }

  func isSet(_ deadline: Deadline) -> Bool { instants[deadline] != nil }

  /// Takes out what has passed.
  mutating func passed(at now: Int64) -> [Deadline] {
    let due = instants.filter { $0.value <= now }.map(\.key)
    for deadline in due { instants[deadline] = nil }
    return due
  }
}
