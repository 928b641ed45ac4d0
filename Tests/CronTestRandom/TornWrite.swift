/// What a loss of power leaves of a write that no sync had covered: any of its sectors, in no order.
public enum TornWrite {
  /// The pieces that survive, each with its offset in the file.
  public static func survivors(
    of bytes: [UInt8], at offset: Int, using generator: inout SeededGenerator
  ) -> [(offset: Int, bytes: [UInt8])] {
    var survivors: [(offset: Int, bytes: [UInt8])] = []
    var start = 0
    while start < bytes.count {
      // Up to the next sector's border.
      let end = min(bytes.count, start + 512 - (offset + start) % 512)
      if Bool.random(using: &generator) { survivors.append((offset + start, Array(bytes[start..<end]))) }
      start = end
    }
    return survivors
  }
}
