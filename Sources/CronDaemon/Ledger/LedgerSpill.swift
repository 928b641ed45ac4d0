internal import CronLedger
internal import CronSystem

/// The memory and the mark behind a ledger that can't be written: memfd_create(2), and 64 bytes in the ledger's place.
final class LedgerSpill: SpillStore {
  private static let markSize = 64

  private let memory: FileDescriptor
  private let mark: InPlaceFile

  /// Takes over the watcher's memory.
  init(_ state: StateDirectory, memory: consuming FileDescriptor) {
    self.memory = memory
    mark = InPlaceFile(state, .ledger, "spilled", capacity: Self.markSize, standsIn: true)
  }

  /// The bytes from the beginning, pread(2).
  func read(upTo count: Int) throws(StorageError) -> [UInt8] {
    do throws(Errno) { return try memory.read(upTo: count, at: 0) } catch { throw StorageError(error) }
  }

  /// Writes at an offset, pwrite(2).
  func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    do throws(Errno) { try memory.write(bytes, at: Int64(offset)) } catch { throw StorageError(error) }
  }

  /// Cuts to so many bytes, ftruncate(2).
  func truncate(to count: Int) throws(StorageError) {
    do throws(Errno) { try memory.truncate(to: Int64(count)) } catch { throw StorageError(error) }
  }

  /// Whether the mark is set.
  func readMark() -> Bool {
    do throws(Errno) {
      return try mark.read()?.first == UInt8(ascii: "y")
    } catch {
      return false
    }
  }

  /// Sets or clears the mark.
  func writeMark(_ value: Bool) -> Bool {
    var bytes = Array((value ? "yes\n" : "no\n").utf8)
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: Self.markSize - bytes.count)
    return mark.write(bytes) == nil
  }
}
