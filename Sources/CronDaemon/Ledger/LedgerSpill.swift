internal import CronLedger
internal import CronSystem

/// Where decisions go that no segment takes: 1 MiB of memory that belongs to the watcher, memfd_create(2).
///
/// It outlives the ticker, so that what was claimed on a full disk isn't claimed again after a crash. It doesn't
/// outlive the watcher or the machine: a mark on the disk, whose bytes are there from the start on, tells the next
/// ticker that something was lost.
final class LedgerSpill {
  /// The most bytes of lines.
  static let capacity = 1 << 20
  /// Stands behind the lines when not all of them fitted; no line of a ledger looks like it.
  private static let overflow = Array("overflow\n".utf8)
  private static let markSize = 64

  private let memory: FileDescriptor
  private let mark: InPlaceFile
  /// How many bytes of lines are in the memory.
  private var count = 0
  private var hasOverflowed = false
  /// The mark is on the disk, as far as we know.
  private var isMarked = false

  /// Takes over the watcher's memory.
  init(_ state: StateDirectory, memory: consuming FileDescriptor) {
    self.memory = memory
    mark = InPlaceFile(state, .ledger, "spilled", capacity: Self.markSize)
  }

  /// Whether something is kept here, or was dropped.
  var isInUse: Bool { count > 0 || hasOverflowed || isMarked }

  /// What an earlier ticker left.
  func read() -> SpilledRecords {
    var lines: [UInt8] = []
    do throws(Errno) {
      lines = try memory.read(upTo: Self.capacity + Self.overflow.count, at: 0)
    } catch {
      hasOverflowed = true
    }
    if lines.suffix(Self.overflow.count).elementsEqual(Self.overflow) {
      lines.removeLast(Self.overflow.count)
      hasOverflowed = true
    }
    isMarked = readMark()
    return SpilledRecords(lines: lines, isIncomplete: hasOverflowed || (isMarked && lines.isEmpty))
  }

  private func readMark() -> Bool {
    do throws(Errno) {
      return try mark.read()?.first == UInt8(ascii: "y")
    } catch {
      return false
    }
  }

  /// Says how many of the lines that were read are whole; the rest is cut off. Makes sure that the mark has its place.
  func accept(_ wholeLines: Int) {
    count = wholeLines
    do throws(Errno) {
      try memory.truncate(to: Int64(wholeLines))
      // What was lost stays lost for the ticker after this one.
      if hasOverflowed { try memory.write(Self.overflow, at: Int64(wholeLines)) }
    } catch {
      hasOverflowed = true
    }
    writeMark(isInUse)
  }

  /// Keeps the lines; those that are here already must be their beginning. Whether all of them are safe now.
  func keep(_ lines: [UInt8]) -> Bool {
    if lines.isEmpty { return true }
    // The mark comes last: without lines it would say that some were lost.
    defer { if !isMarked { writeMark(true) } }
    guard !hasOverflowed else { return false }
    if lines.count <= count { return true }
    do throws(Errno) {
      if lines.count > Self.capacity {
        try memory.write(Self.overflow, at: Int64(count))
        hasOverflowed = true
        return false
      }
      try memory.write(Array(lines[count...]), at: Int64(count))
      count = lines.count
      return true
    } catch {
      hasOverflowed = true
      return false
    }
  }

  /// All of it is in the ledger now.
  func clear() {
    guard isInUse else { return }
    // The mark goes first; lines that are in the ledger as well are only read twice.
    writeMark(false)
    do throws(Errno) { try memory.truncate(to: 0) } catch {}
    count = 0
    hasOverflowed = false
  }

  /// A mark that can't be written is one that isn't there: power loss may then repeat what was done meanwhile.
  private func writeMark(_ value: Bool) {
    var bytes = Array((value ? "yes\n" : "no\n").utf8)
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: Self.markSize - bytes.count)
    if mark.write(bytes) == nil { isMarked = value }
  }
}
