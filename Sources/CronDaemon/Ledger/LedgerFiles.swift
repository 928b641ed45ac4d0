public import CronLedger
public import CronSystem

/// The ledger's directory as the pure side sees it: segments by name and by handle.
public final class LedgerFiles: LedgerStorage {
  /// A segment that is open for writing.
  private final class OpenSegment {
    let file: FileDescriptor
    init(_ file: consuming FileDescriptor) { self.file = file }
  }

  /// The open directory, which several may share.
  private final class Place {
    let directory: Directory
    init(_ directory: consuming Directory) { self.directory = directory }
  }

  private let place: Result<Place, StorageError>
  /// Where copies of damaged segments are kept; opened when the first one is.
  private let openQuarantine: () throws(Errno) -> Directory
  private var segments: [Int: OpenSegment] = [:]
  /// Segments that are not to be read, because tickers died of it.
  var refused: Set<String> = []
  /// Hears of each segment before it is read.
  var willRead: ((String) -> Void)?

  /// The ledger of a state directory, made when it is missing.
  ///
  /// What is no directory of ours is left alone: then every operation is refused.
  public init(_ state: StateDirectory) {
    do throws(StorageError) {
      place = .success(try Self.own(state))
    } catch {
      place = .failure(error)
    }
    openQuarantine = { () throws(Errno) in try state.directory(.quarantine) }
  }

  /// The ledger of a state directory for a command that only reads; nothing is made.
  public init(reading state: StateDirectory) throws(Errno) {
    place = .success(Place(try state.existingDirectory(.ledger)))
    openQuarantine = { () throws(Errno) in throw .readOnly }
  }

  private static func own(_ state: StateDirectory) throws(StorageError) -> Place {
    do throws(Errno) {
      let place = Place(try state.directory(.ledger))
      if try place.directory.descriptor.status().userIdentifier == CurrentProcess.effectiveUser { return place }
    } catch {
      switch error {
      case .notDirectory, .tooManySymbolicLinks: throw StorageError(.refused, "it is not a directory")
      default: throw StorageError(error)
      }
    }
    throw StorageError(.refused, "it belongs to another user")
  }

  /// The descriptor that makes the names durable when it is synced; -1 without a directory.
  var directoryRaw: Int32 {
    guard case .success(let place) = place else { return -1 }
    return place.directory.descriptor.raw
  }

  /// A segment or the reserve, which must be ours: what another user owns, that user may change.
  private func open(_ name: String, _ mode: OpenMode) throws(StorageError) -> FileDescriptor {
    if refused.contains(name) { throw StorageError(.refused, "it ended three tickers that read it back") }
    let place = try place.get()
    do throws(Errno) {
      let file = try place.directory.openFile(name, mode)
      if try file.status().userIdentifier == CurrentProcess.effectiveUser { return file }
    } catch {
      switch error {
      case .tooManySymbolicLinks: throw StorageError(.refused, "it is a symbolic link")
      case .invalidArgument: throw StorageError(.refused, "it is no regular file")
      case .isDirectory: throw StorageError(.refused, "it is a directory")
      case .tooManyLinks: throw StorageError(.refused, "it has a second name (a hard link)")
      default: throw StorageError(error)
      }
    }
    throw StorageError(.refused, "it belongs to another user")
  }

  private func keepOpen(_ file: consuming FileDescriptor) -> SegmentHandle {
    let raw = Int(file.raw)
    segments[raw] = OpenSegment(file)
    return SegmentHandle(raw: raw)
  }

  // MARK: LedgerReading

  /// The names in the directory, getdents64(2).
  public func list() throws(StorageError) -> [String] {
    let place = try place.get()
    do throws(Errno) { return try place.directory.list() } catch { throw StorageError(error) }
  }

  /// The size of a segment, fstat(2).
  public func size(_ name: String) throws(StorageError) -> Int {
    let file = try open(name, .read)
    do throws(Errno) { return Int(try file.size()) } catch { throw StorageError(error) }
  }

