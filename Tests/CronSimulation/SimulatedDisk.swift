import CronLedger
import CronTestRandom

/// The ledger's directory on a disk with a page cache: it fills up, fails, hangs, and forgets what wasn't synced.
final class SimulatedDisk: LedgerStorage {
  /// What the disk does with a sync.
  enum SyncMode: CaseIterable { case works, fails, hangs }

  /// One file: what processes see of it, and what is sure to outlive a loss of power.
  struct File {
    var content: [UInt8] = []
    var durable: [UInt8] = []
    /// Written since the last sync.
    var unsynced: [(offset: Int, bytes: [UInt8])] = []
    var isNameDurable = false
  }

  /// A sync that was begun: what it covers.
  private struct Flight {
    var token: UInt64
    var name: String?
    var writes = 0
    /// Of a segment that an earlier ticker wrote.
    var isEarlier = false
  }

  static let died = StorageError(.failed, "the process died")

  var files: [String: File] = [:]
  /// Segments that grew too old; the checker wants to see them too.
  private(set) var archive: [String: [UInt8]] = [:]
  /// What every change answers; nil = the disk takes it.
  var refusal: StorageError?
  var isFull = false
  var syncMode = SyncMode.works
  /// The change, counted from 1, in which the process dies; of a write it leaves a part.
  var deathAt: Int?
  /// What an earlier ticker wrote couldn't be synced: a loss of power may now take some of the past.
  var hasLostHistory = false
  private(set) var changes = 0
  /// Some segment was synced.
  private(set) var hasSynced = false
  /// The process is gone: whatever it still does reaches nothing.
  var isDead = false
  /// Segments that no ticker may read, for it would die of it.
  var refused: Set<String> = []
  /// Descriptors that were synced again after a failed sync: never allowed.
  private(set) var syncsAfterFailure = 0
  private var diskMark: (value: Bool, isDurable: Bool, durableValue: Bool) = (false, true, false)
  /// The mark's stand-in in memory, while the disk takes nothing at all: it outlives every process, not the machine.
  private var standInMark: Bool?
  private var names: [Int: String] = [:]
  /// Renames that no sync of the directory covers: the new name and the old one.
  private var undone: [String: String] = [:]
  private var poisoned: Set<String> = []
  private var earlier: Set<Int> = []
  private var nextHandle = 1
  private var flights: [Flight] = []
  private var chance: SeededGenerator

  init(seed: UInt64) { chance = SeededGenerator(seed: seed) }

  private func enter() throws(StorageError) {
    if isDead { throw Self.died }
    changes += 1
    if changes == deathAt {
      isDead = true
      throw Self.died
    }
    if let refusal { throw refusal }
  }

  private func file(_ name: String) throws(StorageError) -> File {
    guard let file = files[name] else { throw StorageError(.absent) }
    return file
  }

  // MARK: - LedgerStorage

  func list() throws(StorageError) -> [String] { files.keys.sorted() }

  func size(_ name: String) throws(StorageError) -> Int { try file(name).content.count }

