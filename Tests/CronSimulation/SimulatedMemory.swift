import CronLedger

/// The watcher's memory, and the mark on the disk.
final class SimulatedMemory: SpillStore {
  private(set) var bytes: [UInt8] = []
  private let disk: SimulatedDisk
  private let capacity: Int

  init(_ disk: SimulatedDisk, capacity: Int) {
    self.disk = disk
    self.capacity = capacity
  }

  func read(upTo count: Int) throws(StorageError) -> [UInt8] { Array(bytes.prefix(count)) }

  func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    if disk.isDead { throw SimulatedDisk.died }
    guard offset + bytes.count <= capacity else { throw StorageError(.full, "ENOMEM") }
    let end = min(offset + bytes.count, self.bytes.count)
    self.bytes.replaceSubrange(min(offset, end)..<end, with: bytes)
  }

  func truncate(to count: Int) throws(StorageError) {
    if disk.isDead { throw SimulatedDisk.died }
    bytes.removeLast(max(0, bytes.count - count))
  }

  func readMark() -> Bool { disk.mark }

  func writeMark(_ value: Bool) -> Bool { disk.setMark(value) }

  /// Whether the line is in here, or it was said that not all fitted.
  func keeps(_ line: [UInt8]) -> Bool {
    if bytes.suffix(9).elementsEqual(Array("overflow\n".utf8)) { return true }
    return bytes.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual(line.dropLast()) }
  }
}
