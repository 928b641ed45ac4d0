/// Records that no segment would take, as an earlier ticker of this watcher kept them in memory: lines of the ledger.
public struct SpilledRecords: Hashable, Sendable {
  /// The name that findings give to where they were.
  static let name = "spill"

  /// Whole lines, and perhaps one that was cut short.
  public var lines: [UInt8]
  /// Whether more was decided than is here: the memory was lost with its owner, or was too small.
  public var isIncomplete: Bool

  /// Makes the value; no lines and complete = nothing was spilled.
  public init(lines: [UInt8] = [], isIncomplete: Bool = false) {
    self.lines = lines
    self.isIncomplete = isIncomplete
  }
}
