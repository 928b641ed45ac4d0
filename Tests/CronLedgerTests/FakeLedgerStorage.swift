import CronLedger
import CronTestRandom
import CronTestSupport

/// A directory in memory that fails, fills up, tears writes and forgets what wasn't synced.
struct FakeLedgerStorage: LedgerStorage {
  struct File {
    var content: [UInt8] = []
    /// What a power loss is sure to leave.
    var durable: [UInt8] = []
    /// Offsets and bytes written since the last sync.
    var unsynced: [(offset: Int, bytes: [UInt8])] = []
    var isNameDurable = false
    /// The name that is durable since a rename isn't.
    var formerName: String?
  }

  enum Operation: Hashable {
    case list, size, read, create, write, sync, syncDirectory, truncate, remove, quarantine, allocate, rename
  }

  static let crashed = StorageError(.failed, "crashed")

  var files: [String: File] = [:]
  /// Removed files whose removal isn't durable.
  private var removed: [String: File] = [:]
  var quarantined: [String: [UInt8]] = [:]
  /// Names that exist and can't be opened: directories, symbolic links.
  var refused: Set<String> = []
  /// What every operation of a kind answers.
  var failures: [Operation: StorageError] = [:]
  /// No file grows beyond this sum, bytes.
  var capacity: Int?
  /// The operation, counted from 1, in which the process dies; the write under way leaves so many bytes.
  var crashAt: Int?
  var tornBytes = 0
  /// The operation, counted from 1, that fails once.
  var failAt: Int?
  private(set) var operations = 0
  private(set) var isDead = false
  /// Descriptors that were synced again after a failed sync: never allowed.
  private(set) var syncsAfterFailure = 0
  /// How many renames succeeded.
  private(set) var renames = 0
  private var names: [Int: String] = [:]
  private var poisoned: Set<Int> = []
  private var nextHandle = 1

  init() {}

  init(files: [String: [UInt8]]) {
    for (name, bytes) in files {
      self.files[name] = File(content: bytes, durable: bytes, isNameDurable: true)
    }
  }

  func content(_ name: String) -> [UInt8] { files[name]?.content ?? [] }

  private mutating func enter(_ operation: Operation) throws(StorageError) {
    if isDead { throw Self.crashed }
    operations += 1
    if operations == crashAt {
      isDead = true
      throw Self.crashed
    }
    if operations == failAt { throw StorageError(.failed, "EIO: Input/output error") }
    if let failure = failures[operation] { throw failure }
  }

  private func file(_ name: String) throws(StorageError) -> File {
    if refused.contains(name) { throw StorageError(.refused, "EISDIR: Is a directory") }
    guard let file = files[name] else { throw StorageError(.absent) }
    return file
  }

  /// Leaves no byte free, until `capacity` says otherwise.
  mutating func fill() { capacity = used }

  private var used: Int { files.values.reduce(0) { $0 + $1.content.count } }

  mutating func list() throws(StorageError) -> [String] {
    try enter(.list)
    return Array(Set(files.keys).union(refused))
  }

  mutating func size(_ name: String) throws(StorageError) -> Int {
    try enter(.size)
    return try file(name).content.count
  }

