/// The bytes behind `LedgerSpilling`: memory that belongs to the watcher, and a mark of one bit on the disk.
public protocol SpillStore {
  /// The bytes from the beginning, at most so many.
  mutating func read(upTo count: Int) throws(StorageError) -> [UInt8]
  /// Writes at an offset.
  mutating func write(_ bytes: [UInt8], at offset: Int) throws(StorageError)
  /// Cuts to so many bytes.
  mutating func truncate(to count: Int) throws(StorageError)
  /// Whether the mark is set; false when it can't be read.
  mutating func readMark() -> Bool
  /// Sets or clears the mark; false when the disk refused.
  mutating func writeMark(_ value: Bool) -> Bool
}

/// Where decisions go that no segment takes: memory that outlives the ticker.
///
/// What was claimed on a full disk so isn't claimed again after a crash. The memory doesn't outlive the watcher or the
/// machine: the mark, whose bytes are on the disk from the start on, tells the next ticker that something was lost.
public struct LedgerSpilling<Store: SpillStore>: LedgerMemory {
  /// The most bytes of lines.
  public static var capacity: Int { 1 << 20 }
  /// Stands behind the lines when not all of them fitted; no line of a ledger looks like it.
  private static var overflow: [UInt8] { Array("overflow\n".utf8) }

  private var store: Store
  private let capacity: Int
  /// How many bytes of lines are in the memory.
  private var count = 0
  private var hasOverflowed = false
  /// The mark is on the disk, as far as we know.
  private var isMarked = false

  /// Takes over the memory, of which `capacity` bytes may be used.
  public init(_ store: Store, capacity: Int = Self.capacity) {
    self.store = store
    self.capacity = capacity
  }

  /// Whether something is kept here, or was dropped.
  public var isInUse: Bool { count > 0 || hasOverflowed || isMarked }

  /// What an earlier ticker left.
  public mutating func read() -> SpilledRecords {
    var lines: [UInt8] = []
    do throws(StorageError) {
      lines = try store.read(upTo: capacity + Self.overflow.count)
    } catch {
      hasOverflowed = true
    }
    if lines.suffix(Self.overflow.count).elementsEqual(Self.overflow) {
      lines.removeLast(Self.overflow.count)
      hasOverflowed = true
    }
    isMarked = store.readMark()
    return SpilledRecords(lines: lines, isIncomplete: hasOverflowed || (isMarked && lines.isEmpty))
  }

  /// Says how many of the lines that were read are whole; the rest is cut off. Makes sure that the mark has its place.
  public mutating func accept(_ wholeLines: Int) {
    count = wholeLines
    do throws(StorageError) {
      try store.truncate(to: wholeLines)
      // What was lost stays lost for the ticker after this one.
      if hasOverflowed { try store.write(Self.overflow, at: wholeLines) }
    } catch {
      hasOverflowed = true
    }
    writeMark(isInUse)
  }

  /// Keeps the lines; those that are here already must be their beginning. Whether all of them are safe now.
  public mutating func keep(_ lines: [UInt8]) -> Bool {
    if lines.isEmpty { return true }
    // The mark comes last: without lines it would say that some were lost.
    defer { if !isMarked { writeMark(true) } }
    guard !hasOverflowed else { return false }
    if lines.count <= count { return true }
    do throws(StorageError) {
      if lines.count > capacity {
        try store.write(Self.overflow, at: count)
        hasOverflowed = true
        return false
      }
      try store.write(Array(lines[count...]), at: count)
      count = lines.count
      return true
    } catch {
      hasOverflowed = true
      return false
    }
  }

  /// All of it is in the ledger now.
  public mutating func clear() {
    guard isInUse else { return }
    // The mark goes first; lines that are in the ledger as well are only read twice.
    writeMark(false)
    do throws(StorageError) { try store.truncate(to: 0) } catch {}
    count = 0
    hasOverflowed = false
  }

  /// Keeps these lines instead: of what was kept, the others are on the disk now.
  public mutating func rewrite(_ lines: [UInt8]) {
    guard isInUse else { return }
    if lines.isEmpty || lines.count > capacity { return clear() }
    // Over the old ones first: whatever of them is still there in between is only read twice.
    do throws(StorageError) {
      try store.write(lines, at: 0)
      try store.truncate(to: lines.count)
      count = lines.count
      hasOverflowed = false
    } catch {
      // All of the old ones, or the lines anew with whatever was kept behind them.
    }
  }

  /// A mark that can't be written is one that isn't there: power loss may then repeat what was done meanwhile.
  private mutating func writeMark(_ value: Bool) {
    if store.writeMark(value) { isMarked = value }
  }
}
