/// Reads of a start that the disk refuses for a moment.
enum Patience {
  /// So often a read is tried: what is given up is lost to every later audit.
  private static let attempts = 3

  /// Tries again what failed, unless it would fail for ever.
  static func reading<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
    for _ in 1..<attempts {
      do throws(StorageError) { return try body() } catch { if error.kind != .failed { throw error } }
    }
    return try body()
  }
}