  mutating func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    try enter(.read)
    return Array(try file(name).content.dropFirst(offset).prefix(count))
  }

  mutating func create(_ name: String, preallocate: Int) throws(StorageError) -> SegmentHandle {
    try enter(.create)
    guard files[name] == nil, !refused.contains(name) else { throw StorageError(.exists) }
    // As in a real directory: the file is there, and has no space.
    let isRefused = capacity.map { used + preallocate > $0 } ?? false
    files[name] = File(content: [UInt8](repeating: 0, count: isRefused ? 0 : preallocate))
    return handle(name)
  }

  mutating func open(_ name: String) throws(StorageError) -> SegmentHandle {
    _ = try file(name)
    return handle(name)
  }

  private mutating func handle(_ name: String) -> SegmentHandle {
    names[nextHandle] = name
    nextHandle += 1
    return SegmentHandle(raw: nextHandle - 1)
  }

  mutating func allocate(_ name: String, bytes: Int) throws(StorageError) {
    try enter(.allocate)
    if refused.contains(name) { throw StorageError(.refused, "EISDIR: Is a directory") }
    let missing = bytes - content(name).count
    if let capacity, missing > 0, used + missing > capacity { throw StorageError(.full, "ENOSPC") }
    files[name, default: File()].content += [UInt8](repeating: 0, count: max(0, missing))
  }

  mutating func rename(_ name: String, to other: String) throws(StorageError) -> SegmentHandle {
    try enter(.rename)
    var file = try file(name)
    guard files[other] == nil, !refused.contains(other) else { throw StorageError(.exists) }
    file.formerName = file.isNameDurable ? name : nil
    file.isNameDurable = false
    files[name] = nil
    files[other] = file
    renames += 1
    return handle(other)
  }

  mutating func write(_ handle: SegmentHandle, at offset: Int, bytes: [UInt8]) throws(StorageError) {
    guard let name = names[handle.raw] else { throw StorageError(.failed, "EBADF") }
    do throws(StorageError) {
      try enter(.write)
    } catch {
      // A write that fails or is killed may have done a part of its work.
      if error == Self.crashed ? operations == crashAt : true { put(name, offset, Array(bytes.prefix(tornBytes))) }
      throw error
    }
    if let capacity, let size = files[name]?.content.count, used + max(0, offset + bytes.count - size) > capacity {
      throw StorageError(.full, "ENOSPC")
    }
    put(name, offset, bytes)
  }

  private mutating func put(_ name: String, _ offset: Int, _ bytes: [UInt8]) {
    guard !bytes.isEmpty, var file = files.removeValue(forKey: name) else { return }
    Self.overwrite(&file.content, offset, bytes)
    file.unsynced.append((offset, bytes))
    files[name] = file
  }

  fileprivate static func overwrite(_ content: inout [UInt8], _ offset: Int, _ bytes: [UInt8]) {
    let end = offset + bytes.count
    if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
    content.replaceSubrange(offset..<end, with: bytes)
  }

  mutating func sync(_ handle: SegmentHandle) throws(StorageError) {
    if poisoned.contains(handle.raw) { syncsAfterFailure += 1 }
    do throws(StorageError) {
      try enter(.sync)
    } catch {
      poisoned.insert(handle.raw)
      throw error
    }
    guard let name = names[handle.raw], var file = files[name] else { throw StorageError(.failed, "EBADF") }
    file.durable = file.content
    file.unsynced = []
    files[name] = file
  }

  mutating func syncDirectory() throws(StorageError) {
    try enter(.syncDirectory)
    removed = [:]
    files = files.mapValues { file in
      var durable = file
      durable.isNameDurable = true
      durable.formerName = nil
      return durable
    }
  }

  mutating func close(_ handle: SegmentHandle) { names[handle.raw] = nil }

  mutating func truncate(_ name: String, to size: Int) throws(StorageError) {
    try enter(.truncate)
    _ = try file(name)
    let cut = { (bytes: [UInt8]) in Array(bytes.prefix(size)) }
    if var shorter = files[name] {
      shorter.content = cut(shorter.content)
      shorter.durable = cut(shorter.durable)
      files[name] = shorter
    }
  }

  mutating func remove(_ name: String) throws(StorageError) {
    try enter(.remove)
    let file = try file(name)
    files[name] = nil
    if file.isNameDurable { removed[name] = file }
  }

  mutating func quarantine(_ name: String, as copy: String) throws(StorageError) {
    try enter(.quarantine)
    let bytes = try file(name).content
    if quarantined[copy] == nil { quarantined[copy] = bytes }
  }
}

extension FakeLedgerStorage {
  /// What a new process finds after the old one died: everything written, for the page cache outlives processes.
  func afterProcessCrash() -> FakeLedgerStorage {
    FakeLedgerStorage(files: files.mapValues(\.content))
  }

  /// What the machine finds after a power loss: of the unsynced writes any sectors, in no order; else NULs or nothing.
  func afterPowerLoss(_ generator: inout SeededGenerator) -> FakeLedgerStorage {
    var survivors = removed.filter { _ in Bool.random(using: &generator) }.mapValues(\.durable)
    for (present, file) in files.sorted(by: { $0.key < $1.key }) {
      var name = present
      if !file.isNameDurable, Bool.random(using: &generator) {
        guard let former = file.formerName else { continue }
        name = former
      }
      var content = file.durable
      for write in file.unsynced {
        for piece in TornWrite.survivors(of: write.bytes, at: write.offset, using: &generator) {
          Self.overwrite(&content, piece.offset, piece.bytes)
        }
      }
      survivors[name] = content
    }
    return FakeLedgerStorage(files: survivors)
  }
}
