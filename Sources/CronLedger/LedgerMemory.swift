/// How a sync ended.
public enum SyncResult: Hashable, Sendable {
  /// What it covers is on the disk.
  case durable
  /// The disk refuses; what it covers is in memory that outlives the ticker.
  case keptInMemory
  /// It failed and is to be tried again.
  case failed
}

/// What a sync makes durable.
public enum SyncTarget: Hashable, Sendable {
  /// The names of the ledger's directory.
  case directory
  /// The content of one segment.
  case segment(SegmentHandle)
}

/// Memory that outlives the ticker, for decisions that no segment takes.
public protocol LedgerMemory {
  /// Says how many bytes of what an earlier ticker left are whole lines; the rest is cut off.
  mutating func accept(_ wholeLines: Int)
  /// Keeps the lines; those that are there already must be their beginning. Whether all of them are safe now.
  mutating func keep(_ lines: [UInt8]) -> Bool
  /// Keeps these lines instead, if it keeps any: what else was kept is in the ledger now.
  mutating func rewrite(_ lines: [UInt8])
  /// All of it is in the ledger now.
  mutating func clear()
}
