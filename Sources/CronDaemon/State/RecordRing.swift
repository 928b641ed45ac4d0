internal import CronSystem

/// A preallocated file of sealed text lines of one size; when it is full the oldest is overwritten.
///
/// One pwrite a record: nothing to leak, a crash loses at most the record being written, and it works on a full disk.
final class RecordRing {
  /// Bytes that are read at a time.
  private static let partSize = 4096

  private let file: InPlaceFile
  private let slots: Int
  private let slotSize: Int
  private var nextSequence: UInt64?

  /// A ring of `slots` lines of `slotSize` bytes in the state directory itself.
  init(_ state: StateDirectory, name: String, slots: Int, slotSize: Int) {
    self.slots = slots
    self.slotSize = slotSize
    file = InPlaceFile(state, nil, name, capacity: slots * slotSize, keepsOpen: false)
  }

  /// Adds a record; the error is returned for the log.
  func append(_ record: TextFields) -> Errno? {
    let sequence: UInt64
    if let known = nextSequence {
      sequence = known
    } else {
      do { sequence = try highestSequence() &+ 1 } catch { return error }
    }
    var fields = TextFields()
    fields.set("seq", sequence)
    for pair in record.pairs { fields.set(pair.key, pair.value) }
    let bytes = SealedText.seal(fields.encoded(), size: slotSize, lineBreak: false)
    if let error = file.write(bytes, at: Int((sequence &- 1) % UInt64(slots)) * slotSize) { return error }
    nextSequence = sequence &+ 1
    return nil
  }

  /// Every readable record, oldest first; damaged slots are left out.
  func records() throws(Errno) -> [TextFields] {
    var found: [(sequence: UInt64, fields: TextFields)] = []
    try forEach { found.append(($0, $1)) }
    return found.sorted { $0.sequence < $1.sequence }.map(\.fields)
  }

  /// Hands over every readable record with its number, in the order of the slots; of the file no more than a page or
  /// a slot is in memory at a time.
  func forEach(_ body: (UInt64, TextFields) -> Void) throws(Errno) {
    guard let reader = try file.reader() else { return }
    let part = max(Self.partSize / slotSize, 1) * slotSize
    for offset in stride(from: 0, to: slots * slotSize, by: part) {
      let bytes = try reader.read(upTo: min(part, slots * slotSize - offset), at: Int64(offset))
      for start in stride(from: 0, through: bytes.count - slotSize, by: slotSize) {
        guard let text = SealedText.open(bytes[start..<(start + slotSize)]), let fields = TextFields(text),
          let sequence = fields.number("seq", as: UInt64.self)
        else { continue }
        body(sequence, fields)
      }
      if bytes.count < part { return }
    }
  }

  private func highestSequence() throws(Errno) -> UInt64 {
    var highest: UInt64 = 0
    try forEach { sequence, _ in highest = max(highest, sequence) }
    return highest
  }
}
