/// Space that is set aside while there is some: the one segment that can still begin on a full disk.
///
/// It is a file of NULs with all its blocks allocated, and becomes a segment by a rename. So each step of that is safe
/// from a crash: before the rename nothing has happened, behind it there is a segment like any other, empty or not.
enum LedgerReserve {
  /// The file's name, which is no segment's.
  static let name = "reserve"
  /// The name of the copy that the quarantine gets of a reserve that isn't empty.
  static let copyName = "ledger-reserve"
  /// A longer file isn't one of ours, bytes.
  private static let maximumBytes = 1 << 30
  private static let chunkBytes = 64 << 10

  /// Sets so many bytes aside; what an earlier ticker set aside stays.
  ///
  /// Bytes in it are those of a segment whose rename a power loss undid: nothing in them was ever acted on. They go to
  /// the quarantine all the same.
  static func make(bytes: Int, storage: inout some LedgerStorage) throws(StorageError) {
    if let size = try size(storage: &storage), try !isBlank(size, storage: &storage) {
      try storage.quarantine(name, as: copyName)
      try storage.remove(name)
    }
    try storage.allocate(name, bytes: bytes)
  }

  /// Gives it a segment's name, which must not exist: the segment, and its length in bytes.
  ///
  /// Throws `absent` without one, `refused` for one that is shorter than `bytes` or isn't empty.
  static func take(
    as segment: String, atLeast bytes: Int, storage: inout some LedgerStorage
  ) throws(StorageError) -> (handle: SegmentHandle, bytes: Int) {
    guard let size = try size(storage: &storage) else { throw StorageError(.absent, "there is no reserve") }
    guard size >= bytes else { throw StorageError(.refused, "the reserve has \(size) bytes, \(bytes) are needed") }
    guard try isBlank(size, storage: &storage) else { throw StorageError(.refused, "the reserve isn't empty") }
    return (try storage.rename(name, to: segment), size)
  }

  private static func size(storage: inout some LedgerStorage) throws(StorageError) -> Int? {
    do throws(StorageError) {
      return try storage.size(name)
    } catch {
      if error.kind == .absent { return nil }
      throw error
    }
  }

  private static func isBlank(_ size: Int, storage: inout some LedgerStorage) throws(StorageError) -> Bool {
    guard size <= maximumBytes else { throw StorageError(.tooLarge, "\(name) has \(size) bytes") }
    var offset = 0
    while offset < size {
      let bytes = try storage.read(name, from: offset, count: min(chunkBytes, size - offset))
      guard !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) else { return false }
      offset += bytes.count
    }
    return true
  }
}