  /// Part of a segment, pread(2).
  public func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    willRead?(name)
    Fault.point("ledger.read", of: name)
    let file = try open(name, .read)
    do throws(Errno) { return try file.read(upTo: count, at: Int64(offset)) } catch { throw StorageError(error) }
  }

  // MARK: LedgerStorage

  /// Makes a segment with its blocks allocated, where the file system can.
  public func create(_ name: String, preallocate: Int) throws(StorageError) -> SegmentHandle {
    let file = try open(name, [.readWrite, .create, .exclusive])
    do throws(Errno) {
      try file.allocate(offset: 0, length: Int64(preallocate))
    } catch {
      // Less room than wanted is no reason not to write what fits.
    }
    return keepOpen(file)
  }

  /// Opens a segment that is there.
  public func open(_ name: String) throws(StorageError) -> SegmentHandle { keepOpen(try open(name, .readWrite)) }

  /// Writes at an offset, pwrite(2).
  public func write(_ handle: SegmentHandle, at offset: Int, bytes: [UInt8]) throws(StorageError) {
    guard let segment = segments[handle.raw] else { throw StorageError(.failed, "the segment is closed") }
    if Fault.fails("ledger.append") { throw StorageError(.full, "fault point") }
    do throws(Errno) { try segment.file.write(bytes, at: Int64(offset)) } catch { throw StorageError(error) }
  }

  /// Makes a segment's content durable here and now, fdatasync(2).
  public func sync(_ handle: SegmentHandle) throws(StorageError) {
    guard let segment = segments[handle.raw] else { throw StorageError(.failed, "the segment is closed") }
    do throws(Errno) { try segment.file.syncData() } catch { throw StorageError(error) }
  }

  /// Makes the names durable here and now, fsync(2).
  public func syncDirectory() throws(StorageError) {
    let place = try place.get()
    do throws(Errno) { try place.directory.sync() } catch { throw StorageError(error) }
  }

  /// Closes a segment.
  public func close(_ handle: SegmentHandle) { segments[handle.raw] = nil }

  /// Cuts a segment, ftruncate(2).
  public func truncate(_ name: String, to size: Int) throws(StorageError) {
    let file = try open(name, .readWrite)
    do throws(Errno) { try file.truncate(to: Int64(size)) } catch { throw StorageError(error) }
  }

  /// Removes a segment, unlinkat(2).
  public func remove(_ name: String) throws(StorageError) {
    let place = try place.get()
    do throws(Errno) { try place.directory.unlink(name) } catch { throw StorageError(error) }
  }

  /// Allocates a file's space, posix_fallocate(3).
  public func allocate(_ name: String, bytes: Int) throws(StorageError) {
    var isNew = false
    let file: FileDescriptor
    do throws(StorageError) {
      file = try open(name, .readWrite)
    } catch {
      guard error.kind == .absent else { throw error }
      file = try open(name, [.readWrite, .create, .exclusive])
      isNew = true
    }
    do throws(Errno) {
      try file.allocate(offset: 0, length: Int64(bytes))
    } catch {
      // What it got nevertheless is better used by others.
      if isNew { try remove(name) }
      throw StorageError(error)
    }
  }

  /// Renames a file to a name that isn't taken, renameat2(2), and opens it.
  public func rename(_ name: String, to other: String) throws(StorageError) -> SegmentHandle {
    let place = try place.get()
    let file = try open(name, .readWrite)
    do throws(Errno) {
      try place.directory.renameExclusively(name, into: place.directory, as: other)
    } catch {
      throw StorageError(error)
    }
    return keepOpen(file)
  }

  /// Keeps a copy of a segment; an earlier copy of that name stays.
  public func quarantine(_ name: String, as copy: String) throws(StorageError) {
    let file = try open(name, .read)
    do throws(Errno) {
      let quarantine = try openQuarantine()
      if try quarantine.status(copy) != nil { return }
      try AtomicFile.replace(in: quarantine, name: copy, bytes: try file.readToEnd(limit: 256 << 20))
    } catch {
      throw StorageError(error)
    }
  }
}

extension StorageError {
  /// What the ledger has to tell apart in what the system said.
  init(_ errno: Errno) {
    let kind: Kind =
      switch errno {
      case .noEntry: .absent
      case .exists: .exists
      case .noSpace, .quotaExceeded: .full
      case .readOnly: .readOnly
      case .accessDenied, .notPermitted, .isDirectory, .tooManySymbolicLinks, .tooManyLinks, .invalidArgument: .refused
      case .fileTooLarge: .tooLarge
      default: .failed
      }
    self.init(kind, errno.description)
  }
}
