internal import CronSystem
internal import CronWire

/// A preallocated file that is rewritten by one `pwrite`: nothing to leak, and it works on a full disk.
final class InPlaceFile {
  private let state: StateDirectory
  private let subdirectory: StateDirectory.Subdirectory?
  private let name: String
  private let capacity: Int
  private let hasStandIn: Bool
  private let keepsOpen: Bool
  /// Memory may hold an older one, of ours or of whoever wrote before, and who reads looks there first.
  private var mayStandIn: Bool
  private var file: FileDescriptor?
  private var standIn: FileDescriptor?

  /// A file of at most `capacity` bytes in one of the directories, or in the state directory itself (nil).
  ///
  /// With `standsIn` it is written in memory while the disk refuses it. What is written rarely isn't kept open.
  init(
    _ state: StateDirectory, _ subdirectory: StateDirectory.Subdirectory?, _ name: String, capacity: Int,
    standsIn: Bool = false, keepsOpen: Bool = true
  ) {
    hasStandIn = standsIn
    mayStandIn = standsIn
    self.keepsOpen = keepsOpen
    self.state = state
    self.subdirectory = subdirectory
    self.name = name
    self.capacity = capacity
  }

  /// Writes the bytes at an offset; the error is returned, not thrown: no caller may fail because of it.
  func write(_ bytes: [UInt8], at offset: Int = 0) -> Errno? {
    do throws(Errno) {
      let isNew = try isGone()
      if isNew { file = try opened() }
      if let number = file?.raw, number >= 0 { try file?.write(bytes, at: Int64(offset)) }
      if mayStandIn { try removeStandIn() }
      if !keepsOpen { file = nil }
      return nil
    } catch {
      file = nil
      return hasStandIn && StandIn.helps(against: error) && writeElsewhere(bytes, at: offset) ? nil : error
    }
  }

  /// Whether the last write went into memory, for the disk refused it.
  var isElsewhere: Bool { standIn != nil }

  private func writeElsewhere(_ bytes: [UInt8], at offset: Int) -> Bool {
    mayStandIn = true
    do throws(Errno) {
      if standIn == nil, let subdirectory {
        standIn = try StandIn.directory(subdirectory, of: state, create: true).openFile(name, [.readWrite, .create])
      }
      try standIn?.write(bytes, at: Int64(offset))
      return standIn != nil
    } catch {
      // What is half written there would hide what the disk has. Should it stay, the next write tries again.
      do throws(Errno) { try removeStandIn() } catch {}
      return false
    }
  }

  /// The disk takes it again: what is in memory is older from now on, whoever left it there. Until it is gone, nobody
  /// reads what the disk has, so a failure is one of the write.
  private func removeStandIn() throws(Errno) {
    standIn = nil
    if let subdirectory {
      do throws(Errno) {
        try StandIn.directory(subdirectory, of: state, create: false).unlink(name)
      } catch {
        guard StandIn.isAbsent(error) else { throw error }
      }
    }
    mayStandIn = false
  }

  /// The file's bytes, at most its capacity; nil = there is no such file.
  func read() throws(Errno) -> [UInt8]? {
    guard let reader = try reader() else { return nil }
    return try reader.read(upTo: capacity, at: 0)
  }

  /// The file as it is now, for reading parts of it; nil = there is no such file.
  func reader() throws(Errno) -> FileDescriptor? {
    if hasStandIn, let subdirectory, let reader = try readerElsewhere(subdirectory) { return reader }
    do throws(Errno) {
      guard let subdirectory else { return try state.root.openFile(name, .read) }
      return try state.root.openFile(name, in: subdirectory.rawValue)
    } catch {
      if error == .noEntry { return nil }
      throw error
    }
  }

  /// What the first bytes that prove themselves hold; nil = there is no such file, it can't be read, or none do.
  ///
  /// A read may meet a write on its way, and then proves nothing: it is tried eight times.
  private func read<Value>(
    _ bytes: () throws(Errno) -> [UInt8]?, proving decode: ([UInt8]) -> Value?
  ) -> Value? {
    for _ in 0..<8 {
      let found: [UInt8]?
      do { found = try bytes() } catch { return nil }
      guard let found else { return nil }
      if let value = decode(found) { return value }
    }
    return nil
  }

  /// The value of a file that is framed JSON; nil as above. No more of the file is read than the frame says.
  func readFramed() -> JSONValue? {
    read(framed, proving: FramedJSON.decode)
  }

  private func framed() throws(Errno) -> [UInt8]? {
    guard let reader = try reader() else { return nil }
    var bytes = try reader.read(upTo: FramedJSON.headerLength, at: 0)
    let length = min(FramedJSON.length(bytes) ?? 0, capacity - bytes.count)
    bytes += try reader.read(upTo: length, at: Int64(bytes.count))
    return bytes
  }

  /// The text of a file that is one sealed text of its whole capacity; nil as above.
  func readSealed() -> [UInt8]? {
    read(read) { bytes in bytes.count == capacity ? SealedText.open(bytes[...]).map { Array($0) } : nil }
  }

  private func readerElsewhere(_ subdirectory: StateDirectory.Subdirectory) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      return try StandIn.directory(subdirectory, of: state, create: false).openFile(name, .read)
    } catch {
      guard StandIn.isAbsent(error) else { throw error }
      return nil
    }
  }

  /// Whether the file must be opened: it never was, or somebody deleted it.
  private func isGone() throws(Errno) -> Bool {
    guard let links = try file?.status().links else { return true }
    return links == 0
  }

  private func opened() throws(Errno) -> FileDescriptor {
    let made: FileDescriptor
    do throws(Errno) {
      made = try openedOnce()
    } catch {
      guard error == .isDirectory || error == .tooManySymbolicLinks else { throw error }
      // Without its beat a ticker that fires would be taken for stalled; what stands in the way is kept.
      try putAside()
      made = try openedOnce()
    }
    if try made.size() < Int64(capacity) {
      do {
        try made.allocate(offset: 0, length: Int64(capacity))
      } catch {
        // Not every file system can reserve; the write itself will then say whether there was room.
        guard error == .notSupported || error == .invalidArgument else { throw error }
      }
    }
    return made
  }

  private func openedOnce() throws(Errno) -> FileDescriptor {
    guard let subdirectory else { return try state.root.openFile(name, [.readWrite, .create]) }
    return try state.directory(subdirectory).openFile(name, [.readWrite, .create])
  }

  private func putAside() throws(Errno) {
    let quarantine = try state.directory(.quarantine)
    let kept = "\(name)-\(SystemClock.wall())"
    guard let subdirectory else { return try state.root.rename(name, into: quarantine, as: kept) }
    try state.directory(subdirectory).rename(name, into: quarantine, as: "\(subdirectory.rawValue)-\(kept)")
  }
}