  func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    if refused.contains(name) { throw StorageError(.refused) }
    return Array(try file(name).content.dropFirst(offset).prefix(count))
  }

  func create(_ name: String, preallocate: Int) throws(StorageError) -> SegmentHandle {
    try enter()
    guard files[name] == nil else { throw StorageError(.exists) }
    files[name] = File(content: [UInt8](repeating: 0, count: isFull ? 0 : preallocate))
    names[nextHandle] = name
    nextHandle += 1
    return SegmentHandle(raw: nextHandle - 1)
  }

  func open(_ name: String) throws(StorageError) -> SegmentHandle {
    if isDead { throw Self.died }
    _ = try file(name)
    names[nextHandle] = name
    earlier.insert(nextHandle)
    nextHandle += 1
    return SegmentHandle(raw: nextHandle - 1)
  }

  func allocate(_ name: String, bytes: Int) throws(StorageError) {
    try enter()
    let size = files[name]?.content.count ?? 0
    if size >= bytes { return }
    if isFull { throw StorageError(.full, "ENOSPC") }
    files[name, default: File()].content += [UInt8](repeating: 0, count: bytes - size)
  }

  func rename(_ name: String, to other: String) throws(StorageError) -> SegmentHandle {
    try enter()
    var renamed = try file(name)
    guard files[other] == nil else { throw StorageError(.exists) }
    // Until the directory is synced a loss of power may undo it: then the old name has the content.
    undone[other] = renamed.isNameDurable ? name : nil
    renamed.isNameDurable = false
    files[name] = nil
    files[other] = renamed
    names[nextHandle] = other
    nextHandle += 1
    return SegmentHandle(raw: nextHandle - 1)
  }

  func write(_ handle: SegmentHandle, at offset: Int, bytes: [UInt8]) throws(StorageError) {
    guard let name = names[handle.raw], let size = files[name]?.content.count else {
      throw StorageError(.failed, "EBADF")
    }
    let wasAlive = !isDead
    do throws(StorageError) {
      try enter()
      if isFull, offset + bytes.count > size { throw StorageError(.full, "ENOSPC") }
    } catch {
      // A write that fails or is killed may have done a part of its work.
      let room = isFull ? max(0, size - offset) : bytes.count
      if wasAlive, Bool.random(using: &chance) {
        put(name, offset, Array(bytes.prefix(min(room, Int.random(in: 0...bytes.count, using: &chance)))))
      }
      throw error
    }
    put(name, offset, bytes)
  }

  private func put(_ name: String, _ offset: Int, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    Self.overwrite(&files[name, default: File()].content, offset, bytes)
    files[name, default: File()].unsynced.append((offset, bytes))
  }

  private static func overwrite(_ content: inout [UInt8], _ offset: Int, _ bytes: [UInt8]) {
    let end = offset + bytes.count
    if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
    content.replaceSubrange(offset..<end, with: bytes)
  }

  func sync(_ handle: SegmentHandle) throws(StorageError) {
    try enter()
    guard let name = names[handle.raw] else { throw StorageError(.failed, "EBADF") }
    if poisoned.contains(name) { syncsAfterFailure += 1 }
    guard syncMode == .works else {
      poisoned.insert(name)
      throw StorageError(.failed, "EIO")
    }
    flush(name, writes: files[name]?.unsynced.count ?? 0)
  }

  func syncDirectory() throws(StorageError) {
    try enter()
    guard syncMode == .works else { throw StorageError(.failed, "EIO") }
    nameAll()
  }

  private func nameAll() {
    for name in files.keys { files[name]?.isNameDurable = true }
    undone = [:]
  }

  func close(_ handle: SegmentHandle) { names[handle.raw] = nil }

  func truncate(_ name: String, to size: Int) throws(StorageError) {
    try enter()
    _ = try file(name)
    let lengths = (files[name]?.content.count ?? 0, files[name]?.durable.count ?? 0)
    files[name]?.content.removeLast(max(0, lengths.0 - size))
    // The new length may reach the disk late.
    if Bool.random(using: &chance) { files[name]?.durable.removeLast(max(0, lengths.1 - size)) }
  }

  func remove(_ name: String) throws(StorageError) {
    try enter()
    archive[name] = try file(name).content
    files[name] = nil
  }

  func quarantine(_ name: String, as copy: String) throws(StorageError) {
    try enter()
    _ = try file(name)
  }

  // MARK: - Syncs in the background

  func beginSync(_ target: SyncTarget, token: UInt64) throws(StorageError) {
    if isDead { throw Self.died }
    switch target {
    case .directory: flights.append(Flight(token: token))
    case .segment(let handle):
      guard let name = names[handle.raw] else { throw StorageError(.failed, "EBADF") }
      if poisoned.contains(name) { syncsAfterFailure += 1 }
      flights.append(
        Flight(
          token: token, name: name, writes: files[name]?.unsynced.count ?? 0,
          isEarlier: earlier.contains(handle.raw)))
    }
  }

  /// Ends the oldest sync; nil when none is under way or the disk hangs.
  func endSync() -> (token: UInt64, failure: String?)? {
    guard !isDead, let flight = flights.first, syncMode != .hangs else { return nil }
    flights.removeFirst()
    changes += 1
    if changes == deathAt {
      // The disk may have done its work without anybody having learnt of it.
      if Bool.random(using: &chance) { complete(flight) }
      isDead = true
      return nil
    }
    // It was begun before the failure, but says nothing of what that one has dropped.
    if let name = flight.name, poisoned.contains(name) { syncsAfterFailure += 1 }
    guard syncMode == .works else {
      if let name = flight.name {
        poisoned.insert(name)
        if flight.isEarlier { hasLostHistory = true }
      }
      return (flight.token, "EIO")
    }
    complete(flight)
    return (flight.token, nil)
  }

  /// A disk that says it has synced, and has not.
  func pretendSync() -> (token: UInt64, failure: String?)? {
    guard !isDead, !flights.isEmpty else { return nil }
    return (flights.removeFirst().token, nil)
  }

  private func complete(_ flight: Flight) {
    if let name = flight.name {
      flush(name, writes: flight.writes)
    } else {
      nameAll()
    }
  }

  private func flush(_ name: String, writes: Int) {
    guard var file = files.removeValue(forKey: name) else { return }
    hasSynced = true
    if file.durable.count < file.content.count {
      file.durable += [UInt8](repeating: 0, count: file.content.count - file.durable.count)
    }
    if writes == file.unsynced.count { file.durable.removeLast(max(0, file.durable.count - file.content.count)) }
    for write in file.unsynced.prefix(writes) { Self.overwrite(&file.durable, write.offset, write.bytes) }
    file.unsynced.removeFirst(min(writes, file.unsynced.count))
    files[name] = file
  }

  // MARK: - The mark

  /// Whether decisions are kept in memory, as a process reads it.
  var mark: Bool { standInMark ?? diskMark.value }

  func setMark(_ value: Bool) -> Bool {
    if isDead { return false }
    // Its bytes are there from the start on, so that a full disk takes it.
    standInMark = refusal == nil ? nil : value
    if refusal == nil { diskMark = (value, value == diskMark.durableValue, diskMark.durableValue) }
    return true
  }

  // MARK: - Crashes

  /// Whether segments before the newest hold what no sync has covered yet: the past of tickers that died before theirs.
  var hasUnsyncedPast: Bool {
    let segments = files.keys.filter { $0.hasSuffix(".log") }.sorted()
    return segments.dropLast().contains { name in
      guard let file = files[name] else { return false }
      return !file.unsynced.isEmpty || !file.isNameDurable || file.durable.count > file.content.count
    }
  }

  /// A new process: nothing of the old one's is open.
  func reopen() {
    isDead = false
    names = [:]
    flights = []
    poisoned = []
  }

  /// Of the unsynced writes any sectors survive, in no order; of names that no sync covered, some.
  func losePower() {
    for (name, file) in files.sorted(by: { $0.key < $1.key }) {
      var name = name
      if !file.isNameDurable, Bool.random(using: &chance) {
        files[name] = nil
        guard let old = undone[name], files[old] == nil else { continue }
        name = old
      }
      var content = file.durable
      for write in file.unsynced {
        for piece in TornWrite.survivors(of: write.bytes, at: write.offset, using: &chance) {
          Self.overwrite(&content, piece.offset, piece.bytes)
        }
      }
      files[name] = File(content: content, durable: content, isNameDurable: true)
    }
    if !diskMark.isDurable, Bool.random(using: &chance) { diskMark.value = diskMark.durableValue }
    undone = [:]
    diskMark = (diskMark.value, true, diskMark.value)
    standInMark = nil
    refusal = nil
    isFull = false
    syncMode = .works
  }

  /// Some time later the kernel has written all of it.
  func writeBack() {
    if syncMode == .works, refusal == nil { diskMark = (diskMark.value, true, diskMark.value) }
  }

  /// A bit of some segment turns over while nobody looks; false when there is none.
  func rot() -> Bool {
    let candidates = files.filter { $0.value.isNameDurable && $0.value.content.contains { $0 != 0 } }.keys.sorted()
    guard let name = candidates.randomElement(using: &chance), var file = files[name] else { return false }
    let written = file.content.count { $0 != 0 }
    let place = Int.random(in: 0..<written, using: &chance)
    let bit: UInt8 = 1 << UInt8.random(in: 0...7, using: &chance)
    file.content[place] ^= bit
    if place < file.durable.count { file.durable[place] ^= bit }
    files[name] = file
    return true
  }
}
